"""What came to nothing is asked for again, at most once, by a purchase that points to it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from numbers_app.models import Purchase, PurchaseOrder, Status, Via
from numbers_app.purchasing import buying_again
from numbers_app.purchasing.buying_again import CAME_TO_NOTHING, NotOver, Rehearsed, buy_again
from numbers_app.purchasing.dispatch import SUBMIT
from numbers_app.purchasing.ordering import AlreadyLive, AlreadyOwned, OrderRefused
from tests.factories import OTHER_LOCATION_ID, make_location, make_number, make_purchase, make_user
from tests.fakes import Mailbox, in_threads

pytestmark = pytest.mark.django_db
COMMITTED = pytest.mark.django_db(transaction=True)
FIELDS = ("phone_number", "country_code", "number_type", "address_sid", "bundle_sid", "locality", "region")


def make_rejected(**columns: Any) -> Purchase:
    return make_purchase(
        status=Status.REJECTED,
        reason="KYC is missing",
        locality="Kerrville",
        region="TX",
        address_sid="AD" + "0" * 32,
        skip_location_kyc=True,
        **columns,
    )


@pytest.mark.parametrize("status", CAME_TO_NOTHING)
def test_same_content_is_asked_for_again(status: Status) -> None:
    user, old = make_user(), make_purchase(status=status)

    new = buy_again(old.pk, requested_by=user)

    new.refresh_from_db()
    assert (new.status, new.again_of, new.location, new.sandbox) == (Status.QUEUED, old, old.location, True)
    assert (new.order.requested_by, new.order.via) == (user, Via.WEB)
    event = new.events.get()
    assert (event.to_status, event.because, event.actor) == (
        Status.QUEUED,
        f"Asked for again, after purchase #{old.pk}.",
        user,
    )
    assert Purchase.objects.get(pk=old.pk).status == status


def test_every_field_is_kept() -> None:
    old = make_rejected()

    new = buy_again(old.pk, requested_by=None)

    for name in (*FIELDS, "skip_location_kyc"):
        assert getattr(new, name) == getattr(old, name)
    assert (new.reason, new.attempt_count) == ("", 0)


@pytest.mark.parametrize(
    ("fingerprint", "kept"), [("1773314252953", True), ("0123456789abcdef0123456789abcdef", False), ("", False)]
)
def test_fingerprint_of_a_search_is_kept_and_one_of_ours_is_made_anew(fingerprint: str, kept: bool) -> None:
    old = make_rejected(fingerprint_id=fingerprint)

    new = buy_again(old.pk, requested_by=None)

    assert (new.fingerprint_id == fingerprint) == kept
    assert new.fingerprint_id


def test_second_click_leads_to_what_the_first_ordered() -> None:
    old = make_rejected()

    first = buy_again(old.pk, requested_by=make_user())
    second = buy_again(old.pk, requested_by=make_user())

    assert first == second
    assert Purchase.objects.count() == PurchaseOrder.objects.count() == 2


def test_what_came_to_nothing_a_second_time_is_asked_for_from_there() -> None:
    old = make_rejected()
    again = buy_again(old.pk, requested_by=None)
    Purchase.objects.filter(pk=again.pk).update(status=Status.REJECTED, next_action_at=None, finished_at=timezone.now())

    assert buy_again(old.pk, requested_by=None) == again
    assert buy_again(again.pk, requested_by=None).again_of == again


@pytest.mark.parametrize("status", [status for status in Status if status not in CAME_TO_NOTHING])
def test_what_is_not_over_or_was_bought_is_refused(status: Status) -> None:
    purchase = make_purchase(status=status)

    assert_refused(purchase, NotOver)


def test_number_that_is_being_bought_is_refused() -> None:
    old, live = make_rejected(), make_purchase(location=make_location(OTHER_LOCATION_ID))

    refusal = assert_refused(old, AlreadyLive)

    assert refusal.purchase == live


def test_number_that_is_owned_is_refused() -> None:
    old = make_rejected()
    make_number()

    assert_refused(old, AlreadyOwned)


def test_rehearsal_is_not_bought_in_earnest(settings: Any) -> None:
    old = make_rejected()
    settings.SANDBOX = False

    assert_refused(old, Rehearsed)


def assert_refused(purchase: Purchase, refusal: type[OrderRefused]) -> Any:
    before = Purchase.objects.count(), PurchaseOrder.objects.count()
    with pytest.raises(refusal) as caught:
        buy_again(purchase.pk, requested_by=None)
    assert (Purchase.objects.count(), PurchaseOrder.objects.count()) == before
    return caught.value


def test_number_that_somebody_orders_between_the_look_and_the_write_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = make_rejected()

    def order_and_fail(*_: Any, **__: Any) -> None:
        make_purchase()
        raise IntegrityError("purchase_one_live_per_number")

    monkeypatch.setattr(buying_again, "write_again", order_and_fail)

    with pytest.raises(AlreadyLive):
        buy_again(old.pk, requested_by=None)


def test_broken_database_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    old = make_rejected()

    def fail(*_: Any, **__: Any) -> None:
        raise IntegrityError("something else")

    monkeypatch.setattr(buying_again, "write_again", fail)

    with pytest.raises(IntegrityError):
        buy_again(old.pk, requested_by=None)


@COMMITTED
def test_many_clicks_at_once_order_once(mailbox: Mailbox) -> None:
    old, users = make_rejected(), [make_user() for _ in range(4)]

    results = in_threads([partial(buy_again, old.pk, requested_by=user) for user in users * 3])

    new = Purchase.objects.get(again_of=old)
    assert set(results) == {new}
    assert mailbox.take() == [(SUBMIT, [[new.pk]])]


@COMMITTED
def test_two_old_purchases_of_one_number_make_one_new(mailbox: Mailbox) -> None:
    olds = [make_rejected(), make_rejected()]

    results = in_threads([partial(buy_again, old.pk, requested_by=None) for old in olds * 4])

    new = Purchase.objects.get(status=Status.QUEUED)
    refused = [result for result in results if result != new]
    assert {type(result) for result in refused} == {AlreadyLive}
    assert len(refused) == 4
