"""A want for one number never ends as two, whatever its earlier purchases may have bought meanwhile."""

from __future__ import annotations

import threading
import time
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.models import (
    Answer,
    Evidence,
    LineStatus,
    OrderLine,
    OrderStatus,
    Problem,
    Purchase,
    PurchaseOrder,
    Status,
)
from numbers_app.purchasing.advancing import advance
from numbers_app.purchasing.buying_again import LeftToItsOrder, buy_again
from numbers_app.purchasing.holding import pause_order, resume_order
from numbers_app.purchasing.proving import confirm_bought
from numbers_app.purchasing.retrying import try_again
from tests.factories import make_attempt
from tests.fakes import failures, in_threads, other_connection
from tests.purchasing.conftest import Desk
from tests.purchasing.order_world import Orders, bought, fresh, make_places, statuses, want
from tests.purchasing.test_limits import limit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders(desk: Desk, sandbox: Sandbox) -> Orders:
    return Orders(desk=desk, sandbox=sandbox)


def given_up(orders: Orders) -> PurchaseOrder:
    """A finished order whose one purchase ended without an answer, and was absent from the list."""
    [place] = make_places(1)
    order = orders.submit(orders.preview(orders.draft(want(place))))
    purchase = order.purchases.get()
    make_attempt(purchase, answer=Answer.UNKNOWN)
    Purchase.objects.filter(pk=purchase.pk).update(
        status=Status.FAILED, attempt_count=1, finished_at=timezone.now(), next_action_at=None
    )
    order.lines.update(status=LineStatus.STOPPED, problem=Problem.FAILED)
    PurchaseOrder.objects.filter(pk=order.pk).update(
        status=OrderStatus.FINISHED, next_action_at=None, finished_at=timezone.now()
    )
    return fresh(order)


def sell_late(orders: Orders, line: OrderLine) -> None:
    """What the lost POST bought, which the list had not shown in time."""
    ledger = orders.sandbox.ledger
    with ledger.transaction():
        assert ledger.sell(
            location_id=line.location.location_id,
            phone_number=line.phone_number,
            number_type="local",
            country_code="US",
            name="",
            attempt=1,
        )


def assert_sold_once(orders: Orders, order: PurchaseOrder, phone_number: str) -> None:
    orders.desk.clock.shift(3600)
    for _ in range(5):
        orders.desk.turn()
        orders.desk.clock.shift(30)
    assert orders.sold == [phone_number]
    assert bought(order) == orders.sold
    assert [line.status for line in order.lines.all()] == [LineStatus.BOUGHT]


def test_number_that_was_bought_after_all_is_not_replaced_when_it_is_asked_for_again(orders: Orders) -> None:
    order = given_up(orders)
    line = order.lines.get()
    sell_late(orders, line)
    orders.desk.clock.shift(3600)

    try_again(order.pk, actor=orders.buyer)
    orders.carry_out(order)

    assert_sold_once(orders, order, line.phone_number)


def test_number_that_was_bought_after_all_is_not_replaced_when_its_order_goes_on(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.submit(orders.preview(orders.draft(want(place))))
    advance(order.pk)
    line = order.lines.get()
    make_attempt(order.purchases.get(), answer=Answer.UNKNOWN)  # and absent from the list: it waits to be sent again
    pause_order(order.pk, actor=orders.buyer)
    sell_late(orders, line)
    orders.desk.clock.shift(3600)

    resume_order(order.pk, actor=orders.buyer)
    orders.carry_out(order)

    assert_sold_once(orders, order, line.phone_number)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="there, writers come one after the other")
def test_evidence_that_comes_while_a_number_is_asked_for_again_wins(orders: Orders) -> None:
    order = given_up(orders)
    purchase = order.purchases.get()
    proof = {"evidence": Evidence.LIST, "because": "The list shows it.", "seen_at": timezone.now()}
    confirmed: list[Any] = []

    def confirm_in_between(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "numbers_app_limits" in sql and not confirmed:  # the lines have been read
            confirmed.append(other_connection(partial(confirm_bought, purchase.pk, **proof)))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(confirm_in_between):
        asked = try_again(order.pk, actor=orders.buyer)

    line = order.lines.get()
    assert confirmed == [purchase]
    assert asked == 0
    assert (line.status, line.purchase) == (LineStatus.BOUGHT, purchase)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="there, writers come one after the other")
def test_buying_again_and_trying_again_at_once_do_not_wait_in_a_ring(orders: Orders) -> None:
    limit(monthly_cap=Decimal(1000))
    order = given_up(orders)
    purchase = order.purchases.get()
    others: list[threading.Thread] = []
    results: list[Any] = []

    def try_in_between(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "numbers_app_limits" in sql and "FOR UPDATE" in sql and not others:
            work = partial(in_threads, [partial(try_again, order.pk, actor=orders.buyer)])
            others.append(threading.Thread(target=lambda: results.extend(work())))
            others[0].start()
            time.sleep(1)  # it has locked what it can
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(try_in_between):
        again = buy_again(purchase.pk, requested_by=orders.buyer)
    others[0].join()

    assert failures(results) == []
    assert list(Purchase.objects.filter(again_of=purchase)) == [again]


def test_number_that_its_order_still_sees_to_is_not_bought_again_besides(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))
    orders.sandbox.ledger.note_taken(order.lines.get().phone_number)
    order = orders.submit(order)
    orders.go_on(order, until=lambda: statuses(order) == [Status.REJECTED])
    first = order.purchases.get()

    with pytest.raises(LeftToItsOrder):
        buy_again(first.pk, requested_by=orders.buyer)
    orders.carry_out(order)
    with pytest.raises(LeftToItsOrder):
        buy_again(first.pk, requested_by=orders.buyer)

    assert Purchase.objects.filter(again_of=first).count() == 0
    assert len(orders.sold) == 1
