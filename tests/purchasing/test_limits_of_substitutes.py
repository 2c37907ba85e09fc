"""What counts against the caps where a number was bought in place of another, or is asked for again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from numbers_app.models import Limits, Purchase, PurchaseOrder, Status
from numbers_app.purchasing.buying_again import buy_again
from numbers_app.purchasing.limits import OverCap, asked_today
from tests.factories import make_location, make_purchase, make_user
from tests.purchasing.test_limits import confirm, limit, previewed_order

pytestmark = pytest.mark.django_db


def replaced(order: PurchaseOrder) -> Purchase:
    """The one purchase of the order, which was refused, and another was bought in its place."""
    first = order.purchases.get()
    Purchase.objects.filter(pk=first.pk).update(status=Status.REJECTED, finished_at=first.created_at)
    return make_purchase(
        "+18305557777",
        status=Status.PURCHASED,
        order=order,
        location=first.location,
        line=first.line,
        substitute_of=first,
    )


def test_number_bought_in_place_of_another_counts_for_the_day() -> None:
    user = make_user()
    limit(numbers_a_day=1)
    replaced(confirm(previewed_order(0, user=user)))

    assert asked_today(user) == 1
    with pytest.raises(OverCap):
        confirm(previewed_order(1, user=user))


def test_number_bought_in_place_of_one_that_was_asked_for_yesterday_does_not_count_today() -> None:
    user = make_user()
    order = confirm(previewed_order(0, user=user))
    replaced(order)
    yesterday = order.created_at.replace(year=order.created_at.year - 1)
    order.purchases.filter(substitute_of=None).update(created_at=yesterday)

    assert asked_today(user) == 0


def test_number_that_is_bought_again_counts_with_the_price_that_is_known() -> None:
    limit(location_monthly_cap=Decimal("5.00"))
    old = make_purchase(status=Status.REJECTED, monthly_price=Decimal("6.00"), price_unit="USD")

    with pytest.raises(OverCap):
        buy_again(old.pk, requested_by=make_user())

    limit(location_monthly_cap=Decimal("7.00"))
    again = buy_again(old.pk, requested_by=make_user())
    assert (again.monthly_price, again.price_unit) == (Decimal("6.00"), "USD")


def test_costly_number_that_is_bought_again_waits_for_a_second_person() -> None:
    limit(approval_over_amount=Decimal("5.00"))
    old = make_purchase(status=Status.REJECTED, monthly_price=Decimal("6.00"), location=make_location())

    again = buy_again(old.pk, requested_by=make_user())

    assert again.status == Status.AWAITING_APPROVAL
    assert again.line.monthly_price == Decimal("6.00")
    assert Limits.objects.count() == 1
