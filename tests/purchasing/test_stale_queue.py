"""What stood in the queue for hours is looked at once more before it is sent."""

from __future__ import annotations

import pytest

from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.models import Problem, Status
from numbers_app.purchasing.advancing import advance
from numbers_app.purchasing.pausing import pause_location, resume_location
from tests.purchasing.conftest import Desk
from tests.purchasing.order_world import Orders, make_places, problems, statuses, want
from tests.purchasing.test_order_steps import raise_prices

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders(desk: Desk, sandbox: Sandbox) -> Orders:
    return Orders(desk=desk, sandbox=sandbox)


@pytest.mark.parametrize(("price", "sold", "problem"), [(1.25, 0, Problem.PRICE_ROSE), (1.15, 1, "")])
def test_price_that_rose_while_the_locations_queue_was_stopped_stops_the_line(
    price: float, sold: int, problem: str, orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    [place] = make_places(1)
    order = orders.submit(orders.preview(orders.draft(want(place))))
    advance(order.pk)
    assert statuses(order) == [Status.QUEUED]
    pause_location(place.pk, because="A test's.")
    orders.desk.clock.shift(3 * 24 * 3600)
    raise_prices(monkeypatch, price)
    orders.desk.turn()

    resume_location(place.pk, because="", actor=None)
    orders.carry_out(order)

    assert problems(order) == [problem]
    assert len(orders.sold) == sold
