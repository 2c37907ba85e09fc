"""What the first page reads besides its figures: what needs a person, what is under way, and a newcomer's next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import chain
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from numbers_app import clock, progress, provider, review
from numbers_app.models import (
    BEING_CARRIED_OUT,
    ApiToken,
    Limits,
    Location,
    Mail,
    OrderLine,
    OrderStatus,
    Purchase,
    PurchaseOrder,
    Status,
)
from numbers_app.models.permissions import MAY_BUY, MAY_REVIEW, SEE_LOCATIONS, SEE_PURCHASES
from numbers_app.progress import Tally

MOST_COUNTED = 100
MOST_RUNNING = 200  # orders that are looked at
MOST_ORDERS = 5  # whose bars are shown
MOST_RECENT = 8
LATEST = 20_000  # purchases
MAILS_FOR = timedelta(days=7)  # a mail that was given up is told of for so long
SYNC = "numbers_app.sync_location"


class Need(StrEnum):
    """Why somebody has to look, the most urgent first."""

    APPROVAL = "approval"
    REVIEW = "needs_review"
    STOPPED = "stopped"
    ORPHANS = "orphans"
    VANISHED = "vanished"
    PAUSED = "paused"
    UNREAD = "unread"
    MAILS = "mails"


def needs(user: Any) -> dict[Need, int]:
    """What waits for this user, each counted up to MOST_COUNTED; what does not wait is left out."""
    counts = {Need.APPROVAL: up_to(progress.awaiting(user))}
    if user.has_perm(MAY_REVIEW):
        counts |= {Need(name): many for name, many in review.counts_waiting(user).items()}
    elif user.has_perm(SEE_PURCHASES):
        counts[Need.REVIEW] = up_to(Purchase.objects.visible_among_few(user).filter(status=Status.NEEDS_REVIEW))
    if user.has_perm(SEE_PURCHASES):
        counts[Need.PAUSED] = up_to(carried_out(user).filter(status=OrderStatus.PAUSED))
    if user.has_perm(SEE_LOCATIONS) and not user.has_perm(MAY_REVIEW):
        counts[Need.STOPPED] = up_to(review.waiting_keys(user, "stopped"))
    if user.has_perm(SYNC):
        counts[Need.UNREAD] = up_to(Location.objects.visible_to(user).exclude(sync_error=""))
    if user.is_superuser:
        since = clock.now() - MAILS_FOR
        counts[Need.MAILS] = up_to(Mail.objects.filter(next_action_at=None, sent_at=None, created_at__gte=since))
    return {need: counts[need] for need in Need if counts.get(need)}


def up_to(rows: models.QuerySet[Any]) -> int:
    return rows.order_by()[:MOST_COUNTED].count()


def carried_out(user: Any) -> models.QuerySet[PurchaseOrder]:
    """As `visible_to`, of the latest: it is asked of a few orders, not of the lines of all that there are."""
    # State by state: for both at once SQLite goes through all orders there are, the latest first.
    found = [latest_orders(status) for status in BEING_CARRIED_OUT]
    latest = sorted(chain.from_iterable(found), reverse=True)[:MOST_RUNNING]
    running = PurchaseOrder.objects.filter(status__in=BEING_CARRIED_OUT)
    if user.is_superuser:
        return running.filter(pk__in=latest)
    lines = OrderLine.objects.visible_to(user).filter(order__in=latest).order_by()
    seen = list(lines.values_list("order", flat=True).distinct())
    return running.filter(Q(pk__in=seen) | Q(pk__in=latest, requested_by=user))


def latest_orders(status: OrderStatus) -> models.QuerySet[PurchaseOrder, int]:
    """Their keys, the latest first."""
    orders = PurchaseOrder.objects.filter(status=status).order_by("-pk")
    return orders.values_list("pk", flat=True)[:MOST_RUNNING]


@dataclass(frozen=True, kw_only=True)
class Moving:
    """Orders that are being carried out, the latest first, each with its lines counted."""

    orders: Sequence[tuple[PurchaseOrder, Tally]]
    more: bool


def orders_under_way(user: Any) -> Moving:
    """What of them fits on the page."""
    orders = list(carried_out(user).select_related("requested_by").order_by("-pk")[: MOST_ORDERS + 1])
    shown = orders[:MOST_ORDERS]
    states = progress.states_of(shown, user) if shown else {}
    return Moving(orders=[(order, states[order.pk]) for order in shown], more=len(orders) > MOST_ORDERS)


def recent(user: Any) -> list[Purchase]:
    """The latest purchases: looked for among the desk's latest first, or a database sorts all that one sees."""
    purchases = Purchase.objects.visible_by_keys(user).order_by("-id")
    newest = Purchase.objects.aggregate(newest=Max("pk"))["newest"] or 0
    found = list(purchases.filter(pk__gt=newest - LATEST).values_list("pk", flat=True)[:MOST_RECENT])
    if len(found) < MOST_RECENT and newest > LATEST:
        found = list(purchases.values_list("pk", flat=True)[:MOST_RECENT])
    return list(purchases.filter(pk__in=found).select_related("location", "order__requested_by"))


# ── The first steps


class Step(models.TextChoices):
    """What somebody does on a desk that has bought nothing yet, in this order."""

    TOKEN = "token", _("Let the desk in at the provider")
    LOCATIONS = "locations", _("Get the locations")
    PEOPLE = "people", _("Say who sees and buys for which location")
    LIMITS = "limits", _("Set limits")
    ASK = "ask", _("Ask for a first number")
    BOUGHT = "bought", _("See it bought")


OPTIONAL = (Step.PEOPLE, Step.LIMITS)
ALLOWED = {
    Step.TOKEN: "numbers_app.add_apitoken",
    Step.LOCATIONS: SYNC,
    Step.PEOPLE: "auth.change_user",
    Step.LIMITS: "numbers_app.change_limits",
    Step.ASK: MAY_BUY,
    Step.BOUGHT: SEE_PURCHASES,
}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step, and how it stands; ``is_next`` is the first that is neither done nor left to one's liking."""

    step: Step
    done: bool
    allowed: bool
    is_next: bool

    @property
    def optional(self) -> bool:
        return self.step in OPTIONAL


def stages(user: Any) -> list[Stage]:
    """The way to the first number bought; empty for who has arrived, and for who may see nothing."""
    purchases = Purchase.objects.visible_to(user)
    if not user.has_perm(SEE_PURCHASES) or purchases.filter(status=Status.PURCHASED).exists():
        return []
    done = {
        Step.TOKEN: has_token(),
        Step.LOCATIONS: Location.objects.visible_to(user).exists(),
        Step.PEOPLE: get_user_model().objects.filter(assigned_locations__isnull=False, groups__isnull=False).exists(),
        Step.LIMITS: has_limits(),
        Step.ASK: purchases.exists(),
        Step.BOUGHT: False,
    }
    ahead = next(step for step in Step if not done[step] and step not in OPTIONAL)
    return [
        Stage(step=step, done=done[step], allowed=user.has_perm(ALLOWED[step]), is_next=step == ahead)
        for step in Step
        if step not in OPTIONAL or user.has_perm(ALLOWED[step])
    ]


def has_token() -> bool:
    """Whether any token is there; whether it opens anything shows when it is used."""
    return bool(provider.default_token()) or ApiToken.objects.exists()


def has_limits() -> bool:
    """Whether anything at all is limited, or needs a second person."""
    names = ("monthly_cap", "location_monthly_cap", "numbers_a_day", "approval_over_numbers", "approval_over_amount")
    any_of_them = Q()
    for name in names:
        any_of_them |= Q(**{f"{name}__isnull": False})
    return Limits.objects.filter(any_of_them).exists()
