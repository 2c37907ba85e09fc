"""What became of a purchase whose outcome is unknown: by the provider's list, read in full, twice, apart in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.models import Answer, Evidence, Mail, MailKind, PhoneNumber, Purchase, Status, TwilioAccount
from numbers_app.purchasing.reconciliation import look_up, record_list, settle_listed
from tests.factories import (
    ACCOUNT_SID,
    NUMBER,
    make_active,
    make_attempt,
    make_list,
    make_purchase,
    make_uncertain,
    make_user,
    not_sent,
    refused,
    unknown,
)
from tests.fakes import ScriptedClient
from tests.purchasing.conftest import Clock, Desk
from tests.purchasing.inline import submit

pytestmark = pytest.mark.django_db

SETTLE, PAUSE = 100, 10


@pytest.fixture(autouse=True)
def short_waits(settings: Any) -> None:
    settings.PURCHASE_SETTLE_SECONDS = SETTLE
    settings.PURCHASE_LOOKUP_SECONDS = PAUSE
    settings.PURCHASE_MAX_UNKNOWN = 3


def look(purchase: Purchase, answer: Any) -> Purchase:
    look_up(purchase.pk, client=ScriptedClient(list_active=[answer]))
    purchase.refresh_from_db()
    return purchase


def absent(*, at: datetime | None = None) -> Any:
    return make_list("+18305559999", at=at)


def test_number_on_the_list_was_bought() -> None:
    purchase = make_uncertain()
    shown = make_active(NUMBER, sid="PN1", type="toll-free", dateAdded="2026-03-01T12:00:00Z")

    look(purchase, make_list(shown))

    assert (purchase.status, purchase.confirmed_by, purchase.number_sid) == (Status.PURCHASED, Evidence.LIST, "PN1")
    number = PhoneNumber.objects.get()
    assert (number.sid, number.number_type, number.date_added.isoformat()) == (  # type: ignore[union-attr]
        "PN1",
        "tollFree",
        "2026-03-01T12:00:00+00:00",
    )


def test_purchase_shown_by_the_list_takes_the_account_that_the_mirror_knows() -> None:
    purchase = make_uncertain()
    TwilioAccount.objects.create(location=purchase.location, account_sid=ACCOUNT_SID, synced_at=timezone.now())

    look(purchase, make_list(make_active(NUMBER)))

    assert (purchase.confirmed_by, purchase.account_sid) == (Evidence.LIST, ACCOUNT_SID)


def test_pooled_number_is_found(sandbox: Sandbox, desk: Desk) -> None:
    purchase = make_purchase(number_for("reset-after-pooled"))

    submit(purchase.pk)
    desk.settle(purchase)

    assert (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, Evidence.LIST)
    assert len(sandbox.ledger.sold()) == 1


def test_number_on_the_last_page_is_found(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numbers_app.leadconnector.client.ACTIVE_PAGE_SIZE", 2)
    others = [make_purchase(number_for("success", n)) for n in range(4)]
    for other in others:
        submit(other.pk)
    purchase = make_purchase(number_for("reset-after"))
    submit(purchase.pk)
    sandbox.ledger._clock = lambda: datetime.now().timestamp() + 60  # the lag is over

    look_up(purchase.pk)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, Evidence.LIST)
    assert [call.path for call in sandbox.ledger.calls()].count("active") == 3


@pytest.mark.parametrize("similar", [NUMBER[:-1], NUMBER + "4", "+1" + NUMBER[2:][::-1]])
def test_similar_number_proves_nothing(similar: str) -> None:
    purchase = make_uncertain(ago=SETTLE + 1)

    look(purchase, make_list(similar))

    assert purchase.status == Status.UNCERTAIN
    assert purchase.absent_at


def test_absence_before_the_settle_time_proves_nothing() -> None:
    purchase = make_uncertain(ago=SETTLE - 5)

    look(purchase, absent())

    assert (purchase.status, purchase.absent_at) == (Status.UNCERTAIN, None)
    # Not in a full pause, but as soon as the settle time is over.
    assert purchase.next_action_at is not None
    assert timezone.now() < purchase.next_action_at <= timezone.now() + timedelta(seconds=5)


def test_first_absence_after_the_settle_time_is_remembered() -> None:
    purchase = make_uncertain(ago=SETTLE + 1)
    read_at = timezone.now()

    look(purchase, absent(at=read_at))

    assert (purchase.status, purchase.absent_at) == (Status.UNCERTAIN, read_at)


@pytest.mark.parametrize(("apart", "status"), [(PAUSE - 0.1, Status.UNCERTAIN), (PAUSE, Status.QUEUED)])
def test_second_absence_counts_only_when_it_is_apart(apart: float, status: Status) -> None:
    purchase = make_uncertain(ago=SETTLE + 60)
    first = timezone.now()

    look(purchase, absent(at=first))
    look(purchase, absent(at=first + timedelta(seconds=apart)))

    assert purchase.status == status
    if status == Status.QUEUED:
        assert (purchase.absent_at, purchase.uncertain_since) == (None, None)
        assert purchase.not_before == purchase.next_action_at
    else:
        assert (purchase.absent_at, purchase.next_action_at) == (first, first + timedelta(seconds=PAUSE))


def test_read_that_began_before_the_first_absence_counts_for_nothing() -> None:
    purchase = make_uncertain(ago=SETTLE + 60)
    first = timezone.now()

    look(purchase, absent(at=first))
    look(purchase, absent(at=first - timedelta(seconds=PAUSE)))

    assert (purchase.status, purchase.absent_at) == (Status.UNCERTAIN, first)


def test_absence_is_worthless_when_an_attempt_ended_after_it() -> None:
    purchase = make_uncertain(ago=2 * SETTLE)
    first = timezone.now() - timedelta(seconds=SETTLE - 10)
    look(purchase, absent(at=first))
    late = timezone.now() - timedelta(seconds=SETTLE + 1)
    purchase.attempts.update(finished_at=late)  # the worker came back late, without an answer

    look(purchase, absent())

    assert purchase.status == Status.UNCERTAIN
    assert purchase.absent_at is not None
    assert purchase.absent_at >= late + timedelta(seconds=SETTLE)


def test_first_attempt_that_ends_after_the_second_counts_for_the_settle_time() -> None:
    purchase = make_uncertain(ago=2 * SETTLE)
    make_attempt(purchase, answer=Answer.UNKNOWN, finished_at=timezone.now() - timedelta(seconds=2 * SETTLE))
    purchase.attempts.filter(number=1).update(finished_at=timezone.now())

    look(purchase, absent())

    assert purchase.absent_at is None


def test_purchase_without_an_attempt_settles_from_its_order() -> None:
    purchase = make_purchase(status=Status.UNCERTAIN)

    look(purchase, absent())

    assert (purchase.status, purchase.absent_at) == (Status.UNCERTAIN, None)


def prove_absence(purchase: Purchase) -> Purchase:
    """Two absences, long after the last attempt."""
    purchase.attempts.update(finished_at=timezone.now() - timedelta(hours=1))
    look(purchase, absent(at=timezone.now() - timedelta(minutes=1)))
    return look(purchase, absent())


def test_proved_absence_is_asked_for_again_while_retries_last() -> None:
    purchase = make_uncertain()

    prove_absence(purchase)

    assert purchase.status == Status.QUEUED
    assert purchase.reason.endswith("It is asked for again.")


def test_proved_absence_fails_when_the_retries_are_spent() -> None:
    purchase = make_uncertain()
    make_attempt(purchase, answer=Answer.UNKNOWN)
    make_attempt(purchase, answer=Answer.UNKNOWN)

    prove_absence(purchase)

    assert (purchase.status, purchase.next_action_at) == (Status.FAILED, None)
    assert "3 attempts without an answer" in purchase.reason


def test_proved_absence_fails_when_all_attempts_are_spent(settings: Any) -> None:
    settings.PURCHASE_MAX_ATTEMPTS = 2
    purchase = make_uncertain()
    make_attempt(purchase, answer=Answer.UNKNOWN)

    prove_absence(purchase)

    assert purchase.status == Status.FAILED
    assert purchase.reason.endswith("Given up after 2 attempts.")


def test_refusal_that_was_looked_up_is_believed_and_not_asked_again() -> None:
    purchase = make_purchase()
    make_attempt(purchase, answer=Answer.UNKNOWN)
    submit(purchase.pk, client=ScriptedClient(purchase=[refused("Phone number is no longer available")]))

    prove_absence(purchase)

    assert purchase.status == Status.FAILED
    assert purchase.reason.endswith("The provider refused it: Phone number is no longer available")


def test_list_that_cannot_be_read_is_asked_again_with_backoff(clock: Clock) -> None:
    purchase = make_uncertain()

    waits = []
    for _ in range(12):
        look(purchase, unknown("The list is down"))
        assert purchase.next_action_at is not None
        waits.append(round((purchase.next_action_at - timezone.now()).total_seconds()))
        clock.move_to(purchase.next_action_at)

    assert purchase.status == Status.UNCERTAIN
    assert waits == sorted(waits)
    assert waits[0] == PAUSE < waits[-1]


def test_list_that_asks_to_wait_is_left_alone_for_so_long() -> None:
    purchase = make_uncertain()

    look(purchase, not_sent(retry_after=300))

    assert purchase.next_action_at is not None
    assert purchase.next_action_at > timezone.now() + timedelta(seconds=290)


@pytest.mark.parametrize(("hours", "status"), [(23.9, Status.UNCERTAIN), (24, Status.NEEDS_REVIEW)])
def test_list_that_stays_away_for_a_day_asks_a_person(hours: float, status: Status) -> None:
    purchase = make_uncertain(ago=hours * 3600)

    look(purchase, unknown("The list is down"))

    assert purchase.status == status
    if status == Status.NEEDS_REVIEW:
        assert "The list is down" in purchase.reason
        assert purchase.next_action_at is None
    else:
        assert purchase.next_action_at is not None
        assert purchase.next_action_at <= timezone.now() + timedelta(seconds=600)


def test_person_who_is_asked_gets_a_mail() -> None:
    purchase = make_uncertain(ago=24 * 3600)
    root = make_user(email="root@example.com", is_superuser=True)

    look(purchase, unknown("The list is down"))

    mail = Mail.objects.get()
    assert (mail.recipient, mail.kind, mail.purchase) == (root, MailKind.NEEDS_REVIEW, purchase)


def test_list_error_between_two_absences_keeps_the_first() -> None:
    purchase = make_uncertain(ago=SETTLE + 60)
    first = timezone.now() - timedelta(seconds=PAUSE)

    look(purchase, absent(at=first))
    look(purchase, unknown())
    look(purchase, absent())

    assert purchase.status == Status.QUEUED


def test_look_up_without_a_token_waits(settings: Any) -> None:
    settings.SANDBOX_TOKEN = ""
    purchase = make_uncertain()

    look_up(purchase.pk)

    purchase.refresh_from_db()
    assert purchase.status == Status.UNCERTAIN


@pytest.mark.parametrize("status", [status for status in Status if status != Status.UNCERTAIN])
def test_purchase_that_is_not_uncertain_is_not_looked_up(status: Status) -> None:
    purchase = make_purchase(status=status)

    look_up(purchase.pk, client=ScriptedClient())

    purchase.refresh_from_db()
    assert purchase.status == status


def test_rehearsal_is_not_looked_up_at_the_provider(settings: Any) -> None:
    purchase = make_uncertain()
    settings.SANDBOX = False

    look_up(purchase.pk, client=ScriptedClient())

    purchase.refresh_from_db()
    assert purchase.status == Status.UNCERTAIN


def meanwhile(purchase: Purchase, **columns: Any) -> Any:
    """A list whose reading takes so long that the purchase changes."""

    def change(_: str) -> Any:
        Purchase.objects.filter(pk=purchase.pk).update(**columns)
        return absent()

    return change


def test_absence_means_nothing_for_what_somebody_settled_meanwhile() -> None:
    purchase = make_uncertain(ago=SETTLE + 1)

    look(purchase, meanwhile(purchase, status=Status.NEEDS_REVIEW, next_action_at=None))

    assert (purchase.status, purchase.absent_at) == (Status.NEEDS_REVIEW, None)
    assert PhoneNumber.objects.count() == 1  # what was read is kept all the same


def test_list_read_for_one_stay_says_nothing_about_the_next() -> None:
    purchase = make_uncertain(ago=SETTLE + 1)

    look(purchase, meanwhile(purchase, attempt_count=2))

    assert (purchase.status, purchase.absent_at) == (Status.UNCERTAIN, None)


def test_list_error_means_nothing_for_what_somebody_settled_meanwhile() -> None:
    purchase = make_uncertain()

    def change(_: str) -> Any:
        Purchase.objects.filter(pk=purchase.pk).update(status=Status.NEEDS_REVIEW, next_action_at=None)
        return unknown()

    look(purchase, change)

    assert purchase.status == Status.NEEDS_REVIEW


def test_presence_counts_even_when_somebody_gave_up_meanwhile() -> None:
    purchase = make_uncertain()
    Purchase.objects.filter(pk=purchase.pk).update(
        status=Status.FAILED, next_action_at=None, finished_at=timezone.now()
    )

    record_list([purchase], make_list(NUMBER))

    purchase.refresh_from_db()
    assert (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, Evidence.LIST)


def test_two_look_ups_of_one_absence_conclude_once() -> None:
    purchase = make_uncertain(ago=SETTLE + 60)
    look(purchase, absent(at=timezone.now() - timedelta(seconds=PAUSE)))
    stale = Purchase.objects.get(pk=purchase.pk)

    record_list([stale], absent())
    record_list([stale], absent())

    purchase.refresh_from_db()
    assert purchase.status == Status.QUEUED
    assert purchase.events.count() == 1


@pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.NEEDS_REVIEW, Status.FAILED, Status.REJECTED])
def test_full_read_settles_every_doubtful_purchase_of_the_location(status: Status) -> None:
    purchase = make_purchase(status=status)
    make_attempt(purchase, answer=Answer.UNKNOWN)

    settled = settle_listed(location=purchase.location, listed=make_list(make_active(NUMBER, sid="PN7")))

    purchase.refresh_from_db()
    assert settled == 1
    assert (purchase.status, purchase.confirmed_by, purchase.number_sid) == (Status.PURCHASED, Evidence.LIST, "PN7")


def test_full_read_is_no_evidence_for_a_purchase_whose_attempts_are_all_known() -> None:
    purchase = make_purchase(status=Status.REJECTED)
    make_attempt(purchase, answer=Answer.REFUSED)

    settled = settle_listed(location=purchase.location, listed=make_list(NUMBER))

    purchase.refresh_from_db()
    assert (settled, purchase.status) == (0, Status.REJECTED)


@pytest.mark.parametrize("other", [Status.PURCHASED, Status.QUEUED])
def test_full_read_leaves_alone_what_another_purchase_explains(other: Status) -> None:
    purchase = make_purchase(status=Status.FAILED)
    make_attempt(purchase, answer=Answer.UNKNOWN)
    make_purchase(status=other)

    settled = settle_listed(location=purchase.location, listed=make_list(NUMBER))

    purchase.refresh_from_db()
    assert (settled, purchase.status) == (0, Status.FAILED)


def test_full_read_that_does_not_show_the_number_settles_nothing() -> None:
    purchase = make_purchase(status=Status.NEEDS_REVIEW)
    make_attempt(purchase, answer=Answer.UNKNOWN)

    settled = settle_listed(location=purchase.location, listed=make_list("+18305550999"))

    purchase.refresh_from_db()
    assert (settled, purchase.status) == (0, Status.NEEDS_REVIEW)


def test_look_up_for_one_purchase_settles_the_others_of_its_location() -> None:
    first, second = make_uncertain(), make_uncertain("+18305550999")

    look(first, make_list(first.phone_number, second.phone_number))

    second.refresh_from_db()
    assert (first.status, second.status) == (Status.PURCHASED, Status.PURCHASED)
