"""An order comes to its end, and keeps nobody busy on its way, whatever the provider says to its searches."""

from __future__ import annotations

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
from tests.purchasing.order_world import Orders, fresh, make_places, problems, statuses, want

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
