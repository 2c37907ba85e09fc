"""The only place where a purchase changes its status."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from numbers_app.models import FINAL, TIMED, Answer, Evidence, Purchase, Status
from numbers_app.purchasing.lifecycle import WorldMovedOn, close_attempt, transition
from numbers_app.purchasing.proving import confirm_bought
from tests.factories import ACCOUNT_SID, NUMBER, make_attempt, make_purchase, make_state, make_user

pytestmark = pytest.mark.django_db

# DESIGN.md's picture, less `purchased`: that is reached by evidence, from everywhere.
PICTURE = {
    (Status.AWAITING_APPROVAL, Status.ON_HOLD),
    (Status.AWAITING_APPROVAL, Status.CANCELLED),
    (Status.ON_HOLD, Status.QUEUED),
    (Status.ON_HOLD, Status.CANCELLED),
    (Status.QUEUED, Status.ON_HOLD),
    (Status.QUEUED, Status.SUBMITTING),
    (Status.QUEUED, Status.CANCELLED),
    (Status.SUBMITTING, Status.QUEUED),
    (Status.SUBMITTING, Status.REJECTED),
    (Status.SUBMITTING, Status.FAILED),
    (Status.SUBMITTING, Status.UNCERTAIN),
    (Status.UNCERTAIN, Status.QUEUED),
    (Status.UNCERTAIN, Status.FAILED),
    (Status.UNCERTAIN, Status.NEEDS_REVIEW),
    (Status.NEEDS_REVIEW, Status.FAILED),
    (Status.NEEDS_REVIEW, Status.UNCERTAIN),
}
STEPS = list(product(Status, Status))


@pytest.mark.parametrize(("before", "after"), STEPS, ids=lambda status: status.value)
def test_step_is_allowed_exactly_when_it_is_in_the_picture(before: Status, after: Status) -> None:
    purchase = make_purchase(status=before)
    due_at = timezone.now() + timedelta(minutes=1)

    if (before, after) not in PICTURE:
        with pytest.raises(ValueError, match="does not go from"):
            transition(purchase, to=after, because="test", due_at=due_at)
        assert not purchase.events.exists()
        return
    transition(purchase, to=after, because="test", due_at=due_at)

    event = purchase.events.get()
    assert (event.from_status, event.to_status, event.because) == (before, after, "test")
    saved = Purchase.objects.get()
    assert saved.status == purchase.status == after
    assert saved.reason == "test"
    assert saved.next_action_at == (due_at if after in TIMED else None)
    assert bool(saved.finished_at) == (after in FINAL)


def test_event_says_who_and_with_which_attempt() -> None:
    purchase = make_purchase(status=Status.SUBMITTING)
    attempt, actor = make_attempt(purchase), make_user()

    transition(purchase, to=Status.REJECTED, because="no", attempt=attempt, actor=actor)

    event = purchase.events.get()
    assert (event.attempt, event.actor) == (attempt, actor)


@pytest.mark.parametrize("change", [{"status": Status.CANCELLED, "next_action_at": None}, {"attempt_count": 1}])
def test_step_from_a_stale_row_fails_loudly(change: dict[str, Any]) -> None:
    purchase = make_purchase()
    finished_at = timezone.now() if "status" in change else None
    Purchase.objects.filter(pk=purchase.pk).update(**change, finished_at=finished_at)

    with pytest.raises(WorldMovedOn):
        transition(purchase, to=Status.CANCELLED, because="too late")

    assert not purchase.events.exists()
    assert purchase.status == Status.QUEUED  # the copy in memory does not pretend


def test_timed_status_without_a_due_time_is_refused_by_the_database() -> None:
    purchase = make_purchase(status=Status.SUBMITTING)

    with pytest.raises(IntegrityError):
        transition(purchase, to=Status.UNCERTAIN, because="no due time")


@pytest.mark.django_db(transaction=True)
def test_status_and_event_are_written_together_or_not_at_all() -> None:
    purchase = make_purchase(status=Status.SUBMITTING)

    def fail(execute: Any, sql: str, *rest: Any) -> Any:
        if "INSERT" in sql and "purchaseevent" in sql:
            raise RuntimeError("the history can't be written")
        return execute(sql, *rest)

    with connection.execute_wrapper(fail):
        with pytest.raises(RuntimeError):
            transition(purchase, to=Status.REJECTED, because="no")
        with pytest.raises(RuntimeError):
            confirm_bought(purchase.pk, evidence=Evidence.REPLY, because="yes", seen_at=timezone.now())

    purchase.refresh_from_db()
    assert (purchase.status, purchase.reason, purchase.confirmed_by) == (Status.SUBMITTING, "", "")


@pytest.mark.parametrize("status", [status for status in Status if status != Status.PURCHASED])
def test_evidence_of_a_purchase_wins_from_every_status(status: Status) -> None:
    purchase, actor = make_purchase(status=status), make_user()

    confirm_bought(
        purchase.pk, evidence=Evidence.PERSON, because="I saw it in the console.", seen_at=timezone.now(), actor=actor
    )

    purchase.refresh_from_db()
    assert (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, Evidence.PERSON)
    assert purchase.finished_at
    event = purchase.events.get()
    assert (event.from_status, event.to_status, event.actor) == (status, Status.PURCHASED, actor)


def test_evidence_that_comes_twice_changes_nothing() -> None:
    purchase = make_purchase(status=Status.SUBMITTING)
    state = make_state(NUMBER)
    for account in (state, make_state(NUMBER, account_sid="AC-other")):
        confirm_bought(purchase.pk, evidence=Evidence.REPLY, because="map", seen_at=timezone.now(), account=account)

    purchase.refresh_from_db()
    assert (purchase.account_sid, purchase.events.count()) == (ACCOUNT_SID, 1)


def test_evidence_with_too_long_a_name_is_recorded_all_the_same() -> None:
    purchase = make_purchase(status=Status.SUBMITTING)

    confirm_bought(
        purchase.pk,
        evidence=Evidence.LIST,
        because="the list\x00",
        seen_at=timezone.now(),
        account=make_state(NUMBER, "12345", account_sid="A" * 100, number_name={NUMBER: "n\x00" * 300}),
        number_sid="P" * 100,
    )

    purchase.refresh_from_db()
    assert purchase.status == Status.PURCHASED
    assert (len(purchase.account_sid), len(purchase.number_sid)) == (64, 64)


@pytest.mark.parametrize("answer", [answer for answer in Answer if answer != Answer.PENDING])
def test_only_a_pending_or_unknown_attempt_is_completed(answer: Answer) -> None:
    attempt = make_attempt(make_purchase(), answer=answer, words="first")

    close_attempt(attempt, answer=Answer.BOUGHT, words="second")

    attempt.refresh_from_db()
    assert attempt.words == ("second" if answer == Answer.UNKNOWN else "first")
