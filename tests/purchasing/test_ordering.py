"""What a person asked for becomes purchases, once."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from numbers_app.models import FINAL, LIVE, PhoneNumber, Purchase, PurchaseEvent, PurchaseOrder, Status, Via
from numbers_app.purchasing import ordering
from numbers_app.purchasing.dispatch import SUBMIT, sweep
from numbers_app.purchasing.ordering import AlreadyLive, AlreadyOwned, KeyUsed, place_order
from numbers_app.purchasing.refusals import OrderRefused
from tests.factories import (
    NUMBER,
    OTHER_LOCATION_ID,
    make_location,
    make_number,
    make_purchase,
    make_request,
    make_user,
)
from tests.fakes import Mailbox, in_threads

pytestmark = pytest.mark.django_db
COMMITTED = pytest.mark.django_db(transaction=True)


def order(phone_number: str = NUMBER, **changes: Any) -> Purchase:
    values: dict[str, Any] = {
        "location": changes.pop("location", None) or make_location(),
        "requested_by": changes.pop("requested_by", None),
        "idempotency_key": changes.pop("key", None) or uuid.uuid4(),
    }
    via = {"via": changes.pop("via")} if "via" in changes else {}
    return place_order(request=make_request(phone_number, **changes), **values, **via)


def rows() -> tuple[int, int, int]:
    return Purchase.objects.count(), PurchaseOrder.objects.count(), PurchaseEvent.objects.count()


def test_order_is_queued_with_its_history() -> None:
    user = make_user()

    purchase = order(requested_by=user, via=Via.COMMAND, locality="Kerrville", skip_location_kyc=True)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.sandbox, purchase.locality) == (Status.QUEUED, True, "Kerrville")
    assert purchase.skip_location_kyc
    assert purchase.next_action_at is not None
    assert purchase.next_action_at > timezone.now()
    assert (purchase.order.requested_by, purchase.order.via) == (user, Via.COMMAND)
    assert purchase.requested_by == user
    event = purchase.events.get()
    assert (event.from_status, event.to_status, event.actor) == ("", Status.QUEUED, user)


def test_fingerprint_is_kept_when_given_and_made_when_not() -> None:
    given, made = order(fingerprint_id="1773314252953"), order("+18305550199")

    assert given.fingerprint_id == "1773314252953"
    assert len(made.fingerprint_id) == 32


def test_same_key_and_content_again_is_the_same_purchase() -> None:
    key, user = uuid.uuid4(), make_user()

    first, second = order(key=key, requested_by=user), order(key=key, requested_by=user)

    assert first == second
    assert rows() == (1, 1, 1)


@pytest.mark.parametrize("status", Status)
def test_same_key_finds_its_purchase_however_far_it_has_come(status: Status) -> None:
    key = uuid.uuid4()
    purchase = make_purchase(status=status, order=PurchaseOrder.objects.create(idempotency_key=key))

    assert order(key=key) == purchase


@pytest.mark.parametrize(
    "change",
    [
        {"phone_number": "+18305550199"},
        {"region": "TX"},
        {"skip_location_kyc": True},
        {"number_type": ""},
    ],
)
def test_same_key_for_something_else_is_refused(change: dict[str, Any]) -> None:
    key = uuid.uuid4()
    first = order(key=key)

    with pytest.raises(KeyUsed) as refusal:
        order(key=key, **change)

    assert refusal.value.purchase == first
    assert rows() == (1, 1, 1)


def test_same_key_for_another_location_is_refused() -> None:
    key = uuid.uuid4()
    order(key=key)

    with pytest.raises(KeyUsed):
        order(key=key, location=make_location(OTHER_LOCATION_ID))

    assert rows() == (1, 1, 1)


def test_key_of_another_user_is_refused_and_reveals_nothing() -> None:
    key = uuid.uuid4()
    order(key=key, requested_by=make_user())

    with pytest.raises(KeyUsed) as refusal:
        order(key=key, requested_by=make_user())

    assert refusal.value.purchase is None
    assert NUMBER not in str(refusal.value)
    assert rows() == (1, 1, 1)


def test_key_of_an_order_without_purchases_is_refused() -> None:
    key = uuid.uuid4()
    PurchaseOrder.objects.create(idempotency_key=key)

    with pytest.raises(KeyUsed):
        order(key=key)


@pytest.mark.parametrize("status", LIVE)
def test_number_in_a_live_purchase_is_refused(status: Status) -> None:
    live = make_purchase(status=status)

    with pytest.raises(AlreadyLive) as refusal:
        order()

    assert refusal.value.purchase == live
    assert rows() == (1, 1, 0)


@pytest.mark.parametrize("status", [status for status in FINAL if status != Status.PURCHASED])
def test_number_of_a_purchase_that_came_to_nothing_may_be_asked_for_again(status: Status) -> None:
    make_purchase(status=status)

    assert order().status == Status.QUEUED


def test_number_that_is_owned_is_refused() -> None:
    number = make_number()

    with pytest.raises(AlreadyOwned) as refusal:
        order()

    assert refusal.value.number == number
    assert rows() == (0, 0, 0)


def test_number_that_is_gone_may_be_bought_again() -> None:
    make_number(gone_at=timezone.now())

    assert order().status == Status.QUEUED


def test_number_that_is_bought_between_the_look_and_the_write_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    look = ordering.refuse_taken

    def look_and_let_another_buy(phone_number: str) -> None:
        look(phone_number)
        make_purchase(status=Status.PURCHASED)
        make_number()

    monkeypatch.setattr(ordering, "refuse_taken", look_and_let_another_buy)

    with pytest.raises(AlreadyOwned):
        order()

    assert Purchase.objects.filter(status=Status.QUEUED).count() == 0


def test_broken_database_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise IntegrityError("something else")

    monkeypatch.setattr(ordering, "write_order", fail)

    with pytest.raises(IntegrityError):
        order()


@COMMITTED
def test_one_key_from_many_clicks_makes_one_purchase(mailbox: Mailbox) -> None:
    key, location, user = uuid.uuid4(), make_location(), make_user()

    results = in_threads([lambda: order(key=key, location=location, requested_by=user)] * 20)

    assert set(results) == {Purchase.objects.get()}
    assert rows() == (1, 1, 1)
    assert mailbox.take() == [(SUBMIT, [[Purchase.objects.get().pk]])]


@COMMITTED
def test_many_orders_for_one_number_make_one_purchase(mailbox: Mailbox) -> None:
    location = make_location()

    results = in_threads([lambda: order(location=location)] * 20)

    purchase = Purchase.objects.get()
    assert results.count(purchase) == 1
    refusals = [result for result in results if result != purchase]
    assert {type(refusal) for refusal in refusals} == {AlreadyLive}
    assert rows() == (1, 1, 1)


@COMMITTED
def test_message_goes_out_after_the_commit(mailbox: Mailbox) -> None:
    with transaction.atomic():
        purchase = order()
        inside = mailbox.take()

    assert inside == []
    assert mailbox.take() == [(SUBMIT, [[purchase.pk]])]


@COMMITTED
def test_rollback_sends_nothing(mailbox: Mailbox) -> None:
    class Regret(Exception):
        pass

    def order_and_regret() -> None:
        with transaction.atomic():
            order()
            raise Regret

    with pytest.raises(Regret):
        order_and_regret()

    assert mailbox.take() == []
    assert Purchase.objects.count() == 0


@COMMITTED
def test_refused_order_sends_nothing(mailbox: Mailbox) -> None:
    make_number()

    with pytest.raises(OrderRefused):
        order()

    assert mailbox.take() == []
    assert PhoneNumber.objects.count() == 1


@COMMITTED
def test_broker_away_leaves_the_order_to_the_sweep(mailbox: Mailbox) -> None:
    with mailbox.away():
        purchase = order()

    assert purchase.next_action_at is not None
    purchase.refresh_from_db()
    assert purchase.next_action_at <= timezone.now()
    sweep()
    assert mailbox.take() == [(SUBMIT, [[purchase.pk]])]
