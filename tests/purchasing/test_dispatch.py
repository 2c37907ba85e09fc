"""The messages: what is due is sent, what is lost is sent again, what comes twice is harmless."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.models import Answer, Purchase, Status
from numbers_app.purchasing import dispatch
from numbers_app.purchasing.dispatch import LOOK_UP, SUBMIT, lapse, lapse_leases, leave_due, send_queued, sweep
from tests.factories import OTHER_LOCATION_ID, make_attempt, make_location, make_purchase, make_uncertain
from tests.fakes import Mailbox, failures, in_threads
from tests.purchasing.conftest import Clock
from tests.purchasing.inline import claim_one

pytestmark = pytest.mark.django_db


def numbered(count: int, **columns: Any) -> list[Purchase]:
    return [make_purchase(f"+1830555{n:04d}", **columns) for n in range(count)]


def test_sweep_sends_what_is_due_once(mailbox: Mailbox) -> None:
    queued, uncertain = make_purchase(), make_uncertain("+18305550199")

    first, second = sweep(), sweep()

    assert mailbox.take() == [(LOOK_UP, [uncertain.pk]), (SUBMIT, [[queued.pk]])]
    nothing = {"lapsed": 0, "closed": 0, "looked_up": 0, "synced": 0, "advanced": 0, "submitted": 0}
    assert first == {**nothing, "looked_up": 1, "submitted": 1}
    assert second == nothing


def test_sweep_has_each_list_read_once_whatever_waits_at_its_location(mailbox: Mailbox, settings: Any) -> None:
    settings.PURCHASE_DISPATCH_BATCH = 2
    here, there = make_location(), make_location(OTHER_LOCATION_ID)
    many = [make_uncertain(f"+1830555{n:04d}", location=here) for n in range(5)]
    single = make_uncertain("+18305559999", location=there)

    sweep()
    sweep()

    assert mailbox.take() == [(LOOK_UP, [many[0].pk]), (LOOK_UP, [single.pk])]


def test_purchases_without_hands_are_due_at_once_but_no_sooner_than_the_provider_asked(clock: Clock) -> None:
    later = timezone.now() + timedelta(seconds=60)
    purchase = make_purchase("+18305550001", next_action_at=later)
    held_back = make_purchase("+18305550002", next_action_at=later, not_before=later)

    leave_due([purchase.pk, held_back.pk])

    purchase.refresh_from_db()
    held_back.refresh_from_db()
    assert purchase.next_action_at is not None
    assert purchase.next_action_at <= timezone.now()
    assert held_back.next_action_at == later


def test_crowded_worker_sends_no_more(mailbox: Mailbox) -> None:
    make_purchase()

    crowded = sweep(may_send=lambda: False)
    free = sweep()

    assert (crowded["submitted"], free["submitted"]) == (0, 1)


def test_sweep_leaves_what_is_not_due(mailbox: Mailbox) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    make_purchase("+18305550001", next_action_at=soon)
    make_uncertain("+18305550002", next_action_at=soon)
    for number, status in enumerate(status for status in Status if status not in (Status.QUEUED, Status.UNCERTAIN)):
        make_purchase(f"+1830555{number + 10:04d}", status=status, **due(status, soon))

    sweep()

    assert mailbox.take() == []


def due(status: Status, moment: Any) -> dict[str, Any]:
    return {"next_action_at": moment} if status == Status.SUBMITTING else {}


def test_message_that_was_lost_is_sent_again_when_its_time_is_over(
    mailbox: Mailbox, clock: Clock, settings: Any
) -> None:
    purchase = make_purchase()
    sweep()
    mailbox.take()  # and lost

    clock.shift(settings.PURCHASE_REDISPATCH_SECONDS - 1)
    sweep()
    early = mailbox.take()
    clock.shift(2)
    sweep()

    assert early == []
    assert mailbox.take() == [(SUBMIT, [[purchase.pk]])]


def test_sweep_sends_in_small_batches_in_the_order_of_submission(mailbox: Mailbox, settings: Any) -> None:
    settings.PURCHASE_BATCH = 2
    first, second, third = (purchase.pk for purchase in numbered(3, location=make_location()))

    sweep()

    assert mailbox.take() == [(SUBMIT, [[first, second]]), (SUBMIT, [[third]])]


@pytest.mark.parametrize("desk_in_sandbox", [True, False])
def test_rehearsals_and_real_purchases_are_kept_apart(desk_in_sandbox: bool, mailbox: Mailbox, settings: Any) -> None:
    rehearsal, real = make_purchase("+18305550001"), make_purchase("+18305550002", sandbox=False)
    unsure, really_unsure = make_uncertain("+18305550003"), make_uncertain("+18305550004", sandbox=False)
    settings.SANDBOX = desk_in_sandbox

    sweep()

    queued, uncertain = (rehearsal, unsure) if desk_in_sandbox else (real, really_unsure)
    assert mailbox.take() == [(LOOK_UP, [uncertain.pk]), (SUBMIT, [[queued.pk]])]


def test_broker_away_leaves_everything_due(mailbox: Mailbox) -> None:
    purchase, uncertain = make_purchase(), make_uncertain("+18305550199")

    with mailbox.away():
        away = sweep()
    back = sweep()

    assert (away["submitted"], away["looked_up"]) == (0, 0)
    assert (back["submitted"], back["looked_up"]) == (1, 1)
    assert mailbox.take() == [(LOOK_UP, [uncertain.pk]), (SUBMIT, [[purchase.pk]])]


def test_broker_away_at_the_order_makes_it_due_at_once(mailbox: Mailbox) -> None:
    later = timezone.now() + timedelta(seconds=30)
    purchase = make_purchase(next_action_at=later)
    waiting = make_purchase("+18305550199", next_action_at=later, not_before=later)

    with mailbox.away():
        send_queued([purchase.pk, waiting.pk])
    sweep()

    assert mailbox.take() == [(SUBMIT, [[purchase.pk]])]


def test_publish_that_fails_half_way_sends_the_rest_later(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.PURCHASE_BATCH = 1
    purchases = numbered(3, location=make_location())
    send = dispatch.current_app.send_task

    def send_first(task: str, args: list[int]) -> None:
        if args != [[purchases[0].pk]]:
            raise dispatch.OperationalError("gone")
        send(task, args=args)

    with monkeypatch.context() as patch:
        patch.setattr(dispatch.current_app, "send_task", send_first)
        sweep()
    first = mailbox.take()
    claim_one(purchases[0].pk)
    sweep()

    assert first == [(SUBMIT, [[purchases[0].pk]])]
    assert mailbox.take() == [(SUBMIT, [[purchase.pk]]) for purchase in purchases[1:]]


def test_bug_in_publishing_is_loud_and_the_rows_fall_due_again(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    purchase = make_purchase()

    def break_down(*arguments: Any, **options: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(dispatch.current_app, "send_task", break_down)
        with pytest.raises(ZeroDivisionError):
            sweep()
    clock.shift(31)
    sweep()

    assert mailbox.take() == [(SUBMIT, [[purchase.pk]])]


@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_send_each_row_once(mailbox: Mailbox) -> None:
    location = make_location()
    purchases = numbered(10, location=location)

    results = in_threads([sweep] * 6)

    assert not failures(results)
    sent = [pk for _, [pks] in mailbox.take() for pk in pks]
    assert sorted(sent) == [purchase.pk for purchase in purchases]
    assert sum(result["submitted"] for result in results) == len(purchases)


def test_lease_that_ran_out_makes_it_uncertain_and_never_queued(clock: Clock, settings: Any) -> None:
    purchase = make_purchase()
    claim_one(purchase.pk)

    clock.shift(settings.PURCHASE_LEASE_SECONDS - 1)
    early = lapse_leases()
    clock.shift(2)
    late = lapse_leases()

    assert (early, late) == (0, 1)
    purchase.refresh_from_db()
    assert purchase.status == Status.UNCERTAIN
    assert purchase.uncertain_since
    assert purchase.next_action_at is not None
    assert purchase.next_action_at <= timezone.now()
    attempt = purchase.attempts.get()
    assert (attempt.answer, bool(attempt.finished_at)) == (Answer.UNKNOWN, True)
    assert purchase.events.last().attempt == attempt  # type: ignore[union-attr]


def test_lease_without_an_attempt_lapses_too() -> None:
    purchase = make_purchase(status=Status.SUBMITTING)

    assert lapse_leases() == 1

    purchase.refresh_from_db()
    assert purchase.status == Status.UNCERTAIN


def test_lapse_of_what_moved_on_does_nothing() -> None:
    purchase = make_purchase(status=Status.SUBMITTING)
    make_attempt(purchase)
    stale = Purchase.objects.get(pk=purchase.pk)
    Purchase.objects.filter(pk=purchase.pk).update(
        status=Status.REJECTED, next_action_at=None, finished_at=timezone.now()
    )

    assert lapse(stale) is False

    purchase.refresh_from_db()
    assert (purchase.status, purchase.attempts.get().answer) == (Status.REJECTED, Answer.PENDING)


@pytest.mark.django_db(transaction=True)
def test_many_lapses_at_once_write_one_event() -> None:
    purchase = make_purchase(status=Status.SUBMITTING)
    make_attempt(purchase)

    results = in_threads([lapse_leases] * 6)

    assert not failures(results)
    assert (sum(results), purchase.events.count()) == (1, 1)
