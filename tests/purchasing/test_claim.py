"""Only a claim that is committed before the POST prevents a second one."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from numbers_app.leadconnector.errors import NotSent
from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.models import Answer, Purchase, PurchaseAttempt, Status
from numbers_app.purchasing.recording import record
from numbers_app.purchasing.submission import LATEST_START_SECONDS, refuse_stale, send
from tests.factories import NUMBER, make_purchase, not_sent
from tests.fakes import ScriptedClient, bought, failures, in_threads, other_connection
from tests.purchasing.conftest import Clock
from tests.purchasing.inline import claim_one, submit

COMMITTED = pytest.mark.django_db(transaction=True)
NOT_QUEUED = [status for status in Status if status != Status.QUEUED]


@COMMITTED
def test_many_messages_for_one_purchase_make_one_post(sandbox: Sandbox) -> None:
    purchase = make_purchase()

    results = in_threads([lambda: submit(purchase.pk)] * 8)

    assert not failures(results)
    assert [call.path for call in sandbox.ledger.calls()] == ["purchase"]
    purchase.refresh_from_db()
    assert (purchase.status, purchase.attempt_count) == (Status.PURCHASED, 1)
    assert purchase.attempts.get().answer == Answer.BOUGHT


@COMMITTED
def test_two_claims_at_once_give_one_claim() -> None:
    purchases = [make_purchase(f"+1830555{n:04d}") for n in range(5)]

    for purchase in purchases:
        claims = in_threads([lambda pk=purchase.pk: claim_one(pk)] * 2)

        assert not failures(claims)
        assert sum(claim is not None for claim in claims) == 1
    assert PurchaseAttempt.objects.count() == len(purchases)


@COMMITTED
def test_attempt_is_committed_before_the_post_leaves() -> None:
    purchase = make_purchase()
    seen: list[Any] = []

    def look(*arguments: Any) -> Any:
        seen.append(connection.in_atomic_block)
        seen.append(other_connection(lambda: list(Purchase.objects.values_list("status", "attempts__answer"))))
        return bought(NUMBER)

    submit(purchase.pk, client=ScriptedClient(purchase=[look]))

    assert seen == [False, [(Status.SUBMITTING, Answer.PENDING)]]


@COMMITTED
def test_no_transaction_is_open_while_the_list_is_read() -> None:
    from numbers_app.purchasing.reconciliation import look_up
    from tests.factories import make_list, make_uncertain

    purchase = make_uncertain()
    open_transactions = []

    def look(*arguments: Any) -> Any:
        open_transactions.append(connection.in_atomic_block)
        return make_list(NUMBER)

    look_up(purchase.pk, client=ScriptedClient(list_active=[look]))

    assert open_transactions == [False]


@pytest.mark.django_db
@pytest.mark.parametrize("status", NOT_QUEUED)
def test_purchase_that_is_not_queued_is_not_claimed(status: Status) -> None:
    purchase = make_purchase(status=status)

    submit(purchase.pk, client=ScriptedClient())

    purchase.refresh_from_db()
    assert (purchase.status, purchase.attempt_count, purchase.attempts.count()) == (status, 0, 0)


@pytest.mark.django_db
def test_purchase_that_does_not_exist_is_not_claimed() -> None:
    assert claim_one(404) is None


@pytest.mark.django_db
@pytest.mark.parametrize(("asked_in_sandbox", "desk_in_sandbox"), [(True, False), (False, True)])
def test_rehearsal_and_real_purchase_are_never_mixed_up(
    asked_in_sandbox: bool, desk_in_sandbox: bool, settings: Any
) -> None:
    purchase = make_purchase(sandbox=asked_in_sandbox)
    settings.SANDBOX = desk_in_sandbox

    submit(purchase.pk, client=ScriptedClient())

    purchase.refresh_from_db()
    assert purchase.status == Status.QUEUED


@pytest.mark.django_db
def test_claim_writes_attempt_lease_and_event(settings: Any) -> None:
    purchase = make_purchase(fingerprint_id="f1")
    before = timezone.now()

    claim = claim_one(purchase.pk)

    assert claim is not None
    purchase.refresh_from_db()
    assert purchase.next_action_at is not None
    assert purchase.next_action_at >= before + timedelta(seconds=settings.PURCHASE_LEASE_SECONDS)
    attempt = purchase.attempts.get()
    assert attempt.request_body == {
        "phoneNumber": NUMBER,
        "countryCode": "US",
        "numberType": "local",
        "fingerprintId": "f1",
    }
    assert attempt.worker
    event = purchase.events.get()
    assert (event.from_status, event.to_status, event.attempt) == (Status.QUEUED, Status.SUBMITTING, attempt)


@pytest.mark.django_db
def test_stale_message_does_not_shorten_the_wait(clock: Clock) -> None:
    purchase = make_purchase()
    submit(purchase.pk, client=ScriptedClient(purchase=[not_sent(retry_after=60)]))

    submit(purchase.pk, client=ScriptedClient())
    clock.shift(61)
    submit(purchase.pk, client=ScriptedClient(purchase=[bought(NUMBER)]))

    purchase.refresh_from_db()
    assert (purchase.status, purchase.attempt_count) == (Status.PURCHASED, 2)


@pytest.mark.django_db
def test_worker_that_was_asleep_sends_nothing(clock: Clock) -> None:
    claim = claim_one(make_purchase().pk)
    assert claim is not None
    clock.shift(LATEST_START_SECONDS + 1)

    with pytest.raises(NotSent, match="held up"):
        refuse_stale(claim)


@pytest.mark.django_db
def test_worker_whose_clock_was_set_back_sends_nothing() -> None:
    claim = claim_one(make_purchase().pk)
    assert claim is not None
    held_up = replace(claim, taken=time.monotonic() - LATEST_START_SECONDS - 1)

    with pytest.raises(NotSent, match="held up"):
        refuse_stale(held_up)


@pytest.mark.django_db
def test_worker_that_was_held_up_puts_the_purchase_back(clock: Clock) -> None:
    purchase = make_purchase()

    claim = claim_one(purchase.pk)
    assert claim is not None
    clock.shift(LATEST_START_SECONDS + 1)
    record([send(claim)])

    purchase.refresh_from_db()
    assert (purchase.status, purchase.attempts.get().answer) == (Status.QUEUED, Answer.NOT_SENT)
