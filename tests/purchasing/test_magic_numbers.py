"""Each magic number of the sandbox, over HTTP, from the order to the end of its life."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.leadconnector.sandbox import MAGIC, Magic, Sandbox, number_for
from numbers_app.leadconnector.sandbox.ledger import account_ids
from numbers_app.leadconnector.sandbox.magic import Kind
from numbers_app.models import Answer, Evidence, PhoneNumber, Purchase, PurchaseAttempt, Status, TwilioAccount
from tests.factories import LOCATION_ID, make_purchase
from tests.purchasing.conftest import Desk
from tests.purchasing.inline import submit

pytestmark = pytest.mark.django_db(transaction=True)

BOUGHT, REJECTED, NOT_SENT, UNKNOWN = Status.PURCHASED, Status.REJECTED, Status.QUEUED, Status.UNCERTAIN


def first_state(magic: Magic) -> Status:
    """What DESIGN.md's table says of the first answer."""
    if magic.kind is Kind.LIMITED or magic.desk == "queued":
        return NOT_SENT
    if magic.kind is Kind.REFUSED and magic.slug != "conflict":
        return REJECTED
    if magic.kind in (Kind.PLAIN, Kind.SLOW, Kind.CONTRACT_V3):
        return BOUGHT
    return UNKNOWN


def sold(sandbox: Sandbox) -> list[str]:
    return sorted(sale.phone_number for sale in sandbox.ledger.sold())


def on_the_books() -> list[str]:
    return sorted(Purchase.objects.filter(status=Status.PURCHASED).values_list("phone_number", flat=True))


@pytest.mark.parametrize("magic", MAGIC, ids=lambda magic: magic.slug)
def test_magic_number_goes_through_its_first_answer_to_its_end(magic: Magic, sandbox: Sandbox, desk: Desk) -> None:
    purchase = make_purchase(number_for(magic.slug))

    submit(purchase.pk)
    purchase.refresh_from_db()
    first, first_reason = purchase.status, purchase.reason
    desk.settle(purchase)

    assert first == first_state(magic), first_reason
    assert purchase.status == magic.desk, purchase.reason
    assert sold(sandbox) == on_the_books()
    assert sold(sandbox) == ([purchase.phone_number] if magic.desk == Status.PURCHASED else [])
    assert not PurchaseAttempt.objects.filter(answer=Answer.PENDING).exists()


@pytest.mark.parametrize("magic", [m for m in MAGIC if m.desk == "rejected"], ids=lambda magic: magic.slug)
def test_refusal_is_shown_in_the_providers_words(magic: Magic, sandbox: Sandbox) -> None:
    purchase = make_purchase(number_for(magic.slug))

    submit(purchase.pk)

    purchase.refresh_from_db()
    words = [magic.message] if isinstance(magic.message, str) else magic.message
    assert all(word in purchase.reason for word in words)
    attempt = purchase.attempts.get()
    assert (attempt.answer, attempt.status_code, attempt.words) == (Answer.REFUSED, magic.status, purchase.reason)
    assert attempt.trace_id


@pytest.mark.parametrize("slug", ["limited-once", "limited-once-date"])
def test_retry_after_is_waited_for(slug: str, sandbox: Sandbox) -> None:
    purchase = make_purchase(number_for(slug))
    asked_at = timezone.now()

    submit(purchase.pk)
    submit(purchase.pk)  # the same message again, at once

    purchase.refresh_from_db()
    assert purchase.status == Status.QUEUED
    # An HTTP date has whole seconds, so that "in two seconds" may be little more than one.
    assert purchase.next_action_at is not None
    assert purchase.next_action_at >= asked_at + timedelta(seconds=2 if slug == "limited-once" else 1)
    assert len(sandbox.ledger.calls()) == 1


def test_success_puts_account_and_numbers_on_the_books(sandbox: Sandbox) -> None:
    first, second = make_purchase(number_for("success")), make_purchase(number_for("success", 1))

    submit(first.pk)
    submit(second.pk)

    second.refresh_from_db()
    account = TwilioAccount.objects.get()
    assert second.account_sid == account.account_sid == account_ids(LOCATION_ID)[1]
    assert second.confirmed_by == Evidence.REPLY
    assert [number.phone_number for number in PhoneNumber.objects.all()] == sold(sandbox)
    assert {number.service for number in PhoneNumber.objects.all()} == {"conversation"}


def test_reply_of_contract_v3_puts_the_number_on_the_mirror(sandbox: Sandbox) -> None:
    purchase = make_purchase(number_for("contract-v3"))

    submit(purchase.pk)

    number = PhoneNumber.objects.get()
    assert (number.phone_number, number.location) == (purchase.phone_number, purchase.location)


def test_reply_slower_than_the_timeout_leaves_purchase_uncertain(start_sandbox: Any, settings: Any) -> None:
    sandbox = start_sandbox(slow_seconds=30)
    settings.LEADCONNECTOR_TIMEOUT_SECONDS = 0.3
    purchase = make_purchase(number_for("slow"))

    submit(purchase.pk)

    purchase.refresh_from_db()
    assert (purchase.status, sold(sandbox)) == (Status.UNCERTAIN, [purchase.phone_number])
    assert "timed out" in purchase.reason
    assert purchase.attempts.get().answer == Answer.UNKNOWN


def test_nobody_listening_sends_nothing_and_waits(settings: Any) -> None:
    settings.LEADCONNECTOR_BASE_URL = "http://127.0.0.1:9"
    purchase = make_purchase()

    submit(purchase.pk)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.attempts.get().answer) == (Status.QUEUED, Answer.NOT_SENT)
    assert "could not be reached" in purchase.reason
