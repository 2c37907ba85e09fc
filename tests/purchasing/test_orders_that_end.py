"""An order comes to its end, and keeps nobody busy on its way, whatever the provider says to its searches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import NotSent
from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.models import OrderStatus, Problem, Status
from numbers_app.purchasing.advancing import advance
from numbers_app.purchasing.hands import SHORTEST_WAIT_SECONDS, Busy, at_each
from numbers_app.purchasing.previewing import begin_preview
from tests.factories import not_sent, refused
from tests.purchasing.conftest import Desk
from tests.purchasing.order_world import Orders, fresh, make_places, number, problems, statuses, want

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders(desk: Desk, sandbox: Sandbox) -> Orders:
    return Orders(desk=desk, sandbox=sandbox)


def let_searches_fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*arguments: Any) -> Any:
        raise error

    monkeypatch.setattr(LeadConnectorClient, "search_available", fail)


def test_provider_that_says_wait_no_time_is_not_asked_without_end(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_searches_fail(monkeypatch, not_sent(retry_after=0.0))
    order = orders.draft(want(*make_places(1)))
    begin_preview(order.pk, actor=orders.buyer)
    orders.desk.mailbox.take()

    advance(order.pk)

    assert orders.desk.mailbox.take() == []  # the sweep sends it when it is due
    assert fresh(order).status == OrderStatus.PREVIEWING


def test_busy_place_is_waited_for_a_moment_at_least() -> None:
    def be_busy(place: Any) -> None:
        raise Busy(0.0)

    assert at_each(make_places(1), be_busy, until=float("inf")) == SHORTEST_WAIT_SECONDS


def test_line_whose_substitute_may_not_be_searched_for_is_stopped(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = orders.preview(orders.draft(want(*make_places(1))))
    orders.sandbox.ledger.note_taken(order.lines.get().phone_number)
    order = orders.submit(order)
    orders.go_on(order, until=lambda: statuses(order) == [Status.REJECTED])
    let_searches_fail(monkeypatch, refused("firstPart must be a number"))

    order = orders.carry_out(order)

    assert problems(order) == [Problem.NO_SUBSTITUTE]
    assert "firstPart" in order.lines.get().words


def test_line_is_kept_while_the_provider_is_away(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    order = orders.preview(orders.draft(want(*make_places(1))))
    orders.sandbox.ledger.note_taken(order.lines.get().phone_number)
    order = orders.submit(order)
    orders.go_on(order, until=lambda: statuses(order) == [Status.REJECTED])
    let_searches_fail(monkeypatch, NotSent("Connection refused"))

    for _ in range(3):
        orders.desk.turn()
        orders.desk.clock.shift(20)

    assert (fresh(order).status, problems(order)) == (OrderStatus.RUNNING, [""])


def test_slow_provider_does_not_keep_a_worker_longer_than_a_slice(
    desk: Desk, start_sandbox: Callable[..., Sandbox], settings: Any
) -> None:
    orders = Orders(desk=desk, sandbox=start_sandbox(latency_seconds=0.2))
    settings.ORDER_SLICE_SECONDS = 0.5
    [place] = make_places(1)
    order = orders.draft(*[number(place, f"+1830555{n:04d}") for n in range(100, 110)])
    begin_preview(order.pk, actor=orders.buyer)

    advance(order.pk)
    first_slice = order.lines.filter(checked_at__isnull=False).count()

    assert 0 < first_slice < 10
    orders.go_on(order, until=lambda: fresh(order).status == OrderStatus.PREVIEWED)
