"""The syncs that are due: a few at a time, each once, and what was lost is sent again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.models import Location
from numbers_app.purchasing.dispatch import SYNC, sweep
from numbers_app.syncing import sync_everything
from tests.factories import OTHER_LOCATION_ID, make_location
from tests.fakes import Mailbox, failures, in_threads
from tests.purchasing.conftest import Clock

pytestmark = pytest.mark.django_db


def many_locations(count: int) -> list[Location]:
    return [make_location(f"location{n:012d}") for n in range(count)]


def test_sweep_sends_a_few_syncs_at_a_time(mailbox: Mailbox, settings: Any) -> None:
    settings.SYNCS_A_SWEEP = 2
    locations = many_locations(5)
    sync_everything()

    sweeps = [[sweep()["synced"], mailbox.take()] for _ in range(4)]

    assert [count for count, _ in sweeps] == [2, 2, 1, 0]
    assert [message for _, messages in sweeps for message in messages] == [(SYNC, [one.pk]) for one in locations]


def test_nightly_sync_that_was_interrupted_goes_on_where_it_was(
    sandbox: Sandbox, mailbox: Mailbox, clock: Clock, settings: Any
) -> None:
    settings.SYNCS_A_SWEEP = 2
    locations = [make_location(), make_location(OTHER_LOCATION_ID), *many_locations(1)]
    sync_everything()
    sweep()
    mailbox.work()  # two are read
    read = Location.objects.filter(sync_due_at__isnull=True).count()
    sweep()
    mailbox.take()  # the third's message is lost

    clock.shift(settings.SYNC_REDISPATCH_SECONDS + 1)
    sweep()

    assert read == 2
    assert mailbox.take() == [(SYNC, [locations[2].pk])]


def test_sync_whose_message_could_not_be_sent_stays_due(mailbox: Mailbox) -> None:
    [location] = many_locations(1)
    sync_everything()

    with mailbox.away():
        away = sweep()
    back = sweep()

    assert (away["synced"], back["synced"]) == (0, 1)
    assert mailbox.take() == [(SYNC, [location.pk])]


@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_send_each_sync_once(mailbox: Mailbox) -> None:
    many_locations(2)
    sync_everything()

    results = in_threads([sweep] * 4)

    assert failures(results) == []
    sent = [pk for _, [pk] in mailbox.take()]
    assert len(sent) == len(set(sent)) == 2


def test_sync_that_another_sweep_took_meanwhile_is_sent_once(mailbox: Mailbox) -> None:
    many_locations(2)
    sync_everything()
    others = [sweep]

    def let_another_sweep_be_faster(execute: Any, sql: str, *rest: Any) -> Any:
        if others and sql.startswith('UPDATE "numbers_app_location"'):
            others.pop()()
        return execute(sql, *rest)

    with connection.execute_wrapper(let_another_sweep_be_faster):
        sweep()

    sent = [pk for _, [pk] in mailbox.take()]
    assert len(sent) == len(set(sent)) == 2
