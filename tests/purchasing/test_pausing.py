"""A refused token stops its location's queue: its purchases wait, nobody else's do, and one click lets them go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.models import Answer, Happening, Location, LocationEvent, Purchase, PurchaseAttempt, Status
from numbers_app.purchasing.dispatch import LOOK_UP, SUBMIT, sweep
from numbers_app.purchasing.pausing import pause_location, resume_location
from numbers_app.purchasing.reconciliation import look_up
from numbers_app.purchasing.submission import claim_queued
from tests.factories import (
    NUMBER,
    OTHER_LOCATION_ID,
    make_attempt,
    make_location,
    make_purchase,
    make_token,
    make_uncertain,
    make_user,
    not_sent,
    refused,
)
from tests.fakes import Mailbox, ScriptedClient, failures, in_threads
from tests.purchasing.conftest import Clock, Desk
from tests.purchasing.inline import claim_one, submit

pytestmark = pytest.mark.django_db

WORDS = "Invalid token: it has run out"
TOKEN_REFUSALS = [401, 403]


def refuse_token(purchase: Purchase, *, status: int = 401) -> Location:
    """One POST of ``purchase`` is answered with a refusal of the token."""
    submit(purchase.pk, client=ScriptedClient(purchase=[refused(WORDS, status=status)]))
    purchase.refresh_from_db()
    return Location.objects.get(pk=purchase.location_id)


def events(location: Location) -> list[tuple[str, str]]:
    return list(LocationEvent.objects.filter(location=location).values_list("what", "because"))


@pytest.mark.parametrize("status", TOKEN_REFUSALS)
def test_refused_token_stops_the_queue_and_the_purchase_waits_with_the_providers_words(status: int) -> None:
    purchase = make_purchase()

    location = refuse_token(purchase, status=status)

    assert location.paused_at is not None
    assert WORDS in location.paused_because
    assert (purchase.status, purchase.reason) == (Status.QUEUED, WORDS)
    attempt = purchase.attempts.get()
    assert (attempt.answer, attempt.status_code, attempt.words) == (Answer.REFUSED, status, WORDS)
    assert [event.to_status for event in purchase.events.all()] == [Status.SUBMITTING, Status.QUEUED]


def test_stop_is_an_event_with_the_reason() -> None:
    location = refuse_token(make_purchase())

    [event] = LocationEvent.objects.all()

    assert (event.location, event.what, event.actor) == (location, Happening.PAUSED, None)
    assert (event.because, event.at) == (location.paused_because, location.paused_at)


def test_other_purchases_of_a_stopped_location_are_neither_claimed_nor_sent(mailbox: Mailbox, clock: Clock) -> None:
    first, *others = [make_purchase(f"+1830555{n:04d}") for n in range(4)]
    refuse_token(first)

    claims = claim_queued([purchase.pk for purchase in others])
    sweep()
    clock.shift(3600)
    sweep()

    assert claims == []
    assert mailbox.take() == []
    assert set(Purchase.objects.values_list("status", flat=True)) == {Status.QUEUED}
    assert PurchaseAttempt.objects.count() == 1


def test_other_locations_go_on(mailbox: Mailbox) -> None:
    refuse_token(make_purchase())
    other = make_purchase("+18305550002", location=make_location(OTHER_LOCATION_ID))

    sweep()

    assert mailbox.take() == [(SUBMIT, [[other.pk]])]
    assert claim_one(other.pk) is not None


@pytest.mark.django_db(transaction=True)
def test_refused_token_spares_the_others_of_the_batch(sandbox: Sandbox, desk: Desk) -> None:
    here, there = make_location(), make_location(OTHER_LOCATION_ID)
    bad = make_purchase(number_for("unauthorized"), location=here)
    good = make_purchase(number_for("success"), location=there)

    for purchase in (bad, good):
        submit(purchase.pk)
    desk.turn()

    assert dict(Purchase.objects.values_list("pk", "status")) == {bad.pk: Status.QUEUED, good.pk: Status.PURCHASED}
    assert list(Location.objects.filter(paused_at__isnull=False)) == [here]


def test_missing_token_stops_the_queue_without_an_attempt(settings: Any) -> None:
    settings.SANDBOX_TOKEN = ""
    purchase = make_purchase()

    claim = claim_one(purchase.pk)

    assert claim is None
    location = Location.objects.get()
    assert "No API token" in location.paused_because
    assert events(location) == [(Happening.PAUSED, location.paused_because)]
    purchase.refresh_from_db()
    assert (purchase.status, purchase.attempt_count, PurchaseAttempt.objects.count()) == (Status.QUEUED, 0, 0)


def test_token_that_cannot_be_decrypted_stops_its_location_alone(settings: Any) -> None:
    here, there = make_location(), make_location(OTHER_LOCATION_ID)
    make_token("sandbox-secret", location=here)
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    purchases = [make_purchase(location=here), make_purchase("+18305550002", location=there)]

    claims = claim_queued([purchase.pk for purchase in purchases])

    assert [claim.purchase for claim in claims] == purchases[1:]
    here.refresh_from_db()
    there.refresh_from_db()
    assert "FIELD_ENCRYPTION_KEYS" in here.paused_because
    assert there.paused_at is None
    assert PurchaseAttempt.objects.count() == 1


def test_token_that_no_header_can_carry_stops_the_queue() -> None:
    location = make_location()
    make_token("sandbox\nX-Evil: 1", location=location)

    claim = claim_one(make_purchase(location=location).pk)

    location.refresh_from_db()
    assert claim is None
    assert "Enter it again" in location.paused_because
    assert "X-Evil" not in location.paused_because


@pytest.mark.parametrize("status", TOKEN_REFUSALS)
def test_look_up_whose_token_is_refused_stops_the_queue_and_goes_on_looking(
    status: int, mailbox: Mailbox, clock: Clock
) -> None:
    uncertain, waiting = make_uncertain(), make_purchase("+18305550002")

    look_up(uncertain.pk, client=ScriptedClient(list_active=[refused(WORDS, status=status)]))

    location = Location.objects.get()
    assert WORDS in location.paused_because
    assert len(events(location)) == 1
    uncertain.refresh_from_db()
    assert uncertain.status == Status.UNCERTAIN
    assert claim_one(waiting.pk) is None
    assert uncertain.next_action_at is not None
    clock.move_to(uncertain.next_action_at + timedelta(milliseconds=1))
    sweep()
    assert mailbox.take() == [(LOOK_UP, [uncertain.pk])]


@pytest.mark.django_db(transaction=True)
def test_uncertain_purchase_of_a_stopped_location_is_settled_by_the_list(sandbox: Sandbox, desk: Desk) -> None:
    purchase = make_purchase(number_for("reset-after"))
    submit(purchase.pk)
    pause_location(purchase.location_id, because=WORDS)

    for _ in range(3):
        desk.wait_for(purchase)
        if purchase.status != Status.UNCERTAIN:
            break

    assert (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, "list")


def test_refused_token_after_an_unknown_attempt_waits_in_the_queue() -> None:
    purchase = make_purchase()
    make_attempt(purchase, answer=Answer.UNKNOWN)

    location = refuse_token(purchase)

    assert location.paused_at
    assert purchase.status == Status.QUEUED


def test_stopping_twice_writes_one_event_and_keeps_the_first_reason() -> None:
    location = make_location()

    results = [pause_location(location.pk, because=words) for words in ("first", "second")]

    location.refresh_from_db()
    assert results == [True, False]
    assert events(location) == [(Happening.PAUSED, "first")]
    assert location.paused_because == "first"


@pytest.mark.django_db(transaction=True)
def test_stopping_at_once_from_many_sides_writes_one_event() -> None:
    location = make_location()

    results = in_threads([lambda: pause_location(location.pk, because=WORDS)] * 6)

    assert failures(results) == []
    assert sorted(results) == [False] * 5 + [True]
    assert len(events(location)) == 1


def test_reason_that_the_database_cannot_keep_is_mended() -> None:
    location = make_location()

    pause_location(location.pk, because="odd\x00words")

    location.refresh_from_db()
    assert "\x00" not in location.paused_because
    assert "odd" in events(location)[0][1]


def test_resuming_makes_everything_due_at_once_and_is_an_event_with_actor_and_reason() -> None:
    later = timezone.now() + timedelta(hours=1)
    waiting, uncertain = make_purchase(next_action_at=later), make_uncertain("+18305550002", next_action_at=later)
    location, person = waiting.location, make_user()
    pause_location(location.pk, because=WORDS)

    resumed = resume_location(location.pk, because="A new token was entered.", actor=person)

    assert resumed
    location.refresh_from_db()
    assert (location.paused_at, location.paused_because) == (None, "")
    event = LocationEvent.objects.last()
    assert event is not None
    assert (event.what, event.because, event.actor) == (Happening.RESUMED, "A new token was entered.", person)
    for purchase in (waiting, uncertain):
        purchase.refresh_from_db()
        assert purchase.next_action_at is not None
        assert purchase.next_action_at <= timezone.now()


def test_resuming_leaves_other_locations_and_finished_purchases_alone() -> None:
    later = timezone.now() + timedelta(hours=1)
    other = make_purchase("+18305550002", location=make_location(OTHER_LOCATION_ID), next_action_at=later)
    done, claimed = make_purchase(status=Status.REJECTED), make_purchase("+18305550003", status=Status.SUBMITTING)
    lease = claimed.next_action_at
    pause_location(done.location_id, because=WORDS)

    resume_location(done.location_id, because="mended", actor=None)

    for purchase in (other, done, claimed):
        purchase.refresh_from_db()
    assert (other.next_action_at, done.next_action_at, claimed.next_action_at) == (later, None, lease)


def test_resuming_what_is_not_stopped_does_nothing() -> None:
    purchase = make_purchase(next_action_at=timezone.now() + timedelta(hours=1))
    before = purchase.next_action_at
    pause_location(purchase.location_id, because=WORDS)

    results = [resume_location(purchase.location_id, because="mended", actor=None) for _ in range(2)]
    Purchase.objects.update(next_action_at=before)
    results.append(resume_location(purchase.location_id, because="mended", actor=None))

    purchase.refresh_from_db()
    assert results == [True, False, False]
    assert purchase.next_action_at == before
    assert [what for what, _ in events(purchase.location)] == [Happening.PAUSED, Happening.RESUMED]


def test_resuming_does_not_shorten_a_wait_that_the_provider_asked_for(clock: Clock) -> None:
    purchase = make_purchase()
    submit(purchase.pk, client=ScriptedClient(purchase=[not_sent(retry_after=600)]))
    pause_location(purchase.location_id, because=WORDS)

    resume_location(purchase.location_id, because="mended", actor=None)
    early = claim_one(purchase.pk)
    clock.shift(601)

    assert early is None
    assert claim_one(purchase.pk) is not None


@pytest.mark.django_db(transaction=True)
def test_purchase_is_bought_after_the_token_was_mended(sandbox: Sandbox, desk: Desk) -> None:
    location = make_location()
    token = make_token("no-sandbox-token", location=location)
    purchases = [make_purchase(number_for("success", n), location=location) for n in range(3)]
    desk.turn()
    stopped = Location.objects.get(pk=location.pk)
    waiting = set(Purchase.objects.values_list("status", flat=True))

    token.token = "sandbox-mended"
    token.save()
    resume_location(location.pk, because="mended", actor=None)
    desk.settle(*purchases)

    assert "Invalid token" in stopped.paused_because
    assert waiting == {Status.QUEUED}
    assert {purchase.status for purchase in purchases} == {Status.PURCHASED}
    assert len(sandbox.ledger.sold()) == 3
    assert [what for what, _ in events(location)] == [Happening.PAUSED, Happening.RESUMED]


def test_token_that_is_still_refused_stops_the_queue_again() -> None:
    purchase = make_purchase(NUMBER)
    location = refuse_token(purchase)
    resume_location(location.pk, because="mended", actor=None)

    location = refuse_token(purchase)

    assert location.paused_at
    assert (purchase.status, purchase.attempt_count) == (Status.QUEUED, 2)
    assert [what for what, _ in events(location)] == [Happening.PAUSED, Happening.RESUMED, Happening.PAUSED]
