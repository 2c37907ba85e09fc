"""History is added to; nothing changes or deletes it, and nothing that has a history is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from numbers_app.models import LookUpResult, Purchase, PurchaseEvent, PurchaseLookUp, Status
from tests.factories import make_attempt, make_look_up, make_purchase, make_user

pytestmark = pytest.mark.django_db


def make_event(**columns: Any) -> PurchaseEvent:
    defaults = {"at": timezone.now(), "to_status": Status.QUEUED, "because": "Asked for."}
    return PurchaseEvent.objects.create(purchase=make_purchase(), **{**defaults, **columns})


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.save(),
        lambda event: event.delete(),
        lambda event: PurchaseEvent.objects.update(because="never"),
        lambda event: PurchaseEvent.objects.filter(pk=event.pk).delete(),
        lambda event: event.purchase.events.update(because="never"),
        lambda event: PurchaseEvent.objects.bulk_update([event], ["because"]),
        lambda event: PurchaseEvent.objects.update_or_create(pk=event.pk, defaults={"because": "never"}),
    ],
)
def test_event_is_never_changed(change: Callable[[PurchaseEvent], Any]) -> None:
    event = make_event()
    event.because = "never"

    with pytest.raises(TypeError, match="never"), transaction.atomic():
        change(event)

    assert PurchaseEvent.objects.get().because == "Asked for."


def test_event_with_the_key_of_another_does_not_overwrite_it() -> None:
    event = make_event()
    twin = PurchaseEvent(pk=event.pk, purchase=event.purchase, at=event.at, to_status=Status.FAILED, because="never")

    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()

    assert PurchaseEvent.objects.get().because == "Asked for."


@pytest.mark.parametrize(
    "change",
    [
        lambda look_up: look_up.save(),
        lambda look_up: look_up.delete(),
        lambda look_up: look_up.purchase.look_ups.update(words="never"),
        lambda look_up: PurchaseLookUp.objects.filter(pk=look_up.pk).delete(),
    ],
)
def test_look_up_is_never_changed(change: Callable[[PurchaseLookUp], Any]) -> None:
    look_up = make_look_up(make_purchase(), words="The list is down")
    look_up.words = "never"

    with pytest.raises(TypeError, match="never"), transaction.atomic():
        change(look_up)

    assert PurchaseLookUp.objects.get().words == "The list is down"


@pytest.mark.parametrize(("result", "listed"), [("shown", None), ("absent", None), ("unreadable", 3), ("perhaps", 3)])
def test_look_up_counts_the_list_exactly_where_it_was_read(result: LookUpResult, listed: int | None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_look_up(make_purchase(), result, listed=listed)


def test_what_has_a_history_is_not_deleted() -> None:
    event = make_event(actor=make_user())
    make_attempt(event.purchase)

    for thing in (event.purchase, event.purchase.order, event.purchase.location, event.actor):
        with pytest.raises(ProtectedError):
            thing.delete()
    with pytest.raises(ProtectedError):
        Purchase.objects.all().delete()


def test_rows_are_called_by_what_people_know_them_by() -> None:
    event = make_event(from_status="")
    purchase = event.purchase
    attempt = make_attempt(purchase)

    assert str(make_look_up(purchase)) == f"{purchase.pk}: absent"
    assert str(purchase) == f"#{purchase.pk} {purchase.phone_number}"
    assert str(purchase.order) == f"#{purchase.order.pk}"
    assert str(attempt) == f"{purchase.pk}/1"
    assert str(event) == f"{purchase.pk}: – → queued"
    assert not purchase.is_final
