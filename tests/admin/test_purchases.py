"""The history: the list, and a purchase's page, which follows its life by itself."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from numbers_app.explanations import ANSWER_COLOURS, EXPLANATIONS, STATUS_COLOURS, STATUS_ICONS
from numbers_app.models import (
    FINAL,
    Answer,
    Location,
    PhoneNumber,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    PurchaseOrder,
    Status,
    TwilioAccount,
    Via,
)
from numbers_app.purchasing.lifecycle import transition
from tests.admin.world import World, change_page, list_page, page, progress, short
from tests.factories import make_attempt, make_location, make_number, make_purchase

LIST = "/admin/numbers_app/purchase/"
MOVING = [status for status in Status if status not in FINAL and status != Status.NEEDS_REVIEW]


def rows(shown: str) -> list[str]:
    """The numbers of a list's rows, from top to bottom."""
    table = shown[shown.index('id="result_list"') :] if 'id="result_list"' in shown else ""
    return re.findall(r"\+1 [\d-]{12}", table[: table.find("</table>")])


def listed(client: Client, **query: Any) -> list[str]:
    return rows(page(client, LIST, **query))


@pytest.fixture
def buyer(visit: Callable[[str], Client]) -> Client:
    return visit("Buyer")


# ── The list


def test_list_shows_what_was_bought_for_whom_by_whom_and_for_how_much(world: World, buyer: Client) -> None:
    purchase = world.mine.purchase
    Purchase.objects.filter(pk=purchase.pk).update(monthly_price=Decimal("1.1500"), price_unit="USD")

    shown = page(buyer, LIST)

    for text in ("+1 210-555-0142", "Hill Country Roofing", "Purchased", "asked-210555", "1.15 USD", "AC210555aa…"):
        assert text in shown
    columns = re.findall(r"<th[^>]* column-(\w+)", shown)
    assert columns == ["number", "place", "state", "asked_by", "asked_for", "price", "short_sid"]


def test_list_begins_with_the_latest(world: World, buyer: Client) -> None:
    for number in ("+12105550001", "+12105550002"):
        make_purchase(number, location=world.mine.location)

    assert listed(buyer) == ["+1 210-555-0002", "+1 210-555-0001", "+1 210-555-0142"]
    assert listed(buyer, o="4") == ["+1 210-555-0142", "+1 210-555-0001", "+1 210-555-0002"]


def test_list_says_where_an_order_came_from_that_nobody_signed(world: World, buyer: Client) -> None:
    order = PurchaseOrder.objects.create(via=Via.COMMAND)
    make_purchase("+12105550001", location=world.mine.location, order=order)

    assert "Command line" in page(buyer, LIST)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status__exact": "queued"}, ["+1 210-555-0001"]),
        ({"status__exact": "purchased"}, ["+1 210-555-0142"]),
        ({"status__exact": "rejected"}, []),
        ({"status__exact": ""}, ["+1 210-555-0001", "+1 210-555-0142"]),
        ({"number_type__exact": "tollFree"}, ["+1 210-555-0001"]),
        ({"number_type__exact": "local"}, ["+1 210-555-0142"]),
        ({"number_type__exact": "tollFree", "status__exact": "purchased"}, []),
    ],
)
def test_list_is_filtered(query: dict[str, str], found: list[str], world: World, buyer: Client) -> None:
    make_purchase("+12105550001", location=world.mine.location, number_type="tollFree")

    assert listed(buyer, **query) == found


def test_list_is_filtered_by_location(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")

    shown = page(client, LIST, location__id__exact=world.other.location.pk)

    assert rows(shown) == ["+1 432-777-0142"]
    assert f'<option value="{world.other.location.pk}" selected' in shown


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("2026-03-10", "2026-03-10", True),
        ("2026-03-10", "", True),
        ("", "2026-03-10", True),
        ("2026-03-09", "2026-03-11", True),
        ("2026-03-11", "", False),
        ("", "2026-03-09", False),
        ("0001-01-01", "9999-12-31", True),
    ],
)
def test_list_is_filtered_by_days_with_all_of_their_hours(
    first: str, last: str, found: bool, world: World, buyer: Client
) -> None:
    for hour, minute in ((0, 0), (12, 30), (23, 59)):
        at = datetime(2026, 3, 10, hour, minute, tzinfo=UTC)
        Purchase.objects.filter(pk=world.mine.purchase.pk).update(created_at=at)

        assert bool(listed(buyer, created_at_from=first, created_at_to=last)) == found


@pytest.mark.parametrize(
    "term",
    [
        "+12105550142",
        "(210) 555-0142",
        "210.555.0142",
        "1-210-555-0142",
        "5550142",
        "0142",
        "２１０５５５０１４２",
        "Hill Country",
        "roofing",
        "mineLOCATION01",
        "minelocation01",
        "AC210555aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "AC210555",
        "ac21055",
        "ac210555aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "PN777",
        "finger-210555",
        "  Hill  ",
    ],
)
def test_purchase_is_found_by_whatever_is_known_of_it(term: str, world: World, buyer: Client) -> None:
    Purchase.objects.filter(pk=world.mine.purchase.pk).update(number_sid="PN777")
    make_purchase("+13615550199", location=make_elsewhere(world))

    assert listed(buyer, q=term) == ["+1 210-555-0142"]


def make_elsewhere(world: World) -> Location:
    location = make_location("thirdLOCATION3", name="Gulf Movers")
    location.users.add(*world.people.values())
    return location


@pytest.mark.parametrize(
    "term",
    ["nothing like it", "finger", "9999999", "AC210556", "%", "_", "'", "\\", "💥", "a" * 60_000, "1" * 60_000],
    ids=short,
)
def test_search_without_a_match_says_so(term: str, world: World, buyer: Client) -> None:
    shown = page(buyer, LIST, q=term)

    assert rows(shown) == []
    assert "Nothing matches" in shown


@pytest.mark.parametrize(
    "query", [{"location__users__password__startswith": "m"}, {"order__requested_by__password__startswith": "m"}]
)
def test_list_lets_nobody_ask_for_other_columns(query: dict[str, str], world: World, buyer: Client) -> None:
    shown = page(buyer, LIST, **query)

    assert rows(shown) == ["+1 210-555-0142"]
    assert f"“{next(iter(query))}” in the address is none of this list's filters." in shown


@pytest.mark.parametrize("query", [{"p": "abc"}, {"p": "999"}, {"o": "x.-9"}, {"status__exact": "no-such"}, {"e": "1"}])
def test_odd_address_shows_a_list(query: dict[str, str], world: World, buyer: Client) -> None:
    assert "Purchases" in page(buyer, LIST, **query)


@pytest.mark.parametrize(("role", "invited"), [("Viewer", False), ("Buyer", True)])
def test_empty_list_says_what_will_stand_here(
    role: str, invited: bool, world: World, visit: Callable[[str], Client]
) -> None:
    world.mine.location.users.clear()

    shown = page(visit(role), LIST)

    assert "No purchases yet" in shown
    assert ('<a class="desk-button" href="/admin/numbers_app/purchase/buy/">' in shown) == invited


@pytest.mark.parametrize("model", [Purchase, PhoneNumber, Location])
def test_list_asks_the_database_as_often_for_many_rows_as_for_few(
    model: Any, world: World, buyer: Client, django_assert_max_num_queries: Any
) -> None:
    address = list_page(model)
    buyer.get(address)
    few = count_queries(buyer, address)

    for n in range(300):
        make_purchase(f"+1210556{n:04d}", location=world.mine.location)
        make_number(f"+1210557{n:04d}", location=world.mine.location)
    for n in range(60):
        make_location(f"anotherLOCATION{n}").users.add(world.people["Buyer"])

    with django_assert_max_num_queries(few):
        buyer.get(address)


def count_queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


# ── The page


def test_page_shows_everything_that_was_sent(world: World, buyer: Client) -> None:
    purchase = make_purchase(
        "+18305551234",
        location=world.mine.location,
        order=PurchaseOrder.objects.create(requested_by=world.people["Buyer"]),
        address_sid="AD" + "1" * 32,
        bundle_sid="BU" + "2" * 32,
        locality="San Antonio",
        region="TX <b>",
        fingerprint_id="from-a-search",
        skip_location_kyc=True,
        monthly_price=Decimal("2.0000"),
        price_unit="USD",
    )

    shown = page(buyer, change_page(purchase))

    facts = dict(re.findall(r"<dt>([^<]*)</dt><dd[^>]*>(.*?)</dd>", shown, flags=re.DOTALL))
    for label, text in {
        "Location": "Hill Country Roofing",
        "Address SID": purchase.address_sid,
        "Bundle SID": purchase.bundle_sid,
        "Locality": "San Antonio",
        "Region": "TX &lt;b&gt;",
        "Fingerprint": "from-a-search",
        "Price a month": "2 USD",
        "Against": "the sandbox",
    }.items():
        assert text in facts[label]
    assert "buyer" in shown


def test_page_shows_timeline_and_attempts(world: World, buyer: Client) -> None:
    purchase = make_purchase("+18305551234", location=world.mine.location, status=Status.REJECTED, reason="No <more>.")
    attempt = make_attempt(
        purchase,
        answer=Answer.REFUSED,
        request_body={"phoneNumber": "+18305551234", "countryCode": "US"},
        status_code=400,
        duration_ms=1234,
        words="No <more>.",
        trace_id="trace-77",
        worker="host/1/main",
        reply_headers={"x-ratelimit-max": "100"},
        reply_body='{"message":"No <more>.","token":"[redacted]"}',
    )
    at = timezone.now()
    PurchaseEvent.objects.create(
        purchase=purchase, at=at, to_status=Status.QUEUED, because="Asked for.", actor=world.people["Buyer"]
    )
    PurchaseEvent.objects.create(
        purchase=purchase,
        at=at,
        from_status=Status.QUEUED,
        to_status=Status.REJECTED,
        because="No <more>.",
        attempt=attempt,
    )

    shown = page(buyer, change_page(purchase))

    for text in (
        "HTTP 400",
        "1234 ms",
        "trace-77",
        "host/1/main",
        "Refused",
        "Asked for.",
        "x-ratelimit-max",
        "Rejected",
    ):
        assert text in shown
    pretty = '{\n  "message": "No <more>.",\n  "token": "[redacted]"\n}'
    assert html.escape(pretty) in shown
    assert html.escape('"phoneNumber": "+18305551234"') in shown
    assert "No <more>." not in shown
    tidy = re.sub(r"\s+", " ", shown)
    assert tidy.index("Rejected</span> <span>No &lt;more") < tidy.index("Asked for.")


def test_page_of_purchased_number_shows_account_and_numbers_map(world: World, buyer: Client) -> None:
    purchase = world.mine.purchase
    make_number("+12105550007", location=world.mine.location, service="fax <i>", assigned_user="user-9")
    make_number("+12105550008", location=world.mine.location, gone_at=timezone.now())

    shown = page(buyer, change_page(purchase))

    table = shown[shown.index('id="numbers-map"') :]
    table = table[: table.index("</table>")]
    assert purchase.account_sid in shown
    assert "The provider&#x27;s reply" in shown
    assert re.findall(r"\+1 [\d-]{12}", table) == ["+1 210-555-0142", "+1 210-555-0007"]
    for text in ("Line 210555", "conversation", "fax &lt;i&gt;", "user-9", "desk-row-own"):
        assert text in table


def test_page_falls_back_to_the_mirror_for_the_account_sid(world: World, buyer: Client) -> None:
    Purchase.objects.filter(pk=world.mine.purchase.pk).update(account_sid="")

    without = page(buyer, change_page(world.mine.purchase))
    TwilioAccount.objects.create(location=world.mine.location, account_sid="ACmirror", synced_at=timezone.now())
    with_mirror = page(buyer, change_page(world.mine.purchase))

    assert re.search(r"<dt>Account SID</dt><dd[^>]*>–</dd>", without)
    assert re.search(r"<dt>Account SID</dt><dd[^>]*>ACmirror</dd>", with_mirror)


def test_page_lists_fifty_numbers_and_links_to_the_rest(world: World, buyer: Client) -> None:
    for n in range(60):
        make_number(f"+1210558{n:04d}", location=world.mine.location)

    shown = page(buyer, change_page(world.mine.purchase))

    assert len(re.findall("<tr", shown[shown.index('id="numbers-map"') :])) == 51
    assert "and 11 more numbers of this location" in shown
    link = f"{list_page(PhoneNumber)}?location={world.mine.location.pk}"
    assert link in shown
    assert len(rows(page(buyer, link))) > 0


@pytest.mark.parametrize("status", list(Status))
def test_page_moves_exactly_while_something_is_to_come(status: Status, world: World, buyer: Client) -> None:
    purchase = make_purchase("+18305551234", location=world.mine.location, status=status)

    shown = progress(page(buyer, change_page(purchase)))

    assert ("hx-get" in shown) == ("desk-moving" in shown) == (status in MOVING)
    assert html.escape(str(EXPLANATIONS[status])) in shown
    assert str(status.label) in shown


@pytest.mark.parametrize(("minutes", "pace"), [(0, "1s"), (3, "5s")])
def test_page_asks_less_often_after_a_while(minutes: int, pace: str, world: World, buyer: Client) -> None:
    purchase = make_purchase("+18305551234", location=world.mine.location, status=Status.UNCERTAIN)
    Purchase.objects.filter(pk=purchase.pk).update(created_at=timezone.now() - timedelta(minutes=minutes))

    assert f'hx-trigger="every {pace}"' in page(buyer, change_page(purchase))


@pytest.mark.parametrize(("seconds", "lonely"), [(0, False), (20, True)])
def test_page_says_when_no_worker_seems_to_run(seconds: int, lonely: bool, world: World, buyer: Client) -> None:
    purchase = make_purchase("+18305551234", location=world.mine.location)
    Purchase.objects.filter(pk=purchase.pk).update(created_at=timezone.now() - timedelta(seconds=seconds))
    PurchaseAttempt.objects.update(started_at=timezone.now() - timedelta(minutes=1))

    assert ("no worker seems to be running" in page(buyer, change_page(purchase))) == lonely


def test_page_answers_for_a_purchase_that_is_not_there_with_a_word(world: World, buyer: Client) -> None:
    for wrong in ("999999", "0", "-1", "abc", "9" * 40, "%00", "1_5F"):
        response = buyer.get(f"{LIST}{wrong}/change/", follow=True)
        assert response.redirect_chain == [("/admin/", 302)]
        assert "exist. Perhaps it was deleted?" in html.unescape(response.content.decode())


def test_page_asks_the_database_a_bounded_number_of_times(
    world: World, buyer: Client, django_assert_max_num_queries: Any
) -> None:
    purchase = world.mine.purchase
    few = count_queries(buyer, change_page(purchase))

    for n in range(20):
        make_attempt(purchase, answer=Answer.UNKNOWN)
        make_number(f"+1210558{n:04d}", location=world.mine.location)
        PurchaseEvent.objects.create(
            purchase=purchase, at=timezone.now(), to_status=Status.UNCERTAIN, because="?", actor=world.people["Buyer"]
        )

    with django_assert_max_num_queries(few):
        buyer.get(change_page(purchase))


# ── What follows


def follow(client: Client, shown: str) -> Any:
    """Asks what the page's script would ask."""
    link = re.search(r'hx-get="([^"]*/progress/[^"]*)"', shown)
    assert link
    return client.get(html.unescape(link[1]))


def test_progress_is_silent_until_something_changes(world: World, buyer: Client) -> None:
    purchase = make_purchase("+18305551234", location=world.mine.location)
    shown = page(buyer, change_page(purchase))

    quiet = follow(buyer, shown)
    transition(purchase, to=Status.CANCELLED, because="Not <needed>.")
    news = follow(buyer, shown)

    assert (quiet.status_code, quiet.content) == (204, b"")
    content = news.content.decode()
    assert news.status_code == 200
    assert "<title>+1 830-555-1234 · Cancelled | Leadway Numbers</title>" in content.replace("\n", "")
    assert "<strong>Leadway Numbers</strong>" in content
    assert "<html" not in content
    assert "Not &lt;needed&gt;." in content
    assert "hx-get" not in content


def test_progress_tells_of_a_later_next_step_and_of_a_missing_worker(world: World, buyer: Client) -> None:
    purchase = make_purchase("+18305551234", location=world.mine.location)
    first = page(buyer, change_page(purchase))

    Purchase.objects.filter(pk=purchase.pk).update(next_action_at=timezone.now() + timedelta(minutes=5))
    second = follow(buyer, first)
    Purchase.objects.filter(pk=purchase.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    PurchaseAttempt.objects.update(started_at=timezone.now() - timedelta(minutes=1))
    third = follow(buyer, second.content.decode())

    assert (second.status_code, third.status_code) == (200, 200)
    assert "no worker seems to be running" in third.content.decode()


@pytest.mark.parametrize("version", ["", "x", "9" * 5000, "\x00"], ids=short)
def test_progress_without_its_version_shows_everything(version: str, world: World, buyer: Client) -> None:
    address = reverse("admin:numbers_app_purchase_progress", args=[world.mine.purchase.pk])

    assert buyer.get(address, {"version": version}).status_code == 200


@pytest.mark.parametrize("wrong", ["999999", "abc", "9" * 40, "-1"])
def test_progress_of_nothing_is_not_found(wrong: str, world: World, buyer: Client) -> None:
    assert buyer.get(f"{LIST}{wrong}/progress/").status_code == 404


# ── The words


@pytest.mark.parametrize("table", [EXPLANATIONS, STATUS_COLOURS, STATUS_ICONS])
def test_every_status_is_explained_and_dressed(table: dict[Status, Any]) -> None:
    assert set(table) == set(Status)
    assert all(table.values())


def test_every_answer_has_a_colour() -> None:
    assert set(ANSWER_COLOURS) == set(Answer)
