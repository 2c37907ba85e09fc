"""The request budget, counted in a real Redis: what is left, what replies teach, and what happens without Redis."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
import time_machine

from numbers_app.leadconnector.budget import BURST, DAILY, INTERVAL_MS, MARGIN_MS, Budget, Grant, Purpose, connect
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import NotSent
from numbers_app.leadconnector.payloads import PurchaseRequest
from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions, number_for
from tests.conftest import NOBODY
from tests.factories import make_reply
from tests.fakes import failures, in_threads
from tests.waiting import wait_until

HERE, THERE = "ve9EPM428h8vShlRW1KT", "aa4PBpxnPc9bs4LSdiW7"
SPAN_SECONDS = (INTERVAL_MS + MARGIN_MS) / 1000
DAY_SECONDS = 86_400


@pytest.fixture
def connection(broker: str) -> Iterator[redis.Redis]:
    with connect(broker) as opened:
        yield opened


@pytest.fixture
def budget(connection: redis.Redis) -> Budget:
    return named(connection)


def named(connection: redis.Redis) -> Budget:
    """A budget whose counts are nobody else's."""
    return Budget(connection, name=f"leadway:test:{uuid.uuid4().hex}")


def take(budget: Budget, count: int, *, key: str = HERE, purpose: Purpose = Purpose.BUYING) -> Grant:
    return budget.take({key: count}, purpose=purpose)[key]


def headers(**said: object) -> dict[str, str]:
    """The provider's headers, by the last words of their names."""
    return {f"x-ratelimit-{name.replace('_', '-')}": str(value) for name, value in said.items()}


def learn(budget: Budget, *, status: int = 200, key: str = HERE, **said: object) -> None:
    budget.learn(key, make_reply(status, headers=headers(**said)))


def test_a_hundred_are_granted_and_then_none_until_the_interval_is_over(budget: Budget) -> None:
    first = take(budget, BURST)

    second = take(budget, 1)

    assert (first.granted, first.left) == (BURST, 0)
    assert (second.granted, second.left) == (0, 0)
    assert SPAN_SECONDS - 5 < second.wait_seconds <= first.wait_seconds == SPAN_SECONDS


def test_every_location_has_a_budget_of_its_own(budget: Budget) -> None:
    take(budget, BURST)

    grants = budget.take({HERE: 5, THERE: 5, "": 5}, purpose=Purpose.BUYING)

    assert {key: grant.granted for key, grant in grants.items()} == {HERE: 0, THERE: 5, "": 5}


def test_two_providers_have_budgets_of_their_own(connection: redis.Redis) -> None:
    one, other = named(connection), named(connection)

    take(one, BURST)

    assert take(other, BURST).granted == BURST


def test_more_than_is_left_is_granted_in_part(budget: Budget) -> None:
    take(budget, BURST - 3)

    grant = take(budget, 10)

    assert (grant.granted, grant.left) == (3, 0)
    assert 0 < grant.wait_seconds <= SPAN_SECONDS


def test_asking_for_none_takes_nothing_and_tells_the_room(budget: Budget) -> None:
    take(budget, 40)

    looks = [take(budget, 0) for _ in range(3)]
    rest = take(budget, BURST)

    assert looks == [Grant(granted=0, left=60, wait_seconds=0)] * 3
    assert rest.granted == 60
    assert take(budget, 0).wait_seconds > 0


def test_reading_leaves_its_share_for_buying(budget: Budget) -> None:
    read = take(budget, BURST, purpose=Purpose.READING)

    refused = take(budget, 1, purpose=Purpose.READING)
    bought = take(budget, BURST)

    assert (read.granted, refused.granted, bought.granted) == (60, 0, 40)
    assert 0 < refused.wait_seconds <= SPAN_SECONDS


def test_reading_waits_until_buying_leaves_it_room(budget: Budget) -> None:
    take(budget, 60)

    grant = take(budget, 1, purpose=Purpose.READING)

    assert (grant.granted, grant.left) == (0, 0)
    assert grant.wait_seconds > 0


def test_room_comes_back_when_the_interval_is_over(budget: Budget) -> None:
    learn(budget, max=2, remaining=2, interval_milliseconds=300)
    full = take(budget, 3)

    again = wait_until(lambda: grant if (grant := take(budget, 2)).granted else None, what="there is room again")

    assert full.granted == 2
    assert full.wait_seconds <= (300 + MARGIN_MS) / 1000
    assert again.granted == 2


def test_another_limit_is_heeded(budget: Budget) -> None:
    learn(budget, max=7, remaining=7, interval_milliseconds=20_000)

    grant = take(budget, 50)

    assert grant.granted == 7
    assert grant.wait_seconds == (20_000 + MARGIN_MS) / 1000


def test_usual_limit_comes_back_when_the_replies_say_so(budget: Budget) -> None:
    learn(budget, max=7, remaining=7, interval_milliseconds=INTERVAL_MS)

    learn(budget, max=BURST, remaining=BURST, interval_milliseconds=INTERVAL_MS)

    assert take(budget, BURST).granted == BURST


def test_what_others_use_of_the_limit_is_counted(budget: Budget) -> None:
    take(budget, 20)

    learn(budget, max=BURST, remaining=10, interval_milliseconds=INTERVAL_MS)

    assert take(budget, BURST).granted == 10


def test_our_own_requests_are_not_counted_twice(budget: Budget) -> None:
    take(budget, 80)

    learn(budget, max=BURST, remaining=20, interval_milliseconds=INTERVAL_MS)
    learn(budget, max=BURST, remaining=40, interval_milliseconds=INTERVAL_MS)  # an older reply, overtaken

    assert take(budget, BURST).granted == 20


def test_unlimited_location_is_not_counted(budget: Budget, connection: redis.Redis) -> None:
    learn(budget, max=10**9, remaining=10**9, limit_daily=10**9, daily_remaining=10**9)

    grants = [take(budget, 5000) for _ in range(2)]

    assert [grant.granted for grant in grants] == [5000, 5000]
    assert not connection.exists(budget._keys(HERE)[0])


def test_daily_limit_is_heeded_with_its_wait(budget: Budget) -> None:
    learn(budget, max=BURST, remaining=BURST, limit_daily=10, daily_remaining=3)

    grant, after = take(budget, 5), take(budget, 1)

    assert (grant.granted, after.granted) == (3, 0)
    assert DAY_SECONDS - 60 < after.wait_seconds <= grant.wait_seconds <= DAY_SECONDS


def test_day_that_others_have_used_up_is_over_for_us_too(budget: Budget) -> None:
    learn(budget, limit_daily=DAILY, daily_remaining=0, max=BURST, remaining=BURST)

    grant = take(budget, 1)

    assert (grant.granted, grant.left) == (0, 0)
    assert grant.wait_seconds > DAY_SECONDS - 60


@pytest.mark.parametrize("purpose", Purpose)
def test_too_many_requests_closes_the_location_as_long_as_it_asks(budget: Budget, purpose: Purpose) -> None:
    budget.learn(HERE, make_reply(429, headers={"retry-after": "7"}))

    grants = budget.take({HERE: 1, THERE: 1}, purpose=purpose)

    assert (grants[HERE].granted, grants[HERE].left, grants[THERE].granted) == (0, 0, 1)
    assert 2 < grants[HERE].wait_seconds <= 7


def test_location_that_was_closed_opens_again(budget: Budget) -> None:
    learn(budget, status=429, interval_milliseconds=200)
    closed = take(budget, 1)

    wait_until(lambda: take(budget, 1).granted, what="the location is open again")

    assert (closed.granted, 0 < closed.wait_seconds <= 0.2) == (0, True)


@pytest.mark.parametrize(("said", "seconds"), [({}, 10), ({"interval_milliseconds": 30_000}, 30)])
def test_too_many_requests_without_a_wait_closes_for_the_interval(
    budget: Budget, said: dict[str, int], seconds: int
) -> None:
    learn(budget, status=429, **said)

    grant = take(budget, 1)

    assert grant.granted == 0
    assert seconds - 5 < grant.wait_seconds <= seconds


def test_shorter_wait_does_not_open_what_a_longer_one_closed(budget: Budget) -> None:
    budget.learn(HERE, make_reply(429, headers={"retry-after": "60"}))

    budget.learn(HERE, make_reply(429, headers={"retry-after": "1"}))

    assert take(budget, 1).wait_seconds > 50


@pytest.mark.parametrize("odd", ["", "many", "-5", "1e3", "0", "²", "9" * 40, "10, 10"])
def test_odd_headers_are_ignored(budget: Budget, odd: str) -> None:
    learn(budget, max=odd, remaining=odd, interval_milliseconds=odd, limit_daily=odd, daily_remaining=odd)

    grant = take(budget, BURST + 1)

    assert (grant.granted, grant.wait_seconds) == (BURST, SPAN_SECONDS)


def test_twenty_threads_at_once_are_granted_exactly_the_limit(budget: Budget) -> None:
    results = in_threads([lambda: sum(take(budget, 1).granted for _ in range(10))] * 20)

    assert failures(results) == []
    assert sum(results) == BURST


@pytest.mark.parametrize("off", [timedelta(hours=1), -timedelta(hours=1)])
def test_clock_of_a_process_that_is_off_changes_nothing(budget: Budget, off: timedelta) -> None:
    take(budget, BURST - 1)

    with time_machine.travel(datetime.now(UTC) + off, tick=True):
        last, refused = take(budget, 1), take(budget, 1)

    assert (last.granted, refused.granted) == (1, 0)
    assert SPAN_SECONDS - 5 < refused.wait_seconds <= SPAN_SECONDS


def test_redis_away_grants_everything_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with connect(NOBODY) as nobody:
        budget = named(nobody)
        grants = budget.take({HERE: 500, THERE: 1}, purpose=Purpose.READING)
        learn(budget, status=429)
        budget.spend(HERE, purpose=Purpose.READING)

    assert {key: (grant.granted, grant.wait_seconds) for key, grant in grants.items()} == {
        HERE: (500, 0),
        THERE: (1, 0),
    }
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("requests go without" in words for words in said)
    assert any("can't be noted" in words for words in said)


def test_emptied_redis_has_forgotten_what_was_sent(budget: Budget, connection: redis.Redis) -> None:
    learn(budget, max=50, remaining=50, interval_milliseconds=INTERVAL_MS)
    take(budget, BURST)

    connection.flushdb()

    assert take(budget, BURST).granted == BURST


def test_interval_that_nobody_means_is_not_believed(budget: Budget) -> None:
    learn(budget, status=429, interval_milliseconds=999_999_999_999)

    assert 0 < take(budget, 1).wait_seconds <= SPAN_SECONDS


def test_reply_that_took_long_says_nothing_of_the_interval(budget: Budget) -> None:
    said = headers(max=BURST, remaining=0, interval_milliseconds=INTERVAL_MS)

    budget.learn(HERE, make_reply(200, headers=said, duration_seconds=30))

    assert take(budget, 1).granted == 1


def test_emptied_redis_learns_a_higher_limit_again(budget: Budget, connection: redis.Redis) -> None:
    learn(budget, max=500, remaining=400, interval_milliseconds=INTERVAL_MS)
    connection.flushdb()
    take(budget, 0)

    learn(budget, max=500, remaining=400, interval_milliseconds=INTERVAL_MS)

    assert take(budget, 1000).granted == 400


def test_new_process_lifts_a_lower_limit_when_the_replies_say_the_usual_again(connection: redis.Redis) -> None:
    name = f"leadway:test:{uuid.uuid4().hex}"
    learn(Budget(connection, name=name), max=7, remaining=7, interval_milliseconds=INTERVAL_MS)

    restarted = Budget(connection, name=name)
    take(restarted, 0)
    learn(restarted, max=BURST, remaining=BURST, interval_milliseconds=INTERVAL_MS, limit_daily=DAILY)

    assert take(restarted, BURST).granted == BURST


def test_spending_what_is_not_there_says_how_long_to_wait(budget: Budget) -> None:
    take(budget, BURST)

    with pytest.raises(NotSent, match="used up") as error:
        budget.spend(HERE, purpose=Purpose.BUYING)

    assert error.value.retry_after is not None
    assert 0 < error.value.retry_after <= SPAN_SECONDS


@pytest.fixture
def counting() -> Iterator[Sandbox]:
    """A sandbox that has limits and says so."""
    with Sandbox(SandboxOptions(list_lag_seconds=0, limits=True)) as running:
        yield running


def client_of(sandbox: Sandbox, budget: Budget, *, purpose: Purpose = Purpose.READING) -> LeadConnectorClient:
    return LeadConnectorClient(
        base_url=sandbox.url,
        token="sandbox-desk",
        connect_timeout=5,
        read_timeout=5,
        budget=budget,
        purpose=purpose,
    )


def test_read_without_budget_is_not_sent(counting: Sandbox, budget: Budget) -> None:
    take(budget, BURST)

    with pytest.raises(NotSent) as error:
        client_of(counting, budget).list_active(HERE)

    assert error.value.retry_after is not None
    assert 0 < error.value.retry_after <= SPAN_SECONDS
    assert counting.ledger.calls() == []


@pytest.mark.parametrize(("purpose", "left"), [(Purpose.READING, 59), (Purpose.BUYING, 99)])
def test_read_takes_one_of_its_purpose(counting: Sandbox, budget: Budget, purpose: Purpose, left: int) -> None:
    client_of(counting, budget, purpose=purpose).list_active(HERE)

    grant = take(budget, 0, purpose=purpose)

    assert grant.left == left


def test_list_of_locations_is_paid_for_by_the_agency(counting: Sandbox, budget: Budget) -> None:
    client_of(counting, budget).list_locations()

    asked = len(counting.ledger.calls())

    assert take(budget, 0, key="").left == BURST - asked
    assert take(budget, 0).left == BURST


def test_purchase_takes_nothing_itself(counting: Sandbox, budget: Budget) -> None:
    client_of(counting, budget).purchase(HERE, PurchaseRequest(phone_number=number_for("success")))

    left = take(budget, 0).left

    assert left == BURST
    assert len(counting.ledger.sold()) == 1


def test_purchase_is_sent_without_a_look_at_the_budget(counting: Sandbox, budget: Budget) -> None:
    take(budget, BURST)

    client_of(counting, budget).purchase(HERE, PurchaseRequest(phone_number=number_for("success")))

    assert len(counting.ledger.sold()) == 1


def test_reply_that_says_too_many_closes_the_location(counting: Sandbox, budget: Budget) -> None:
    client: Any = client_of(counting, budget)

    with pytest.raises(NotSent):
        client.purchase(HERE, PurchaseRequest(phone_number=number_for("limited-once")))

    grant = take(budget, 1)
    assert grant.granted == 0
    assert 0 < grant.wait_seconds <= 2
    with pytest.raises(NotSent, match="used up"):
        client.list_active(HERE)
    assert [call.path for call in counting.ledger.calls()] == ["purchase"]


def test_reply_that_says_there_is_no_limit_lifts_it(sandbox: Sandbox, budget: Budget) -> None:
    client_of(sandbox, budget).list_active(HERE)

    grant = take(budget, 5000)

    assert grant.granted == 5000
