"""What the review desk reads: everything that a person has to look at, and the evidence of both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce

from numbers_app.models import (
    Location,
    PhoneNumber,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    Status,
    TwilioAccount,
)
from numbers_app.purchasing.adopting import orphans, vanished

PER_PAGE = 25
MOST_PLACES = 50  # locations that are offered for doing all of their numbers at once
MOST_COUNTED = 100  # what the sidebar counts to; the desk itself says how many there are
MOST_EVENTS = 50


def needs_review(user: Any) -> QuerySet[Purchase]:
    """Purchases that wait for a decision, the longest wait first."""
    return doubtful(user, Status.NEEDS_REVIEW)


def uncertain(user: Any) -> QuerySet[Purchase]:
    """Purchases that are being looked up, the longest wait first."""
    return doubtful(user, Status.UNCERTAIN)


def doubtful(user: Any, status: Status) -> QuerySet[Purchase]:
    rows = Purchase.objects.visible_to(user).filter(status=status).select_related("location")
    return rows.order_by(F("uncertain_since").asc(nulls_last=True), "pk")


def orphan_rows(user: Any) -> QuerySet[PhoneNumber]:
    """Numbers that no purchase explains, those of one location together."""
    return orphans().visible_to(user).select_related("location").order_by("location", "phone_number")


def vanished_rows(user: Any) -> QuerySet[PhoneNumber]:
    """Numbers that are gone and not yet noted, the latest first."""
    return vanished().visible_to(user).select_related("location").order_by("-gone_at", "pk")


def name_buyers(numbers: Sequence[PhoneNumber]) -> None:
    """Give each number ``bought_by``, the purchase that bought it; a subquery would run for rows of every page."""
    bought = Purchase.objects.filter(
        phone_number__in=[number.phone_number for number in numbers], status=Status.PURCHASED
    )
    found = bought.order_by("pk").values_list("location_id", "phone_number", "pk")
    buyers = {(location_id, phone_number): pk for location_id, phone_number, pk in found}
    for number in numbers:
        number.bought_by = buyers.get((number.location_id, number.phone_number))  # type: ignore[attr-defined]


def stopped(user: Any) -> QuerySet[Location]:
    """Locations whose queue is stopped, the longest first, each with how many purchases wait in it."""
    queued = Purchase.objects.filter(location=OuterRef("pk"), status=Status.QUEUED).order_by().values("location")
    waiting = Coalesce(Subquery(queued.annotate(many=Count("pk")).values("many")), 0, output_field=IntegerField())
    rows = Location.objects.visible_to(user).filter(paused_at__isnull=False)
    return rows.annotate(waiting=waiting).order_by("paused_at", "pk")


def longest_stopped(user: Any) -> Location | None:
    """For the banner: the location that has been stopped longest, with ``stopped_total``, how many are stopped."""
    return stopped(user).annotate(stopped_total=Window(Count("pk"))).first()


SECTIONS = {
    "needs_review": needs_review,
    "uncertain": uncertain,
    "orphans": orphan_rows,
    "vanished": vanished_rows,
    "stopped": stopped,
}
WAITING_FOR_PERSON = ("needs_review", "orphans", "vanished", "stopped")


def sections(user: Any, asked: Mapping[str, str]) -> dict[str, Page[Any]]:
    """One page of each section; ``asked`` may say which."""
    pages: dict[str, Page[Any]] = {
        name: Paginator(rows(user), PER_PAGE).get_page(asked.get(name)) for name, rows in SECTIONS.items()
    }
    name_buyers(list(pages["vanished"]))
    return pages


def waiting_keys(user: Any, name: str) -> QuerySet[Any, tuple[int]]:
    rows: QuerySet[Any] = SECTIONS[name](user)
    return rows.order_by().values_list("pk")


def counts_waiting(user: Any) -> dict[str, int]:
    """How much of what waits for a person, each counted no further than the sidebar shows."""
    return {name: len(waiting_keys(user, name)[:MOST_COUNTED]) for name in WAITING_FOR_PERSON}


def waiting_at_desk(user: Any) -> QuerySet[Any, tuple[int]]:
    """All that waits for a person, stopped queues aside, to be counted."""
    first, *others = (waiting_keys(user, name) for name in WAITING_FOR_PERSON if name != "stopped")
    return first.union(*others, all=True)


class Place(NamedTuple):
    """A location and how many rows it has."""

    location_id: int
    name: str
    many: int

    @property
    def as_seen(self) -> str:
        """What a form carries of it: the location, and how many rows its reader saw."""
        return f"{self.location_id}:{self.many}"


def places(numbers: QuerySet[PhoneNumber]) -> list[Place]:
    """The locations of the numbers, those with the most first."""
    names = numbers.order_by().values_list("location_id", "location__name")
    counted = names.annotate(many=Count("pk")).order_by("-many", "location_id")
    return [Place(*row) for row in counted[:MOST_PLACES]]


@dataclass(frozen=True, kw_only=True)
class BothSides:
    """A purchase as our books have it, and its number as the provider's list shows it."""

    purchase: Purchase
    attempts: Sequence[PurchaseAttempt]
    events: Sequence[PurchaseEvent]
    account: TwilioAccount | None
    number: PhoneNumber | None
    others: Sequence[Purchase]
    may_see_place: bool
    """Whether the user may see the location that has the number."""

    @property
    def shown_here(self) -> bool:
        number = self.number
        return number is not None and number.gone_at is None and number.location_id == self.purchase.location_id

    @property
    def shown_elsewhere(self) -> bool:
        number = self.number
        return number is not None and number.gone_at is None and number.location_id != self.purchase.location_id

    @property
    def gone(self) -> bool:
        return self.number is not None and self.number.gone_at is not None

    @property
    def list_too_old(self) -> bool:
        """Whether the list has not been read in full since the last attempt can have had its effect."""
        read_at = self.account.listed_at if self.account else None
        ended = [attempt.finished_at or attempt.started_at for attempt in self.attempts]
        return read_at is None or any(read_at < at for at in ended)


def both_sides(purchase: Purchase, *, user: Any) -> BothSides:
    """All evidence of a purchase; of other locations only what the user may see."""
    others = Purchase.objects.visible_to(user).filter(phone_number=purchase.phone_number).exclude(pk=purchase.pk)
    number = PhoneNumber.objects.select_related("location").filter(phone_number=purchase.phone_number).first()
    return BothSides(
        purchase=purchase,
        attempts=list(purchase.attempts.order_by("-number")),
        events=list(purchase.events.select_related("actor").order_by("-id")[:MOST_EVENTS]),
        account=TwilioAccount.objects.filter(location=purchase.location_id).first(),
        number=number,
        others=list(others.select_related("location").order_by("-pk")[:PER_PAGE]),
        may_see_place=number is not None and PhoneNumber.objects.visible_to(user).filter(pk=number.pk).exists(),
    )
