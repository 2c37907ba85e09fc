"""Carries the plans out as their buyer: drafted, previewed, confirmed, and then not left in peace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from html import unescape

from numbers_app.models import Location, OrderStatus, Problem, PurchaseOrder, Source, Status
from numbers_app.purchasing.drafting import Wish, add_lines, begin_draft
from tests.chaos.asking import Askers
from tests.chaos.books import steady
from tests.chaos.visitor import Visitor, refusal
from tests.chaos.wants import CANCEL, PAUSE, RESUME, TRY_AGAIN, WAIT_FOR_SOME, Plan, Wanted

PREVIEW_SECONDS = 240
CARRY_OUT_SECONDS = 500
SOME_SECONDS = 60
SOME = 3
PREVIEWS = 3  # where the provider could not be asked about all, as a person would
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ENDS = (OrderStatus.FINISHED, OrderStatus.CANCELLED)
BUTTONS = {PAUSE: "pause", RESUME: "resume", CANCEL: "cancel", TRY_AGAIN: "retry"}
SEEN = re.compile(r'/submit/".*?name="seen" value="([^"]+)"', re.DOTALL)


class Wanters(Askers):
    """A thread for each order, that sees it to its end."""

    def __init__(self, plans: Sequence[Plan], *, locations: Sequence[Location], buyer: object, address: str) -> None:
        super().__init__(threads=len(plans))
        self.plans = plans
        self.locations = locations
        self.buyer = buyer
        self.address = address

    def start(self) -> None:
        self.begin(*[partial(self.carry_out, plan) for plan in self.plans])

    def carry_out(self, plan: Plan) -> None:
        visitor = Visitor(self.address)
        self.when_due(plan.at)
        if self.draft(plan) and self.preview(plan, visitor) and self.confirm(plan, visitor):
            self.disturb(plan, visitor)

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

    def preview(self, plan: Plan, visitor: Visitor) -> bool:
        for _preview in range(PREVIEWS):
            if not self.until_taken("previewing", partial(self.press, visitor, plan, "preview"), who=name_of(plan)):
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

    def confirm(self, plan: Plan, visitor: Visitor) -> bool:
        if plan.late:
            steady(lambda: order_of(plan).lines.update(searched_at=LONG_AGO))
        return self.until_taken("confirming", partial(self.submit, plan, visitor), who=name_of(plan))

    def submit(self, plan: Plan, visitor: Visitor) -> str:
        """With what the page shows; what was submitted meanwhile has no such button any more."""
        shown = SEEN.search(visitor.read(f"{page_of(plan)}change/"))
        trouble = self.press(visitor, plan, "submit", seen=unescape(shown[1])) if shown else "no button"
        return "" if order_of(plan).submitted_at else trouble or "not submitted"

    def press(self, visitor: Visitor, plan: Plan, button: str, **form: str) -> str:
        """A double click; an order that is over by then takes no notice of it."""
        replies = visitor.press(f"{page_of(plan)}{button}/", form, times=2)
        for said in filter(None, map(refusal, replies)):
            self.note_wrong(f"{name_of(plan)}: {button}: the page says {said}")
        taken = [reply for reply in replies if page_of(plan) in reply.headers.get("Location", "")]
        return "" if taken else f"status {replies[0].status_code}"

    def disturb(self, plan: Plan, visitor: Visitor) -> None:
        """The plan's story, and then once more what was not bought."""
        for wait, step in plan.story:
            self.given_up.wait(wait)
            if step == WAIT_FOR_SOME:
                self.look_until(partial(has_some, plan), patience=SOME_SECONDS)
                continue
            self.until_taken(step, partial(self.press, visitor, plan, BUTTONS[step]), who=name_of(plan))
        is_over = partial(is_at_its_end, plan)
        if self.until_seen("the order's end", is_over, who=name_of(plan), patience=CARRY_OUT_SECONDS):
            self.until_taken(TRY_AGAIN, partial(self.press, visitor, plan, BUTTONS[TRY_AGAIN]), who=name_of(plan))
        with self.lock:
            self.placed += 1


def name_of(plan: Plan) -> str:
    return f"chaos {plan.key.hex[:8]}"


def order_of(plan: Plan) -> PurchaseOrder:
    return PurchaseOrder.objects.get(idempotency_key=plan.key)


def page_of(plan: Plan) -> str:
    return f"/admin/numbers_app/purchaseorder/{order_of(plan).pk}/"


def has_some(plan: Plan) -> bool:
    return order_of(plan).purchases.filter(status=Status.PURCHASED).count() >= SOME


def is_at_its_end(plan: Plan) -> bool:
    return order_of(plan).status in ENDS
