"""What follows each answer of one POST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.leadconnector.errors import NotSent, OutcomeUnknown, Refused
from numbers_app.models import Answer, Location, Purchase, Status
from numbers_app.purchasing.lifecycle import backoff
from tests.factories import (
    NUMBER,
    make_attempt,
    make_location,
    make_purchase,
    make_reply,
    make_token,
    not_sent,
    refused,
    unknown,
)
from tests.fakes import ScriptedClient, bought
from tests.purchasing.conftest import Clock
from tests.purchasing.inline import submit

pytestmark = pytest.mark.django_db


def submitted(purchase: Purchase, answer: Any) -> Purchase:
    submit(purchase.pk, client=ScriptedClient(purchase=[answer]))
    purchase.refresh_from_db()
    return purchase


def test_good_reply_makes_it_purchased() -> None:
    purchase = submitted(make_purchase(), bought(NUMBER))

    assert (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, "reply")
    assert (purchase.next_action_at, purchase.not_before) == (None, None)
    assert purchase.finished_at
    attempt = purchase.attempts.get()
    assert (attempt.answer, attempt.status_code, attempt.duration_ms) == (Answer.BOUGHT, 201, 100)


def test_refusal_after_an_unknown_attempt_is_looked_up_first() -> None:
    purchase = make_purchase()
    make_attempt(purchase, answer=Answer.UNKNOWN)

    submitted(purchase, refused("Phone number is no longer available"))

    assert purchase.status == Status.UNCERTAIN
    assert purchase.next_action_at is not None
    assert purchase.next_action_at <= timezone.now()
    assert "no longer available" in purchase.reason
    assert purchase.attempts.last().answer == Answer.REFUSED  # type: ignore[union-attr]


def test_refusal_is_looked_up_first_where_the_purchase_that_it_asks_for_again_is_in_doubt() -> None:
    old = make_purchase(status=Status.FAILED)
    make_attempt(old, answer=Answer.UNKNOWN)

    purchase = submitted(make_purchase(again_of=old), refused("Phone number is no longer available"))

    assert purchase.status == Status.UNCERTAIN


@pytest.mark.parametrize("earlier", [Answer.NOT_SENT, Answer.REFUSED])
def test_refusal_after_an_attempt_whose_end_is_known_is_believed(earlier: Answer) -> None:
    purchase = make_purchase()
    make_attempt(purchase, answer=earlier)

    submitted(purchase, refused())

    assert purchase.status == Status.REJECTED


def test_not_sent_goes_back_to_the_queue_with_the_reason() -> None:
    purchase = submitted(make_purchase(), not_sent("Too Many Requests"))

    assert (purchase.status, purchase.reason) == (Status.QUEUED, "Too Many Requests")
    assert purchase.next_action_at is not None
    assert purchase.next_action_at > timezone.now()
    assert purchase.next_action_at == purchase.not_before


def test_not_sent_for_the_last_time_fails(settings: Any) -> None:
    settings.PURCHASE_MAX_ATTEMPTS = 3
    purchase = make_purchase(attempt_count=2)

    submitted(purchase, not_sent("Too Many Requests"))

    assert purchase.status == Status.FAILED
    assert purchase.reason == "Given up after 3 attempts. Too Many Requests"


def test_unknown_is_looked_up_at_once() -> None:
    purchase = submitted(make_purchase(), unknown("The connection broke"))

    assert (purchase.status, purchase.reason) == (Status.UNCERTAIN, "The connection broke")
    assert purchase.uncertain_since
    assert purchase.next_action_at is not None
    assert purchase.next_action_at <= timezone.now()


def test_no_token_stops_the_queue_and_sends_nothing(settings: Any) -> None:
    settings.SANDBOX_TOKEN = ""
    purchase = make_purchase()

    submit(purchase.pk)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.attempts.count()) == (Status.QUEUED, 0)
    assert "No API token" in Location.objects.get().paused_because


def test_token_that_cannot_be_decrypted_stops_the_queue_and_sends_nothing(settings: Any) -> None:
    location = make_location()
    make_token("sandbox-secret", location=location)
    settings.FIELD_ENCRYPTION_KEYS = ["d3Jvbmcta2V5LXdyb25nLWtleS13cm9uZy1rZXkhISE="]
    purchase = make_purchase(location=location)

    submit(purchase.pk)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.attempts.count()) == (Status.QUEUED, 0)
    assert "FIELD_ENCRYPTION_KEYS" in Location.objects.get().paused_because


def test_bug_is_loud_and_leaves_the_claim_to_its_lease() -> None:
    purchase = make_purchase()

    with pytest.raises(ZeroDivisionError):
        submitted(purchase, ZeroDivisionError())

    purchase.refresh_from_db()
    assert (purchase.status, purchase.attempts.get().answer) == (Status.SUBMITTING, Answer.PENDING)


def test_reply_is_kept_as_evidence_even_where_the_database_cannot_hold_it() -> None:
    words = "no\x00 longer \ud800available"
    reply = make_reply(400, text="{\x00}" + "x" * 100_000, headers={"x-trace-id": "t" * 300})

    purchase = submitted(make_purchase(), Refused(words, reply=reply))

    attempt = purchase.attempts.get()
    assert (purchase.status, purchase.reason) == (Status.REJECTED, "no longer ?available")
    assert attempt.words == purchase.reason
    assert purchase.events.last().because == purchase.reason  # type: ignore[union-attr]
    assert attempt.reply_body.startswith("{}x")
    assert len(attempt.reply_body) < 100_000
    assert len(attempt.trace_id) == 200


@pytest.mark.parametrize("kind", [NotSent, OutcomeUnknown])
def test_answer_without_a_reply_leaves_the_evidence_empty(kind: type[Exception]) -> None:
    purchase = submitted(make_purchase(), kind("nothing came back"))

    attempt = purchase.attempts.get()
    assert (attempt.status_code, attempt.reply_body, attempt.duration_ms) == (None, "", None)
    assert attempt.words == "nothing came back"


def test_fingerprint_stays_the_same_for_all_attempts(clock: Clock) -> None:
    purchase = make_purchase(fingerprint_id="keep me")
    sent = []

    for answer in (not_sent(), not_sent(), bought(NUMBER)):

        def remember(_: str, request: Any, answer: Any = answer) -> Any:
            sent.append(request.fingerprint_id)
            return answer

        submitted(purchase, remember)
        clock.shift(3600)

    assert sent == ["keep me"] * 3
    assert purchase.status == Status.PURCHASED


def test_backoff_doubles_with_jitter_up_to_its_limit(settings: Any) -> None:
    settings.PURCHASE_BACKOFF_SECONDS, settings.PURCHASE_BACKOFF_MAX_SECONDS = 2, 600

    waits = {count: [backoff(count).total_seconds() for _ in range(50)] for count in (0, 1, 2, 5, 12, 400)}

    for count, base in {0: 2, 1: 2, 2: 4, 5: 32, 12: 600, 400: 600}.items():
        assert min(waits[count]) >= base * 0.75
        assert max(waits[count]) <= base * 1.25
        assert len(set(waits[count])) > 1


def test_backoff_is_never_shorter_than_asked_nor_longer_than_a_day() -> None:
    assert backoff(1, at_least=90) == timedelta(seconds=90)
    assert backoff(12, at_least=1) > timedelta(seconds=400)
    assert backoff(1, at_least=float("inf")) == timedelta(days=1)
