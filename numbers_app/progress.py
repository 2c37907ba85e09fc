"""How far an order has come: what the page of an order that is no longer a draft reads.

However many lines an order has, the database counts them, and only a page of them is read.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Replace, Substr
from django.utils.translation import gettext_lazy as _

from numbers_app import clock
from numbers_app.alike import without_numbers
from numbers_app.models import (
    LineStatus,
    OrderEvent,
    OrderLine,
    OrderStatus,
    Problem,
    Purchase,
    PurchaseOrder,
    Status,
    Substitution,
)
from numbers_app.models.permissions import MAY_APPROVE
from numbers_app.phones import search_digits
from numbers_app.selectors import clean_term

LINES_A_PAGE = 50
MOST_EVENTS = 100  # of an order's history; a draft that was changed for weeks has more
MOST_REASONS = 500  # wordings that are told apart; the rest is counted as one
PACE_OVER = timedelta(minutes=5)
FEWEST_FOR_A_PACE = 5  # ended purchases; fewer say nothing


class State(models.TextChoices):
    """How a line stands, for people."""

    BOUGHT = "bought", _("bought")
    STOPPED = "stopped", _("stopped")
    NEEDS_PERSON = "needs_person", _("needs a person")
    UNCERTAIN = "uncertain", _("uncertain")
    ON_ITS_WAY = "on_its_way", _("on the way")
    WAITING = "waiting", _("waiting")


OVER = (State.BOUGHT, State.STOPPED)
STATE = Case(
    When(status=LineStatus.BOUGHT, then=Value(State.BOUGHT)),
    When(status__in=(LineStatus.STOPPED, LineStatus.DRAFT), then=Value(State.STOPPED)),
    When(purchase__status=Status.PURCHASED, then=Value(State.BOUGHT)),
    When(purchase__status=Status.SUBMITTING, then=Value(State.ON_ITS_WAY)),
    When(purchase__status=Status.UNCERTAIN, then=Value(State.UNCERTAIN)),
    When(purchase__status=Status.NEEDS_REVIEW, then=Value(State.NEEDS_PERSON)),
    default=Value(State.WAITING),  # for its turn, for the order, for approval or for a substitute
    output_field=models.CharField(),
)
# What was said, with the number taken out of it: "+1830… is gone" of a thousand lines is one reason.
NUMBER: Any = Coalesce(F("purchase__phone_number"), F("phone_number"))
DIGITS: Any = Substr(NUMBER, 2)
TEXT = models.TextField()
SAID = Replace(Replace(F("words"), NUMBER, Value("…"), output_field=TEXT), DIGITS, Value("…"), output_field=TEXT)


def lines_of(order: PurchaseOrder, user: Any) -> QuerySet[Any]:
    """The order's lines that the user may see, each with its ``state``."""
    return OrderLine.objects.visible_to(user).filter(order=order).annotate(state=STATE)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The lines, counted by state, and what they cost a month by currency."""

    counts: dict[State, int]
    bought: dict[str, Decimal]
    confirmed: dict[str, Decimal]
    bought_for_unknown: int
    rules: dict[Substitution, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def over(self) -> int:
        return sum(self.counts[state] for state in OVER)

    @property
    def open(self) -> int:
        return self.total - self.over


def tally(lines: QuerySet[Any]) -> Tally:
    """One question to the database."""
    counts = dict.fromkeys(State, 0)
    bought: dict[str, Decimal] = defaultdict(Decimal)
    confirmed: dict[str, Decimal] = defaultdict(Decimal)
    rules: dict[Substitution, int] = defaultdict(int)
    unknown = 0
    groups = lines.order_by().values("state", "substitution", "price_unit", "purchase__price_unit")
    for row in groups.annotate(
        many=Count("pk"),
        priced=Count("purchase__monthly_price"),
        wanted=Sum("monthly_price"),
        cost=Sum("purchase__monthly_price"),
    ):
        counts[State(row["state"])] += row["many"]
        rules[Substitution(row["substitution"])] += row["many"]
        if row["wanted"] is not None:
            confirmed[row["price_unit"]] += row["wanted"]
        if row["state"] == State.BOUGHT:
            unknown += row["many"] - row["priced"]
            if row["cost"] is not None:
                bought[row["purchase__price_unit"]] += row["cost"]
    return Tally(counts=counts, bought=bought, confirmed=confirmed, bought_for_unknown=unknown, rules=rules)


def states_of(orders: Sequence[PurchaseOrder], user: Any) -> dict[int, Tally]:
    """The lines of several orders, counted by state; one question to the database."""
    counts: dict[int, dict[State, int]] = {order.pk: dict.fromkeys(State, 0) for order in orders}
    lines = OrderLine.objects.visible_to(user).filter(order__in=list(counts)).annotate(state=STATE).order_by()
    for order, state, many in lines.values_list("order", "state").annotate(many=Count("pk")):
        counts[order][State(state)] = many
    return {
        order: Tally(counts=found, bought={}, confirmed={}, bought_for_unknown=0, rules={})
        for order, found in counts.items()
    }


def bought_besides(order: PurchaseOrder, user: Any) -> list[Purchase]:
    """Numbers that were bought for lines which have another one: that they were was shown when it was too late."""
    purchases = Purchase.objects.visible_to(user).filter(order=order, status=Status.PURCHASED)
    return list(purchases.filter(line__isnull=False, current_line__isnull=True).order_by("pk"))


def version(order: PurchaseOrder, counted: Tally) -> str:
    """Changes with whatever the page shows of the order."""
    last_event = order.events.aggregate(last=Max("pk"))["last"] or 0
    last_purchase = order.purchases.aggregate(last=Max("pk"))["last"] or 0
    return "-".join([order.status, str(last_event), str(last_purchase), *map(str, counted.counts.values())])


def time_left(order: PurchaseOrder, counted: Tally) -> timedelta | None:
    """How long the rest takes at the pace of the last minutes; None where that can't be told."""
    moving = counted.counts[State.WAITING] + counted.counts[State.ON_ITS_WAY]
    begun = order.decided_at or order.submitted_at
    if order.status != OrderStatus.RUNNING or not moving or begun is None:
        return None
    now = clock.now()
    since = max(begun, now - PACE_OVER)
    ended = order.purchases.filter(finished_at__gte=since, current_line__isnull=False).count()
    return (now - since) * moving / ended if ended >= FEWEST_FOR_A_PACE else None


@dataclass(kw_only=True)
class Failure:
    """Lines that were stopped for one reason; ``wordings`` are how it was said."""

    problem: str
    words: str
    many: int = 0
    wordings: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.problem}\n{self.words}".encode()).hexdigest()[:12]

    @property
    def label(self) -> str:
        return str(Problem(self.problem).label if self.problem else _("Stopped"))


def failures(lines: QuerySet[Any]) -> list[Failure]:
    """Why lines were stopped, the most frequent reason first."""
    rows = stopped(lines).order_by().values("problem", "said").annotate(many=Count("pk")).order_by("-many", "said")
    found: dict[tuple[str, str], Failure] = {}
    for row in rows[:MOST_REASONS]:
        words = without_numbers(row["said"])
        failure = found.setdefault((row["problem"], words), Failure(problem=row["problem"], words=words))
        failure.many += row["many"]
        failure.wordings.append(row["said"])
    return sorted(found.values(), key=lambda failure: -failure.many)


def stopped(lines: QuerySet[Any]) -> QuerySet[Any]:
    found: QuerySet[Any] = lines.filter(state=State.STOPPED).annotate(said=SAID)
    return found


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which lines a reader asked to see, and which page of them."""

    state: str = ""
    reason: str = ""
    term: str = ""
    page: str = ""


def page_of_lines(lines: QuerySet[Any], wanted: Wanted, reasons: Sequence[Failure]) -> Page[Any]:
    """Fifty of the lines that were asked for, each with the chain of its purchases as ``steps``."""
    chosen = lines.filter(state=wanted.state) if wanted.state in State.values else lines
    reason = next((reason for reason in reasons if reason.key == wanted.reason), None)
    if reason:
        chosen = stopped(chosen).filter(problem=reason.problem, said__in=reason.wordings)
    found = search_lines(chosen, wanted.term).select_related("location", "purchase").order_by("pk")
    page = Paginator(found, LINES_A_PAGE).get_page(wanted.page)
    shown = list(page.object_list)
    chains: dict[int, list[Purchase]] = {}
    for purchase in Purchase.objects.filter(line__in=[line.pk for line in shown]).order_by("pk"):
        chains.setdefault(purchase.line_id or 0, []).append(purchase)
    for line in shown:
        line.steps = list(steps(chains.get(line.pk, [])))
    page.object_list = shown
    return page


def search_lines(lines: QuerySet[Any], term: str) -> QuerySet[Any]:
    """By number in any notation, also one that was tried before, or location's name or ID."""
    term = clean_term(term)
    if not term:
        return lines
    matches = Q(location__name__icontains=term) | Q(location__location_id__iexact=term)
    if digits := search_digits(term):
        tried = Purchase.objects.filter(line=OuterRef("pk"), phone_number__contains=digits)
        matches = matches | Q(phone_number__contains=digits) | Q(Exists(tried))
    return lines.filter(matches)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One purchase of a line, and what became of it."""

    purchase: Purchase
    word: str


def steps(chain: Sequence[Purchase]) -> Iterator[Step]:
    """A line's purchases, from the first to the one that counts."""
    replaced = {purchase.substitute_of_id for purchase in chain}
    repeated = {purchase.again_of_id for purchase in chain}
    for purchase in chain:
        word = str(purchase.get_status_display()).lower()
        if purchase.pk in replaced:
            word = str(_("taken"))
        elif purchase.pk in repeated:
            word = str(_("%(status)s, tried again") % {"status": word})
        yield Step(purchase=purchase, word=word)


def history(order: PurchaseOrder) -> list[OrderEvent]:
    """What happened to the order, the latest first."""
    return list(order.events.select_related("actor").order_by("-pk")[:MOST_EVENTS])


def awaiting(user: Any) -> QuerySet[PurchaseOrder]:
    """The orders that wait for this user's decision."""
    return awaiting_others(user) if user.has_perm(MAY_APPROVE) else PurchaseOrder.objects.none()


def awaiting_others(user: Any) -> QuerySet[PurchaseOrder]:
    """The orders of others that wait for a decision, whether or not the user may take it."""
    waiting = PurchaseOrder.objects.visible_to(user).filter(status=OrderStatus.AWAITING_APPROVAL)
    # Not `exclude`: an order that nobody signed is nobody's own.
    return waiting.filter(Q(requested_by=None) | ~Q(requested_by=user))
