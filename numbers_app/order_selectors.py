"""What the pages of orders read; each of them asks a number of questions that does not grow with the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum

from numbers_app.models import (
    LineStatus,
    Location,
    OrderLine,
    OrderPart,
    OrderStatus,
    Problem,
    Purchase,
    PurchaseOrder,
    RejectedRow,
)
from numbers_app.order_words import KIND, kind_in_words, lines_in_words, want_in_words
from numbers_app.purchasing.limits import BUYABLE, committed, current_limits, spent_today
from numbers_app.selectors import clean_term, is_key

LINES_A_PAGE = 50
PLACES_A_PAGE = 50
PARTS_A_PAGE = 10
TEXTS = ("country_code", "number_type", "first_part", "last_part", "anywhere", "substitution")
FLAGS = ("is_want", "sms", "mms", "voice")
MOST_SPENDERS = 20  # people whose numbers of today are told
ANY_PROBLEM = "any"
WANTED = Q(problem="") & ~Q(status=LineStatus.STOPPED)  # lines that are bought or may be
CONFIRMED = WANTED | Q(
    order__submitted_at__isnull=False
)  # what was submitted is told as it was confirmed, as on the order's page


def orders_with_lines(orders: QuerySet[PurchaseOrder]) -> QuerySet[PurchaseOrder]:
    """Those that were drafted; the others are purchases that were asked for at once."""
    return orders.exclude(status=OrderStatus.DIRECT)


def add_totals(orders: Sequence[PurchaseOrder], *, user: Any) -> None:
    """Give each how many numbers it asks for, how many were bought and their cost a month, as far as the user sees."""
    lines = OrderLine.objects.visible_to(user).filter(order__in=orders).order_by().values("order")
    totals: dict[int, Any] = {
        row["order"]: row
        for row in lines.annotate(
            line_count=Count("pk"),
            bought_count=Count("pk", filter=Q(status=LineStatus.BOUGHT)),
            monthly=Sum("monthly_price", filter=CONFIRMED),
        )
    }
    for order in orders:
        found: Any = totals.get(order.pk, {})
        order.line_count = found.get("line_count", 0)  # type: ignore[attr-defined]
        order.bought_count = found.get("bought_count", 0)  # type: ignore[attr-defined]
        order.monthly = found.get("monthly")  # type: ignore[attr-defined]


def requesters(orders: QuerySet[PurchaseOrder]) -> QuerySet[User]:
    """Who began these orders, by name."""
    return User.objects.filter(pk__in=orders.order_by().values("requested_by")).order_by("username")


def search_orders(orders: QuerySet[PurchaseOrder], term: str) -> QuerySet[PurchaseOrder]:
    """By name, or by the order's number with or without its sign."""
    term = clean_term(term)
    if not term:
        return orders
    matches = Q(name__icontains=term)
    key = term.removeprefix("#")
    if is_key(key):
        matches |= Q(pk=int(key))
    return orders.filter(matches)


# ── A draft


@dataclass(frozen=True, kw_only=True)
class PartRow:
    """What came into a draft together, counted."""

    part: OrderPart
    words: str
    lines: int
    problems: int
    rejected: int
    places: int
    substitution: str
    """The rule of all of its lines, "" where they have several."""


def part_page(order: PurchaseOrder, page: str | None) -> Page[Any]:
    """One page of the draft's parts, as `PartRow`s."""
    per_place = OrderLine.objects.filter(part=OuterRef("pk")).order_by().values("location").annotate(many=Count("pk"))
    parts = order.parts.select_related("created_by").annotate(
        fewest=Subquery(per_place.order_by("many").values("many")[:1]),
        most=Subquery(per_place.order_by("-many").values("many")[:1]),
    )
    shown: Page[Any] = Paginator(parts, PARTS_A_PAGE).get_page(page)
    found = list(shown.object_list)
    counts = count_parts(found)
    rejected = dict(
        RejectedRow.objects.filter(part__in=found).order_by().values_list("part").annotate(many=Count("pk"))
    )
    shown.object_list = [part_row(part, counts.get(part.pk), rejected.get(part.pk, 0)) for part in found]
    return shown


def unread_rows(order: PurchaseOrder) -> int:
    """How many rows of the draft's files could not be read, and are neither mended nor left out."""
    return RejectedRow.objects.filter(part__order=order).count()


def count_parts(parts: Sequence[OrderPart]) -> dict[int, dict[str, Any]]:
    """For each part its lines, locations and problems, and whether its lines are of one kind."""
    ends = {f"{word}_{name}": end(name) for name in TEXTS for word, end in (("min", Min), ("max", Max))}
    flags = {f"with_{name}": Count("pk", filter=Q(**{name: True})) for name in FLAGS}
    lines = OrderLine.objects.filter(part__in=parts).order_by().values("part")
    rows: Any = lines.annotate(
        many=Count("pk"),
        places=Count("location", distinct=True),
        problems=Count("pk", filter=~Q(problem="")),
        **ends,
        **flags,
    )
    return {row["part"]: row for row in rows}


def part_row(part: Any, counts: Mapping[str, Any] | None, rejected: int) -> PartRow:
    if counts is None:
        return PartRow(
            part=part, words=str(part), lines=0, problems=0, rejected=rejected, places=0, substitution=""
        )  # fmt: skip
    alike = counts["min_substitution"] == counts["max_substitution"]
    return PartRow(
        part=part,
        words=words_of_part(part, counts),
        lines=counts["many"],
        problems=counts["problems"],
        rejected=rejected,
        places=counts["places"],
        substitution=counts["min_substitution"] if alike else "",
    )


def words_of_part(part: Any, counts: Mapping[str, Any]) -> str:
    """What the part asks for: in one line where all of it is of one kind, and as many for each location."""
    texts = all(counts[f"min_{name}"] == counts[f"max_{name}"] for name in TEXTS if name in KIND)
    flags = all(counts[f"with_{name}"] in (0, counts["many"]) for name in FLAGS)
    if not (counts["with_is_want"] and texts and flags and part.fewest == part.most):
        return lines_in_words(counts["many"], counts["places"])
    kind = {name: counts[f"min_{name}"] if name in TEXTS else bool(counts[f"with_{name}"]) for name in KIND}
    return want_in_words(kind_in_words(kind), part.fewest, counts["places"])


def line_page(order: PurchaseOrder, asked: Mapping[str, str], *, user: Any) -> Page[OrderLine]:
    """One page of the draft's lines; ``asked`` may name a part, a location, a problem ("any" for all) and the page."""
    lines = order.lines.visible_to(user).select_related("location", "part").order_by("pk")
    for name in ("part", "location"):
        if key := known_key(asked.get(name, "")):
            lines = lines.filter(**{name: key})
    problem = asked.get("problem", "")
    if problem == ANY_PROBLEM:
        lines = lines.exclude(problem="")
    elif problem in Problem.values:
        lines = lines.filter(problem=problem)
    return Paginator(lines, LINES_A_PAGE).get_page(asked.get("page"))


def known_key(text: str) -> int:
    """The key that an address names, 0 for none."""
    return int(text) if is_key(text) else 0


def places_of(lines: QuerySet[OrderLine], page: str | None) -> Page[Any]:
    """How many lines each location has, how many of them can be bought for how much a month, and their problems."""
    rows = (
        lines.order_by("location__name", "location")
        .values("location", "location__name", "location__location_id")
        .annotate(
            many=Count("pk"),
            good=Count("pk", filter=BUYABLE),
            problems=Count("pk", filter=~Q(problem="")),
            monthly=Sum("monthly_price", filter=BUYABLE),
        )
    )
    return Paginator(rows, PLACES_A_PAGE).get_page(page)


# ── A preview


@dataclass(frozen=True, kw_only=True)
class PreviewTotals:
    """What a preview found, all in all."""

    lines: int
    looked_at: int
    good: int
    monthly: Decimal
    places: int

    @property
    def left_out(self) -> int:
        return self.lines - self.good


def preview_totals(order: PurchaseOrder) -> PreviewTotals:
    found = order.lines.aggregate(
        lines=Count("pk"),
        looked_at=Count("pk", filter=Q(checked_at__isnull=False)),
        good=Count("pk", filter=BUYABLE),
        monthly=Sum("monthly_price", filter=BUYABLE),
        places=Count("location", distinct=True),
    )
    return PreviewTotals(**{**found, "monthly": found["monthly"] or Decimal(0)})


@dataclass(frozen=True, kw_only=True)
class ProblemRow:
    """One kind of problem: how many lines have it, and for how many locations."""

    problem: Problem
    lines: int
    places: int
    words: str
    """What was said of one of them."""


def problems_of(order: PurchaseOrder) -> list[ProblemRow]:
    """The draft's problems by kind, the most frequent first."""
    rows: Any = (
        order.lines.exclude(problem="")
        .order_by()
        .values("problem")
        .annotate(lines=Count("pk"), places=Count("location", distinct=True), words=Max("words"))
        .order_by("-lines", "problem")
    )
    return [ProblemRow(**{**row, "problem": Problem(row["problem"])}) for row in rows]


def hidden_lines(order: PurchaseOrder, *, user: Any) -> int:
    """How many of the draft's lines are for locations that the user does not see, or no longer."""
    return order.lines.exclude(location__in=Location.objects.visible_to(user)).count()


# ── The limits


@dataclass(frozen=True, kw_only=True)
class LimitsUse:
    """What counts against the limits as things stand."""

    monthly: Decimal
    today: Sequence[tuple[str, int]]
    """Who asked for how many numbers today, the most first."""


def limits_use(*, user: Any) -> LimitsUse:
    """The cost of everything, and the people of the locations that the user sees."""
    users = (
        spent_today()
        .filter(pk__in=Purchase.objects.visible_to(user).values("pk"))
        .order_by()
        .values("order__requested_by__username")
        .annotate(many=Count("pk"))
    )
    rows = users.order_by("-many", "order__requested_by__username")[:MOST_SPENDERS]
    return LimitsUse(
        monthly=committed(current_limits()).get(None, Decimal(0)),
        today=[(row["order__requested_by__username"] or "–", row["many"]) for row in rows],
    )
