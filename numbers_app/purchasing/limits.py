"""Caps and approvals: what may be spent, and what needs a second person.

Whoever spends locks the one row of the limits first, so that of many orders at once no two slip under one cap. What
counts is what this desk has bought or is asking for; a number whose price is not known counts with the assumed one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any, Literal

from django.conf import settings
from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from numbers_app import clock
from numbers_app.formatting import show_sum
from numbers_app.models import (
    LIVE,
    Limits,
    LineStatus,
    Location,
    OrderLine,
    PhoneNumber,
    Purchase,
    PurchaseOrder,
    Status,
    Via,
)
from numbers_app.purchasing.refusals import OrderRefused

CENTS = Decimal("0.0001")  # prices have four places; SQLite adds them as floats
# A draft's line that the preview found nothing wrong with: it is bought when the order is submitted.
BUYABLE = Q(status=LineStatus.DRAFT, checked_at__isnull=False, problem="") & ~Q(phone_number="")


@dataclass(frozen=True, kw_only=True)
class CapHit:
    """A cap that would be broken: USD a month, or for the scope "day" numbers."""

    scope: Literal["all", "location", "day"]
    cap: Decimal | int
    already: Decimal | int
    asked: Decimal | int
    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class LimitsReport:
    """What the limits say of an order; ``because`` tells in words why it needs a second person."""

    caps: Sequence[CapHit]
    because: Sequence[str]
    total_numbers: int
    total_monthly: Decimal

    @property
    def needs_approval(self) -> bool:
        return bool(self.because)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for at one location: how many numbers, and what they cost a month together."""

    numbers: int
    monthly: Decimal


class OverCap(OrderRefused):
    """What is asked for would break caps."""

    def __init__(self, caps: Sequence[CapHit]) -> None:
        super().__init__("; ".join(explain_cap(hit) for hit in caps))
        self.caps = caps


def explain_cap(hit: CapHit) -> str:
    """A cap that would be broken, in words for whoever asked."""
    amounts = {"cap": plain(hit.cap), "already": plain(hit.already), "asked": plain(hit.asked)}
    values = {**amounts, "location": hit.location}
    if hit.scope == "day":
        words = _(
            "You may ask for %(cap)s numbers a day; today it is %(already)s already, and this asks for %(asked)s."
        )
    elif hit.scope == "location":
        words = _("%(location)s may cost %(cap)s USD a month; it is %(already)s already, and this adds %(asked)s.")
    else:
        words = _(
            "All locations together may cost %(cap)s USD a month; it is %(already)s already, this adds %(asked)s."
        )
    return words % values


def plain(amount: Decimal | int) -> str:
    """Without the zeros that a column adds, and with the two of cents."""
    exact = Decimal(amount)
    return f"{exact:.0f}" if exact == exact.to_integral_value() else f"{show_sum(exact, '')}"


def current_limits() -> Limits:
    """The limits as they are now, not locked; without any where nobody has set them."""
    return Limits.objects.get_or_create(pk=Limits.ONLY)[0]


def locked_limits() -> Limits:
    """The limits, locked until the transaction ends. Orders are locked before, purchases after."""
    return Limits.objects.select_for_update().get_or_create(pk=Limits.ONLY)[0]


def judge(asked: Mapping[int, Asked], *, actor: Any) -> LimitsReport:
    """What the limits say of what is about to be asked for. Raises `OverCap`; belongs into the transaction that asks.

    Without caps nothing is locked, and nobody waits for anybody.
    """
    limits = current_limits()
    found = report(locked_limits() if has_caps(limits) else limits, asked, actor=actor)
    if found.caps:
        raise OverCap(found.caps)
    return found


def lock_if_capped() -> None:
    """Whoever locks purchases and is to be judged after calls this first: so none wait in a ring."""
    if has_caps(current_limits()):
        locked_limits()


def cost_of(price: Decimal | None) -> Decimal:
    """USD a month that a number counts for."""
    return current_limits().assumed_monthly_price if price is None else price


def has_caps(limits: Limits) -> bool:
    return (
        limits.monthly_cap is not None
        or limits.location_monthly_cap is not None
        or limits.numbers_a_day is not None
        or Location.objects.filter(monthly_cap__isnull=False).exists()
    )


def limits_report(order: PurchaseOrder) -> LimitsReport:
    """What the limits say of a draft's lines that can be bought, as things stand now."""
    return report(current_limits(), asked_by(order), actor=order.requested_by)


def asked_by(order: PurchaseOrder) -> dict[int, Asked]:
    """What the lines that can be bought ask for, by location."""
    limits = current_limits()
    lines = buyable(order).order_by().values("location_id").annotate(numbers=Count("pk"), monthly=total_price(limits))
    return {row["location_id"]: Asked(numbers=row["numbers"], monthly=row["monthly"].quantize(CENTS)) for row in lines}


def buyable(order: PurchaseOrder) -> QuerySet[OrderLine]:
    """The draft's lines that the preview found nothing wrong with."""
    return order.lines.filter(BUYABLE)


def report(limits: Limits, asked: Mapping[int, Asked], *, actor: Any) -> LimitsReport:
    """What the limits say of what is asked for, by the keys of the locations."""
    numbers = sum(one.numbers for one in asked.values())
    monthly = sum((one.monthly for one in asked.values()), Decimal(0))
    return LimitsReport(
        caps=[*cap_for_all(limits, monthly), *caps_of_locations(limits, asked), *cap_of_day(limits, numbers, actor)],
        because=reasons_for_approval(limits, numbers=numbers, monthly=monthly),
        total_numbers=numbers,
        total_monthly=monthly,
    )


def cap_for_all(limits: Limits, monthly: Decimal) -> list[CapHit]:
    if limits.monthly_cap is None:
        return []
    already = committed(limits).get(None, Decimal(0))
    if already + monthly <= limits.monthly_cap:
        return []
    return [CapHit(scope="all", cap=limits.monthly_cap, already=already, asked=monthly)]


def caps_of_locations(limits: Limits, asked: Mapping[int, Asked]) -> list[CapHit]:
    locations = Location.objects.filter(pk__in=asked).only("pk", "name", "location_id", "monthly_cap")
    caps = {
        location: limits.location_monthly_cap if location.monthly_cap is None else location.monthly_cap
        for location in locations
    }
    capped = {location: cap for location, cap in caps.items() if cap is not None}
    if not capped:
        return []
    spent = committed(limits, locations=[location.pk for location in capped])
    return [
        CapHit(scope="location", location=location, cap=cap, already=already, asked=asked[location.pk].monthly)
        for location, cap in capped.items()
        if (already := spent.get(location.pk, Decimal(0))) + asked[location.pk].monthly > cap
    ]


def cap_of_day(limits: Limits, numbers: int, actor: Any) -> list[CapHit]:
    if limits.numbers_a_day is None or actor is None:
        return []
    already = asked_today(actor)
    if already + numbers <= limits.numbers_a_day:
        return []
    return [CapHit(scope="day", cap=limits.numbers_a_day, already=already, asked=numbers)]


def asked_today(user: Any) -> int:
    """How many numbers the user has asked for since midnight (UTC) that were bought, or may yet be."""
    return spent_today().filter(order__requested_by=user).count()


def spent_today() -> QuerySet[Purchase]:
    """What counts against the numbers a day: each number wanted once, however often it was tried."""
    midnight = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    # What was replaced has come to nothing and counts no more, so its substitute does: for the day of the asking.
    asked_for = Purchase.objects.filter(
        line=OuterRef("line"), substitute_of__isnull=True, created_at__gte=midnight
    ).order_by()
    today = counted().filter(created_at__gte=midnight)
    return today.filter(Q(substitute_of__isnull=True) | Exists(asked_for)).exclude(order__via=Via.ADOPTED)


@translation.override(settings.LANGUAGE_CODE)  # for the books; a page tells it in its own
def reasons_for_approval(limits: Limits, *, numbers: int, monthly: Decimal) -> list[str]:
    reasons = []
    if limits.approval_over_numbers is not None and numbers > limits.approval_over_numbers:
        words = ngettext(
            "It asks for %(numbers)d number; over %(most)d needs a second person.",
            "It asks for %(numbers)d numbers; over %(most)d needs a second person.",
            numbers,
        )
        reasons.append(words % {"numbers": numbers, "most": limits.approval_over_numbers})
    if limits.approval_over_amount is not None and monthly > limits.approval_over_amount:
        words = _("It costs %(monthly)s USD a month; over %(most)s needs a second person.")
        reasons.append(words % {"monthly": plain(monthly), "most": plain(limits.approval_over_amount)})
    return reasons


def committed(limits: Limits, *, locations: Iterable[int] | None = None) -> dict[int | None, Decimal]:
    """USD a month that this desk has bought or is asking for: by location, or under None of all together.

    Numbers that are gone from the provider's list cost nothing any more.
    """
    spending = counted()
    if locations is not None:
        spending = spending.filter(location__in=list(locations))
    gone = spending.filter(
        status=Status.PURCHASED,
        phone_number__in=PhoneNumber.objects.filter(gone_at__isnull=False).values("phone_number"),
    )
    costs = sums(limits, spending, by_location=locations is not None)
    for key, freed in sums(limits, gone, by_location=locations is not None).items():
        costs[key] -= freed
    return costs


def counted() -> QuerySet[Purchase]:
    """What was bought from this desk, and what may yet be."""
    return Purchase.objects.filter(sandbox=settings.SANDBOX, status__in=(*LIVE, Status.PURCHASED))


def sums(limits: Limits, purchases: QuerySet[Purchase], *, by_location: bool) -> dict[int | None, Decimal]:
    if not by_location:
        total: Decimal = purchases.aggregate(total=total_price(limits))["total"]
        return {None: total.quantize(CENTS)}
    rows = purchases.order_by().values("location_id").annotate(total=total_price(limits))
    return {row["location_id"]: row["total"].quantize(CENTS) for row in rows}


def total_price(limits: Limits) -> Any:
    money = DecimalField(max_digits=16, decimal_places=4)
    assumed = Value(limits.assumed_monthly_price, output_field=money)
    each = Coalesce(F("monthly_price"), assumed, output_field=money)
    return Coalesce(Sum(each), Value(Decimal(0), output_field=money), output_field=money)
