"""What a person decides where the provider could not tell: each with a reason, and only on the facts that they saw.

A form carries what its reader saw. It is compared with the locked row in the transaction that writes: so nobody decides
on a page that was overtaken, and of two people who decide at once the second is told what the first did.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from numbers_app import clock
from numbers_app.models import Evidence, Location, PhoneNumber, Purchase, PurchaseEvent, Status
from numbers_app.models.storing import storable_text
from numbers_app.purchasing.adopting import read_again
from numbers_app.purchasing.lifecycle import WorldMovedOn, locked_purchase, transition
from numbers_app.purchasing.pausing import resume_location
from numbers_app.purchasing.proving import confirm_bought
from numbers_app.told import told

DOUBTFUL = (Status.UNCERTAIN, Status.NEEDS_REVIEW)


class DecisionRefused(Exception):
    """Nothing was written; the sentence says why."""


class FactsChanged(DecisionRefused):
    """What the person saw is no longer so."""


def facts(purchase: Purchase) -> str:
    """What somebody who looks at the purchase sees of it, in short."""
    last = purchase.events.order_by("-pk").values_list("pk", flat=True).first()
    return f"{purchase.status}-{purchase.attempt_count}-{last or 0}"


def as_seen(purchase_id: int, *, seen: str, among: tuple[Status, ...] = DOUBTFUL) -> Purchase:
    """The locked purchase, if it is still as it was seen, and is to be decided."""
    purchase = locked_purchase(purchase_id)
    if facts(purchase) != seen:
        words = _("Meanwhile something happened: the purchase is “%(status)s” now. %(reason)s")
        raise FactsChanged(words % {"status": purchase.get_status_display(), "reason": told(last_words(purchase))})
    if purchase.status not in among:
        words = _("This can't be decided while the purchase is “%(status)s”.")
        raise DecisionRefused(words % {"status": purchase.get_status_display()})
    return purchase


def last_words(purchase: Purchase) -> str:
    event = purchase.events.order_by("-pk").first()
    return event.because if event else ""


@transaction.atomic
def look_again(purchase_id: int, *, because: str, actor: Any, seen: str) -> None:
    """Have the provider's list read now; a purchase that waits for a person becomes uncertain again.

    Raises `DecisionRefused`, as all decisions do; then nothing was written.
    """
    purchase = as_seen(purchase_id, seen=seen)
    if purchase.sandbox != settings.SANDBOX:
        raise DecisionRefused(_("It can't be looked up from this desk: rehearsal and reality never mix."))
    now = clock.now()
    if purchase.status == Status.NEEDS_REVIEW:
        transition(
            purchase, to=Status.UNCERTAIN, because=because, actor=actor, due_at=now, absent_at=None, uncertain_since=now
        )
        return
    # The status stays, and so does the provider's word that led to it; only the look-up comes sooner.
    if not Purchase.objects.filter(pk=purchase.pk, status=Status.UNCERTAIN).update(next_action_at=now):
        raise WorldMovedOn(f"Purchase {purchase.pk} is no longer uncertain.")
    PurchaseEvent.objects.create(
        purchase=purchase,
        at=now,
        from_status=Status.UNCERTAIN,
        to_status=Status.UNCERTAIN,
        because=storable_text(because),
        actor=actor,
    )


@transaction.atomic
def decide_bought(purchase_id: int, *, because: str, actor: Any, seen: str) -> None:
    """A person knows that it was bought."""
    purchase = as_seen(purchase_id, seen=seen)
    shown = shown_here(purchase)
    confirm_bought(
        purchase.pk,
        evidence=Evidence.PERSON,
        because=because,
        seen_at=clock.now(),
        actor=actor,
        number_sid=shown.sid if shown else "",
    )
    if shown is None:
        read_again([purchase.location_id])  # the mirror has not seen what was bought


@transaction.atomic
def decide_not_bought(purchase_id: int, *, because: str, actor: Any, seen: str) -> None:
    """A person knows that it was not bought; refused where the provider's list shows the number at the location."""
    purchase = as_seen(purchase_id, seen=seen, among=(Status.NEEDS_REVIEW,))
    if shown_here(purchase):
        raise DecisionRefused(
            _("The provider's list shows this number as active at the location: it was bought. Nothing was written.")
        )
    transition(purchase, to=Status.FAILED, because=because, actor=actor, absent_at=None, uncertain_since=None)


def shown_here(purchase: Purchase) -> PhoneNumber | None:
    """The number as the mirror has it, where it is active at the purchase's location."""
    return PhoneNumber.objects.filter(
        phone_number=purchase.phone_number, location=purchase.location_id, gone_at__isnull=True
    ).first()


def stop_seen(location: Location) -> str:
    """What somebody sees of a stopped queue, in short; empty where it is not stopped."""
    return location.paused_at.isoformat() if location.paused_at else ""


@transaction.atomic
def resume_seen(location_pk: int, *, because: str, actor: Any, seen: str) -> bool:
    """Resume the queue that was seen to be stopped; False where it goes already.

    Raises `FactsChanged` when it was stopped anew, for another reason than the one that was seen.
    """
    location = Location.objects.select_for_update(no_key=True).get(pk=location_pk)
    if location.paused_at is None:
        return False
    if stop_seen(location) != seen:
        words = _("Meanwhile the queue of %(location)s was stopped anew: %(reason)s")
        raise FactsChanged(words % {"location": location.name, "reason": told(location.paused_because)})
    return resume_location(location.pk, because=because, actor=actor)
