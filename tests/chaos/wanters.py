"""Carries the plans out as their buyer: drafted, previewed, confirmed, and then not left in peace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from django.db.models import F

from numbers_app.models import Location, OrderStatus, Problem, PurchaseOrder, Source, Status
from numbers_app.purchasing.confirming import PreviewChanged, submit
from numbers_app.purchasing.drafting import Wish, add_lines, begin_draft
from numbers_app.purchasing.holding import cancel_order, pause_order, resume_order
from numbers_app.purchasing.previewing import begin_preview, preview_version
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.purchasing.retrying import try_again
from tests.chaos.asking import Askers
from tests.chaos.books import steady
from tests.chaos.wants import CANCEL, PAUSE, RESUME, TRY_AGAIN, WAIT_FOR_SOME, Plan, Wanted

PREVIEW_SECONDS = 240
CARRY_OUT_SECONDS = 500
SOME_SECONDS = 60
SOME = 3
PREVIEWS = 3  # where the provider could not be asked about all, as a person would
LATE = timedelta(hours=2)
ENDS = (OrderStatus.FINISHED, OrderStatus.CANCELLED)
STEPS: dict[str, Callable[..., object]] = {
    PAUSE: pause_order,
    RESUME: resume_order,
    CANCEL: partial(cancel_order, because="Half way."),
    TRY_AGAIN: try_again,
}


class Wanters(Askers):
    """A thread for each order, that sees it to its end."""

    def __init__(self, plans: Sequence[Plan], *, locations: Sequence[Location], buyer: object) -> None:
        super().__init__(threads=len(plans))
        self.plans = plans
        self.locations = locations
        self.buyer = buyer

    def start(self) -> None:
        self.begin(*[partial(self.carry_out, plan) for plan in self.plans])

    def carry_out(self, plan: Plan) -> None:
        self.when_due(plan.at)
        if self.draft(plan) and self.preview(plan) and self.confirm(plan):
            self.disturb(plan)

    def draft(self, plan: Plan) -> bool:
        return self.until_taken("drafting", partial(self.write_draft, plan), who=name_of(plan))

    def write_draft(self, plan: Plan) -> str:
        """Once more after a lost connection; what was written before it was lost stays."""
        order = begin_draft(requested_by=self.buyer, name=name_of(plan), idempotency_key=plan.key)
        if not order.lines.exists():
            wishes = [self.wish(wanted) for wanted in plan.wants]
            add_lines(order.pk, wishes, source=Source.WANT, label="chaos", actor=self.buyer)
        return ""

    def wish(self, wanted: Wanted) -> Wish:
        return Wish(
            location_id=self.locations[wanted.place].pk,
            substitution=wanted.rule,
            is_want=not wanted.number,
            country_code="US",
            number_type="local",
            first_part=wanted.area,
            phone_number=wanted.number,
        )

    def preview(self, plan: Plan) -> bool:
        for _preview in range(PREVIEWS):
            if not self.until_taken("previewing", partial(self.ask_for_preview, plan), who=name_of(plan)):
                return False
            if not self.until_seen(
                "the preview's end",
                lambda: order_of(plan).status == OrderStatus.PREVIEWED,
                who=name_of(plan),
                patience=PREVIEW_SECONDS,
            ):
                return False
            if not steady(lambda: order_of(plan).lines.filter(problem=Problem.NOT_CHECKED).exists()):
                break
            self.note_trouble("previewing: not all could be checked")
        return True

    def ask_for_preview(self, plan: Plan) -> str:
        begin_preview(order_of(plan).pk, actor=self.buyer)
        return ""

    def confirm(self, plan: Plan) -> bool:
        return self.until_taken("confirming", partial(self.submit, plan), who=name_of(plan))

    def submit(self, plan: Plan) -> str:
        order = order_of(plan)
        if plan.late and order.status == OrderStatus.PREVIEWED:
            order.lines.update(searched_at=F("searched_at") - LATE)
        try:
            submit(order.pk, actor=self.buyer, seen=preview_version(order))
        except PreviewChanged as refusal:
            return str(refusal)
        return ""

    def disturb(self, plan: Plan) -> None:
        """The plan's story, and then once more what was not bought."""
        for wait, step in plan.story:
            self.given_up.wait(wait)
            if step == WAIT_FOR_SOME:
                self.look_until(partial(has_some, plan), patience=SOME_SECONDS)
                continue
            self.until_taken(step, partial(self.take, step, plan), who=name_of(plan))
        is_over = partial(is_at_its_end, plan)
        if self.until_seen("the order's end", is_over, who=name_of(plan), patience=CARRY_OUT_SECONDS):
            self.until_taken(TRY_AGAIN, partial(self.take, TRY_AGAIN, plan), who=name_of(plan))
        with self.lock:
            self.placed += 1

    def take(self, step: str, plan: Plan) -> str:
        """A double click; an order that is over by then refuses it."""
        order = order_of(plan)
        for _click in range(2):
            try:
                STEPS[step](order.pk, actor=self.buyer)
            except OrderRefused as refusal:
                self.note_trouble(f"{step}: {type(refusal).__name__}")
        return ""


def name_of(plan: Plan) -> str:
    return f"chaos {plan.key.hex[:8]}"


def order_of(plan: Plan) -> PurchaseOrder:
    return PurchaseOrder.objects.get(idempotency_key=plan.key)


def has_some(plan: Plan) -> bool:
    return order_of(plan).purchases.filter(status=Status.PURCHASED).count() >= SOME


def is_at_its_end(plan: Plan) -> bool:
    return order_of(plan).status in ENDS
