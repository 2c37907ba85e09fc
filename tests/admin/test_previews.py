"""The preview on the draft's page: begun, followed, looked at, confirmed and refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from numbers_app.explanations import ORDER_COLOURS, PROBLEM_EXPLANATIONS, SUBSTITUTION_EXPLANATIONS
from numbers_app.models import (
    Limits,
    OrderStatus,
    Problem,
    Purchase,
    PurchaseOrder,
    Source,
    Substitution,
)
from numbers_app.purchasing import drafting
from numbers_app.purchasing.drafting import Rejected, Wish, add_lines
from tests.admin.ordering import add_wants, address, begin, previewed
from tests.admin.world import World, change_page, form_values, page, rows_of_all
from tests.factories import make_location
from tests.fakes import Mailbox

Visit = Callable[[str], Client]


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def plain(html: str) -> str:
    return " ".join(html.split())


@pytest.fixture
def order(world: World, mailbox: Mailbox) -> PurchaseOrder:
    """A draft of ten lines."""
    order = begin(world.people["Buyer"])
    add_wants(order, [world.mine.location], each=10)
    return order


@pytest.fixture
def limits(db: None) -> Limits:
    return Limits.objects.get_or_create(pk=1)[0]


def send(client: Client, order: PurchaseOrder, **typed: Any) -> Any:
    """Press the button of the page as it is."""
    seen = form_values(page(client, change_page(order))).get("seen", "")
    return client.post(address("submit", order.pk), {"seen": seen, **typed})


def test_every_word_of_the_database_is_explained() -> None:
    assert set(PROBLEM_EXPLANATIONS) == set(Problem)
    assert set(SUBSTITUTION_EXPLANATIONS) == set(Substitution)
    assert set(ORDER_COLOURS) == set(OrderStatus)


def test_preview_is_begun_once(world: World, visit: Visit, order: PurchaseOrder) -> None:
    client = visit("Buyer")

    answers = [client.post(address("preview", order.pk)) for _click in range(2)]

    order.refresh_from_db()
    assert order.status == OrderStatus.PREVIEWING
    assert {answer.headers["Location"] for answer in answers} == {change_page(order)}
    assert Purchase.objects.filter(order=order).count() == 0


def test_empty_draft_is_not_previewed(world: World, visit: Visit, mailbox: Mailbox) -> None:
    order = begin(world.people["Buyer"])
    client = visit("Buyer")

    response = client.post(address("preview", order.pk))

    assert "There is nothing in this order yet" in said(response)
    assert address("preview", order.pk) not in page(client, change_page(order))


def test_preview_is_followed_until_it_is_over(world: World, visit: Visit, order: PurchaseOrder) -> None:
    client = visit("Buyer")
    client.post(address("preview", order.pk))
    followed = address("preview_progress", order.pk)

    first = client.get(followed)
    same = client.get(followed, {"version": first.context["version"]})
    order.lines.filter(pk__in=order.lines.values("pk")[:4]).update(checked_at=timezone.now())
    later = client.get(followed, {"version": first.context["version"]})
    previewed(order)
    over = client.get(followed, {"version": later.context["version"]})

    assert "0 of 10 looked at" in first.content.decode()
    assert same.status_code == 204
    assert "4 of 10 looked at" in later.content.decode()
    assert over.headers["HX-Refresh"] == "true"
    assert "10 of 10 numbers will be bought" in plain(page(client, change_page(order)))


def test_preview_that_nobody_takes_is_told_of(world: World, visit: Visit, order: PurchaseOrder) -> None:
    client = visit("Buyer")
    client.post(address("preview", order.pk))
    PurchaseOrder.objects.filter(pk=order.pk).update(next_action_at=timezone.now() - timedelta(minutes=1))

    assert "no worker seems to be running" in page(client, change_page(order))

    PurchaseOrder.objects.filter(pk=order.pk).update(claimed_until=timezone.now() + timedelta(minutes=1))
    assert "no worker seems to be running" not in page(client, change_page(order))


def test_result_tells_what_is_bought_and_what_is_left_out(world: World, visit: Visit, order: PurchaseOrder) -> None:
    previewed(order, problem=Problem.NOTHING_FOUND, bad=3)

    html = plain(page(visit("Buyer"), change_page(order)))

    assert "7 of 10 numbers will be bought for 15.05 USD a month" in html
    assert "3 lines are left out because of:" in html
    assert str(PROBLEM_EXPLANATIONS[Problem.NOTHING_FOUND]) in html
    assert "The provider said so." in html
    assert ">Submit</button>" in html


def test_result_tells_of_rows_that_could_not_be_read(world: World, visit: Visit, order: PurchaseOrder) -> None:
    bad = [Rejected(row=row, cells={"phone_number": "x"}, errors={"phone_number": "no number"}) for row in (3, 4)]
    add_lines(order.pk, [], source=Source.FILE, label="spring.csv", actor=world.people["Buyer"], rejected=bad)
    previewed(order)

    html = plain(page(visit("Buyer"), change_page(order)))

    assert "10 of 10 numbers will be bought" in html
    assert "2 rows could not be read, and ask for nothing unless you mend them before you submit." in html


def test_result_is_counted_by_location(world: World, visit: Visit, order: PurchaseOrder) -> None:
    second = make_location("nextLOCATION03", name="Next door")
    second.users.add(world.people["Buyer"])
    add_wants(order, [second], each=2)
    previewed(order, problem=Problem.NO_TOKEN, bad=4)

    rows = list(visit("Buyer").get(change_page(order)).context["places"])

    found = {row["location__name"]: (row["many"], row["good"], row["problems"], row["monthly"]) for row in rows}
    assert found == {
        "Hill Country Roofing": (10, 6, 4, Decimal("12.9")),
        "Next door": (2, 2, 0, Decimal("4.3")),
    }


def test_submitted_order_is_carried_out(world: World, visit: Visit, order: PurchaseOrder) -> None:
    previewed(order)
    client = visit("Buyer")
    seen = form_values(page(client, change_page(order)))["seen"]

    answers = [client.post(address("submit", order.pk), {"seen": seen}) for _click in range(2)]

    order.refresh_from_db()
    assert order.status == OrderStatus.RUNNING
    assert Purchase.objects.filter(order=order).count() == 10
    assert all("Submitted." in said(answer) for answer in answers)


def test_order_over_a_limit_is_sent_for_approval(
    world: World, visit: Visit, order: PurchaseOrder, limits: Limits
) -> None:
    limits.approval_over_numbers = 5
    limits.save()
    previewed(order)
    client = visit("Buyer")

    html = page(client, change_page(order))
    response = send(client, order)

    assert "Send for approval" in html
    assert "It asks for 10 numbers; over 5 needs a second person." in html
    assert "Sent for approval." in said(response)
    order.refresh_from_db()
    assert order.status == OrderStatus.AWAITING_APPROVAL


def test_caps_are_told_and_stop_the_order(world: World, visit: Visit, order: PurchaseOrder, limits: Limits) -> None:
    previewed(order)
    client = visit("Buyer")
    seen = form_values(page(client, change_page(order)))["seen"]
    limits.monthly_cap = limits.location_monthly_cap = Decimal(20)
    limits.numbers_a_day = 3
    limits.save()
    before = rows_of_all()

    html = plain(page(client, change_page(order)))
    response = client.post(address("submit", order.pk), {"seen": seen})

    for text in (html, said(response)):
        assert "All locations together may cost 20 USD a month" in text
        assert "Hill Country Roofing (mineLOCATION01) may cost 20 USD a month" in text
        assert "You may ask for 3 numbers a day" in text
        assert "ask somebody who may change the limits" in text
        assert "this adds 21.50" in text
    assert "10 of 10 numbers could be bought for 21.50 USD a month, but that is over a limit" in html
    assert ">Submit</button>" not in html
    assert rows_of_all() == before


def test_many_caps_are_not_told_one_by_one(world: World, visit: Visit, limits: Limits, mailbox: Mailbox) -> None:
    places = [make_location(f"cappedLOCATION{number:02}", name=f"Capped {number:02}") for number in range(30)]
    order = begin(world.people["root"])
    add_wants(order, places)
    previewed(order)
    limits.location_monthly_cap = Decimal(1)
    limits.save()

    html = page(visit("root"), change_page(order))

    assert html.count("may cost 1 USD a month") == 10
    assert "20 more caps would be broken." in html


def change_a_line(order: PurchaseOrder) -> None:
    drafting.remove_lines(order.pk, order.lines.filter(pk__in=order.lines.values("pk")[:1]), actor=order.requested_by)


def change_a_rule(order: PurchaseOrder) -> None:
    drafting.set_substitution(order.pk, order.lines.all(), Substitution.KIND, actor=order.requested_by)


def let_a_day_pass(order: PurchaseOrder) -> None:
    PurchaseOrder.objects.filter(pk=order.pk).update(previewed_at=timezone.now() - timedelta(days=2))


def spoil_all(order: PurchaseOrder) -> None:
    order.lines.update(problem=Problem.SUSPENDED)


@pytest.mark.parametrize(
    ("meanwhile", "says"),
    [
        (change_a_line, "was changed, or never previewed. Preview it"),
        (change_a_rule, "no longer what you saw. Look at what stands here now"),
        (let_a_day_pass, "more than a day old. Preview it again."),
        (spoil_all, "none of the numbers can be bought."),
    ],
)
def test_refusal_says_what_to_do(
    meanwhile: Callable[[PurchaseOrder], None], says: str, world: World, visit: Visit, order: PurchaseOrder
) -> None:
    previewed(order)
    client = visit("Buyer")
    seen = form_values(page(client, change_page(order)))["seen"]
    meanwhile(order)
    before = rows_of_all()

    response = client.post(address("submit", order.pk), {"seen": seen})

    assert says in said(response)
    assert "Nothing was submitted" in said(response)
    assert rows_of_all() == before


@pytest.mark.parametrize("seen", ["", "x", "\x00", "9" * 10_000], ids=["empty", "x", "nul", "long"])
def test_senseless_confirmation_buys_nothing(seen: str, world: World, visit: Visit, order: PurchaseOrder) -> None:
    previewed(order)

    response = visit("Buyer").post(address("submit", order.pk), {"seen": seen})

    assert "Nothing was submitted" in said(response)
    assert not Purchase.objects.filter(order=order).exists()


def test_draft_of_another_is_not_submitted_by_a_superuser(world: World, visit: Visit, order: PurchaseOrder) -> None:
    previewed(order)

    html = page(visit("root"), change_page(order))
    response = send(visit("root"), order)

    assert ">Submit</button>" not in html
    assert "only who began a draft can submit it" in said(response)


def test_preview_without_anything_to_buy_has_no_button(world: World, visit: Visit, order: PurchaseOrder) -> None:
    previewed(order, problem=Problem.NOT_CONNECTED, bad=10)

    html = plain(page(visit("Buyer"), change_page(order)))

    assert "0 of 10 numbers will be bought" in html
    assert ">Submit</button>" not in html


def test_line_shows_number_place_price_and_time(world: World, visit: Visit, mailbox: Mailbox) -> None:
    order = begin(world.people["Buyer"])
    wish = Wish(
        location_id=world.mine.location.pk, phone_number="+18305550100", locality="San Antonio", region="TX", row=7
    )
    add_lines(order.pk, [wish], source=Source.FILE, label="x.csv", actor=world.people["Buyer"])
    previewed(order)

    html = plain(page(visit("Buyer"), change_page(order)))

    for text in ("+1 830-555-0100", "San Antonio, TX", "2.15 USD", "row 7", "1 of 1 numbers will be bought"):
        assert text in html
    assert html.count("<time ") >= 3


# ── Bounded

MANY = 10_000
MOST_QUERIES = 40


@pytest.fixture
def huge(world: World, mailbox: Mailbox) -> PurchaseOrder:
    """A draft of ten thousand lines in thirty parts, for a hundred locations."""
    buyer = world.people["Buyer"]
    places = [make_location(f"manyLOCATION{number:03}", name=f"Branch {number:03}") for number in range(100)]
    buyer.assigned_locations.add(*places)
    order = begin(buyer, "Huge")
    for _part in range(30):
        add_wants(order, places, each=3)
    add_wants(order, places, each=10)
    assert order.lines.count() == MANY
    return order


def queries_of(client: Client, address: str, count: Any, **query: Any) -> int:
    with count(MOST_QUERIES) as counted:
        html = page(client, address, **query)
    assert len(html) < 400_000
    return len(counted)


def test_pages_ask_as_much_for_many_lines_as_for_few(
    world: World, visit: Visit, order: PurchaseOrder, huge: PurchaseOrder, django_assert_max_num_queries: Any
) -> None:
    client = visit("Buyer")
    count = django_assert_max_num_queries
    part = huge.parts.all()[0]

    drafts = [queries_of(client, change_page(each), count) for each in (order, huge)]
    last = queries_of(client, change_page(huge), count, page=200, parts=2)
    queries_of(client, address("part_places", huge.pk, part.pk), count)
    for each in (order, huge):
        previewed(each, problem=Problem.NOT_OFFERED, bad=5)
    results = [queries_of(client, change_page(each), count) for each in (order, huge)]
    PurchaseOrder.objects.update(status=OrderStatus.PREVIEWING, next_action_at=timezone.now())
    followed = [queries_of(client, address("preview_progress", each.pk), count) for each in (order, huge)]
    listed = queries_of(client, "/admin/numbers_app/purchaseorder/", count)

    assert drafts[0] == drafts[1] == last
    assert results[0] == results[1]
    assert followed[0] == followed[1] <= 10
    assert listed <= 25
