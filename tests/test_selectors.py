"""What pages and commands read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from numbers_app import finding, selectors
from numbers_app.leadconnector.budget import Purpose
from numbers_app.models import PhoneNumber, Purchase, PurchaseEvent, Status, TwilioAccount
from numbers_app.provider import budget
from tests.factories import OTHER_LOCATION_ID, make_attempt, make_location, make_number, make_purchase

steady = settings(derandomize=True, deadline=None, max_examples=40)


def test_detail_shows_the_own_number_first_and_no_more_than_a_page(db: None) -> None:
    purchase = make_purchase("+18305559999")
    for n in range(55):
        make_number(f"+1830555{n:04d}")
    make_number("+18305559999")
    make_number("+18305558888", gone_at=timezone.now())
    make_number("+18305557777", location=make_location(OTHER_LOCATION_ID))

    detail = selectors.purchase_detail(purchase)

    shown = [number.phone_number for number in detail.numbers]
    assert shown[0] == "+18305559999"
    assert shown[1:] == [f"+1830555{n:04d}" for n in range(49)]
    assert (detail.numbers_total, detail.numbers_hidden) == (56, 6)


def test_detail_counts_no_more_than_it_says(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "MAP_COUNTED", 52)
    purchase = make_purchase("+18305559999")
    for n in range(55):
        make_number(f"+1830555{n:04d}")

    detail = selectors.purchase_detail(purchase)

    assert (detail.numbers_total, detail.numbers_are_many) == (53, True)


def test_detail_of_few_numbers_hides_none(db: None) -> None:
    make_number("+18305550000")

    detail = selectors.purchase_detail(make_purchase("+18305559999"))

    assert [number.phone_number for number in detail.numbers] == ["+18305550000"]
    assert detail.numbers_hidden == 0
    assert detail.account is None


def test_detail_tells_the_latest_first(db: None) -> None:
    purchase = make_purchase()
    attempts = [make_attempt(purchase, answer="unknown") for _ in range(3)]
    events = [
        PurchaseEvent.objects.create(purchase=purchase, at=timezone.now(), to_status=Status.QUEUED, because=str(n))
        for n in range(3)
    ]

    detail = selectors.purchase_detail(purchase)

    assert detail.attempts == attempts[::-1]
    assert detail.events == events[::-1]


@pytest.mark.parametrize(
    ("columns", "seconds", "lonely"),
    [
        ({}, 20, True),
        ({}, 5, False),
        ({"attempt_count": 1}, 20, False),
        ({"status": Status.SUBMITTING}, 20, False),
        ({"status": Status.PURCHASED}, 20, False),
    ],
)
def test_queued_purchase_that_nobody_takes_has_no_worker(
    columns: dict[str, Any], seconds: int, lonely: bool, db: None
) -> None:
    purchase = make_purchase(**columns)
    purchase.created_at = timezone.now() - timedelta(seconds=seconds)

    assert selectors.waits_for_worker(purchase) == lonely


def long_queued() -> Purchase:
    purchase = make_purchase()
    purchase.created_at = timezone.now() - timedelta(minutes=5)
    return purchase


def test_purchase_that_waits_while_others_are_sent_has_workers(db: None) -> None:
    purchase = long_queued()
    make_attempt(make_purchase("+18305550199", status=Status.SUBMITTING))

    assert not selectors.waits_for_worker(purchase)


def test_purchase_of_a_stopped_queue_does_not_wait_for_a_worker(db: None) -> None:
    purchase = long_queued()
    purchase.location.paused_at = timezone.now()

    assert not selectors.waits_for_worker(purchase)


def test_purchase_that_waits_for_the_request_budget_does_not_wait_for_a_worker(db: None, broker: str) -> None:
    purchase = long_queued()
    budget().take({purchase.location.location_id: 100}, purpose=Purpose.BUYING)

    assert not selectors.waits_for_worker(purchase)


def test_purchase_for_machines_takes_the_account_from_the_mirror(db: None) -> None:
    purchase = make_purchase(status=Status.PURCHASED)
    TwilioAccount.objects.create(location=purchase.location, account_sid="ACmirror", synced_at=timezone.now())
    make_number(purchase.phone_number, service="conversation")

    data = selectors.purchase_as_data(purchase)

    assert data["account_sid"] == "ACmirror"
    assert data["numbers"] == {purchase.phone_number: "conversation"}
    assert data["finished_at"]


def test_purchase_in_lines_shows_numbers_only_of_what_was_bought(db: None) -> None:
    make_number("+18305550000", service="conversation")

    waiting = selectors.purchase_in_lines(make_purchase("+18305550001"))
    bought = selectors.purchase_in_lines(make_purchase("+18305550002", status=Status.PURCHASED, account_sid="AC1"))

    assert len(waiting) == 1
    assert bought[1:] == ["Account SID: AC1", "  +18305550000  conversation"]


@pytest.mark.parametrize("term", ["", "   ", "\x00", "\t\n"])
def test_search_for_nothing_finds_everything(term: str, db: None) -> None:
    make_purchase()
    make_number()

    assert finding.search_purchases(Purchase.objects.all(), term).count() == 1
    assert finding.search_numbers(PhoneNumber.objects.all(), term).count() == 1


class Searching(TestCase):
    """The database bears whatever is searched for."""

    @classmethod
    def setUpTestData(cls) -> None:
        make_purchase("+18305551234")
        make_number("+18305551234")

    @steady
    @given(st.text() | st.text(alphabet="0123456789+-() %_\\'\"", max_size=400))
    def test_search_for_anything_ends_well(self, term: str) -> None:
        list(finding.search_purchases(Purchase.objects.all(), term))
        list(finding.search_numbers(PhoneNumber.objects.all(), term))

    @steady
    @given(st.integers(0, 10), st.integers(1, 11), st.sampled_from([" ", "-", ".", " (", ") ", "\u00a0"]))
    def test_every_part_of_a_number_finds_it_in_any_notation(self, start: int, length: int, mark: str) -> None:
        part = "18305551234"[start : start + length]
        if part.startswith("0"):  # an initial 0 is that of a national notation
            return
        term = mark.join(part)

        assert finding.search_purchases(Purchase.objects.all(), term).exists()
        assert finding.search_numbers(PhoneNumber.objects.all(), term).exists()
