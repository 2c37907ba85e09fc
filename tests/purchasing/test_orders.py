"""Orders from the draft to the end: what is previewed is what is bought, and a want for one never ends as two."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.models import (
    LineStatus,
    OrderEvent,
    OrderHappening,
    OrderStatus,
    Problem,
    PurchaseOrder,
    Status,
    Substitution,
)
from tests.purchasing.conftest import Desk
from tests.purchasing.order_world import Orders, bought, fresh, lines_of, make_places, number, problems, statuses, want

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders(desk: Desk, sandbox: Sandbox) -> Orders:
    return Orders(desk=desk, sandbox=sandbox)


def test_wants_of_several_locations_end_as_so_many_numbers(orders: Orders) -> None:
    places = make_places(3)

    order = orders.buy(*[want(place) for place in places for _ in range(4)])

    assert order.status == OrderStatus.FINISHED
    assert len(orders.sold) == 12
    assert bought(order) == orders.sold
    assert {line[0] for line in lines_of(order)} == {LineStatus.BOUGHT}
    assert [sale.location_id for sale in orders.sandbox.ledger.sold()].count(places[0].location_id) == 4


def test_preview_buys_nothing_and_finds_a_number_and_its_price_for_each_want(orders: Orders) -> None:
    first, second = make_places(2)

    order = orders.preview(orders.draft(want(first), want(first), want(second)))

    lines = list(order.lines.all())
    assert orders.sold == []
    assert not order.purchases.exists()
    assert len({line.phone_number for line in lines}) == 3
    assert all(line.phone_number.startswith("+1830") for line in lines)
    assert all(str(line.monthly_price) == "1.1500" and line.price_unit == "USD" for line in lines)
    assert all(line.fingerprint_id and line.searched_at and line.checked_at for line in lines)


def test_each_step_of_an_order_is_in_its_history(orders: Orders) -> None:
    [place] = make_places(1)

    order = orders.buy(want(place))

    happened = list(OrderEvent.objects.filter(order=order).values_list("what", flat=True))
    assert happened == [
        OrderHappening.DRAFTED,
        OrderHappening.CHANGED,
        OrderHappening.PREVIEWED,
        OrderHappening.SUBMITTED,
        OrderHappening.FINISHED,
    ]


@pytest.mark.parametrize("rule", [Substitution.DIGITS, Substitution.PLACE, Substitution.KIND])
def test_taken_number_is_replaced_by_the_rule(rule: Substitution, orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place, substitution=rule)))
    wanted = order.lines.get()
    orders.sandbox.ledger.note_taken(wanted.phone_number)

    order = orders.carry_out(orders.submit(order))

    [first, second] = order.purchases.order_by("pk")
    assert (first.status, second.status) == (Status.REJECTED, Status.PURCHASED)
    assert second.substitute_of == first
    assert orders.sold == [second.phone_number] == bought(order)
    assert order.lines.get().purchase == second
    if rule == Substitution.PLACE:
        assert (second.locality, second.region) == (wanted.locality, wanted.region)


def test_taken_number_is_not_replaced_where_only_this_one_will_do(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place, substitution=Substitution.NONE)))
    orders.sandbox.ledger.note_taken(order.lines.get().phone_number)

    order = orders.carry_out(orders.submit(order))

    assert order.status == OrderStatus.FINISHED
    assert problems(order) == [Problem.TAKEN]
    assert orders.sold == []


def test_other_refusals_are_not_replaced(orders: Orders) -> None:
    [place] = make_places(1)
    wish = number(place, number_for("kyc-missing"), substitution=Substitution.KIND)

    order = orders.buy(wish)

    assert statuses(order) == [Status.REJECTED]
    assert problems(order) == [Problem.REJECTED]


@pytest.mark.parametrize("slug", ["reset-after", "reset-before", "reset-once", "timeout-after", "unreadable-after"])
def test_nothing_is_replaced_while_the_outcome_is_unknown(slug: str, orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.submit(orders.preview(orders.draft(number(place, number_for(slug), substitution=Substitution.KIND))))

    orders.go_on(order, until=lambda: Status.UNCERTAIN in statuses(order))
    for _ in range(5):
        orders.desk.turn()
    unsure = statuses(order)
    order = orders.carry_out(order)

    assert unsure == [Status.UNCERTAIN]
    assert bought(order) == orders.sold
    assert len(statuses(order)) == 1


@pytest.fixture
def rough_orders(desk: Desk, start_sandbox: Callable[..., Sandbox]) -> Orders:
    """At a provider where much goes wrong."""
    sandbox = start_sandbox(taken_rate=0.2, fault_rate=0.2, faults_after_sale_share=0.5, seed=3)
    return Orders(desk=desk, sandbox=sandbox)


def test_wants_end_as_so_many_numbers_whatever_goes_wrong(rough_orders: Orders) -> None:
    places = make_places(4)

    order = rough_orders.buy(*[want(place) for place in places for _ in range(8)])

    assert order.status == OrderStatus.FINISHED
    assert bought(order) == rough_orders.sold
    assert len(rough_orders.sold) == order.lines.filter(status=LineStatus.BOUGHT).count() <= 32
    assert order.purchases.filter(substitute_of__isnull=False).exists()


def test_order_that_was_submitted_twice_asks_for_each_number_once(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))

    first = orders.submit(order)
    second = orders.submit(order)
    orders.carry_out(order)

    assert first == second
    assert len(orders.sold) == 1
    assert PurchaseOrder.objects.count() == 1
    assert fresh(order).events.filter(what=OrderHappening.SUBMITTED).count() == 1
