"""A worker that was away past its lease, and comes back with an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from numbers_app.clock import now as clock_now
from numbers_app.models import FINAL, TIMED, Answer, Evidence, PhoneNumber, Purchase, Status
from numbers_app.purchasing.dispatch import lapse_leases, sweep
from numbers_app.purchasing.reconciliation import look_up
from numbers_app.purchasing.recording import record
from numbers_app.purchasing.submission import Claim, Outcome
from tests.factories import ACCOUNT_SID, NUMBER, make_list, make_purchase, not_sent, refused, unknown
from tests.fakes import FakeProvider, ScriptedClient, bought
from tests.purchasing.conftest import Clock
from tests.purchasing.inline import claim_one, record_answer, submit

pytestmark = pytest.mark.django_db

LATER = [status for status in Status if status not in (Status.SUBMITTING, Status.PURCHASED)]
NO_NEWS: list[tuple[Callable[[Claim], None], Answer]] = [
    (lambda claim: record_answer(claim, refused("too late")), Answer.REFUSED),
    (lambda claim: record_answer(claim, unknown("too late")), Answer.UNKNOWN),
    (lambda claim: record_answer(claim, not_sent("too late")), Answer.NOT_SENT),
]


def lapsed(clock: Clock, settings: Any) -> tuple[Purchase, Claim]:
    """A purchase whose worker holds a claim, and whose lease ran out."""
    purchase = make_purchase()
    claim = claim_one(purchase.pk)
    assert claim is not None
    clock.shift(settings.PURCHASE_LEASE_SECONDS + 1)
    assert lapse_leases() == 1
    purchase.refresh_from_db()
    assert purchase.status == Status.UNCERTAIN
    return purchase, claim


def put(purchase: Purchase, status: Status) -> None:
    """Further events have moved the purchase to ``status`` meanwhile."""
    due = purchase.next_action_at if status in TIMED else None
    finished = purchase.created_at if status in FINAL else None
    Purchase.objects.filter(pk=purchase.pk).update(status=status, next_action_at=due, finished_at=finished)


@pytest.mark.parametrize("status", LATER)
def test_late_good_reply_wins_from_any_status(status: Status, clock: Clock, settings: Any) -> None:
    purchase, claim = lapsed(clock, settings)
    put(purchase, status)

    record_answer(claim, bought(NUMBER))

    purchase.refresh_from_db()
    assert (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, Evidence.REPLY)
    assert purchase.attempts.get().answer == Answer.BOUGHT
    assert PhoneNumber.objects.get().phone_number == NUMBER
    assert purchase.events.last().from_status == status  # type: ignore[union-attr]


def test_late_good_reply_after_the_list_adds_the_account_and_no_event(clock: Clock, settings: Any) -> None:
    purchase, claim = lapsed(clock, settings)
    look_up(purchase.pk, client=ScriptedClient(list_active=[make_list(NUMBER)]))
    events = purchase.events.count()

    record_answer(claim, bought(NUMBER))

    purchase.refresh_from_db()
    assert (purchase.confirmed_by, purchase.account_sid) == (Evidence.LIST, ACCOUNT_SID)
    assert purchase.number_sid
    assert purchase.events.count() == events
    assert purchase.attempts.get().answer == Answer.BOUGHT


def second_attempt(purchase: Purchase) -> Claim:
    put(purchase, Status.QUEUED)
    claim = claim_one(purchase.pk)
    assert claim is not None
    return claim


def test_late_good_reply_wins_while_the_second_attempt_is_under_way(clock: Clock, settings: Any) -> None:
    purchase, first = lapsed(clock, settings)
    second = second_attempt(purchase)

    record_answer(first, bought(NUMBER))
    record_answer(second, refused("Phone number is no longer available"))

    purchase.refresh_from_db()
    assert purchase.status == Status.PURCHASED
    assert list(purchase.attempts.values_list("answer", flat=True)) == [Answer.BOUGHT, Answer.REFUSED]


@pytest.mark.parametrize(("record", "answer"), NO_NEWS)
def test_late_bad_answer_completes_the_attempt_and_moves_nothing(
    record: Callable[[Claim], None], answer: Answer, clock: Clock, settings: Any
) -> None:
    purchase, claim = lapsed(clock, settings)

    record(claim)

    purchase.refresh_from_db()
    assert purchase.status == Status.UNCERTAIN
    attempt = purchase.attempts.get()
    assert (attempt.answer, attempt.words) == (answer, "too late")


@pytest.mark.parametrize(("record", "answer"), NO_NEWS)
def test_late_bad_answer_does_not_conclude_the_second_attempt(
    record: Callable[[Claim], None], answer: Answer, clock: Clock, settings: Any
) -> None:
    purchase, first = lapsed(clock, settings)
    second_attempt(purchase)

    record(first)

    purchase.refresh_from_db()
    assert purchase.status == Status.SUBMITTING
    assert list(purchase.attempts.values_list("answer", flat=True)) == [answer, Answer.PENDING]


def test_refusal_after_a_very_late_post_that_bought_is_found_out(clock: Clock, settings: Any) -> None:
    provider = FakeProvider(lag_seconds=60, careful=True)
    purchase, first = lapsed(clock, settings)
    put(purchase, Status.QUEUED)  # the list did not show it, for the POST had not left yet
    provider.answer(NUMBER)  # now it does
    record_answer(first, unknown())  # and its reply is lost

    submit(purchase.pk, client=provider.answering())
    refused_at = Purchase.objects.get().status
    clock.shift(100)
    look_up(purchase.pk, client=provider.listing())

    purchase.refresh_from_db()
    assert (refused_at, purchase.status) == (Status.UNCERTAIN, Status.PURCHASED)
    assert len(provider.sales) == 1


def test_bad_answer_never_replaces_a_good_one(clock: Clock, settings: Any) -> None:
    _, claim = lapsed(clock, settings)
    record_answer(claim, bought(NUMBER))

    record_answer(claim, unknown())

    claim.attempt.refresh_from_db()
    assert claim.attempt.answer == Answer.BOUGHT


def test_attempt_of_a_dead_worker_is_closed_when_other_evidence_settled_its_purchase(
    clock: Clock, settings: Any
) -> None:
    purchase, first = lapsed(clock, settings)
    second_attempt(purchase)  # its worker dies here
    record_answer(first, bought(NUMBER))

    early = sweep()
    clock.shift(settings.PURCHASE_LEASE_SECONDS + 1)
    late = sweep()

    assert (early["closed"], late["closed"]) == (0, 1)
    assert list(purchase.attempts.values_list("answer", flat=True)) == [Answer.BOUGHT, Answer.UNKNOWN]
    purchase.refresh_from_db()
    assert purchase.status == Status.PURCHASED


def test_proof_and_refusal_of_one_purchase_in_one_batch_are_the_proofs(clock: Clock, settings: Any) -> None:
    purchase, first = lapsed(clock, settings)
    put(purchase, Status.QUEUED)
    second = claim_one(purchase.pk)
    assert second is not None
    answers = ((first, bought(NUMBER)), (second, refused()))

    record([Outcome(claim=claim, answer=answer, at=clock_now()) for claim, answer in answers])

    purchase.refresh_from_db()
    assert purchase.status == Status.PURCHASED
    assert not purchase.events.filter(from_status=Status.PURCHASED).exists()
    assert [attempt.answer for attempt in purchase.attempts.all()] == [Answer.BOUGHT, Answer.REFUSED]
