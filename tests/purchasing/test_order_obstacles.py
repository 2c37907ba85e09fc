"""What comes in an order's way: others who are faster, a provider that does not answer, an order that is stopped."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from numbers_app.leadconnector.sandbox import Sandbox, catalogue
from numbers_app.leadconnector.sandbox.demo import SUSPENDED
from numbers_app.models import Limits, Location, OrderStatus, Problem, Purchase, PurchaseOrder, Status, Substitution
from numbers_app.purchasing import checking, confirming, releasing
from numbers_app.purchasing.advancing import advance
from numbers_app.purchasing.approving import approve, decline
from numbers_app.purchasing.checking import assign
from numbers_app.purchasing.confirming import PreviewChanged
from numbers_app.purchasing.dispatch import sweep
from numbers_app.purchasing.hands import Busy, at_each
from numbers_app.purchasing.holding import pause_order
from numbers_app.purchasing.lifecycle import WorldMovedOn, move_alike
from numbers_app.purchasing.offers import substitute_kind
from numbers_app.purchasing.releasing import ask_all_the_same, look_again, over_a_cap, release_batch, stop_held
from numbers_app.purchasing.retrying import try_again
from numbers_app.purchasing.substituting import replace_at
from tests.factories import make_number, make_user, unknown
from tests.purchasing.conftest import Desk
from tests.purchasing.order_world import Orders, bought, fresh, make_places, number, problems, statuses, want

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders(desk: Desk, sandbox: Sandbox, settings: Any) -> Orders:
    settings.ORDER_HANDS = 1
    return Orders(desk=desk, sandbox=sandbox)


@pytest.fixture
def held(orders: Orders) -> PurchaseOrder:
    """An order whose one purchase is on hold."""
    [place] = make_places(1)
    return orders.submit(orders.preview(orders.draft(want(place))))


def stop_queue(location: Location) -> None:
    Location.objects.filter(pk=location.pk).update(paused_at=timezone.now(), paused_because="Token refused.")


def move_to_suspended(order: PurchaseOrder) -> Location:
    """The order's location is suspended from now on."""
    place = order.lines.get().location
    place.account.delete()
    Location.objects.filter(pk=place.pk).update(location_id=SUSPENDED.id)
    place.refresh_from_db()
    return place


# The preview


def test_number_of_a_want_that_is_gone_is_replaced_by_the_next_preview(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))
    first = order.lines.get().phone_number
    orders.sandbox.ledger.note_taken(first)
    orders.desk.clock.shift(20 * 60)

    order = orders.preview(order)

    assert order.lines.get().phone_number not in ("", first)
    assert problems(order) == [""]


def test_search_that_is_not_answered_leaves_the_rest_unchecked(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    [place] = make_places(1)

    def fail(*_: Any) -> None:
        raise unknown("The connection broke")

    monkeypatch.setattr(checking, "find_offer", fail)
    order = orders.preview(orders.draft(number(place, "+18305550001"), number(place, "+18305550002")))

    assert problems(order) == [Problem.NOT_CHECKED, Problem.NOT_CHECKED]
    assert order.lines.first().words == "The connection broke"


@pytest.mark.parametrize("price", [-1.15, 1e12])
def test_price_that_no_number_has_keeps_no_preview_from_its_end(
    price: float, orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    [place] = make_places(1)
    monkeypatch.setitem(catalogue.PRICES, "local", price)

    order = orders.buy(want(place))

    assert order.lines.get().monthly_price is None
    assert len(bought(order)) == 1


def test_offers_for_a_draft_that_was_changed_meanwhile_are_given_to_nobody(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.draft(want(place))

    assert assign(order, list(order.lines.all()), []) == []
    assert order.lines.get().phone_number == ""


# The submission


def test_number_that_comes_onto_the_books_while_the_order_is_written_is_left_out(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place), want(place)))
    write = confirming.write_purchases
    appeared: list[str] = []

    def write_after_others(lines: Any, **step: Any) -> Any:
        if not appeared:
            appeared.append(lines[0].phone_number)
            make_number(appeared[0], location=place)
        return write(lines, **step)

    monkeypatch.setattr(confirming, "write_purchases", write_after_others)
    # What the first try wrote is undone, the number among it.
    make_number_stay(monkeypatch, appeared, place)
    order = orders.submit(order)

    assert order.purchases.count() == 1
    assert sorted(problems(order)) == ["", Problem.OWNED]


def make_number_stay(monkeypatch: pytest.MonkeyPatch, appeared: list[str], place: Location) -> None:
    """The other's number is on the books whatever becomes of our try."""
    free = confirming.write_free

    def try_and_keep(*order: Any, **step: Any) -> bool:
        done = free(*order, **step)
        if not done:
            make_number(appeared[0], location=place)
        return done

    monkeypatch.setattr(confirming, "write_free", try_and_keep)


def test_order_whose_numbers_others_always_get_first_is_refused_whole(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))
    monkeypatch.setattr(confirming, "write_free", lambda *_, **__: False)

    with pytest.raises(PreviewChanged):
        orders.submit(order)

    assert fresh(order).status == OrderStatus.PREVIEWED
    assert not Purchase.objects.exists()


def test_second_click_on_decline_changes_nothing(orders: Orders) -> None:
    Limits.objects.update_or_create(pk=Limits.ONLY, defaults={"approval_over_numbers": 0})
    [place] = make_places(1)
    order = orders.submit(orders.preview(orders.draft(want(place))))
    approver = make_user(is_superuser=True)

    decline(order.pk, actor=approver, because="No.")
    decline(order.pk, actor=approver, because="No.")

    assert order.events.filter(what="declined").count() == 1


# The way


def test_order_that_the_broker_lost_is_sent_by_the_next_sweep(orders: Orders, held: PurchaseOrder) -> None:
    with orders.desk.mailbox.away():
        done = sweep()

    assert done["advanced"] == 0
    assert len(bought(orders.carry_out(held))) == 1


def test_nothing_is_begun_when_the_time_is_over(orders: Orders) -> None:
    visited: list[Location] = []

    wait = at_each(make_places(3), visited.append, until=time.monotonic() - 1)

    assert (wait, visited) == (0.0, [])


def test_purchases_that_moved_on_are_not_moved_together(held: PurchaseOrder) -> None:
    read = list(held.purchases.all())
    held.purchases.update(status=Status.AWAITING_APPROVAL)

    with pytest.raises(WorldMovedOn):
        move_alike(read, to=Status.CANCELLED, because="Too late.")


def test_paused_order_releases_nothing(orders: Orders, held: PurchaseOrder) -> None:
    pause_order(held.pk, actor=orders.buyer)

    assert release_batch(held) == 0
    ask_all_the_same(held.lines.get())
    assert statuses(held) == [Status.ON_HOLD]


def test_line_whose_purchase_is_no_longer_on_hold_is_not_stopped(orders: Orders, held: PurchaseOrder) -> None:
    advance(held.pk)

    stop_held(held.lines.get(), problem=Problem.NOT_OFFERED, words="")

    assert (statuses(held), problems(held)) == ([Status.QUEUED], [""])


def test_location_that_can_not_be_asked_now_is_asked_later(orders: Orders, held: PurchaseOrder) -> None:
    orders.desk.clock.shift(3600)
    place = held.lines.get().location
    stop_queue(place)
    place.refresh_from_db()

    with pytest.raises(Busy):
        look_again(held, place, until=time.monotonic() + 60)
    with pytest.raises(Busy):
        replace_at(held, place, list(held.lines.select_related("location")))

    assert statuses(held) == [Status.ON_HOLD]


def test_look_at_a_location_ends_with_the_slice(orders: Orders, held: PurchaseOrder) -> None:
    orders.desk.clock.shift(3600)

    look_again(held, held.lines.get().location, until=time.monotonic() - 1)

    assert statuses(held) == [Status.ON_HOLD]


def test_account_that_was_suspended_meanwhile_stops_what_was_held(orders: Orders, held: PurchaseOrder) -> None:
    orders.desk.clock.shift(3600)
    place = move_to_suspended(held)

    look_again(held, place, until=time.monotonic() + 60)

    assert (statuses(held), problems(held)) == ([Status.CANCELLED], [Problem.SUSPENDED])


def test_account_that_was_suspended_meanwhile_gets_no_substitute(orders: Orders, held: PurchaseOrder) -> None:
    orders.sandbox.ledger.note_taken(held.lines.get().phone_number)
    orders.go_on(held, until=lambda: statuses(held) == [Status.REJECTED])
    place = move_to_suspended(held)

    replace_at(held, place, list(held.lines.select_related("location")))

    assert problems(held) == [Problem.NO_SUBSTITUTE]
    assert orders.sold == []


def test_price_that_becomes_known_is_held_against_the_caps(held: PurchaseOrder) -> None:
    line = held.lines.get()
    Limits.objects.update_or_create(pk=Limits.ONLY, defaults={"monthly_cap": Decimal("2.00")})

    with transaction.atomic():
        found = [over_a_cap(line, Decimal(price)) for price in ("1.00", "9.00")]

    assert found[0] == ""
    assert "may cost 2 USD a month" in found[1]


def test_other_lines_are_tried_again_while_the_order_is_under_way(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place, substitution=Substitution.NONE), want(place)))
    orders.sandbox.ledger.note_taken(order.lines.first().phone_number)
    order = orders.submit(order)
    orders.go_on(order, until=lambda: Problem.TAKEN in problems(order))
    PurchaseOrder.objects.filter(pk=order.pk).update(
        status=OrderStatus.RUNNING, finished_at=None, next_action_at=timezone.now()
    )

    asked = try_again(order.pk, actor=orders.buyer)

    assert asked == 1
    assert fresh(order).status == OrderStatus.RUNNING


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (Substitution.NONE, None),
        (Substitution.DIGITS, ("", "4567", "")),
        (Substitution.PLACE, ("830", "", "Seguin")),
        (Substitution.KIND, ("", "", "")),
    ],
)
def test_rule_says_what_may_stand_in_for_a_given_number(rule: Substitution, kind: Any, orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.draft(number(place, "+18302224567", substitution=rule, locality="Seguin", region="TX"))

    found = substitute_kind(order.lines.get())

    assert (found and (found.first_part, found.last_part, found.locality)) == kind


def test_approved_order_that_nobody_looked_at_in_time_is_looked_at_once_more(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    Limits.objects.update_or_create(pk=Limits.ONLY, defaults={"approval_over_numbers": 0})
    [place] = make_places(1)
    order = orders.submit(orders.preview(orders.draft(want(place))))
    orders.desk.clock.shift(3600)
    approve(order.pk, actor=make_user(is_superuser=True))

    def fail(*_: Any) -> None:
        raise unknown("The connection broke")

    with monkeypatch.context() as broken:
        broken.setattr(releasing, "find_offer", fail)
        advance(order.pk)
        unasked = statuses(order)
    order = orders.carry_out(order)

    assert unasked == [Status.ON_HOLD]
    assert len(bought(order)) == 1
