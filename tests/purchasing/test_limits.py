"""Caps and approvals: of many at once, no two slip under one cap."""

from __future__ import annotations

import uuid
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.models import Limits, MailKind, OrderStatus, Purchase, PurchaseOrder, Source, Status
from numbers_app.purchasing.confirming import submit
from numbers_app.purchasing.drafting import Wish, add_lines, begin_draft
from numbers_app.purchasing.limits import OverCap, limits_report
from numbers_app.purchasing.ordering import place_order
from numbers_app.purchasing.previewing import preview_version
from tests.factories import make_location, make_number, make_purchase, make_request, make_user
from tests.fakes import in_threads

pytestmark = pytest.mark.django_db

AT_ONCE = 20
FIT = 7
PRICE = Decimal("1.15")


def limit(**columns: Any) -> None:
    Limits.objects.update_or_create(pk=Limits.ONLY, defaults=columns)


def previewed_order(first: int, *, numbers: int = 1, user: Any = None, location: Any = None) -> PurchaseOrder:
    """An order as its preview left it: so many numbers at 1.15 a month."""
    user, location = user or make_user(), location or make_location()
    order = begin_draft(requested_by=user)
    wishes = [
        Wish(
            location_id=location.pk,
            phone_number=f"+1830555{first + n:04d}",
            country_code="US",
            number_type="local",
            monthly_price=PRICE,
            price_unit="USD",
            searched_at=timezone.now(),
        )
        for n in range(numbers)
    ]
    add_lines(order.pk, wishes, source=Source.PASTED, label="numbers", actor=user)
    order.lines.update(checked_at=timezone.now())
    PurchaseOrder.objects.filter(pk=order.pk).update(status=OrderStatus.PREVIEWED, previewed_at=timezone.now())
    order.refresh_from_db()
    return order


def confirm(order: PurchaseOrder) -> PurchaseOrder:
    return submit(order.pk, actor=order.requested_by, seen=preview_version(order))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scope", ["all", "location", "own"])
def test_of_twenty_orders_at_once_only_those_under_the_cap_get_through(scope: str) -> None:
    cap = FIT * PRICE + Decimal("0.50")
    location = make_location(monthly_cap=cap if scope == "own" else None)
    limit(**{"all": {"monthly_cap": cap}, "location": {"location_monthly_cap": cap}, "own": {}}[scope])
    orders = [previewed_order(n, location=location) for n in range(AT_ONCE)]

    results = in_threads([partial(confirm, order) for order in orders])

    through = [result for result in results if isinstance(result, PurchaseOrder)]
    refused = [result for result in results if isinstance(result, OverCap)]
    assert (len(through), len(refused)) == (FIT, AT_ONCE - FIT)
    assert Purchase.objects.count() == FIT


@pytest.mark.django_db(transaction=True)
def test_of_twenty_numbers_bought_at_once_only_those_under_the_cap_get_through() -> None:
    limit(monthly_cap=FIT * 2, assumed_monthly_price=2)
    location, user = make_location(), make_user()

    def buy(n: int) -> Purchase:
        return place_order(
            location=location,
            request=make_request(f"+1830555{n:04d}"),
            requested_by=user,
            idempotency_key=uuid.uuid4(),
        )

    results = in_threads([partial(buy, n) for n in range(AT_ONCE)])

    assert [type(result) for result in results].count(Purchase) == FIT
    assert [type(result) for result in results].count(OverCap) == AT_ONCE - FIT


@pytest.mark.django_db(transaction=True)
def test_of_twenty_orders_of_one_user_only_the_days_numbers_get_through() -> None:
    limit(numbers_a_day=FIT)
    user = make_user()
    orders = [previewed_order(n, user=user) for n in range(AT_ONCE)]

    results = in_threads([partial(confirm, order) for order in orders])

    assert [type(result) for result in results].count(PurchaseOrder) == FIT


def test_order_over_a_cap_writes_nothing_and_says_which_cap() -> None:
    limit(monthly_cap=Decimal("3.00"))
    order = previewed_order(0, numbers=3)

    with pytest.raises(OverCap) as refusal:
        confirm(order)

    [hit] = refusal.value.caps
    assert (hit.scope, hit.cap, hit.already, hit.asked) == ("all", Decimal(3), 0, Decimal("3.45"))
    assert "3.45" in str(refusal.value)
    assert not Purchase.objects.exists()
    order.refresh_from_db()
    assert order.status == OrderStatus.PREVIEWED


def test_what_counts_is_what_was_bought_or_may_yet_be() -> None:
    limit(monthly_cap=Decimal("10.00"), assumed_monthly_price=Decimal("2.00"))
    make_purchase("+18305559001", status=Status.PURCHASED, monthly_price=Decimal("1.50"))
    make_purchase("+18305559002", status=Status.UNCERTAIN)  # 2.00, as its price is not known
    make_purchase("+18305559003", status=Status.REJECTED, monthly_price=Decimal("9.00"))
    make_purchase("+18305559004", status=Status.PURCHASED, monthly_price=Decimal("9.00"))
    make_number("+18305559004", gone_at=timezone.now())  # given back: it costs nothing any more
    make_purchase("+18305559005", status=Status.PURCHASED, monthly_price=Decimal("9.00"), sandbox=False)

    report = limits_report(previewed_order(0, numbers=6))

    [hit] = report.caps
    assert (hit.already, hit.asked) == (Decimal("3.5"), Decimal("6.9"))


def test_locations_own_cap_goes_before_the_one_for_all_locations() -> None:
    limit(location_monthly_cap=Decimal("1.00"))
    location = make_location(monthly_cap=Decimal("5.00"))

    report = limits_report(previewed_order(0, numbers=3, location=location))

    assert report.caps == []


@pytest.mark.parametrize(
    ("rule", "needed"),
    [
        ({}, False),
        ({"approval_over_numbers": 3}, False),
        ({"approval_over_numbers": 2}, True),
        ({"approval_over_numbers": 0}, True),
        ({"approval_over_amount": Decimal("3.45")}, False),
        ({"approval_over_amount": Decimal("3.44")}, True),
    ],
)
def test_order_over_the_rule_waits_for_a_second_person(rule: dict[str, Any], needed: bool) -> None:
    limit(**rule)
    approver = make_user(is_superuser=True, email="second@example.com")

    order = confirm(previewed_order(0, numbers=3))

    assert order.status == (OrderStatus.AWAITING_APPROVAL if needed else OrderStatus.RUNNING)
    expected = Status.AWAITING_APPROVAL if needed else Status.ON_HOLD
    assert set(order.purchases.values_list("status", flat=True)) == {expected}
    told = list(order.mails.values_list("recipient", "kind"))
    assert told == ([(approver.pk, MailKind.APPROVAL_WANTED)] if needed else [])


def test_single_number_over_the_rule_becomes_an_order_that_waits() -> None:
    limit(approval_over_numbers=0)
    user = make_user()

    purchase = place_order(
        location=make_location(), request=make_request(), requested_by=user, idempotency_key=uuid.uuid4()
    )

    assert purchase.status == Status.AWAITING_APPROVAL
    assert purchase.order.status == OrderStatus.AWAITING_APPROVAL
    line = purchase.order.lines.get()
    assert (line.purchase, line.phone_number) == (purchase, purchase.phone_number)


def test_number_that_somebody_else_is_buying_is_left_out_and_the_order_goes_on() -> None:
    order = previewed_order(0, numbers=2)
    make_purchase("+18305550000", status=Status.QUEUED)

    order = confirm(order)

    found = dict(order.lines.values_list("phone_number", "problem"))
    assert found == {"+18305550000": "in_another_order", "+18305550001": ""}
    assert order.purchases.count() == 1
