"""The figures of the first page, read from the tallies that `tallies` keeps: never from the books at large."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import pgettext_lazy

from numbers_app.counting import FINEST, today
from numbers_app.models import LIVE, Counting, NumberTally, RefusalTally, Span, Status, Tally
from numbers_app.purchase_tallies import month_before

DAYS = 30
MONTHS = 12
MOST_REASONS = 8


class Outcome(models.TextChoices):
    """What became of purchases, as the first page tells them apart."""

    BOUGHT = "bought", pgettext_lazy("purchases", "bought")
    REFUSED = "refused", pgettext_lazy("purchases", "refused")
    GIVEN_UP = "given_up", pgettext_lazy("purchases", "given up")
    CANCELLED = "cancelled", pgettext_lazy("purchases", "cancelled")
    UNDER_WAY = "under_way", pgettext_lazy("purchases", "under way")


OUTCOMES: dict[str, Outcome] = {
    Status.PURCHASED: Outcome.BOUGHT,
    Status.REJECTED: Outcome.REFUSED,
    Status.FAILED: Outcome.GIVEN_UP,
    Status.CANCELLED: Outcome.CANCELLED,
    **dict.fromkeys(LIVE, Outcome.UNDER_WAY),
}


@dataclass(frozen=True, kw_only=True)
class Day:
    """The purchases that were asked for on one day, by what became of them."""

    on: date
    outcomes: Mapping[Outcome, int]

    @property
    def total(self) -> int:
        return sum(self.outcomes.values())


@dataclass(frozen=True, kw_only=True)
class Month:
    """What was bought of one month's purchases, and what it costs a month by currency."""

    first: date
    bought: int
    costs: Mapping[str, Decimal]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All that the first page tells in numbers."""

    complete: bool
    """Whether everything has been counted; until then some is missing."""
    counted_at: datetime | None
    bought: int
    active: int
    costs: Mapping[str, Decimal]
    unpriced: int
    """Active numbers whose price is not known."""
    months: Sequence[Month]
    days: Sequence[Day]
    reasons: Sequence[tuple[str, int]]
    """What was said, and how often; "" for what was said rarely."""

    @property
    def refused(self) -> int:
        return self.lately(Outcome.REFUSED)

    @property
    def settled(self) -> int:
        """The purchases of the last days that were asked of the provider and have ended."""
        return sum(map(self.lately, (Outcome.BOUGHT, Outcome.REFUSED, Outcome.GIVEN_UP)))

    @property
    def success_percent(self) -> float | None:
        """How many of them were bought; None where none has ended."""
        return 100 * self.lately(Outcome.BOUGHT) / self.settled if self.settled else None

    def lately(self, outcome: Outcome) -> int:
        return sum(day.outcomes[outcome] for day in self.days)


def figures(user: Any) -> Figures:
    """Of the locations that the user sees."""
    counting = Counting.objects.filter(pk=Counting.ONLY, sandbox=settings.SANDBOX).first()
    tallies = Tally.objects.visible_to(user).order_by()
    bought = tallies.filter(status=Status.PURCHASED)
    active, costs, unpriced = active_numbers(user)
    return Figures(
        complete=bool(counting and counting.complete),
        counted_at=counting.ran_at if counting else None,
        bought=bought.aggregate(many=Sum("many"))["many"] or 0,
        active=active,
        costs=costs,
        unpriced=unpriced,
        months=by_month(bought),
        days=by_day(tallies),
        reasons=commonest_reasons(user),
    )


def active_numbers(user: Any) -> tuple[int, dict[str, Decimal], int]:
    """How many there are, what they cost a month by currency, and of how many that is not known."""
    rows = NumberTally.objects.visible_to(user).order_by().values_list("currency")
    found = {
        currency: (many, Decimal(monthly).quantize(FINEST))
        for currency, many, monthly in rows.annotate(many=Sum("many"), monthly=Sum("monthly"))
    }
    costs = {currency: monthly for currency, (_many, monthly) in found.items() if currency}
    return sum(many for many, _monthly in found.values()), costs, found.get("", (0, 0))[0]


def by_month(bought: QuerySet[Tally]) -> list[Month]:
    """The last twelve months, the present one last."""
    first = today().replace(day=1)
    firsts = [first]
    while len(firsts) < MONTHS:
        firsts.append(month_before(firsts[-1]))
    many: dict[date, int] = defaultdict(int)
    costs: dict[date, dict[str, Decimal]] = defaultdict(dict)
    rows = bought.filter(since__gte=firsts[-1]).annotate(first=TruncMonth("since")).values_list("first", "currency")
    for month, currency, count, monthly in rows.annotate(count=Sum("many"), cost=Sum("monthly")):
        many[month] += count
        if currency:
            costs[month][currency] = Decimal(monthly).quantize(FINEST)
    return [Month(first=month, bought=many[month], costs=costs[month]) for month in reversed(firsts)]


def by_day(tallies: QuerySet[Tally]) -> list[Day]:
    """The last thirty days, the present one last."""
    last = today()
    days = [last - timedelta(days=ago) for ago in reversed(range(DAYS))]
    counts: dict[date, dict[Outcome, int]] = {day: dict.fromkeys(Outcome, 0) for day in days}
    rows = tallies.filter(since__gte=days[0], since__lte=last, span=Span.DAY).values_list("since", "status")
    for day, status, many in rows.annotate(count=Sum("many")):
        counts[day][OUTCOMES[status]] += many
    return [Day(on=day, outcomes=counts[day]) for day in days]


def commonest_reasons(user: Any) -> list[tuple[str, int]]:
    """Why purchases of the last thirty days were refused, the commonest first, and the rest as one."""
    since = today() - timedelta(days=DAYS - 1)
    said = RefusalTally.objects.visible_to(user).filter(since__gte=since).order_by()
    total = said.aggregate(many=Sum("many"))["many"] or 0
    groups = said.exclude(words="").values_list("words").annotate(count=Sum("many"))
    common = list(groups.order_by("-count", "words")[:MOST_REASONS])
    rest = total - sum(many for _words, many in common)
    return [*common, ("", rest)] if rest else common
