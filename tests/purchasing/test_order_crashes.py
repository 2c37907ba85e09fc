"""The process dies at every statement of an order's way: in the end it has what it wanted, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.models import LineStatus, OrderStatus, Purchase, PurchaseOrder, Status
from numbers_app.purchasing.advancing import advance
from numbers_app.purchasing.approving import approve
from numbers_app.purchasing.holding import cancel_order, pause_order, resume_order
from numbers_app.purchasing.limits import current_limits
from numbers_app.purchasing.previewing import begin_preview
from numbers_app.purchasing.retrying import try_again
from tests.factories import make_user
from tests.purchasing.conftest import Desk
from tests.purchasing.order_world import ENDS, Orders, bought, fresh, make_places, statuses, story, want
from tests.purchasing.test_crashes import run_until_death

pytestmark = pytest.mark.django_db(transaction=True)

WANTED = 1
MOST_STATEMENTS = 30  # of a cancellation
Step = Callable[[Orders], tuple[PurchaseOrder, Callable[[], object]]]


@pytest.fixture
def orders(desk: Desk, sandbox: Sandbox, settings: Any) -> Orders:
    settings.ORDER_HANDS = 1  # so that the death is this thread's
    return Orders(desk=desk, sandbox=sandbox)


def drafted(orders: Orders) -> PurchaseOrder:
    """Each asks for numbers that begin in another way: drafts keep none for themselves."""
    [place] = make_places(1)
    beginning = f"830{200 + PurchaseOrder.objects.count()}"
    return orders.draft(*[want(place, first_part=beginning) for _ in range(WANTED)])


def previewed(orders: Orders) -> PurchaseOrder:
    return orders.preview(drafted(orders))


def submitted(orders: Orders) -> PurchaseOrder:
    return orders.submit(previewed(orders))


def with_a_taken_number(orders: Orders) -> PurchaseOrder:
    order = previewed(orders)
    orders.sandbox.ledger.note_taken(order.lines.first().phone_number)
    order = orders.submit(order)
    orders.go_on(order, until=lambda: statuses(order) == [Status.REJECTED])
    return fresh(order)


def beginning_a_preview(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = drafted(orders)
    return order, lambda: begin_preview(order.pk, actor=orders.buyer)


def previewing(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = drafted(orders)
    begin_preview(order.pk, actor=orders.buyer)
    return order, lambda: advance(order.pk)


def submitting(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = previewed(orders)
    return order, lambda: orders.submit(order)


def releasing(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = submitted(orders)
    return order, lambda: advance(order.pk)


def releasing_after_a_long_wait(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = submitted(orders)
    orders.desk.clock.shift(3600)
    return order, lambda: advance(order.pk)


def substituting(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = with_a_taken_number(orders)
    return order, lambda: advance(order.pk)


def substituting_before_it_was_sent(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = submitted(orders)
    orders.sandbox.ledger.note_taken(order.lines.first().phone_number)
    orders.desk.clock.shift(3600)
    return order, lambda: advance(order.pk)


def finishing(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = submitted(orders)
    orders.go_on(order, until=lambda: set(statuses(order)) == {Status.PURCHASED})
    return order, lambda: advance(order.pk)


def approving(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    limits = current_limits()
    limits.approval_over_numbers = 0
    limits.save()
    order = submitted(orders)
    approver = make_user(is_superuser=True)
    return order, lambda: approve(order.pk, actor=approver)


def pausing(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = submitted(orders)
    advance(order.pk)
    return order, lambda: pause_order(order.pk, actor=orders.buyer)


def resuming(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = submitted(orders)
    pause_order(order.pk, actor=orders.buyer)
    return order, lambda: resume_order(order.pk, actor=orders.buyer)


def trying_again(orders: Orders) -> tuple[PurchaseOrder, Callable[[], object]]:
    order = submitted(orders)
    order.lines.update(substitution="none")
    orders.sandbox.ledger.note_taken(order.lines.first().phone_number)
    order = orders.carry_out(order)
    order.lines.update(substitution="kind")
    return order, lambda: try_again(order.pk, actor=orders.buyer)


def go_on_by_hand(orders: Orders, order: PurchaseOrder) -> None:
    """What a person does who comes back to an order."""
    if order.status == OrderStatus.DRAFT:
        begin_preview(order.pk, actor=orders.buyer)
    elif order.status == OrderStatus.PREVIEWED:
        orders.submit(order)
    elif order.status == OrderStatus.AWAITING_APPROVAL:
        approve(order.pk, actor=make_user(is_superuser=True))
    elif order.status == OrderStatus.PAUSED:
        resume_order(order.pk, actor=orders.buyer)
    elif order.status == OrderStatus.FINISHED:
        try_again(order.pk, actor=orders.buyer)


def bring_to_an_end(orders: Orders, all_of_them: list[PurchaseOrder]) -> None:
    for _ in range(300):
        waiting = [
            fresh(order) for order in all_of_them if len(bought(order)) < WANTED or fresh(order).status not in ENDS
        ]
        if not waiting:
            return
        for order in waiting:
            go_on_by_hand(orders, order)
        orders.desk.turn()
        orders.desk.clock.shift(5)
    raise AssertionError([(order.status, story(order)) for order in waiting])


@pytest.mark.parametrize(
    "step",
    [
        beginning_a_preview,
        previewing,
        submitting,
        releasing,
        releasing_after_a_long_wait,
        substituting,
        substituting_before_it_was_sent,
        finishing,
        approving,
        pausing,
        resuming,
        trying_again,
    ],
    ids=lambda step: step.__name__,
)
def test_death_at_every_statement_leaves_the_order_to_be_finished(step: Step, orders: Orders) -> None:
    begun, deaths = [], 0
    while True:
        order, job = step(orders)
        begun.append(order)
        if not run_until_death(job, statement=deaths):
            break
        deaths += 1

    bring_to_an_end(orders, begun)

    assert deaths >= 4
    assert sorted(number for order in begun for number in bought(order)) == orders.sold
    for order in begun:
        assert len(bought(order)) == WANTED
        assert {line.status for line in order.lines.all()} == {LineStatus.BOUGHT}


def test_death_at_every_statement_of_a_cancellation_leaves_nothing_half_cancelled(orders: Orders) -> None:
    waiting = [previewed(orders) for _ in range(MOST_STATEMENTS)]  # before any of them moves
    begun, deaths = [], 0
    while True:
        order = orders.submit(waiting.pop())
        begun.append(order)
        if not run_until_death(lambda pk=order.pk: cancel_order(pk, actor=orders.buyer), statement=deaths):  # type: ignore[misc]
            break
        deaths += 1
    for order in begun:
        cancel_order(order.pk, actor=orders.buyer)
    for order in begun:
        orders.carry_out(order)

    assert deaths >= 4
    assert orders.sold == []
    assert set(Purchase.objects.values_list("status", flat=True)) == {Status.CANCELLED}
    assert {fresh(order).status for order in begun} == {OrderStatus.CANCELLED}
