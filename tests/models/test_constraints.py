"""The database refuses what the code forgets: each rule is tried with raw updates and inserts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from numbers_app.models import FINAL, LIVE, TIMED, Answer, Location, PhoneNumber, Purchase, PurchaseAttempt, Status
from tests.factories import NUMBER, make_attempt, make_location, make_number, make_purchase, make_token
from tests.fakes import in_threads

pytestmark = pytest.mark.django_db


def assert_refused(write: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def update(**columns: Any) -> Callable[[], Any]:
    return lambda: Purchase.objects.update(**columns)


@pytest.mark.parametrize("first", LIVE)
@pytest.mark.parametrize("second", LIVE)
def test_second_live_purchase_of_a_number_is_refused(first: Status, second: Status) -> None:
    make_purchase(status=first)

    assert_refused(lambda: make_purchase(status=second))


@pytest.mark.parametrize("final", FINAL)
def test_final_purchase_leaves_its_number_free(final: Status) -> None:
    make_purchase(status=final)

    assert make_purchase().pk


@pytest.mark.django_db(transaction=True)
def test_second_live_purchase_is_refused_at_the_same_moment() -> None:
    location = make_location()

    results = in_threads([lambda: make_purchase(location=location)] * 8)

    assert sum(isinstance(result, Purchase) for result in results) == 1
    assert {type(result) for result in results} == {Purchase, IntegrityError}


@pytest.mark.parametrize("status", FINAL)
def test_final_purchase_without_an_end_is_refused(status: Status) -> None:
    make_purchase(status=status)

    assert_refused(update(finished_at=None))


@pytest.mark.parametrize("status", LIVE)
def test_live_purchase_with_an_end_is_refused(status: Status) -> None:
    make_purchase(status=status)

    assert_refused(update(finished_at=timezone.now()))


@pytest.mark.parametrize("status", Status)
def test_purchase_has_a_due_time_exactly_when_it_is_timed(status: Status) -> None:
    make_purchase(status=status)

    assert_refused(update(next_action_at=None if status in TIMED else timezone.now()))


@pytest.mark.parametrize("status", Status)
def test_purchase_has_evidence_exactly_when_it_is_purchased(status: Status) -> None:
    make_purchase(status=status)

    assert_refused(update(confirmed_by="" if status == Status.PURCHASED else "reply"))


def test_unknown_status_is_refused() -> None:
    make_purchase(status=Status.NEEDS_REVIEW)

    assert_refused(update(status="lost"))


def test_negative_price_is_refused() -> None:
    make_purchase(monthly_price=Decimal("1.15"))

    assert_refused(update(monthly_price=Decimal("-0.01")))


@pytest.mark.parametrize("number", ["18305550123", "", "(830) 555-0123"])
def test_number_that_is_not_e164_is_refused(number: str) -> None:
    make_purchase()
    make_number("+18305550199")

    assert_refused(update(phone_number=number))
    assert_refused(lambda: PhoneNumber.objects.update(phone_number=number))


def test_second_attempt_under_way_is_refused() -> None:
    purchase = make_purchase()
    make_attempt(purchase)

    assert_refused(lambda: make_attempt(purchase))


def test_second_attempt_of_the_same_number_is_refused() -> None:
    purchase = make_purchase()
    make_attempt(purchase, answer=Answer.UNKNOWN)

    assert_refused(lambda: make_attempt(purchase, number=1))


@pytest.mark.parametrize("answer", Answer)
def test_attempt_has_an_end_exactly_when_it_is_answered(answer: Answer) -> None:
    make_attempt(make_purchase(), answer=answer)

    finished_at = timezone.now() if answer == Answer.PENDING else None
    assert_refused(lambda: PurchaseAttempt.objects.update(finished_at=finished_at))


def test_second_default_token_is_refused() -> None:
    make_token("first")

    assert_refused(lambda: make_token("second"))


def test_second_token_of_a_location_is_refused() -> None:
    location = make_location()
    make_token("first", location=location)

    assert_refused(lambda: make_token("second", location=location))


def test_number_is_on_the_mirror_once() -> None:
    make_number(NUMBER)

    assert_refused(lambda: make_number(NUMBER))


def test_location_with_purchases_is_not_deleted() -> None:
    location = make_purchase().location

    def delete() -> None:
        Location.objects.filter(pk=location.pk)._raw_delete("default")
        connection.check_constraints()

    assert_refused(delete)
    assert Location.objects.filter(pk=location.pk).exists()
