"""What a person decides: with a reason, on the facts that they saw, and on no others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.models import (
    Answer,
    Evidence,
    Happening,
    Location,
    LocationEvent,
    Purchase,
    PurchaseEvent,
    Status,
    TwilioAccount,
)
from numbers_app.purchasing.deciding import (
    DecisionRefused,
    FactsChanged,
    decide_bought,
    decide_not_bought,
    facts,
    look_again,
    resume_seen,
    stop_seen,
)
from numbers_app.purchasing.dispatch import LOOK_UP, sweep
from numbers_app.purchasing.lifecycle import transition
from numbers_app.purchasing.pausing import pause_location, resume_location
from numbers_app.purchasing.reconciliation import look_up
from tests.factories import (
    OTHER_LOCATION_ID,
    make_attempt,
    make_list,
    make_location,
    make_number,
    make_purchase,
    make_uncertain,
    make_user,
)
from tests.fakes import Mailbox, ScriptedClient, failures, in_threads

pytestmark = pytest.mark.django_db
COMMITTED = pytest.mark.django_db(transaction=True)
WHY = "Seen on the provider's page."
DECISIONS = [look_again, decide_bought, decide_not_bought]


def in_review(**columns: Any) -> Purchase:
    purchase = make_purchase(status=Status.NEEDS_REVIEW, reason="No list for 24 hours.", **columns)
    make_attempt(purchase, answer=Answer.UNKNOWN)
    return purchase


def decide(decision: Callable[..., Any], purchase: Purchase, *, seen: str | None = None, actor: Any = None) -> Purchase:
    decision(purchase.pk, because=WHY, actor=actor, seen=facts(purchase) if seen is None else seen)
    return Purchase.objects.get(pk=purchase.pk)


def test_look_again_at_uncertain_purchase_makes_it_due_and_keeps_why_it_is_uncertain(mailbox: Mailbox) -> None:
    user, later = make_user(), timezone.now() + timedelta(hours=2)
    purchase = make_uncertain(next_action_at=later, reason="The connection broke")

    found = decide(look_again, purchase, actor=user)
    sweep()

    assert (found.status, found.reason) == (Status.UNCERTAIN, "The connection broke")
    event = found.events.get()
    assert (event.from_status, event.to_status, event.because, event.actor) == ("uncertain", "uncertain", WHY, user)
    assert mailbox.take() == [(LOOK_UP, [purchase.pk])]


def test_look_again_at_purchase_in_review_starts_the_looking_anew(mailbox: Mailbox) -> None:
    user, before = make_user(), timezone.now()
    purchase = in_review(uncertain_since=before - timedelta(days=2))

    found = decide(look_again, purchase, actor=user)
    sweep()

    assert (found.status, found.reason) == (Status.UNCERTAIN, WHY)
    assert found.uncertain_since is not None
    assert found.uncertain_since >= before
    assert found.events.get().actor == user
    assert mailbox.take() == [(LOOK_UP, [purchase.pk])]


def test_purchase_that_was_looked_at_again_is_settled_by_the_list() -> None:
    purchase = in_review()
    decide(look_again, purchase)

    look_up(purchase.pk, client=ScriptedClient(list_active=[make_list(purchase.phone_number)]))  # type: ignore[arg-type]

    found = Purchase.objects.get(pk=purchase.pk)
    assert (found.status, found.confirmed_by) == (Status.PURCHASED, Evidence.LIST)


@pytest.mark.parametrize("make", [make_uncertain, in_review])
def test_person_confirms_that_it_was_bought(make: Callable[[], Purchase]) -> None:
    user, purchase = make_user(), make()

    found = decide(decide_bought, purchase, actor=user)

    assert (found.status, found.confirmed_by, found.reason) == (Status.PURCHASED, Evidence.PERSON, WHY)
    event = found.events.get()
    assert (event.to_status, event.because, event.actor) == (Status.PURCHASED, WHY, user)


def test_confirmation_takes_the_sids_from_the_mirror() -> None:
    purchase = in_review()
    TwilioAccount.objects.create(location=purchase.location, account_sid="AC77", synced_at=timezone.now())
    make_number(location=purchase.location, sid="PN77")

    found = decide(decide_bought, purchase)

    assert (found.account_sid, found.number_sid) == ("AC77", "PN77")
    assert Location.objects.get().sync_due_at is None


def test_confirmation_of_what_the_mirror_has_not_seen_has_the_list_read() -> None:
    decide(decide_bought, in_review())

    assert Location.objects.get().sync_due_at is not None


def test_person_says_that_it_was_not_bought() -> None:
    user, purchase = make_user(), in_review()

    found = decide(decide_not_bought, purchase, actor=user)

    assert (found.status, found.reason, found.events.get().actor) == (Status.FAILED, WHY, user)
    assert found.finished_at is not None


def test_not_bought_is_refused_where_the_list_shows_the_number_at_the_location() -> None:
    purchase = in_review()
    make_number(location=purchase.location)

    with pytest.raises(DecisionRefused, match="shows this number as active"):
        decide(decide_not_bought, purchase)

    assert_untouched(purchase)


@pytest.mark.parametrize("where", ["gone", "elsewhere"])
def test_not_bought_is_believed_where_the_number_is_gone_or_elsewhere(where: str) -> None:
    purchase = in_review()
    if where == "gone":
        make_number(location=purchase.location, gone_at=timezone.now())
    else:
        make_number(location=make_location(OTHER_LOCATION_ID))

    assert decide(decide_not_bought, purchase).status == Status.FAILED


def test_not_bought_is_not_for_an_uncertain_purchase() -> None:
    purchase = make_uncertain()

    with pytest.raises(DecisionRefused, match="can't be decided"):
        decide(decide_not_bought, purchase)

    assert_untouched(purchase)


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("status", [s for s in Status if s not in (Status.UNCERTAIN, Status.NEEDS_REVIEW)])
def test_nothing_is_decided_about_what_is_not_in_doubt(decision: Callable[..., Any], status: Status) -> None:
    purchase = make_purchase(status=status)

    with pytest.raises(DecisionRefused, match="can't be decided"):
        decide(decision, purchase)

    assert_untouched(purchase)


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("news", ["settled", "looked", "tried", "garbage"])
def test_decision_on_facts_that_changed_is_refused(decision: Callable[..., Any], news: str) -> None:
    purchase = in_review()
    seen = facts(purchase)
    if news == "settled":
        transition(purchase, to=Status.FAILED, because="The list <told> it.")
    elif news == "looked":
        PurchaseEvent.objects.create(purchase=purchase, at=timezone.now(), to_status="uncertain", because="Looked.")
    elif news == "tried":
        Purchase.objects.filter(pk=purchase.pk).update(attempt_count=7)
    else:
        seen = "\x00" * 5000
    purchase.refresh_from_db()

    with pytest.raises(FactsChanged) as refusal:
        decide(decision, purchase, seen=seen)

    assert purchase.get_status_display() in str(refusal.value)
    assert news != "settled" or "The list <told> it." in str(refusal.value)
    assert_untouched(purchase)


def test_purchase_of_another_desk_is_not_looked_up() -> None:
    purchase = in_review(sandbox=False)

    with pytest.raises(DecisionRefused, match="rehearsal and reality"):
        decide(look_again, purchase)

    assert_untouched(purchase)


def assert_untouched(purchase: Purchase) -> None:
    found = Purchase.objects.get(pk=purchase.pk)
    names = ("status", "reason", "next_action_at", "confirmed_by", "attempt_count", "finished_at")
    assert [getattr(found, name) for name in names] == [getattr(purchase, name) for name in names]
    assert not found.events.filter(because=WHY).exists()


@COMMITTED
@pytest.mark.parametrize("others", [[decide_bought], [decide_not_bought], [look_again], DECISIONS])
def test_of_several_who_decide_at_once_one_is_heard(others: list[Callable[..., Any]]) -> None:
    purchase = in_review()
    seen = facts(purchase)
    jobs = [partial(decide, decision, purchase, seen=seen) for decision in (decide_bought, *others)]

    results = in_threads(jobs)

    refused = failures(results)
    assert {type(error) for error in refused} == {FactsChanged}
    assert len(refused) == len(jobs) - 1
    assert purchase.events.count() == 1


# ── Stopped queues


def stopped() -> Location:
    location = make_location()
    pause_location(location.pk, because="The provider refused the token (401).")
    location.refresh_from_db()
    return location


def test_queue_that_was_seen_to_be_stopped_goes_on() -> None:
    location, user = stopped(), make_user()
    make_purchase(location=location, next_action_at=timezone.now() + timedelta(hours=1))

    assert resume_seen(location.pk, because=WHY, actor=user, seen=stop_seen(location))

    location.refresh_from_db()
    event = LocationEvent.objects.get(what=Happening.RESUMED)
    assert (location.paused_at, event.because, event.actor) == (None, WHY, user)


def test_second_resume_changes_nothing() -> None:
    location = stopped()
    seen = stop_seen(location)
    resume_seen(location.pk, because=WHY, actor=None, seen=seen)

    assert not resume_seen(location.pk, because=WHY, actor=None, seen=seen)

    assert LocationEvent.objects.filter(what=Happening.RESUMED).count() == 1


def test_queue_that_was_stopped_anew_stays_stopped() -> None:
    location = stopped()
    seen = stop_seen(location)
    resume_location(location.pk, because="Somebody else.", actor=None)
    pause_location(location.pk, because="The token lacks a scope (403).")

    with pytest.raises(FactsChanged, match="lacks a scope"):
        resume_seen(location.pk, because=WHY, actor=None, seen=seen)

    assert Location.objects.get().paused_at is not None


@COMMITTED
def test_of_many_clicks_on_resume_one_counts() -> None:
    location = stopped()
    seen = stop_seen(location)

    results = in_threads([partial(resume_seen, location.pk, because=WHY, actor=None, seen=seen)] * 8)

    assert sorted(results) == [False] * 7 + [True]
    assert LocationEvent.objects.filter(what=Happening.RESUMED).count() == 1
