"""What people do with an order: approve, decline, pause, resume, cancel, try again; and what changed meanwhile."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection

from numbers_app.leadconnector.sandbox import Sandbox, catalogue
from numbers_app.leadconnector.sandbox.demo import KYC_MISSING, NOT_CONNECTED, SUSPENDED
from numbers_app.models import (
    Limits,
    LineStatus,
    MailKind,
    MailPreference,
    OrderStatus,
    Problem,
    PurchaseOrder,
    Status,
    Substitution,
)
from numbers_app.purchasing import carrying_out
from numbers_app.purchasing.advancing import advance
from numbers_app.purchasing.approving import MayNotApprove, NotWaiting, OwnOrder, approve, decline
from numbers_app.purchasing.carrying_out import settle
from numbers_app.purchasing.confirming import (
    NothingToBuy,
    NotPreviewed,
    NotYours,
    PreviewChanged,
    PreviewTooOld,
    submit,
)
from numbers_app.purchasing.drafting import NotDrafted, remove_lines, set_substitution
from numbers_app.purchasing.holding import NotCarriedOut, cancel_order, pause_order, resume_order
from numbers_app.purchasing.previewing import NothingWanted, begin_preview, preview_version
from numbers_app.purchasing.retrying import try_again
from numbers_app.purchasing.submission import claim_queued
from tests.factories import make_location, make_number, make_purchase, make_token, make_user, not_sent
from tests.fakes import failures, in_threads
from tests.purchasing.conftest import Desk
from tests.purchasing.inline import record_answer
from tests.purchasing.inline import submit as submit_purchase
from tests.purchasing.order_world import (
    Orders,
    bought,
    fresh,
    lines_of,
    make_places,
    number,
    problems,
    statuses,
    want,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders(desk: Desk, sandbox: Sandbox) -> Orders:
    return Orders(desk=desk, sandbox=sandbox)


@pytest.fixture
def approver() -> Any:
    return make_user(is_superuser=True, email="second@example.com")


@pytest.fixture
def waiting(orders: Orders, approver: Any) -> PurchaseOrder:
    """An order of two wants that waits for approval."""
    Limits.objects.update_or_create(pk=Limits.ONLY, defaults={"approval_over_numbers": 1})
    [place] = make_places(1)
    return orders.submit(orders.preview(orders.draft(want(place), want(place))))


def raise_prices(monkeypatch: pytest.MonkeyPatch, price: float) -> None:
    monkeypatch.setitem(catalogue.PRICES, "local", price)


# Approval


def test_approved_order_is_bought_and_both_are_told(orders: Orders, waiting: PurchaseOrder, approver: Any) -> None:
    approve(waiting.pk, actor=approver, because="Fine.")
    order = orders.carry_out(waiting)

    assert len(bought(order)) == 2
    assert (order.decided_by, order.status) == (approver, OrderStatus.FINISHED)
    told = list(order.mails.order_by("pk").values_list("kind", "recipient__email"))
    assert told == [
        (MailKind.APPROVAL_WANTED, "second@example.com"),
        (MailKind.APPROVED, "buyer@example.com"),
        (MailKind.FINISHED, "buyer@example.com"),
    ]


def test_declined_order_buys_nothing_and_says_why(orders: Orders, waiting: PurchaseOrder, approver: Any) -> None:
    order = decline(waiting.pk, actor=approver, because="Too many.")
    for _ in range(5):
        orders.desk.turn()

    assert fresh(order).status == OrderStatus.DECLINED
    assert set(statuses(order)) == {Status.CANCELLED}
    assert order.events.last().because == "Too many."
    assert orders.sold == []


def test_nothing_of_an_order_that_waits_is_sent(orders: Orders, waiting: PurchaseOrder) -> None:
    for _ in range(5):
        orders.desk.turn()
        orders.desk.clock.shift(60)

    assert set(statuses(waiting)) == {Status.AWAITING_APPROVAL}
    assert orders.sold == []


def test_nobody_approves_their_own_order(orders: Orders, waiting: PurchaseOrder) -> None:
    orders.buyer.is_superuser = True
    orders.buyer.save()

    for decide in (approve, decline):
        with pytest.raises(OwnOrder):
            decide(waiting.pk, actor=orders.buyer, because="Mine.")

    assert fresh(waiting).status == OrderStatus.AWAITING_APPROVAL


def test_user_without_the_permission_approves_nothing(waiting: PurchaseOrder) -> None:
    with pytest.raises(MayNotApprove):
        approve(waiting.pk, actor=make_user())


def test_second_click_on_approve_changes_nothing(waiting: PurchaseOrder, approver: Any) -> None:
    approve(waiting.pk, actor=approver)
    approve(waiting.pk, actor=approver)

    assert waiting.events.filter(what="approved").count() == 1


def test_of_two_approvers_at_once_the_second_is_told(waiting: PurchaseOrder) -> None:
    approvers = [make_user(is_superuser=True) for _ in range(2)]

    results = in_threads(
        [
            partial(approve, waiting.pk, actor=approvers[0]),
            partial(decline, waiting.pk, actor=approvers[1], because="No."),
        ]
    )

    assert [type(failure) for failure in failures(results)] == [NotWaiting]
    assert fresh(waiting).events.filter(what__in=("approved", "declined")).count() == 1


def test_user_who_turned_mails_off_gets_none(orders: Orders, waiting: PurchaseOrder, approver: Any) -> None:
    MailPreference.objects.create(user=orders.buyer, decided=False)

    approve(waiting.pk, actor=approver)

    assert not waiting.mails.filter(recipient=orders.buyer).exists()


# Pause, resume, cancel


def test_paused_order_sends_nothing_until_it_is_resumed(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.submit(orders.preview(orders.draft(want(place), want(place))))
    advance(order.pk)
    queued = statuses(order)

    pause_order(order.pk, actor=orders.buyer)
    pause_order(order.pk, actor=orders.buyer)
    for _ in range(5):
        orders.desk.turn()
        orders.desk.clock.shift(60)
    paused = statuses(order)
    resume_order(order.pk, actor=orders.buyer)
    resume_order(order.pk, actor=orders.buyer)
    order = orders.carry_out(order)

    assert set(queued) == {Status.QUEUED}
    assert set(paused) == {Status.ON_HOLD}
    assert len(bought(order)) == len(orders.sold) == 2


def test_purchase_that_comes_back_into_the_queue_of_a_paused_order_is_not_sent(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.submit(orders.preview(orders.draft(want(place))))
    advance(order.pk)
    [claim] = claim_queued(order.purchases.values_list("pk", flat=True))

    pause_order(order.pk, actor=orders.buyer)
    record_answer(claim, not_sent(retry_after=1))
    orders.desk.clock.shift(60)
    for _ in range(3):
        orders.desk.turn()

    assert statuses(order) == [Status.QUEUED]
    assert orders.sold == []


def test_cancelled_order_keeps_what_was_bought_and_asks_for_nothing_more(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.submit(orders.preview(orders.draft(want(place), want(place))))
    advance(order.pk)
    first = order.purchases.order_by("pk").first()
    [claim] = claim_queued([first.pk])

    cancel_order(order.pk, actor=orders.buyer)
    cancel_order(order.pk, actor=orders.buyer)
    record_answer(claim, not_sent(retry_after=1))  # back into the queue, where it must not stay
    orders.desk.clock.shift(60)
    order = orders.carry_out(order)

    assert set(statuses(order)) == {Status.CANCELLED}
    assert order.status == OrderStatus.CANCELLED
    assert set(problems(order)) == {Problem.CANCELLED}
    assert orders.sold == []


def test_order_that_waits_for_approval_can_be_cancelled(orders: Orders, waiting: PurchaseOrder) -> None:
    cancel_order(waiting.pk, actor=orders.buyer)
    order = orders.carry_out(waiting)

    assert order.status == OrderStatus.CANCELLED
    assert set(statuses(order)) == {Status.CANCELLED}


def test_what_is_over_can_be_neither_paused_nor_cancelled(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.buy(want(place))

    for step in (pause_order, resume_order, cancel_order):
        with pytest.raises(NotCarriedOut):
            step(order.pk, actor=orders.buyer)


# Trying again


def test_refused_number_is_asked_for_again_and_a_second_click_finds_nothing(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place, substitution=Substitution.NONE)))
    taken = order.lines.get().phone_number
    orders.sandbox.ledger.note_taken(taken)
    order = orders.carry_out(orders.submit(order))
    order.lines.update(substitution=Substitution.KIND)

    asked = [try_again(order.pk, actor=orders.buyer) for _ in range(2)]
    order = orders.carry_out(order)

    assert asked == [1, 0]
    assert len(bought(order)) == len(orders.sold) == 1
    [first, again, instead] = order.purchases.order_by("pk")
    assert (again.again_of, again.status) == (first, Status.CANCELLED)
    assert (instead.substitute_of, instead.status) == (again, Status.PURCHASED)
    assert [one.requested_by_id for one in (first, again, instead)] == [orders.buyer.pk] * 3


# What changed since the preview


def test_price_that_rose_stops_its_line_and_not_the_order(
    orders: Orders, waiting: PurchaseOrder, approver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap = waiting.lines.first()
    orders.desk.clock.shift(3600)  # so that the preview is looked at again
    raise_prices(monkeypatch, 1.25)
    waiting.lines.filter(pk=cheap.pk).update(monthly_price=Decimal("2.00"))

    approve(waiting.pk, actor=approver)
    order = orders.carry_out(waiting)

    found = dict(order.lines.values_list("pk", "problem"))
    assert sorted(found.values()) == ["", Problem.PRICE_ROSE]
    assert found[cheap.pk] == ""
    assert len(bought(order)) == len(orders.sold) == 1


@pytest.mark.parametrize(("rule", "end"), [(Substitution.NONE, Problem.NOT_OFFERED), (Substitution.KIND, "")])
def test_number_that_has_gone_since_stops_its_line_unless_another_will_do(
    rule: Substitution, end: str, orders: Orders, waiting: PurchaseOrder, approver: Any
) -> None:
    line = waiting.lines.first()
    waiting.lines.update(substitution=rule)
    orders.sandbox.ledger.note_taken(line.phone_number)
    orders.desk.clock.shift(3600)

    approve(waiting.pk, actor=approver)
    order = orders.carry_out(waiting)

    assert order.lines.get(pk=line.pk).problem == end
    assert len(orders.sold) == (2 if end == "" else 1)


def test_substitute_never_costs_more_than_what_was_confirmed(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))
    orders.sandbox.ledger.note_taken(order.lines.get().phone_number)
    raise_prices(monkeypatch, 1.25)

    order = orders.carry_out(orders.submit(order))

    assert problems(order) == [Problem.NO_SUBSTITUTE]
    assert orders.sold == []


def test_workers_that_replace_at_once_ask_for_one_number(orders: Orders, settings: Any) -> None:
    settings.ORDER_HANDS = 1
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))
    orders.sandbox.ledger.note_taken(order.lines.get().phone_number)
    order = orders.submit(order)
    orders.go_on(order, until=lambda: statuses(order) == [Status.REJECTED])
    results = in_threads([partial(carrying_out.go_on, fresh(order), until=1e9) for _ in range(4)])
    order = orders.carry_out(order)

    assert failures(results) == []
    assert order.purchases.count() == 2
    assert len(orders.sold) == 1


# The preview


def test_preview_names_what_is_wrong_with_each_line(orders: Orders) -> None:
    places = {
        problem: make_location(location.id, name=location.name)
        for problem, location in ((Problem.NOT_CONNECTED, NOT_CONNECTED), (Problem.SUSPENDED, SUSPENDED))
    }
    [place] = make_places(1)
    make_number("+18305551111", location=place)
    make_purchase("+18305552222", location=place, status=Status.AWAITING_APPROVAL)
    refused = make_location("refusedToken00000001")
    make_token("not-a-sandbox-token", location=refused)

    order = orders.preview(
        orders.draft(
            want(places[Problem.NOT_CONNECTED]),
            want(places[Problem.SUSPENDED]),
            want(refused),
            number(place, "+18305551111"),
            number(place, "+18305552222"),
            want(place, number_type="mobile"),
            number(place, "+34911234567", country_code="ES"),
            want(place),
        )
    )

    assert problems(order) == [
        Problem.NOT_CONNECTED,
        Problem.SUSPENDED,
        Problem.NO_TOKEN,
        Problem.OWNED,
        Problem.IN_ANOTHER_ORDER,
        Problem.NOTHING_FOUND,
        Problem.ADDRESS_NEEDED,
        "",
    ]
    assert orders.sold == []


def test_number_that_we_own_can_not_be_ordered(orders: Orders) -> None:
    [place] = make_places(1)
    owned = bought(orders.buy(want(place)))[0]
    orders.desk.clock.shift(30)

    order = orders.preview(orders.draft(number(place, owned)))

    assert problems(order) == [Problem.OWNED]
    with pytest.raises(NothingToBuy):
        orders.submit(order)


def test_wants_of_many_locations_never_get_the_same_number(orders: Orders) -> None:
    places = make_places(12)

    order = orders.preview(orders.draft(*[want(place) for place in places for _ in range(5)]))

    numbers = [line[2] for line in lines_of(order)]
    assert len(set(numbers)) == 60
    assert "" not in numbers


def test_provider_that_is_down_is_said_and_previewed_again(orders: Orders, settings: Any) -> None:
    [place] = make_places(1)
    there = settings.LEADCONNECTOR_BASE_URL
    settings.LEADCONNECTOR_BASE_URL = "http://127.0.0.1:9"
    order = orders.preview(orders.draft(want(place)))
    first = problems(order)
    settings.LEADCONNECTOR_BASE_URL = there

    order = orders.preview(order)

    assert first == [Problem.NOT_CHECKED]
    assert problems(order) == [""]


def test_draft_that_was_changed_must_be_previewed_again(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place), want(place)))
    seen = preview_version(order)

    remove_lines(order.pk, order.lines.filter(pk=order.lines.first().pk), actor=orders.buyer)

    with pytest.raises(NotPreviewed):
        submit(order.pk, actor=orders.buyer, seen=seen)


def test_rule_that_was_changed_since_the_page_was_shown_is_shown_first(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))
    seen = preview_version(order)

    set_substitution(order.pk, order.lines.all(), Substitution.NONE, actor=orders.buyer)

    with pytest.raises(PreviewChanged):
        submit(order.pk, actor=orders.buyer, seen=seen)


def test_preview_of_yesterday_is_not_confirmed(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))
    orders.desk.clock.shift(25 * 3600)

    with pytest.raises(PreviewTooOld):
        orders.submit(order)


def test_somebody_elses_draft_can_not_be_submitted(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))

    with pytest.raises(NotYours):
        submit(order.pk, actor=make_user(is_superuser=True), seen=preview_version(order))


def test_empty_draft_has_nothing_to_preview(orders: Orders) -> None:
    order = orders.draft()

    with pytest.raises(NothingWanted):
        begin_preview(order.pk, actor=orders.buyer)


def test_submitted_order_can_not_be_changed(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.submit(orders.preview(orders.draft(want(place))))

    with pytest.raises(NotDrafted):
        remove_lines(order.pk, order.lines.all(), actor=orders.buyer)


def test_draft_that_is_changed_while_it_is_previewed_goes_back_to_a_draft(orders: Orders) -> None:
    first, second = make_places(2)
    order = orders.draft(want(first), want(second))
    begin_preview(order.pk, actor=orders.buyer)

    remove_lines(order.pk, order.lines.filter(location=second), actor=orders.buyer)
    for _ in range(3):
        orders.desk.turn()

    order = fresh(order)
    assert order.status == OrderStatus.DRAFT
    assert orders.preview(order).status == OrderStatus.PREVIEWED


def test_kyc_that_is_missing_stops_the_line_in_the_providers_words(orders: Orders) -> None:
    location = make_location(KYC_MISSING.id)

    order = orders.buy(want(location))

    assert problems(order) == [Problem.REJECTED]
    assert "KYC" in order.lines.get().words
    assert lines_of(order)[0][0] == LineStatus.STOPPED


def test_number_refused_while_the_order_is_looked_at_is_replaced_at_the_next_look(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place), want(place)))
    for line in order.lines.all():
        orders.sandbox.ledger.note_taken(line.phone_number)
    order = orders.submit(order)
    advance(order.pk)
    first, second = order.purchases.order_by("pk")
    submit_purchase(first.pk)

    def refuse_the_second(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "purchaseattempt" in sql and not waiting_calls:
            waiting_calls.append(sql)
            submit_purchase(second.pk)
        return execute(sql, parameters, many, context)

    waiting_calls: list[str] = []
    with connection.execute_wrapper(refuse_the_second):
        taken = settle(fresh(order))

    assert waiting_calls
    assert [line.purchase_id for line in taken] == [first.pk]
    assert set(order.lines.values_list("status", flat=True)) == {LineStatus.OPEN}
    assert len(bought(orders.carry_out(order))) == 2


def test_price_in_another_currency_was_never_confirmed(orders: Orders, waiting: PurchaseOrder, approver: Any) -> None:
    waiting.lines.update(monthly_price=Decimal("9.00"), price_unit="GBP")
    orders.desk.clock.shift(3600)

    approve(waiting.pk, actor=approver)
    order = orders.carry_out(waiting)

    assert set(problems(order)) == {Problem.PRICE_ROSE}
    assert "1.15 USD instead of 9 GBP" in order.lines.first().words
    assert orders.sold == []
