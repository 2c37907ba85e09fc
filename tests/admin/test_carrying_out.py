"""The page of an order that was submitted: what it shows, its buttons, and what is handed out of it."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from numbers_app import progress
from numbers_app.admin.running import ACTS
from numbers_app.explanations import (
    ORDER_COLOURS,
    ORDER_EXPLANATIONS,
    ORDER_ICONS,
    STOPPED_EXPLANATIONS,
    SUBSTITUTION_EXPLANATIONS,
)
from numbers_app.models import (
    BEING_DRAFTED,
    LineStatus,
    OrderHappening,
    OrderLine,
    OrderStatus,
    Problem,
    Purchase,
    PurchaseOrder,
    Status,
    Substitution,
)
from numbers_app.progress import State
from tests.admin.world import World, change_page, list_page, page, rows_of_all
from tests.carried_out import buy_for, make_line, make_submitted, note
from tests.factories import make_purchase

SUBMITTED = [status for status in OrderStatus if status not in (*BEING_DRAFTED, OrderStatus.DIRECT)]
SPRING = "+1210555%04d"


@pytest.fixture
def buyer(visit: Callable[[str], Client]) -> Client:
    return visit("Buyer")


@pytest.fixture
def root(visit: Callable[[str], Client]) -> Client:
    return visit("root")


def order_of(world: World, status: OrderStatus = OrderStatus.RUNNING, *, by: str = "Buyer", **columns: Any) -> Any:
    return make_submitted(status, requested_by=world.people[by], **columns)


def add(order: PurchaseOrder, world: World, *statuses: Status, first: int = 1, **columns: Any) -> list[OrderLine]:
    """A line at one's own location for each status of its purchase."""
    lines = []
    for number, status in enumerate(statuses, first):
        line = make_line(order, SPRING % number, location=world.mine.location, **columns)
        buy_for(line, status=status)
        lines.append(line)
    return lines


def address(order: PurchaseOrder, name: str = "change") -> str:
    return reverse(f"admin:numbers_app_purchaseorder_{name}", args=[order.pk])


def counts(shown: str) -> dict[str, int]:
    found = re.findall(r'<li class="state-(\w+)"><a[^>]*><strong>([\d,]+)</strong>', shown)
    return {name: int(many.replace(",", "")) for name, many in found}


def listed(shown: str) -> list[str]:
    part = shown[shown.index('id="order-lines"') :]
    return re.findall(r"\+1 [\d-]{12}", part[: part.find("</table>")])


def said(response: Any) -> str:
    """What the page says after a button was pressed."""
    assert response.status_code == 302, response.status_code
    return html.unescape(" ".join(str(message) for message in response.wsgi_request._messages))


# ── What it shows


def test_lines_are_counted_by_state(world: World, buyer: Client) -> None:
    order = order_of(world)
    add(order, world, *[status for status in Status for _ in range(2)])

    shown = page(buyer, address(order))

    assert counts(shown) == {
        "bought": 2,
        "stopped": 6,
        "needs_person": 2,
        "uncertain": 2,
        "on_its_way": 2,
        "waiting": 6,
    }
    assert 'aria-valuenow="40"' in shown


@pytest.mark.parametrize(
    ("status", "state"),
    [(Status.PURCHASED, State.BOUGHT), (Status.REJECTED, State.WAITING), (Status.CANCELLED, State.WAITING)],
)
def test_line_that_is_not_settled_yet_stands_as_its_purchase_does(
    status: Status, state: State, world: World, buyer: Client
) -> None:
    """What was bought is bought; what was refused may yet be replaced."""
    order = order_of(world)
    buy_for(make_line(order, SPRING % 1, location=world.mine.location), status=status, settle=False)

    assert counts(page(buyer, address(order)))[state] == 1


@pytest.mark.parametrize("status", SUBMITTED)
def test_every_status_has_its_page(status: OrderStatus, world: World, buyer: Client) -> None:
    order = order_of(world, status)
    add(order, world, Status.PURCHASED, Status.REJECTED)

    shown = html.unescape(page(buyer, address(order)))

    assert str(ORDER_EXPLANATIONS[status]) in shown
    assert status in ORDER_COLOURS
    assert ORDER_ICONS[status] in shown


def test_order_without_lines_has_its_page(world: World, buyer: Client) -> None:
    assert "None." in page(buyer, address(order_of(world)))


def test_discarded_draft_says_that_nothing_was_asked_for(world: World, buyer: Client) -> None:
    order = order_of(world, OrderStatus.CANCELLED, submitted_at=None)
    make_line(order, SPRING % 1, location=world.mine.location, status=LineStatus.DRAFT)

    shown = page(buyer, address(order))

    assert "The draft was thrown away." in shown
    assert "What was stopped" not in shown


def test_cost_is_that_of_what_was_bought_by_currency(world: World, buyer: Client) -> None:
    order = order_of(world)
    add(order, world, Status.PURCHASED, Status.PURCHASED, Status.QUEUED)
    add(order, world, Status.PURCHASED, first=10, monthly_price=Decimal("0.90"), price_unit="EUR")
    add(order, world, Status.PURCHASED, first=20, monthly_price=None, price_unit="")

    shown = page(buyer, address(order))

    assert "0.90 EUR + 2.30 USD" in shown  # so far
    assert "0.90 EUR + 3.45 USD" in shown  # confirmed
    assert "the price of 1 number is not known" in shown


def test_time_left_follows_the_pace_of_the_last_minutes(world: World, buyer: Client) -> None:
    began = timezone.now() - timedelta(minutes=1)
    order = order_of(world, submitted_at=began)
    add(order, world, *[Status.PURCHASED] * 10, *[Status.QUEUED] * 30)

    assert "about 3 minutes" in page(buyer, address(order))


@pytest.mark.parametrize(
    ("status", "bought"), [(OrderStatus.RUNNING, 4), (OrderStatus.PAUSED, 10), (OrderStatus.FINISHED, 10)]
)
def test_time_left_is_not_guessed(status: OrderStatus, bought: int, world: World, buyer: Client) -> None:
    order = order_of(world, status, submitted_at=timezone.now() - timedelta(minutes=1))
    add(order, world, *[Status.PURCHASED] * bought, *[Status.QUEUED] * 30)

    assert "Time left" not in page(buyer, address(order))


def test_substituted_line_shows_its_whole_chain(world: World, buyer: Client) -> None:
    order = order_of(world)
    line = make_line(order, SPRING % 1, location=world.mine.location, substitution=Substitution.PLACE)
    first = buy_for(line, status=Status.REJECTED, settle=False)
    second = buy_for(line, status=Status.REJECTED, phone_number=SPRING % 2, substitute_of=first, settle=False)
    third = buy_for(line, status=Status.PURCHASED, phone_number=SPRING % 3, substitute_of=second)

    shown = page(buyer, address(order))

    words = " ".join(re.sub("<[^>]+>", " ", shown).split())
    assert "+1 210-555-0001 taken → +1 210-555-0002 taken → +1 210-555-0003 purchased" in words
    assert [change_page(purchase) in shown for purchase in (first, second, third)] == [True] * 3
    assert html.escape(str(SUBSTITUTION_EXPLANATIONS[Substitution.PLACE])) in shown


def test_number_that_was_tried_again_says_so(world: World, buyer: Client) -> None:
    order = order_of(world)
    line = make_line(order, SPRING % 1, location=world.mine.location)
    first = buy_for(line, status=Status.REJECTED, settle=False)
    buy_for(line, status=Status.QUEUED, again_of=first)

    words = " ".join(re.sub("<[^>]+>", " ", page(buyer, address(order))).split())

    assert "+1 210-555-0001 rejected, tried again → +1 210-555-0001 queued" in words


def test_lines_come_fifty_a_page(world: World, buyer: Client) -> None:
    order = order_of(world)
    add(order, world, *[Status.QUEUED] * 51)

    first, second = page(buyer, address(order)), page(buyer, address(order), lines=2)

    assert (len(listed(first)), listed(second)) == (50, ["+1 210-555-0051"])
    assert "1 to 50 of 51" in first


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "bought"}, ["+1 210-555-0001"]),
        ({"state": "stopped"}, ["+1 210-555-0002"]),
        ({"state": "nonsense"}, ["+1 210-555-0001", "+1 210-555-0002"]),
        ({"q": "(210) 555-0002"}, ["+1 210-555-0002"]),
        ({"q": "555-0002", "state": "bought"}, []),
        ({"q": "hill country"}, ["+1 210-555-0001", "+1 210-555-0002"]),
        ({"q": "minelocation01"}, ["+1 210-555-0001", "+1 210-555-0002"]),
        ({"q": "\x00"}, ["+1 210-555-0001", "+1 210-555-0002"]),
        ({"q": "nobody"}, []),
        ({"lines": "99"}, ["+1 210-555-0001", "+1 210-555-0002"]),
        ({"lines": "x", "reason": "x"}, ["+1 210-555-0001", "+1 210-555-0002"]),
    ],
)
def test_lines_are_filtered_and_searched(query: dict[str, str], found: list[str], world: World, buyer: Client) -> None:
    order = order_of(world)
    add(order, world, Status.PURCHASED, Status.REJECTED)

    assert listed(page(buyer, address(order), **query)) == found


def test_search_finds_a_number_that_was_tried_before(world: World, buyer: Client) -> None:
    order = order_of(world)
    line = make_line(order, SPRING % 9, location=world.mine.location)
    first = buy_for(line, status=Status.REJECTED, phone_number=SPRING % 1, settle=False)
    buy_for(line, status=Status.PURCHASED, substitute_of=first)
    add(order, world, Status.QUEUED, first=20)

    assert len(listed(page(buyer, address(order), q="555-0001"))) == 2


def test_failures_are_grouped_by_reason_whatever_number_they_name(world: World, buyer: Client) -> None:
    order = order_of(world)
    for number in (1, 2, 3):
        line = make_line(order, SPRING % number, location=world.mine.location)
        told = (SPRING % number).removeprefix("+") if number == 3 else SPRING % number
        buy_for(line, status=Status.REJECTED, reason=f"Phone number {told} is  gone (trace 5f3a9b1c77aa{number})")
    add(order, world, Status.CANCELLED, first=10)

    shown = page(buyer, address(order))

    part = shown[shown.index('id="failed"') :]
    assert re.findall(r"(\d+) numbers?</a>", part)[:2] == ["3", "1"]
    assert "Phone number … is gone (trace …)" in part
    assert html.escape(str(STOPPED_EXPLANATIONS[Problem.REJECTED])) in part
    link = html.unescape(re.findall(r'href="(\?state=stopped[^"]*)#lines"', part)[0])
    assert listed(page(buyer, address(order) + link)) == ["+1 210-555-0001", "+1 210-555-0002", "+1 210-555-0003"]


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_says_what_to_do(problem: Problem, world: World, buyer: Client) -> None:
    order = order_of(world, OrderStatus.FINISHED)
    make_line(order, SPRING % 1, location=world.mine.location, status=LineStatus.STOPPED, problem=problem)

    shown = page(buyer, address(order))

    assert html.escape(str(STOPPED_EXPLANATIONS[problem])) in shown
    assert str(problem.label) in html.unescape(shown)


def test_history_says_who_when_and_why(world: World, buyer: Client) -> None:
    order = order_of(world, OrderStatus.DECLINED)
    note(order, OrderHappening.DECLINED, because="Too many at once.", actor=world.people["Manager"])

    shown = page(buyer, address(order))

    part = shown[shown.index('id="order-history"') :]
    assert part.index("Declined") < part.index("Too many at once.") < part.index("manager") < part.index("Drafted")
    assert "Too many at once." in shown[: shown.index('id="order-history"')]


def test_long_history_shows_its_latest(world: World, buyer: Client) -> None:
    order = order_of(world)
    for number in range(progress.MOST_EVENTS):
        note(order, OrderHappening.CHANGED, because=f"Change {number}.")

    shown = page(buyer, address(order))

    assert "Only the latest are shown." in shown
    assert "Begun." not in shown


def test_lines_of_others_locations_are_counted_and_not_shown(world: World, visit: Callable[[str], Client]) -> None:
    order = order_of(world, by="Manager")
    add(order, world, Status.PURCHASED)
    line = make_line(order, "+14327770001", location=world.other.location)
    buy_for(line, status=Status.REJECTED, reason="Lone star words")

    shown = page(visit("Viewer"), address(order))

    assert counts(shown)["bought"] == 1
    assert "It asks for 1 more number" in shown
    assert not [mark for mark in (*world.other.marks, "Lone star words") if mark in shown]


# ── Moving by itself


def version_of(shown: str) -> str:
    return re.findall(r'progress/\?version=([^"&]+)', shown)[0]


def test_part_is_empty_while_nothing_changes(world: World, buyer: Client) -> None:
    order = order_of(world)
    [line] = add(order, world, Status.QUEUED)
    seen = version_of(page(buyer, address(order)))
    part = address(order, "progress")

    assert buyer.get(part, {"version": seen}).status_code == 204
    Purchase.objects.filter(pk=line.purchase_id).update(status=Status.SUBMITTING)
    moved = buyer.get(part, {"version": seen})

    assert moved.status_code == 200
    assert counts(moved.content.decode())["on_its_way"] == 1
    assert [f'id="{name}"' in moved.content.decode() for name in ("order-lines", "order-history", "order-said")]


def test_part_keeps_what_was_asked_for(world: World, buyer: Client) -> None:
    order = order_of(world)
    add(order, world, Status.QUEUED, Status.PURCHASED)

    shown = page(buyer, address(order), state="bought", q="Hill & Co")

    polled = html.unescape(re.findall(r'hx-get="([^"]+)"', shown)[0])
    assert polled.endswith("&state=bought&q=Hill+%26+Co")
    assert listed(page(buyer, polled.replace("version=", "version=old").replace("&q=Hill+%26+Co", ""))) == [
        "+1 210-555-0002"
    ]


@pytest.mark.parametrize(("minutes", "every"), [(0, "every 1s"), (10, "every 3s"), (60, "every 10s")])
def test_page_is_refreshed_less_often_with_time(minutes: int, every: str, world: World, buyer: Client) -> None:
    order = order_of(world)
    note(order, OrderHappening.SUBMITTED, at=timezone.now() - timedelta(minutes=minutes))

    assert every in page(buyer, address(order))


def test_finished_order_is_not_refreshed(world: World, buyer: Client) -> None:
    order = order_of(world, OrderStatus.FINISHED)
    add(order, world, Status.PURCHASED)

    assert 'hx-trigger="every' not in page(buyer, address(order))


# ── A bounded number of questions


def questions(client: Client, where: str, **query: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(where, query).status_code == 200
    return len(asked)


def fill(order: PurchaseOrder, world: World, *, first: int, many: int) -> None:
    """Many lines in all states, every tenth of them substituted, without a thousand INSERTs."""
    part = order.parts.get()
    statuses = [Status.PURCHASED, Status.REJECTED, Status.ON_HOLD, Status.UNCERTAIN]
    lines = OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            part=part,
            location=world.mine.location,
            phone_number=f"+1830{2_000_000 + number}",
            status=[LineStatus.BOUGHT, LineStatus.STOPPED, LineStatus.OPEN, LineStatus.OPEN][number % 4],
            problem=Problem.REJECTED if number % 4 == 1 else "",
            words=f"+1830{2_000_000 + number} is gone" if number % 4 == 1 else "",
        )
        for number in range(first, first + many)
    )
    now = timezone.now()

    def purchase(line: OrderLine, status: Status, number: str, **columns: Any) -> Purchase:
        return Purchase(
            order=order,
            line=line,
            location=line.location,
            phone_number=number,
            fingerprint_id="x",
            status=status,
            next_action_at=now if status == Status.UNCERTAIN else None,
            finished_at=now if status in (Status.PURCHASED, Status.REJECTED) else None,
            confirmed_by="reply" if status == Status.PURCHASED else "",
            **columns,
        )

    taken = Purchase.objects.bulk_create(
        purchase(line, Status.REJECTED, f"+1830{5_000_000 + number}") for number, line in enumerate(lines[::10])
    )
    tried = {one.line_id: one for one in taken}
    bought = Purchase.objects.bulk_create(
        purchase(line, statuses[number % 4], line.phone_number, substitute_of=tried.get(line.pk))
        for number, line in enumerate(lines)
    )
    for line, one in zip(lines, bought, strict=True):
        line.purchase = one
    OrderLine.objects.bulk_update(lines, ["purchase"], batch_size=500)


@pytest.mark.parametrize("role", ["Manager"])
def test_pages_ask_as_much_for_ten_thousand_lines_as_for_sixty(
    role: str, world: World, visit: Callable[[str], Client]
) -> None:
    order = order_of(world)
    fill(order, world, first=0, many=60)
    client = visit(role)
    client.get(address(order))
    little = questions(client, address(order)), questions(client, address(order, "progress"))

    fill(order, world, first=60, many=9_940)

    assert counts(page(client, address(order))) | {"many": order.lines.count()} == {
        "bought": 2500,
        "stopped": 2500,
        "waiting": 2500,
        "uncertain": 2500,
        "needs_person": 0,
        "on_its_way": 0,
        "many": 10_000,
    }
    assert (questions(client, address(order)), questions(client, address(order, "progress"))) == little
    assert little[0] <= 24
    assert little[1] <= 18


def test_poll_without_news_asks_little(world: World, buyer: Client) -> None:
    order = order_of(world)
    fill(order, world, first=0, many=60)
    seen = version_of(page(buyer, address(order)))

    with CaptureQueriesContext(connection) as asked:
        assert buyer.get(address(order, "progress"), {"version": seen}).status_code == 204

    assert len(asked) <= 9


# ── Handing out


def rows_of(response: Any, kind: str) -> list[list[str]]:
    content = b"".join(response.streaming_content)
    if kind == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_result_has_every_line_with_what_became_of_it(kind: str, world: World, buyer: Client) -> None:
    order = order_of(world)
    line = make_line(order, SPRING % 2, location=world.mine.location)
    first = buy_for(line, status=Status.REJECTED, phone_number=SPRING % 1, settle=False)
    buy_for(line, status=Status.PURCHASED, substitute_of=first, account_sid="AC1", number_sid="PN1")
    gone = make_line(order, SPRING % 3, location=world.mine.location)
    buy_for(gone, status=Status.REJECTED, reason="=cmd|' /C calc'!A0")
    make_line(order, "+14327770001", location=world.other.location)

    response = buyer.get(address(order, kind))
    head, bought, refused = rows_of(response, kind)

    assert response["Content-Disposition"] == f'attachment; filename="order-{order.pk}.{kind}"'
    assert bought[:2] == ["mineLOCATION01", "Hill Country Roofing"]
    assert [bought[2].lstrip("'"), bought[3], bought[4].rstrip("0"), bought[5]] == [SPRING % 2, "bought", "1.15", "USD"]
    assert [*bought[6:8], bought[8].lstrip("'"), *bought[9:]] == ["AC1", "PN1", SPRING % 1, "", bought[-1]]
    assert [refused[3], refused[9], refused[10].lstrip("'")] == [
        "stopped", "Refused by the provider", "=cmd|' /C calc'!A0",
    ]  # fmt: skip
    assert len(head) == len(bought) == 11


# ── The buttons


def test_buttons_follow_the_status(world: World, buyer: Client) -> None:
    found = {}
    for status in SUBMITTED:
        order = order_of(world, status)
        add(order, world, Status.ON_HOLD, Status.REJECTED, first=10 * len(found) + 1)
        found[status] = re.findall(
            r'id="order-(pause|resume|cancel|retry|anew|approve|decline)"', page(buyer, address(order))
        )

    assert found == {
        OrderStatus.AWAITING_APPROVAL: ["anew", "cancel"],
        OrderStatus.RUNNING: ["pause", "retry", "anew", "cancel"],
        OrderStatus.PAUSED: ["resume", "retry", "anew", "cancel"],
        OrderStatus.FINISHED: ["retry", "anew"],
        OrderStatus.DECLINED: ["anew"],
        OrderStatus.CANCELLED: ["anew"],
    }


@pytest.mark.parametrize("role", ["Viewer", "Approver"])
def test_who_may_not_buy_has_no_buttons_that_buy(role: str, world: World, visit: Callable[[str], Client]) -> None:
    order = order_of(world, by="Manager")
    add(order, world, Status.ON_HOLD, Status.REJECTED)

    assert not re.findall(r'id="order-(pause|cancel|retry|anew)"', page(visit(role), address(order)))


def test_buyer_leaves_others_orders_alone_and_manager_does_not(world: World, visit: Callable[[str], Client]) -> None:
    order = order_of(world, by="root")
    add(order, world, Status.ON_HOLD)

    assert visit("Buyer").post(address(order, "pause")).status_code == 403
    assert said(visit("Manager").post(address(order, "pause")))
    order.refresh_from_db()
    assert order.status == OrderStatus.PAUSED


def test_order_is_paused_and_resumed_and_a_second_click_is_harmless(world: World, buyer: Client) -> None:
    order = order_of(world)
    add(order, world, Status.ON_HOLD)

    for name, status in (("pause", OrderStatus.PAUSED), ("resume", OrderStatus.RUNNING)):
        said_first = said(buyer.post(address(order, name)))
        before = rows_of_all()
        said_second = said(buyer.post(address(order, name)))
        order.refresh_from_db()

        assert order.status == status
        assert said_first
        assert said_second.startswith(said_first)
        assert rows_of_all() == before


def test_cancel_cancels_what_was_not_sent_once(world: World, buyer: Client) -> None:
    order = order_of(world)
    lines = add(order, world, Status.QUEUED, Status.SUBMITTING)

    assert "What had not been sent is cancelled" in said(buyer.post(address(order, "cancel")))
    before = rows_of_all()
    buyer.post(address(order, "cancel"))

    assert rows_of_all() == before
    assert [Purchase.objects.get(line=line).status for line in lines] == [Status.CANCELLED, Status.SUBMITTING]
    assert "cancelled" in page(buyer, address(order))


def test_retry_asks_again_once(world: World, buyer: Client) -> None:
    order = order_of(world, OrderStatus.FINISHED)
    add(order, world, Status.REJECTED, Status.PURCHASED)

    assert "1 number is asked for again" in said(buyer.post(address(order, "retry")))
    assert "nothing that could be tried again" in said(buyer.post(address(order, "retry")))
    order.refresh_from_db()
    assert (order.status, order.purchases.count()) == (OrderStatus.RUNNING, 3)


def test_failed_lines_become_one_new_draft(world: World, buyer: Client) -> None:
    order = order_of(world, OrderStatus.FINISHED)
    add(order, world, Status.REJECTED, Status.PURCHASED, Status.CANCELLED)

    for _click in range(2):
        answer = said(buyer.post(address(order, "anew")))

        draft = PurchaseOrder.objects.get(status=OrderStatus.DRAFT)
        assert address(draft) in answer
        assert draft.requested_by == world.people["Buyer"]
        assert list(draft.lines.values_list("phone_number", flat=True)) == [SPRING % 1, SPRING % 3]


def test_nothing_failed_makes_no_draft(world: World, buyer: Client) -> None:
    order = order_of(world, OrderStatus.FINISHED)
    add(order, world, Status.PURCHASED)
    before = rows_of_all()

    assert "Nothing of this order was stopped." in said(buyer.post(address(order, "anew")))
    assert rows_of_all() == before


@pytest.mark.parametrize("name", ["pause", "resume", "cancel", "retry"])
def test_refusal_is_explained_and_changes_nothing(name: str, world: World, buyer: Client) -> None:
    order = order_of(world, OrderStatus.DECLINED)
    add(order, world, Status.REJECTED)
    before = rows_of_all()

    assert "the order is “Declined” meanwhile" in said(buyer.post(address(order, name)))
    assert rows_of_all() == before


@pytest.mark.parametrize("name", ACTS)
def test_draft_has_none_of_these_buttons(name: str, world: World, buyer: Client) -> None:
    draft = order_of(world, OrderStatus.DRAFT)

    assert buyer.post(address(draft, name)).status_code in (403, 404)


# ── Approving


def test_approver_approves_with_a_reason(world: World, visit: Callable[[str], Client]) -> None:
    order = order_of(world, OrderStatus.AWAITING_APPROVAL)
    add(order, world, Status.AWAITING_APPROVAL)
    client = visit("Approver")

    shown = page(client, address(order))
    answer = said(client.post(address(order, "approve"), {"reason": "Fine."}))

    assert 'id="order-approve"' in shown
    assert "It waits for your decision." in shown
    assert "is approved" in answer
    order.refresh_from_db()
    assert (order.status, order.decided_by) == (OrderStatus.RUNNING, world.people["Approver"])
    assert order.events.get(what=OrderHappening.APPROVED).because == "Fine."
    before = rows_of_all()
    assert "is approved" in said(client.post(address(order, "approve")))
    assert rows_of_all() == before


def test_declining_needs_a_reason(world: World, visit: Callable[[str], Client]) -> None:
    order = order_of(world, OrderStatus.AWAITING_APPROVAL)
    add(order, world, Status.AWAITING_APPROVAL)
    client = visit("Approver")
    before = rows_of_all()

    assert "Say why in a few words" in said(client.post(address(order, "decline"), {"reason": "  "}))
    assert rows_of_all() == before
    assert "is declined" in said(client.post(address(order, "decline"), {"reason": "Too dear."}))
    order.refresh_from_db()
    assert order.status == OrderStatus.DECLINED
    assert "Too dear." in page(client, address(order))


def test_submitter_sees_why_they_can_not_approve(world: World, visit: Callable[[str], Client]) -> None:
    order = order_of(world, OrderStatus.AWAITING_APPROVAL, by="Manager")
    add(order, world, Status.AWAITING_APPROVAL)
    client = visit("Manager")
    before = rows_of_all()

    shown = page(client, address(order))

    assert "You submitted it, so somebody else has to approve it" in shown
    assert 'id="order-approve"' not in shown
    for name in ("approve", "decline"):
        assert "somebody else has to approve" in said(client.post(address(order, name), {"reason": "Mine."}))
    assert rows_of_all() == before


def test_decision_that_came_late_says_so(world: World, visit: Callable[[str], Client]) -> None:
    order = order_of(world, OrderStatus.FINISHED)
    add(order, world, Status.PURCHASED)

    answer = said(visit("Approver").post(address(order, "decline"), {"reason": "No."}))

    assert "It does not wait for approval any more: it is “Finished”." in answer


@pytest.mark.parametrize(
    ("role", "waits"), [("Approver", True), ("Manager", True), ("root", True), ("Buyer", False), ("Viewer", False)]
)
def test_first_page_and_sidebar_tell_approvers_what_waits(
    role: str, waits: bool, world: World, visit: Callable[[str], Client]
) -> None:
    for _n in range(2):
        order = order_of(world, OrderStatus.AWAITING_APPROVAL)
        make_line(order, "", location=world.mine.location)
    own = make_submitted(OrderStatus.AWAITING_APPROVAL, requested_by=world.people[role])
    make_line(own, "", location=world.mine.location)
    foreign = order_of(world, OrderStatus.AWAITING_APPROVAL)
    make_line(foreign, "", location=world.other.location)
    client = visit(role)

    shown = html.unescape(page(client, "/admin/"))
    seen = 3 if role == "root" else 2

    assert (f"{seen} orders wait for your approval" in shown) == waits
    if waits:
        waiting = page(client, list_page(PurchaseOrder), waits="me")
        assert address(own) not in waiting
        assert len(re.findall(r'<th class="field-title', waiting)) == seen


# ── A purchase's own page


def test_purchase_leads_to_its_order_and_to_what_stands_in_its_place(world: World, buyer: Client) -> None:
    order = order_of(world)
    line = make_line(order, SPRING % 1, location=world.mine.location)
    first = buy_for(line, status=Status.REJECTED, settle=False)
    second = buy_for(line, status=Status.PURCHASED, phone_number=SPRING % 2, substitute_of=first)

    old, new = page(buyer, change_page(first)), page(buyer, change_page(second))

    assert f'{address(order)}?q=%2B12105550001#lines"' in old
    assert change_page(second) in old
    assert "+1 210-555-0002" in old
    assert change_page(first) in new
    assert "In place of" in new


def test_purchase_that_was_bought_at_once_names_no_order(world: World, buyer: Client) -> None:
    assert "Part of order" not in page(buyer, change_page(world.mine.purchase))


@pytest.mark.parametrize("sign", ["", "#"])
def test_purchases_are_filtered_by_order(sign: str, world: World, buyer: Client) -> None:
    order = order_of(world)
    add(order, world, Status.QUEUED)

    shown = page(buyer, list_page(Purchase), order=f"{sign}{order.pk}")

    assert "+1 210-555-0001" in shown
    assert "+1 210-555-0142" not in shown


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ("x", "An order is found by its number, such as 12 or #12."),
        ("-1", "An order is found by its number, such as 12 or #12."),
        ("1.5", "An order is found by its number, such as 12 or #12."),
        ("9" * 18, "There is no order of this number with purchases that you may see."),
    ],
)
def test_order_that_is_none_is_named_with_the_rule(typed: str, rule: str, buyer: Client) -> None:
    shown = page(buyer, list_page(Purchase), order=typed)

    assert rule in shown
    assert f'value="{typed}"' in shown


def test_number_that_waits_for_approval_says_so_where_it_was_bought(world: World, buyer: Client) -> None:
    order = order_of(world, OrderStatus.AWAITING_APPROVAL)
    purchase = make_purchase(SPRING % 1, status=Status.AWAITING_APPROVAL, order=order, location=world.mine.location)

    assert "Somebody who may approve orders has to look at it." in page(buyer, change_page(purchase))


def test_number_that_was_bought_besides_is_shown(buyer: Client, world: World) -> None:
    order = order_of(world, OrderStatus.FINISHED)
    [line] = add(order, world, Status.PURCHASED)
    besides = make_purchase(
        "+12105557777", status=Status.PURCHASED, order=order, line=line, location=world.mine.location
    )

    shown = page(buyer, address(order))

    assert "1 more number was bought than wanted" in shown
    assert f'id="order-besides-{besides.pk}"' in shown
    assert counts(shown)["bought"] == 1
