"""The first page: what needs a person, the figures, the charts and their tables, the first steps, and what moves."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from numbers_app.charts import Column, Kind, draw
from numbers_app.models import (
    FINAL,
    Answer,
    ApiToken,
    LineStatus,
    Location,
    Mail,
    MailKind,
    OrderStatus,
    Purchase,
    PurchaseOrder,
    Status,
)
from numbers_app.purchasing.limits import current_limits
from numbers_app.tallies import count_everything, count_up
from tests.admin.world import World, page
from tests.carried_out import make_line, make_submitted
from tests.factories import make_attempt, make_location, make_number, make_purchase, make_user

MOVING = "/admin/numbers_app/purchaseorder/in-progress/"
TAGS = re.compile(r"<[^>]+>")


def counted() -> None:
    """As the task does it, a few times a minute."""
    count_everything()
    count_up(seconds=60.0)


def words(shown: str) -> str:
    return " ".join(html.unescape(TAGS.sub(" ", shown)).split())


def section(shown: str, name: str) -> str:
    """The words of one part of the page."""
    begin = shown.index(f'id="{name}"')
    return words(shown[begin : shown.index("</section>", begin)])


def needs(shown: str) -> dict[str, str]:
    return {need: words(said) for need, said in re.findall(r'data-need="(\w+)">(.*?)</a>', shown)}


def steps(shown: str) -> dict[str, str]:
    """Each step and how it stands: done, next, or neither."""
    found = re.findall(r'class="dash-step( dash-step-done)?" data-step="(\w+)"( aria-current="step")?', shown)
    return {step: "done" if done else "next" if current else "" for done, step, current in found}


# ── What needs a person


def test_desk_on_which_nothing_waits_says_so(world: World, visit: Callable[[str], Client]) -> None:
    shown = page(visit("Viewer"), "/admin/")

    assert needs(shown) == {}


def test_what_needs_a_person_comes_first_each_with_its_link(world: World, visit: Callable[[str], Client]) -> None:
    place = world.mine.location
    make_purchase("+12105550001", location=place, status=Status.NEEDS_REVIEW)
    make_number("+12105550002", location=place)
    make_number("+12105550003", location=place, gone_at=timezone.now())
    make_submitted(OrderStatus.AWAITING_APPROVAL, requested_by=make_user())
    make_submitted(OrderStatus.PAUSED, requested_by=world.people["root"])
    Location.objects.filter(pk=place.pk).update(
        paused_at=timezone.now(), paused_because="Invalid token", sync_error="Unauthorized"
    )
    for sent_at in (None, timezone.now()):
        Mail.objects.create(recipient=world.people["root"], kind=MailKind.FINISHED, tries=8, sent_at=sent_at)

    shown = page(visit("root"), "/admin/")

    assert needs(shown) == {
        "approval": "1 order waits for your approval",
        "needs_review": "1 purchase waits for a decision",
        "stopped": "1 location’s queue is stopped",
        "orphans": "1 number is explained by no purchase",
        "vanished": "1 number vanished from the provider’s list",
        "paused": "1 order is paused",
        "unread": "1 location could not be read",
        "mails": "1 mail of the last 7 days could not be sent",
    }
    assert shown.index('id="needs"') < shown.index('id="figures"') < shown.index('id="engine"')
    client = visit("root")
    links = [html.unescape(link) for link in re.findall(r'class="dash-need" href="([^"]+)"', shown)]
    assert [client.get(link).status_code for link in links] == [200] * 8


@pytest.mark.parametrize(
    ("role", "waits"),
    [
        ("Viewer", {"needs_review", "stopped"}),
        ("Buyer", {"needs_review", "stopped"}),
        ("Manager", {"needs_review", "stopped", "orphans", "unread"}),
    ],
)
def test_each_role_is_told_what_it_can_do_something_about(
    role: str, waits: set[str], world: World, visit: Callable[[str], Client]
) -> None:
    for place in (world.mine.location, world.other.location):
        make_purchase(f"+1210555{place.pk:04}", location=place, status=Status.NEEDS_REVIEW)
        make_number(f"+1210556{place.pk:04}", location=place)
        Location.objects.filter(pk=place.pk).update(paused_at=timezone.now(), sync_error="Unauthorized")
    client = visit(role)

    shown = page(client, "/admin/")

    assert set(needs(shown)) == waits
    assert all(said.startswith("1 ") for said in needs(shown).values())  # others' locations are not theirs
    links = [html.unescape(link) for link in re.findall(r'class="dash-need" href="([^"]+)"', shown)]
    assert {client.get(link).status_code for link in links} == {200}


def test_many_are_counted_no_further_than_a_hundred(world: World, visit: Callable[[str], Client]) -> None:
    for n in range(101):
        make_purchase(f"+1210555{n:04}", location=world.mine.location, status=Status.NEEDS_REVIEW)

    assert needs(page(visit("Viewer"), "/admin/"))["needs_review"] == "99+ purchases wait for a decision"


def test_orphan_is_told_of_at_once_and_no_more_when_it_is_adopted(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Manager")
    make_number("+12105550002", location=world.mine.location)
    before = "orphans" in needs(page(client, "/admin/"))

    make_purchase("+12105550002", location=world.mine.location, status=Status.PURCHASED)

    assert before
    assert "orphans" not in needs(page(client, "/admin/"))


# ── Figures


def test_figures_and_charts_tell_what_was_bought_and_what_it_costs(
    world: World, visit: Callable[[str], Client]
) -> None:
    for n in range(3):
        number = f"+1210555100{n}"
        make_purchase(
            number,
            location=world.mine.location,
            status=Status.PURCHASED,
            monthly_price=Decimal("1.15"),
            price_unit="USD",
        )
        make_number(number, location=world.mine.location)
    make_purchase("+12105552000", location=world.mine.location, status=Status.REJECTED, reason="It is <gone>.")
    counted()

    shown = page(visit("Viewer"), "/admin/")

    figures, days = section(shown, "figures"), section(shown, "days")
    assert "4 numbers bought" in figures
    assert "4 active numbers now" in figures
    assert "3.45 USD a month, for the active numbers the price of 1 number is not known" in figures
    assert "80 % success: of the 5 purchases that were decided, so many were bought." in days
    assert "1 It is <gone>." in days
    assert "being counted" not in figures


def test_page_says_that_the_books_are_still_being_counted(world: World, visit: Callable[[str], Client]) -> None:
    assert "The books are being counted for the first time" in section(page(visit("Viewer"), "/admin/"), "figures")


def test_no_cost_is_drawn_where_no_price_is_known(world: World, visit: Callable[[str], Client]) -> None:
    counted()

    figures = page(visit("root"), "/admin/")

    assert "The provider has told no price" in section(figures, "figures")
    assert 'id="chart-cost-title"' not in figures


def test_each_chart_stands_beside_a_table_of_the_same_data(world: World, visit: Callable[[str], Client]) -> None:
    Purchase.objects.filter(status=Status.PURCHASED).update(monthly_price=Decimal("1.15"), price_unit="USD")
    counted()
    shown = page(visit("root"), "/admin/")

    charts = re.findall(r'<svg class="chart-drawing".*?</svg>', shown, flags=re.DOTALL)

    assert len(charts) == 2  # the provider was not called
    for drawing in charts:
        labelled = re.search(r'role="img" aria-labelledby="(\S+) (\S+)"', drawing)
        assert labelled
        assert all(f'id="{name}"' in drawing for name in labelled.groups())
    said = re.findall(r"<title>([^<]+) · bought: 2</title>", shown)
    assert len(said) == 1
    assert f'<th scope="row">{said[0]}</th><td>2</td>' in shown


@pytest.mark.parametrize(
    ("percent", "shown"),
    [(None, "–"), (100.0, "100 %"), (99.99, "99.9 %"), (0.004, "0.1 %"), (0.0, "0 %"), (66.67, "66.7 %")],
)
def test_success_is_never_rounded_to_all_or_nothing(percent: float | None, shown: str) -> None:
    from numbers_app.admin.dashboard import shown_share

    assert shown_share(percent) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "–"), (0.0047, "4.7 ms"), (0.12, "120 ms"), (0.951, "950 ms"), (2.51, "2.5 s"), (123.0, "120 s")],
)
def test_time_is_told_in_two_digits_and_never_as_a_power_of_ten(seconds: float | None, shown: str) -> None:
    from numbers_app.admin.dashboard import shown_seconds

    assert shown_seconds(seconds) == shown


@pytest.mark.parametrize(("language", "labels"), [("en", ["0", "500,000", "1,000,000"]), ("es", ["0", "0,5", "1"])])
def test_scale_of_a_chart_is_in_the_readers_language(language: str, labels: list[str]) -> None:
    top = 1_000_000.0 if language == "en" else 1.0
    column = Column(label="", says="", parts={"bought": top})

    with translation.override(language):
        drawn = draw(
            name="cost", title="", summary="", kinds=[Kind(name="bought", label="")], columns=[column], labels=1,
            whole=False,
        )  # fmt: skip

    assert [tick.label for tick in drawn.up] == labels


def test_others_refusals_are_not_told(world: World, visit: Callable[[str], Client]) -> None:
    make_purchase("+14325552000", location=world.other.location, status=Status.REJECTED, reason="A word of theirs.")
    counted()

    assert "A word of theirs." not in page(visit("Viewer"), "/admin/")
    assert "A word of theirs." in page(visit("root"), "/admin/")


@pytest.mark.parametrize("role", ["Viewer", "Manager", "root"])
def test_page_asks_the_same_questions_of_few_purchases_and_of_many(
    role: str, world: World, visit: Callable[[str], Client]
) -> None:
    client = visit(role)
    asked = []
    for many in (5, 300):
        while Purchase.objects.count() < many:
            status = FINAL[Purchase.objects.count() % len(FINAL)]
            number = f"+1210777{Purchase.objects.count():04}"
            purchase = make_purchase(number, location=world.mine.location, status=status, reason="Gone.")
            make_attempt(purchase, answer=Answer.REFUSED)
            if status == Status.PURCHASED:
                make_number(number, location=world.mine.location)
        counted()
        page(client, "/admin/")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            page(client, "/admin/")
        asked.append(len(captured))

    assert asked[0] == asked[1]
    assert asked[0] <= 55


# ── Orders in progress


def running_order(world: World, many: int = 4) -> PurchaseOrder:
    order = make_submitted(OrderStatus.RUNNING, requested_by=world.people["Buyer"], name="Spring")
    for n in range(many):
        status = LineStatus.BOUGHT if n == 0 else LineStatus.OPEN
        make_line(order, f"+1210888{order.pk:02}{n:02}", location=world.mine.location, status=status)
    return order


def test_running_order_shows_its_bar_and_asks_for_more(world: World, visit: Callable[[str], Client]) -> None:
    order = running_order(world)

    shown = page(visit("Viewer"), "/admin/")

    moving = shown[shown.index('id="moving"') :]
    assert 'aria-valuenow="25"' in moving
    assert f'data-order="{order.pk}"' in moving
    assert "1 bought" in words(moving)
    assert f'hx-get="{MOVING}?version=' in moving


def test_part_answers_nothing_while_nothing_has_changed_and_stops_asking_at_the_end(
    world: World, visit: Callable[[str], Client]
) -> None:
    order = running_order(world)
    client = visit("Viewer")
    shown = page(client, "/admin/")
    version = re.findall(r"in-progress/\?version=(\w+)", shown)[0]

    same = client.get(MOVING, {"version": version})
    order.lines.update(status=LineStatus.BOUGHT)
    changed = client.get(MOVING, {"version": version})
    PurchaseOrder.objects.filter(pk=order.pk).update(status=OrderStatus.FINISHED, next_action_at=None)
    over = client.get(MOVING, {"version": version})

    assert same.status_code == 204
    assert 'aria-valuenow="100"' in changed.content.decode()
    assert "hx-get" in changed.content.decode()
    assert "No order is being carried out." in over.content.decode()
    assert "hx-get" not in over.content.decode()


def test_no_more_than_five_orders_are_shown_and_others_not_at_all(world: World, visit: Callable[[str], Client]) -> None:
    orders = [running_order(world, many=2) for _ in range(6)]
    make_line(make_submitted(OrderStatus.RUNNING, name="Theirs"), "+14328880000", location=world.other.location)

    shown = page(visit("Viewer"), "/admin/")

    assert re.findall(r'data-order="(\d+)"', shown) == [str(order.pk) for order in orders[:0:-1]]
    assert "All orders that are being carried out" in shown
    assert "Theirs" not in shown


# ── The first steps


@pytest.fixture
def root(db: None) -> Client:
    client = Client()
    client.force_login(make_user(username="first", is_staff=True, is_superuser=True))
    return client


def test_newcomer_is_led_from_the_token_to_the_first_number(root: Client, settings: Any) -> None:
    settings.SANDBOX = False
    settings.LEADCONNECTOR_TOKEN = ""
    nothing = steps(page(root, "/admin/"))
    ApiToken.objects.create(token="pit-123", last_four="-123")
    with_token = steps(page(root, "/admin/"))
    place = make_location()
    with_place = steps(page(root, "/admin/"))
    limits = current_limits()
    limits.numbers_a_day = 5
    limits.save()
    purchase = make_purchase(location=place, sandbox=False)
    asked = steps(page(root, "/admin/"))
    Purchase.objects.filter(pk=purchase.pk).update(
        status=Status.PURCHASED, next_action_at=None, finished_at=timezone.now(), confirmed_by="reply"
    )
    bought = steps(page(root, "/admin/"))

    assert list(nothing) == ["token", "locations", "people", "limits", "ask", "bought"]
    assert [step for step, how in nothing.items() if how] == ["token"]
    assert [step for step, how in with_token.items() if how == "next"] == ["locations"]
    assert [step for step, how in with_place.items() if how == "next"] == ["ask"]
    assert asked == {
        "token": "done",
        "locations": "done",
        "people": "",
        "limits": "done",
        "ask": "done",
        "bought": "next",
    }
    assert bought == {}


def test_rehearsal_needs_no_token(root: Client) -> None:
    assert steps(page(root, "/admin/"))["token"] == "done"


@pytest.mark.parametrize(
    ("role", "asks", "links"),
    [
        ("Viewer", "You may look on. Who is in the group Buyer can ask for numbers.", {"bought"}),
        ("Buyer", "Search for one, or press “Buy a number”.", {"ask", "bought"}),
        ("Manager", "Search for one, or press “Buy a number”.", {"limits", "ask", "bought"}),
    ],
)
def test_step_that_one_may_not_take_says_whom_to_ask(
    role: str, asks: str, links: set[str], world: World, visit: Callable[[str], Client]
) -> None:
    Purchase.objects.update(status=Status.REJECTED, confirmed_by="")
    Purchase.objects.filter(location=world.mine.location).update(location=world.other.location)

    shown = page(visit(role), "/admin/")

    assert asks in section(shown, "steps")
    part = shown[shown.index('id="steps"') : shown.index("</section>", shown.index('id="steps"'))]
    items = re.findall(r'data-step="(\w+)".*?</li>', part, flags=re.DOTALL)
    linked = {step for step, item in zip(items, part.split("<li")[1:], strict=True) if "<a href" in item}
    assert linked == links


def test_page_of_somebody_without_a_group_asks_for_one(world: World, visit: Callable[[str], Client]) -> None:
    shown = page(visit("bare"), "/admin/")

    assert "Ask an administrator to add you to a group." in shown
    assert 'id="figures"' not in shown


def test_drawings_hold_no_number_with_a_comma(world: World, visit: Callable[[str], Client]) -> None:
    for n in range(3):
        make_purchase(f"+1210555100{n}", location=world.mine.location, status=Status.REJECTED)
    Purchase.objects.filter(phone_number="+12105551000").update(created_at=timezone.now() - timedelta(days=2))
    counted()

    shown = page(visit("Viewer"), "/admin/")

    places = re.findall(r' (?:x|y|x1|x2|y1|y2|width|height)="([^"]+)"', shown[shown.index("chart-drawing") :])
    assert len(places) > 50
    assert not [place for place in places if "," in place]
