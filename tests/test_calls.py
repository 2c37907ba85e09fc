"""The calls to the provider are counted in passing, and written down whole."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from numbers_app import calls, health
from numbers_app.calls import FIRST_SECONDS, LAST, Ledger, bucket_of, percentile, share_used, together
from numbers_app.leadconnector.budget import Purpose
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.leadconnector.transport import Call
from numbers_app.models import CallTally
from numbers_app.provider import client_for
from tests.factories import LOCATION_ID, make_location, make_request
from tests.purchasing.conftest import Clock, clock, sandbox, start_sandbox

__all__ = ["clock", "sandbox", "start_sandbox"]
MOST_WRONG = 0.15


def call(*, status: int | None = 200, seconds: float = 0.1, **columns: Any) -> Call:
    return Call(
        **{"method": "GET", "path": "/phone-system/numbers/location/x", "seconds": seconds, "status": status, **columns}
    )


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """One that no other test has written to."""
    fresh = Ledger()
    monkeypatch.setattr(calls, "ledger", fresh)
    return fresh


# ── What is counted


@pytest.mark.django_db
def test_every_call_of_the_desk_is_counted_by_endpoint_and_answer(ledger: Ledger, sandbox: Sandbox) -> None:
    client = client_for(make_location(LOCATION_ID), purpose=Purpose.BUYING)
    client.purchase(LOCATION_ID, make_request(number_for("success")))
    for slug in ("no-longer-available", "reset-after", "error-502-before"):
        with pytest.raises(LeadConnectorError):
            client.purchase(LOCATION_ID, make_request(number_for(slug)))
    client.list_active(LOCATION_ID)

    ledger.write(process="here")

    rows = {row.endpoint: row for row in CallTally.objects.all()}
    assert {name: row.calls for name, row in rows.items()} == {"purchase": 4, "numbers": 1}
    bought = rows["purchase"]
    assert (bought.errors, bought.refused, bought.limited) == (2, 1, 0)
    assert sum(bought.latencies.values()) == 4


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        (None, "errors"),
        (500, "errors"),
        (503, "errors"),
        (429, "limited"),
        (400, "refused"),
        (401, "refused"),
        (200, ""),
        (201, ""),
    ],
)
@pytest.mark.django_db
def test_refusal_is_an_answer_and_no_answer_is_an_error(status: int | None, counted: str) -> None:
    ledger = Ledger()
    ledger.note(call(status=status))
    ledger.write(process="here")

    row = CallTally.objects.get()

    assert {name: getattr(row, name) for name in ("errors", "limited", "refused")} == {
        name: int(name == counted) for name in ("errors", "limited", "refused")
    }


@pytest.mark.parametrize(
    ("method", "path", "endpoint"),
    [
        ("POST", "/phone-system/numbers/location/x/purchase", "purchase"),
        ("GET", "/phone-system/numbers/location/x/available", "search"),
        ("GET", "/phone-system/numbers/location/x", "numbers"),
        ("GET", "/locations/x", "locations"),
        ("GET", "/locations/search", "locations"),
    ],
)
def test_endpoints_have_short_names(method: str, path: str, endpoint: str) -> None:
    assert calls.endpoint_of(call(method=method, path=path)) == endpoint


@pytest.mark.parametrize(
    ("headers", "percent"),
    [
        ({"x-ratelimit-max": "100", "x-ratelimit-remaining": "40"}, 60),
        ({"x-ratelimit-max": "100", "x-ratelimit-remaining": "0"}, 100),
        ({"x-ratelimit-max": "100", "x-ratelimit-remaining": "120"}, 0),
        ({"x-ratelimit-max": "100"}, None),
        ({"x-ratelimit-max": "0", "x-ratelimit-remaining": "0"}, None),
        ({"x-ratelimit-max": "50000", "x-ratelimit-remaining": "4"}, None),
        ({"x-ratelimit-max": "many", "x-ratelimit-remaining": "few"}, None),
        ({}, None),
    ],
)
def test_share_of_the_budget_is_what_the_reply_says(headers: dict[str, str], percent: int | None) -> None:
    assert share_used(headers) == percent


@pytest.mark.django_db
def test_largest_share_of_an_hour_is_kept() -> None:
    ledger = Ledger()
    for left in ("80", "30", "60"):
        ledger.note(call(headers={"x-ratelimit-max": "100", "x-ratelimit-remaining": left}))
    ledger.note(call())
    ledger.write(process="here")

    assert CallTally.objects.get().budget_peak == 70


# ── Percentiles


@pytest.mark.parametrize("share", [0.5, 0.95])
@pytest.mark.parametrize("seed", range(5))
def test_percentiles_are_at_most_15_percent_off(share: float, seed: int) -> None:
    chance = random.Random(seed)
    seconds = sorted(chance.lognormvariate(-1.5, 1.2) + 0.006 for _ in range(2000))
    latencies: dict[int, int] = {}
    for one in seconds:
        latencies[bucket_of(one)] = latencies.get(bucket_of(one), 0) + 1

    found = percentile(latencies, share)

    exact = seconds[round(share * len(seconds)) - 1]
    assert found is not None
    assert abs(found - exact) / exact <= MOST_WRONG


@pytest.mark.parametrize("seconds", [0.0, 0.001, FIRST_SECONDS, 0.0051, 1.0, 65.0, 170.0, 1e6])
def test_every_latency_has_a_bucket(seconds: float) -> None:
    assert 0 <= bucket_of(seconds) <= LAST


def test_nothing_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None
    assert percentile(together([{"3": 0}]), 0.5) is None


# ── Writing


@pytest.mark.django_db
def test_row_is_written_whole_so_that_writing_twice_adds_nothing(django_assert_num_queries: Any) -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.note(call())
        ledger.write(process="here")
    ledger.write(process="here")

    assert [row.calls for row in CallTally.objects.all()] == [3]
    with django_assert_num_queries(0):
        ledger.write(process="here")


@pytest.mark.django_db
def test_processes_are_added_up_by_the_hour() -> None:
    for process in ("here", "there"):
        ledger = Ledger()
        ledger.note(call(seconds=1.0))
        ledger.note(call(status=None, seconds=60.0))
        ledger.write(process=process)

    hours = health.provider_hours()

    assert len(hours) == 24
    last = hours[-1]
    assert (last.calls, last.errors, last.answered) == (4, 2, 2)
    assert last.p50 == pytest.approx(1.0, rel=MOST_WRONG)
    assert last.p95 == pytest.approx(60.0, rel=MOST_WRONG)


@pytest.mark.django_db
def test_hours_are_told_apart_and_forgotten_when_no_call_of_theirs_can_come(clock: Clock) -> None:
    ledger = Ledger()
    clock.move_to(datetime(2035, 1, 1, 12, 59, 59, tzinfo=UTC))
    ledger.note(call())
    clock.shift(2)
    ledger.note(call())
    ledger.note(call())

    ledger.write(process="here")

    assert list(CallTally.objects.order_by("hour").values_list("calls", flat=True)) == [1, 2]
    clock.shift(-2)  # the database's clock is read again now and then
    ledger.note(call())
    clock.shift(2 * 3600)
    ledger.note(call())
    ledger.write(process="here")

    assert list(CallTally.objects.order_by("hour").values_list("calls", flat=True)) == [2, 2, 1]
    assert [hour.hour for hour, _endpoint in ledger._counts] == [13, 14]


@pytest.mark.django_db(transaction=True)
def test_what_could_not_be_written_is_written_later() -> None:
    ledger = Ledger()
    ledger.note(call())

    def away(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        raise OperationalError("The database is away.")

    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        ledger.write(process="here")
    ledger.note(call())
    ledger.write(process="here")

    assert CallTally.objects.get().calls == 2


# ── Nothing of it is in the way


def test_bug_in_the_counting_changes_nothing_of_the_call(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    def broken(call: Call) -> None:
        raise RuntimeError("A bug.")

    client = LeadConnectorClient(base_url=sandbox.url, token="sandbox-desk", watch=broken)

    with caplog.at_level(logging.ERROR):
        bought = client.purchase(LOCATION_ID, make_request(number_for("success")))

    assert bought.phone_number == number_for("success")
    assert "A bug, while a call was being counted" in caplog.text


def test_counting_costs_next_to_nothing() -> None:
    """A purchase costs milliseconds of work; this is far below a thousandth of a call that takes 200 ms."""
    ledger = Ledger()
    one = call(headers={"x-ratelimit-max": "100", "x-ratelimit-remaining": "40"})

    assert best_of(5, lambda: [ledger.note(one) for _ in range(1000)]) / 1000 < 0.0002


def best_of(rounds: int, work: Callable[[], object]) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


@pytest.mark.django_db
def test_old_calls_are_pruned() -> None:
    from numbers_app import pulse

    now = datetime.now(UTC)
    for days in (1, 29, 31):
        CallTally.objects.create(
            hour=now - timedelta(days=days), process="x", endpoint="numbers", calls=1, errors=0, limited=0, refused=0
        )

    pulse.prune()

    assert CallTally.objects.count() == 2
