"""Whose turn it is: locations take turns, the first asked for goes first, and only what can be taken soon is sent."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.leadconnector.budget import Purpose
from numbers_app.models import Location, Purchase, Status
from numbers_app.provider import budget
from numbers_app.purchasing import dispatch, fairness
from numbers_app.purchasing.dispatch import SUBMIT, sweep
from numbers_app.purchasing.fairness import LOST_AFTER, LastServed, Turn, next_turn
from numbers_app.purchasing.ordering import place_order
from tests.factories import make_location, make_purchase, make_request, make_uncertain
from tests.fakes import Mailbox, failures, in_threads
from tests.purchasing.conftest import Clock
from tests.purchasing.inline import claim_one

pytestmark = pytest.mark.django_db

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _round_begins_anew() -> Iterator[None]:
    LastServed.pk = 0
    yield
    LastServed.pk = 0


def a_location(name: str) -> Location:
    return make_location(f"location{name:0>12}")


def queue(location: Location, count: int = 1, **columns: Any) -> list[int]:
    """Queued purchases of one location, in the order of their submission."""
    return [make_purchase(f"+1830{next(_numbers):07d}", location=location, **columns).pk for _ in range(count)]


def spend(location: Location, count: int) -> None:
    grant = budget().take({location.location_id: count}, purpose=Purpose.BUYING)[location.location_id]
    assert grant.granted == count


def sent(mailbox: Mailbox) -> list[int]:
    return [pk for task, [pks] in mailbox.take() if task == SUBMIT for pk in pks]


def test_single_purchase_is_in_the_first_turn_beside_two_hundred_of_another_location() -> None:
    busy, quiet = a_location("busy"), a_location("quiet")
    many, [single] = queue(busy, 200), queue(quiet)

    turn = next_turn()

    assert single in turn.purchase_ids
    assert many[0] in turn.purchase_ids
    assert turn.more_waits


def test_single_purchase_that_comes_later_is_in_the_next_turn(mailbox: Mailbox) -> None:
    busy, quiet = a_location("busy"), a_location("quiet")
    queue(busy, 200)
    sweep()
    for pk in sent(mailbox):
        claim_one(pk)

    [single] = queue(quiet)
    sweep()

    assert single in sent(mailbox)


def test_location_is_served_in_the_order_of_submission(settings: Any) -> None:
    settings.PURCHASE_AHEAD = 10
    here, there = a_location("here"), a_location("there")
    waiting: dict[int, list[int]] = {here.pk: [], there.pk: []}
    for location in [here, there, there, here, here, there] * 4:
        waiting[location.pk] += queue(location)

    turn = next_turn()

    locations = dict(Purchase.objects.values_list("pk", "location_id"))
    for location in (here, there):
        mine = [pk for pk in turn.purchase_ids if locations[pk] == location.pk]
        assert mine == waiting[location.pk][:5]


@pytest.mark.parametrize("room", [1, 2, 3, 7, 20, 64])
@pytest.mark.parametrize("queues", [(1,), (50,), (5, 1, 9), (1,) * 30, (3,) * 15])
def test_turn_is_never_larger_than_the_room(room: int, queues: tuple[int, ...], settings: Any) -> None:
    settings.PURCHASE_AHEAD = room
    waiting = [pk for n, count in enumerate(queues) for pk in queue(a_location(str(n)), count)]

    turn = next_turn()

    assert 0 < len(turn.purchase_ids) <= room
    assert len(set(turn.purchase_ids)) == len(turn.purchase_ids)
    assert set(turn.purchase_ids) <= set(waiting)


def test_what_was_sent_and_not_taken_counts_against_the_room(mailbox: Mailbox, settings: Any) -> None:
    settings.PURCHASE_AHEAD = 4
    waiting = queue(a_location("here"), 10)
    sweep()

    turn = next_turn()
    for pk in waiting[:3]:
        claim_one(pk)
    after = next_turn()

    assert sent(mailbox) == waiting[:4]
    assert turn == Turn(more_waits=True)
    assert after.purchase_ids == waiting[4:7]


def test_what_a_broker_has_lost_counts_against_the_room_for_a_moment_only(
    mailbox: Mailbox, clock: Clock, settings: Any
) -> None:
    settings.PURCHASE_AHEAD = 4
    waiting = queue(a_location("here"), 10)
    sweep()
    mailbox.take()  # and lost

    clock.shift(LOST_AFTER.total_seconds() + 0.1)
    sweep()
    clock.shift(settings.PURCHASE_REDISPATCH_SECONDS)
    sweep()

    assert LOST_AFTER.total_seconds() == 2
    assert sent(mailbox) == waiting[4:8] + waiting[:4]


def test_purchase_that_waits_after_a_refusal_takes_no_room(mailbox: Mailbox, settings: Any) -> None:
    settings.PURCHASE_AHEAD = 2
    soon = timezone.now() + timedelta(seconds=settings.PURCHASE_REDISPATCH_SECONDS - 1)
    queue(a_location("there"), 5, next_action_at=soon, not_before=soon)
    waiting = queue(a_location("here"), 2)

    turn = next_turn()

    assert turn.purchase_ids == waiting


def test_stopped_location_is_left_out() -> None:
    stopped, going = a_location("stopped"), a_location("going")
    queue(stopped, 5)
    waiting = queue(going, 2)
    Location.objects.filter(pk=stopped.pk).update(paused_at=timezone.now(), paused_because="401")

    turn = next_turn()

    assert turn.purchase_ids == waiting


def test_nothing_waits_where_all_locations_are_stopped() -> None:
    location = a_location("stopped")
    queue(location, 5)
    Location.objects.update(paused_at=timezone.now(), paused_because="401")

    turn = next_turn()

    assert turn == Turn()


def test_location_without_budget_is_left_out(broker: str) -> None:
    spent, fresh = a_location("spent"), a_location("fresh")
    queue(spent, 5)
    waiting = queue(fresh, 2)
    spend(spent, 100)

    turn = next_turn()

    assert turn.purchase_ids == waiting


def test_turn_says_how_long_to_wait_where_no_location_has_budget(broker: str) -> None:
    one, other = a_location("one"), a_location("other")
    queue(one, 5)
    queue(other, 5)
    spend(one, 100)
    spend(other, 100)

    turn = next_turn()

    assert (turn.purchase_ids, turn.more_waits) == ([], True)
    assert 0 < turn.wait_seconds <= 10.15


def test_no_more_is_sent_than_the_budget_has_left(broker: str) -> None:
    location = a_location("here")
    waiting = queue(location, 10)
    spend(location, 97)

    turn = next_turn()

    assert turn.purchase_ids == waiting[:3]


def test_looking_at_the_queue_costs_no_budget(broker: str) -> None:
    location = a_location("here")
    queue(location, 10)

    for _ in range(3):
        next_turn()

    assert budget().take({location.location_id: 0}, purpose=Purpose.BUYING)[location.location_id].left == 100


@pytest.mark.parametrize(("spent", "served"), [(99, 0), (98, 1)])
def test_uncertain_purchase_leaves_one_request_for_its_look_up(spent: int, served: int, broker: str) -> None:
    location = a_location("here")
    waiting = queue(location, 10)
    make_uncertain("+18405550001", location=location)
    spend(location, spent)

    turn = next_turn()

    assert turn.purchase_ids == waiting[:served]


def test_more_locations_than_room_are_served_one_after_another(mailbox: Mailbox, settings: Any) -> None:
    settings.PURCHASE_AHEAD = 4
    locations = [a_location(str(n)) for n in range(10)]
    for location in locations:
        queue(location, 3)

    served = set()
    for _ in range(3):  # 10 locations, 4 at a time
        sweep()
        for pk in sent(mailbox):
            claim_one(pk)
            served.add(Purchase.objects.get(pk=pk).location_id)

    assert served == {location.pk for location in locations}


def test_many_locations_without_budget_do_not_hide_one_that_has_some(broker: str, settings: Any) -> None:
    settings.PURCHASE_AHEAD = 3
    spent = [a_location(str(n)) for n in range(7)]
    for location in spent:
        queue(location)
        spend(location, 100)
    [single] = queue(a_location("fresh"))

    turns = [next_turn() for _ in range(3)]

    assert [pk for turn in turns for pk in turn.purchase_ids] == [single]
    assert all(turn.more_waits for turn in turns)


@pytest.mark.parametrize("in_sandbox", [True, False])
def test_rehearsals_and_real_purchases_are_kept_apart(in_sandbox: bool, settings: Any) -> None:
    location = a_location("here")
    rehearsals, real = queue(location, 2), queue(location, 2, sandbox=False)
    settings.SANDBOX = in_sandbox

    turn = next_turn()

    assert turn.purchase_ids == (rehearsals if in_sandbox else real)


def order(location: Location, number: str) -> Purchase:
    return place_order(location=location, request=make_request(number), requested_by=None, idempotency_key=uuid.uuid4())


def test_new_purchase_in_an_idle_location_is_published_on_commit(
    mailbox: Mailbox, django_capture_on_commit_callbacks: Any
) -> None:
    queue(a_location("busy"), 5)

    with django_capture_on_commit_callbacks(execute=True):
        purchase = order(a_location("idle"), "+18405550001")

    assert mailbox.take() == [(SUBMIT, [[purchase.pk]])]


def test_new_purchase_behind_others_of_its_location_waits_for_its_turn_and_is_due_at_once(
    mailbox: Mailbox, django_capture_on_commit_callbacks: Any
) -> None:
    location = a_location("busy")
    before = queue(location, 3)

    with django_capture_on_commit_callbacks(execute=True):
        purchase = order(location, "+18405550001")
    on_commit = mailbox.take()
    sweep()

    assert on_commit == []
    assert sent(mailbox) == [*before, purchase.pk]


def test_new_purchase_in_a_stopped_location_is_not_published(
    mailbox: Mailbox, django_capture_on_commit_callbacks: Any
) -> None:
    location = a_location("stopped")
    Location.objects.filter(pk=location.pk).update(paused_at=timezone.now(), paused_because="401")

    with django_capture_on_commit_callbacks(execute=True):
        purchase = order(location, "+18405550001")
    sweep()

    assert mailbox.take() == []
    purchase.refresh_from_db()
    assert purchase.status == Status.QUEUED


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_send_nothing_twice(mailbox: Mailbox, settings: Any) -> None:
    settings.PURCHASE_BATCH = 3
    waiting = [pk for n in range(6) for pk in queue(a_location(str(n)), 5)]

    results = in_threads([sweep] * 2)

    assert failures(results) == []
    taken = sent(mailbox)
    assert len(taken) == len(set(taken)) == sum(result["submitted"] for result in results)
    assert set(taken) <= set(waiting)


def test_sweep_goes_on_while_there_is_room(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PURCHASE_AHEAD, settings.PURCHASE_REFILL_SECONDS = 2, 0.001
    waiting = queue(a_location("here"), 7)
    look, taken = next_turn, []

    def work_and_look() -> Turn:
        """The workers have taken what was sent before the sweep looks again."""
        for pk in sent(mailbox):
            claim_one(pk)
            taken.append(pk)
        return look()

    monkeypatch.setattr(fairness, "next_turn", work_and_look)
    done = sweep(seconds=60)

    assert done["submitted"] == len(waiting)
    assert taken == waiting


def test_sweep_ends_in_time_while_nobody_takes_what_it_sends(mailbox: Mailbox, settings: Any) -> None:
    settings.PURCHASE_AHEAD, settings.PURCHASE_REFILL_SECONDS = 2, 0.001
    waiting = queue(a_location("here"), 7)

    done = sweep(seconds=0.05)

    assert done["submitted"] == 2
    assert sent(mailbox) == waiting[:2]


def test_sweep_that_has_nothing_to_do_waits_for_nothing(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []
    monkeypatch.setattr(fairness, "next_turn", lambda: turns.append(Turn()) or turns[-1])

    done = dispatch.sweep(seconds=60)

    assert (done["submitted"], len(turns)) == (0, 1)
