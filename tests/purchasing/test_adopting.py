"""Numbers that no purchase explains are adopted, once; numbers that vanished are noted."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.models import (
    LIVE,
    Answer,
    Evidence,
    Happening,
    Location,
    LocationEvent,
    PhoneNumber,
    Purchase,
    PurchaseEvent,
    PurchaseOrder,
    Status,
    TwilioAccount,
    Via,
)
from numbers_app.narrowing import narrow
from numbers_app.purchasing import adopting
from numbers_app.purchasing.adopting import adopt, note_explained, note_gone, orphans, read_again, vanished
from numbers_app.purchasing.reconciliation import settle_listed
from tests.factories import (
    NUMBER,
    OTHER_LOCATION_ID,
    make_attempt,
    make_list,
    make_location,
    make_number,
    make_purchase,
    make_user,
)
from tests.fakes import failures, in_threads

pytestmark = pytest.mark.django_db
COMMITTED = pytest.mark.django_db(transaction=True)
WHY = "Bought by hand in May."


def adopt_rows(*rows: PhoneNumber, actor: Any = None) -> int:
    return adopt([row.pk for row in rows], because=WHY, actor=actor)


@pytest.mark.parametrize("status", Status)
def test_orphan_is_what_no_purchase_explains_or_may_yet_explain(status: Status) -> None:
    make_purchase(status=status)
    row = make_number()

    assert list(orphans()) == ([] if status in (*LIVE, Status.PURCHASED) else [row])


def test_number_that_is_gone_is_no_orphan() -> None:
    make_number(gone_at=timezone.now())

    assert not orphans().exists()


def test_adopted_number_is_on_our_books() -> None:
    user = make_user()
    row = make_number(
        sid="PN5", country_code="US", number_type="tollFree", address_sid="AD1", bundle_sid="BU1", friendly_name="Desk"
    )
    TwilioAccount.objects.create(location=row.location, account_sid="AC5", synced_at=timezone.now())

    assert adopt_rows(row, actor=user) == 1

    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.confirmed_by, purchase.reason) == (Status.PURCHASED, Evidence.PERSON, WHY)
    assert purchase.requested_by == user
    assert (purchase.location, purchase.phone_number, purchase.sandbox) == (row.location, NUMBER, True)
    assert (purchase.number_sid, purchase.account_sid) == ("PN5", "AC5")
    assert (purchase.country_code, purchase.number_type) == ("US", "tollFree")
    assert (purchase.address_sid, purchase.bundle_sid, purchase.fingerprint_id) == ("AD1", "BU1", "")
    assert purchase.finished_at is not None
    assert (purchase.order.via, purchase.order.requested_by) == (Via.ADOPTED, user)
    event = purchase.events.get()
    assert (event.from_status, event.to_status, event.because, event.actor) == ("", Status.PURCHASED, WHY, user)
    assert not orphans().exists()


def test_type_that_the_purchase_call_does_not_know_is_left_empty() -> None:
    adopt_rows(make_number(number_type="short-code"))

    assert Purchase.objects.get().number_type == ""


def test_many_are_adopted_with_one_order_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopting, "BATCH", 4)
    rows = [make_number(f"+1830555{n:04d}") for n in range(10)]

    assert adopt_rows(*rows, *rows) == 10

    assert Purchase.objects.filter(status=Status.PURCHASED).count() == PurchaseEvent.objects.count() == 10
    assert PurchaseOrder.objects.count() == 3


def test_second_adoption_finds_nothing_to_do() -> None:
    row = make_number()
    adopt_rows(row)

    assert adopt_rows(row) == 0

    assert Purchase.objects.count() == PurchaseOrder.objects.count() == 1


def test_what_was_explained_or_vanished_meanwhile_is_left_alone() -> None:
    explained, gone, orphan = make_number("+18305550001"), make_number("+18305550002"), make_number("+18305550003")
    make_purchase(explained.phone_number)
    PhoneNumber.objects.filter(pk=gone.pk).update(gone_at=timezone.now())

    assert adopt_rows(explained, gone, orphan) == 1

    assert Purchase.objects.get(status=Status.PURCHASED).phone_number == orphan.phone_number


@pytest.mark.parametrize("status", [Status.REJECTED, Status.FAILED, Status.CANCELLED])
def test_purchase_that_may_have_bought_the_number_is_confirmed_instead(status: Status) -> None:
    user = make_user()
    tried = make_purchase(status=status)
    make_attempt(tried, answer=Answer.UNKNOWN)
    row = make_number(sid="PN5")

    assert adopt_rows(row, actor=user) == 1

    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.confirmed_by, purchase.number_sid) == (Status.PURCHASED, Evidence.PERSON, "PN5")
    event = purchase.events.get()
    assert (event.from_status, event.because, event.actor) == (status, WHY, user)


@pytest.mark.parametrize("why_not", ["elsewhere", "refused"])
def test_purchase_that_can_not_have_bought_it_is_left_as_it_is(why_not: str) -> None:
    location = make_location(OTHER_LOCATION_ID) if why_not == "elsewhere" else make_location()
    tried = make_purchase(status=Status.FAILED, location=location)
    make_attempt(tried, answer=Answer.REFUSED if why_not == "refused" else Answer.UNKNOWN)
    row = make_number()

    assert adopt_rows(row) == 1

    assert Purchase.objects.get(pk=tried.pk).status == Status.FAILED
    assert Purchase.objects.get(order__via=Via.ADOPTED).location == row.location


def test_adopted_is_what_no_attempt_of_ours_bought() -> None:
    tried = make_purchase("+18305550001", status=Status.FAILED, attempt_count=1)
    make_attempt(tried, answer=Answer.UNKNOWN)
    rows = [make_number(number, location=tried.location) for number in ("+18305550001", "+18305550002")]

    assert adopt_rows(*rows) == 2

    assert Purchase.objects.filter(confirmed_by=Evidence.PERSON).count() == 2
    found = narrow(Purchase.objects.all(), {"adopted": "yes"})
    assert [purchase.phone_number for purchase in found] == ["+18305550002"]


@COMMITTED
def test_of_many_who_adopt_at_once_each_number_has_one() -> None:
    rows = [make_number(f"+1830555{n:04d}") for n in range(12)]

    results = in_threads([partial(adopt_rows, *part) for part in (rows, rows[::-1], rows[:6], rows[6:]) * 2])

    assert failures(results) == []
    assert sum(results) == Purchase.objects.filter(status=Status.PURCHASED).count() == 12


@COMMITTED
def test_adoption_and_a_full_read_at_once_confirm_one_purchase() -> None:
    location = make_location()
    rows = [make_number(f"+1830555{n:04d}", location=location) for n in range(8)]
    for row in rows:
        make_attempt(make_purchase(row.phone_number, status=Status.FAILED), answer=Answer.UNKNOWN)
    listed = make_list(*[row.phone_number for row in rows])

    results = in_threads(
        [
            partial(adopt_rows, *rows),
            partial(settle_listed, location=location, listed=listed),
            partial(adopt_rows, *rows),
        ]
    )

    assert failures(results) == []
    assert Purchase.objects.filter(status=Status.PURCHASED).count() == Purchase.objects.count() == 8
    assert PurchaseEvent.objects.count() == 8


# ── Vanished numbers


def make_vanished(phone_number: str = NUMBER, **columns: Any) -> PhoneNumber:
    return make_number(phone_number, gone_at=timezone.now() - timedelta(hours=1), **columns)


def test_noted_number_leaves_the_desk_with_an_event() -> None:
    user, row = make_user(), make_vanished()

    assert note_gone([row.pk], because=WHY, actor=user) == 1

    row.refresh_from_db()
    event = LocationEvent.objects.get()
    assert row.gone_noted_at is not None
    assert (event.location, event.phone_number, event.what) == (row.location, row, Happening.NOTED_GONE)
    assert (event.because, event.actor) == (WHY, user)
    assert not vanished().exists()


def test_number_that_is_back_or_was_noted_is_left_alone() -> None:
    back, noted = make_number("+18305550001"), make_vanished("+18305550002", gone_noted_at=timezone.now())

    assert note_gone([back.pk, noted.pk], because=WHY, actor=None) == 0

    assert not LocationEvent.objects.exists()


@COMMITTED
def test_of_many_who_note_at_once_each_number_has_one_event() -> None:
    rows = [make_vanished(f"+1830555{n:04d}") for n in range(8)]

    results = in_threads([partial(note_gone, [row.pk for row in rows], because=WHY, actor=None)] * 6)

    assert failures(results) == []
    assert sum(results) == LocationEvent.objects.count() == 8


def test_location_is_read_again_at_once() -> None:
    here, there = make_location(), make_location(OTHER_LOCATION_ID)

    read_again([here.pk])

    assert Location.objects.get(sync_due_at__isnull=False) == here
    assert Location.objects.get(sync_due_at__isnull=True) == there


def test_numbers_that_a_purchase_bought_are_noted_as_explained(db: None) -> None:
    make_purchase("+18305550001", status=Status.PURCHASED)
    make_purchase("+18305550002", status=Status.UNCERTAIN)
    make_purchase("+18305550003", status=Status.REJECTED)
    numbers = [make_number(f"+1830555000{n}") for n in (1, 2, 3, 4)]
    before = set(orphans().values_list("phone_number", flat=True))

    noted = [note_explained(), note_explained()]

    explained = PhoneNumber.objects.filter(explained=True)
    assert noted == [1, 0]
    assert [number.pk for number in explained] == [numbers[0].pk]
    assert set(orphans().values_list("phone_number", flat=True)) == before == {"+18305550003", "+18305550004"}
