"""The lists of purchases and numbers: filters, counts, sums and pages."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from numbers_app.admin import keyset_list
from numbers_app.finding import purchases_that_begin_so, search_purchases
from numbers_app.history_forms import PERIODS, days_of
from numbers_app.models import Evidence, Location, PhoneNumber, Purchase, PurchaseOrder, Status
from tests.admin.world import World, list_page, page
from tests.factories import make_location, make_number, make_purchase, make_user

LIST = list_page(Purchase)
NUMBERS = list_page(PhoneNumber)
OURS = "+1 210-555-0142"


def rows(shown: str) -> list[str]:
    table = shown[shown.index('id="result_list"') :] if 'id="result_list"' in shown else ""
    return re.findall(r"\+1 [\d-]{12}", table[: table.find("</table>")])


def summary(shown: str) -> str:
    found = re.search(r'id="list-summary">(.*?)</p>', shown, re.DOTALL)
    return " ".join(re.sub("<[^>]*>", " ", found[1]).split()) if found else ""


def links(shown: str) -> dict[str, str]:
    nav = re.search(r"<nav class=\"desk-pages desk-list-pages.*?</nav>", shown, re.DOTALL)
    found = re.findall(r'<a href="([^"]*)"[^>]*>(\w+)</a>', nav[0]) if nav else []
    return {name: html.unescape(address) for address, name in found}


@pytest.fixture
def root(visit: Callable[[str], Client]) -> Client:
    return visit("root")


@pytest.fixture(params=[10_000, 3], ids=["few", "many"])
def bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The rows that are counted: a list of twenty is then read as a short one, and as one of millions."""
    monkeypatch.setattr(keyset_list, "MOST_COUNTED", request.param)
    return int(request.param)


# ── Filters


@pytest.fixture
def other(world: World) -> Purchase:
    """A purchase that differs from the world's own in everything that can be chosen."""
    approver = make_user(username="approver-of-it")
    order = PurchaseOrder.objects.create(requested_by=world.people["Buyer"], decided_by=approver)
    purchase = make_purchase(
        "+12105550001",
        location=make_location("thirdLOCATION3", name="Gulf Movers"),
        order=order,
        status=Status.PURCHASED,
        number_type="tollFree",
        country_code="CA",
        region="ON",
        confirmed_by=Evidence.PERSON,
        monthly_price=Decimal("9.5"),
        price_unit="USD",
    )
    Purchase.objects.filter(pk=purchase.pk).update(created_at=datetime(2019, 5, 6, 12, tzinfo=UTC))
    Purchase.objects.exclude(pk=purchase.pk).update(monthly_price=Decimal(1), price_unit="USD", region="TX")
    return purchase


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "purchased"}, True),
        ({"status": "bought"}, True),
        ({"status": "not_bought"}, False),
        ({"location": "thirdLOCATION3"}, True),
        ({"location": "mineLOCATION01"}, False),
        ({"order": "own"}, True),
        ({"order": "#own"}, True),
        ({"requester": "buyer"}, True),
        ({"requester": "viewer"}, False),
        ({"approver": "approver-of-it"}, True),
        ({"approver": "buyer"}, False),
        ({"number_type": "tollFree"}, True),
        ({"number_type": "local"}, False),
        ({"country": "CA"}, True),
        ({"country": "US"}, False),
        ({"region": "on"}, True),
        ({"region": "TX"}, False),
        ({"first_day": "2019-05-06", "last_day": "2019-05-06"}, True),
        ({"first_day": "2019-05-07"}, False),
        ({"last_day": "2019-05-05"}, False),
        ({"period": "this_year"}, False),
        ({"price_from": "9.5", "price_to": "9.50"}, True),
        ({"price_from": "9,5", "price_to": "9,50"}, True),
        ({"price_from": "9.51"}, False),
        ({"price_from": "9,51"}, False),
        ({"price_to": ",5"}, False),
        ({"price_to": "9.49"}, False),
        ({"confirmed": "person"}, True),
        ({"confirmed": "list"}, False),
        ({"adopted": "yes"}, True),
        ({"substituted": "replaced"}, False),
        ({"substituted": "substitute"}, False),
        (
            {"status": "bought", "country": "CA", "price_from": "9", "first_day": "2019-01-01", "confirmed": "person"},
            True,
        ),
        (
            {"status": "bought", "country": "CA", "price_from": "9", "first_day": "2019-01-01", "confirmed": "reply"},
            False,
        ),
    ],
)
def test_filter_shows_exactly_what_fits(
    query: dict[str, str], found: bool, other: Purchase, root: Client, bound: int
) -> None:
    asked = {name: as_key(name, text, other) for name, text in query.items()}

    shown = page(root, LIST, **asked)

    assert ("+1 210-555-0001" in rows(shown)) == found
    assert 'role="alert"' not in shown
    chips = shown[shown.index("desk-chips") :]
    assert chips[: chips.index("</ul>")].count("desk-chip") >= len(query)


def as_key(name: str, text: str, purchase: Purchase) -> str:
    if name == "location":
        return str(Location.objects.get(location_id=text).pk)
    if name in ("requester", "approver"):
        return str(User.objects.get(username=text).pk)
    return text.replace("own", str(purchase.order_id))


@pytest.mark.parametrize(("chosen", "found"), [("replaced", ["+1 210-555-0001"]), ("substitute", ["+1 210-555-0002"])])
def test_substitutes_and_what_they_stand_for_are_found(
    chosen: str, found: list[str], world: World, root: Client
) -> None:
    first = make_purchase("+12105550001", status=Status.REJECTED)
    make_purchase("+12105550002", substitute_of=first)

    assert rows(page(root, LIST, substituted=chosen)) == found


@pytest.mark.parametrize("group", ["in_progress", "bought", "not_bought", "needs_person"])
def test_groups_of_statuses_share_no_purchase_and_leave_none_out(group: str, world: World, root: Client) -> None:
    for place, status in enumerate(Status):
        make_purchase(f"+1210556000{place}", status=status)
    groups = {
        "in_progress": {"on_hold", "queued", "submitting", "uncertain"},
        "bought": {"purchased"},
        "not_bought": {"rejected", "failed", "cancelled"},
        "needs_person": {"awaiting_approval", "needs_review"},
    }

    shown = rows(page(root, LIST, status=group, q="+1210556"))

    expected = {f"+1 210-556-000{place}" for place, status in enumerate(Status) if status in groups[group]}
    assert set(shown) == expected
    assert set().union(*groups.values()) == set(Status.values)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", date(2026, 3, 1), date(2026, 3, 1)),
        ("yesterday", date(2026, 2, 28), date(2026, 2, 28)),
        ("last_7_days", date(2026, 2, 23), date(2026, 3, 1)),
        ("last_30_days", date(2026, 1, 31), date(2026, 3, 1)),
        ("this_month", date(2026, 3, 1), date(2026, 3, 1)),
        ("last_month", date(2026, 2, 1), date(2026, 2, 28)),
        ("this_year", date(2026, 1, 1), date(2026, 3, 1)),
    ],
)
def test_period_has_its_first_and_last_day(period: str, first: date, last: date) -> None:
    assert days_of(period, date(2026, 3, 1)) == (first, last)


@pytest.mark.parametrize("period", [value for value, _label in PERIODS if value])
def test_every_period_can_be_asked_for(period: str, world: World, root: Client) -> None:
    first, _last = days_of(period, timezone.localdate())
    inside = make_purchase("+12105550001")
    outside = make_purchase("+12105550002")
    at = datetime.combine(first, datetime.min.time(), tzinfo=UTC)
    Purchase.objects.filter(pk=inside.pk).update(created_at=at)
    Purchase.objects.filter(pk=outside.pk).update(created_at=at - timedelta(microseconds=1))

    shown = rows(page(root, LIST, period=period))

    assert "+1 210-555-0001" in shown
    assert "+1 210-555-0002" not in shown


@pytest.mark.parametrize(
    ("asked", "same"),
    [
        ({"status__exact": "queued"}, {"status": "queued"}),
        ({"number_type__exact": "tollFree"}, {"number_type": "tollFree"}),
        ({"created_at_from": "2019-01-01"}, {"first_day": "2019-01-01"}),
        ({"created_at_to": "2019-01-01"}, {"last_day": "2019-01-01"}),
    ],
)
def test_old_addresses_ask_for_the_same(
    asked: dict[str, str], same: dict[str, str], world: World, other: Purchase, root: Client
) -> None:
    old = page(root, LIST, **asked)

    assert rows(old) == rows(page(root, LIST, **same))
    assert 'role="alert"' not in old


def test_address_can_be_shared_and_shows_each_reader_their_own(world: World, visit: Callable[[str], Client]) -> None:
    shared = {"status": "bought", "country": "US"}

    assert rows(page(visit("root"), LIST, **shared)) == ["+1 432-777-0142", OURS]
    assert rows(page(visit("Viewer"), LIST, **shared)) == [OURS]


def test_filters_are_shown_and_taken_out_one_by_one(world: World, root: Client) -> None:
    shown = page(root, LIST, status="bought", country="US", q="0142")

    for text in ("Status: Bought", "Country: United States of America", "Search: 0142", "Clear all"):
        assert text in shown
    without = re.findall(r'<a class="desk-chip" href="([^"]*)"', shown)
    assert [html.unescape(link) for link in without] == [
        "?country=US&status=bought",
        "?country=US&q=0142",
        "?q=0142&status=bought",
    ]
    assert '<input type="hidden" name="q" value="0142">' in shown
    assert '<option value="bought" selected>' in shown


# ── What is wrong


BAD = [
    ("status", "no-such", "Choose one of the list."),
    ("status", "\x00", "Choose one of the list."),
    ("location", "abc", "There is no such location, or it is not assigned to you."),
    ("location", "9" * 30, "There is no such location, or it is not assigned to you."),
    ("location", "\x00", "Null characters are not allowed."),
    ("location", "999999", "There is no such location, or it is not assigned to you."),
    ("period", "tomorrow", "Choose one of the list."),
    ("first_day", "letters", "Write a day as year, month and day: 2026-03-31."),
    ("first_day", "2026-02-30", "Write a day as year, month and day: 2026-03-31."),
    ("first_day", "31/03/2026", "Write a day as year, month and day: 2026-03-31."),
    ("last_day", "\x00", "Write a day as year, month and day: 2026-03-31."),
    ("order", "abc", "An order is found by its number, such as 12 or #12."),
    ("order", "9" * 19, "An order is found by its number, such as 12 or #12."),
    ("order", "999999", "There is no order of this number with purchases that you may see."),
    ("requester", "abc", "There is nobody of this key whom you may choose."),
    ("approver", "999999", "There is nobody of this key whom you may choose."),
    ("number_type", "satellite", "Choose one of the list."),
    ("country", "Atlantis", "Choose one of the list."),
    ("region", "x" * 101, "Ensure this value has at most 100 characters (it has 101)."),
    ("region", "T\x00X", "Null characters are not allowed."),
    ("price_from", "cheap", "Write a price in digits, 1.15 or 1,15, and with no comma between thousands."),
    ("price_from", "NaN", "Write a price in digits, 1.15 or 1,15, and with no comma between thousands."),
    ("price_from", "1,150", "Write a price in digits, 1.15 or 1,15, and with no comma between thousands."),
    ("price_from", "1,150.00", "Write a price in digits, 1.15 or 1,15, and with no comma between thousands."),
    ("price_to", "-1", "A price is 0 or more."),
    ("price_to", "1.23456", "A price has no more than four digits after the point."),
    ("price_to", "12345678", "A price has no more than six digits before the point."),
    ("confirmed", "oath", "Choose one of the list."),
    ("substituted", "maybe", "Choose one of the list."),
    ("adopted", "no", "Choose one of the list."),
]


def panel(shown: str) -> str:
    """The filters' fields, without what else the page has."""
    return shown[shown.index('id="filter-form"') : shown.index("</form>", shown.index('id="filter-form"'))]


def test_filters_keep_nothing_of_what_another_reader_chose(world: World, visit: Callable[[str], Client]) -> None:
    untouched = panel(page(visit("Viewer"), LIST))
    chosen = {"location": str(world.mine.location.pk), "number_type": "local", "region": "TX", "price_to": "cheap"}

    theirs = panel(page(visit("root"), LIST, **chosen))

    assert world.mine.location.name in theirs
    assert 'value="local" selected' in theirs
    assert 'value="TX"' in theirs
    assert 'aria-invalid="true"' in theirs
    assert panel(page(visit("Viewer"), LIST)) == untouched
    assert world.mine.location.name not in untouched
    assert "aria-invalid" not in untouched


def test_filters_speak_each_readers_language(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Viewer")

    shown = {
        language: panel(client.get(LIST, headers={"accept-language": language}).content.decode())
        for language in ("en", "es", "en")
    }

    assert ">Country</label>" in shown["en"]
    assert ">País</label>" in shown["es"]
    assert "United States of America" in shown["en"]
    assert "Estados Unidos" in shown["es"]


@pytest.mark.parametrize(("name", "typed", "says"), BAD, ids=[f"{name}-{ascii(typed)[:20]}" for name, typed, _ in BAD])
def test_what_is_wrong_is_named_and_left_out(
    name: str, typed: str, says: str, world: World, visit: Callable[[str], Client]
) -> None:
    mixed = {name: typed, ("country" if name != "country" else "number_type"): "US" if name != "country" else "local"}

    shown = page(visit("Viewer"), LIST, **mixed)

    alert = html.unescape(shown[shown.index('role="alert"') :])
    alert = alert[: alert.index("</ul>")]
    assert says in alert
    assert typed[:50].replace("\x00", "") in alert.replace("\x00", "")
    assert rows(shown) == [OURS]
    assert "desk-chip" in shown  # the other filter holds


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"first_day": "2026-03-02", "last_day": "2026-03-01"}, "The first day must not be after the last."),
        ({"price_from": "2", "price_to": "1"}, "The lower price must not be above the upper one."),
        (
            {"period": "today", "first_day": "2020-01-01"},
            "Choose either a period or days of your own; the days are used.",
        ),
        ({"colour": "red"}, "“colour” in the address is none of this list's filters."),
    ],
)
def test_what_does_not_go_together_is_told(query: dict[str, str], says: str, world: World, root: Client) -> None:
    shown = html.unescape(page(root, LIST, **query))

    assert says in shown[shown.index('role="alert"') :]
    assert len(rows(shown)) == 2
    for text in query.values():
        assert text in shown


def test_others_locations_and_orders_are_no_different_from_none(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Viewer")

    for query in ({"location": world.other.location.pk}, {"order": world.other.purchase.order_id}):
        shown = page(client, LIST, **query)
        assert rows(shown) == [OURS]
        assert 'role="alert"' in shown
        assert world.other.location.name not in shown


# ── How many


def make_many(world: World, many: int, **columns: Any) -> list[Purchase]:
    return [make_purchase(f"+1210556{n:04d}", location=world.mine.location, **columns) for n in range(many)]


@pytest.mark.parametrize(("many", "says"), [(8, "9 purchases"), (9, "10 purchases"), (10, "More than 10 purchases")])
def test_no_more_is_counted_than_the_bound(
    many: int, says: str, world: World, visit: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_list, "MOST_COUNTED", 10)
    make_many(world, many)

    said = summary(page(visit("Viewer"), LIST))

    assert said.startswith(says)
    assert ("bought" in said.partition("Narrow")[0]) == (many < 10)
    assert ("Narrow the list" in said) == (many == 10)


@pytest.mark.parametrize(("many", "says"), [(3, "3 purchases"), (4, "More than 3 purchases")])
def test_replaced_purchases_are_counted_by_their_substitutes(
    many: int, says: str, world: World, visit: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_list, "MOST_COUNTED", 3)
    replaced = make_many(world, many)
    for place, purchase in enumerate(replaced):
        make_purchase(f"+1210557000{place}", location=world.mine.location, substitute_of=purchase)

    shown = page(visit("Viewer"), f"{LIST}?substituted=replaced")

    assert summary(shown).startswith(says)
    assert len(rows(shown)) == many


@pytest.mark.parametrize(("many", "says"), [(2, "4 numbers"), (3, "More than 4 numbers"), (4, "More than 4 numbers")])
def test_search_by_name_finds_a_location_s_numbers_and_those_that_are_called_so(
    many: int, says: str, world: World, visit: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_list, "MOST_COUNTED", 4)
    place = world.mine.location
    for n in range(many):
        make_number(f"+1210558000{n}", location=place, friendly_name="Front desk")
    make_number("+12105590000", location=world.other.location, friendly_name=f"Once of {place.name}")

    shown = page(visit("root"), f"{NUMBERS}?q={quote(place.name)}")

    assert summary(shown).startswith(says)
    assert len(rows(shown)) == many + 2  # the location has one besides


def test_selection_is_summed_up(world: World, visit: Callable[[str], Client]) -> None:
    price = {"status": Status.PURCHASED, "price_unit": "USD"}
    for place, cost in enumerate((Decimal("1.15"), Decimal("2.0025"))):
        make_purchase(f"+1210556000{place}", location=world.mine.location, monthly_price=cost, **price)
    make_purchase(
        "+12105560003", location=world.mine.location, **{**price, "price_unit": "CAD"}, monthly_price=Decimal(3)
    )
    make_purchase("+12105560004", location=world.mine.location, monthly_price=Decimal(50), price_unit="USD")

    said = summary(page(visit("Viewer"), LIST))

    assert said == "5 purchases 4 bought 3.00 CAD a month 3.1525 USD a month 1 of unknown price"


def test_numbers_are_summed_up(world: World, visit: Callable[[str], Client]) -> None:
    make_number("+12105550007", location=world.mine.location, gone_at=timezone.now())

    assert summary(page(visit("Viewer"), NUMBERS)) == "2 numbers 1 gone"


def test_nothing_is_summed_up_where_there_is_nothing(world: World, root: Client) -> None:
    shown = page(root, LIST, status="failed")

    assert "Nothing matches" in shown
    assert summary(shown) == ""


# ── Pages


QUERIES: list[dict[str, str]] = [{}, {"o": "4"}, {"first_day": "2019-01-01"}, {"price_from": "1"}, {"status": "queued"}]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_pages_show_each_row_once_while_others_are_added(
    query: dict[str, str], world: World, visit: Callable[[str], Client], bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_list.KeysetAdmin, "list_per_page", 4)
    made = make_many(world, 18, monthly_price=Decimal("1.50"))
    client = visit("Viewer")
    before = {purchase.phone_number for purchase in made}

    seen: list[str] = []
    address: str | None = ""
    shown = page(client, LIST, **query)
    while address is not None:
        seen += rows(shown)
        make_purchase(f"+1210557{len(seen):04d}", location=world.mine.location, monthly_price=Decimal("1.50"))
        address = links(shown).get("Next")
        shown = page(client, LIST + address) if address is not None else ""

    numbers = ["+" + re.sub(r"\D", "", number) for number in seen]
    assert len(numbers) == len(set(numbers))
    assert before <= set(numbers)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_pages_lead_back_the_way_they_came(
    query: dict[str, str], world: World, visit: Callable[[str], Client], bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_list.KeysetAdmin, "list_per_page", 4)
    make_many(world, 9, monthly_price=Decimal(2))
    client = visit("Viewer")

    forth, shown = [], page(client, LIST, **query)
    while True:
        forth.append(rows(shown))
        if "Next" not in links(shown):
            break
        shown = page(client, LIST + links(shown)["Next"])
    back = [rows(shown)]
    first_of_last = links(shown)["First"]
    while "Previous" in links(shown):
        shown = page(client, LIST + links(shown)["Previous"])
        back.append(rows(shown))

    assert back[::-1] == forth
    assert rows(page(client, LIST + first_of_last)) == forth[0]
    everything = [number for each in forth for number in each]
    last = page(client, LIST, **query, last="1")
    assert rows(last) == everything[-4:]
    assert set(links(last)) == {"First", "Previous"}
    assert rows(page(client, LIST + links(last)["Previous"])) == everything[-8:-4]


@pytest.mark.parametrize(
    "query", [{"p": "7"}, {"p": "abc"}, {"after": "abc"}, {"before": "9" * 40}, {"after": "0"}, {"all": ""}]
)
def test_old_and_odd_places_show_a_page(query: dict[str, str], world: World, root: Client, bound: int) -> None:
    make_many(world, 5)

    shown = page(root, LIST, **query)

    assert len(rows(shown)) == 7
    assert 'role="alert"' not in shown


@pytest.mark.parametrize("way", ["after", "before"])
def test_row_without_a_price_has_no_place_among_prices(way: str, world: World, root: Client, bound: int) -> None:
    priced = make_many(world, 4, monthly_price=Decimal("1.50"))
    unpriced = make_purchase("+12105569999", location=world.mine.location, monthly_price=None)

    shown = page(root, LIST, price_from="1", **{way: str(unpriced.pk)})

    assert len(rows(shown)) == len(priced)


def test_numbers_have_pages_too(
    world: World, visit: Callable[[str], Client], bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_list.KeysetAdmin, "list_per_page", 4)
    for n in range(9):
        make_number(f"+1210556{n:04d}", location=world.mine.location)
    client = visit("Viewer")

    first = page(client, NUMBERS)
    second = page(client, NUMBERS + links(first)["Next"])
    third = page(client, NUMBERS + links(second)["Next"])

    seen = [*rows(first), *rows(second), *rows(third)]
    assert seen == [OURS, *(f"+1 210-556-{n:04d}" for n in range(9))]
    assert rows(page(client, NUMBERS + links(third)["Previous"])) == rows(second)
    assert rows(page(client, NUMBERS, o="-0"))[0] == "+1 210-556-0008"


# ── Work


def queries_of(client: Client, address: str, **query: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        page(client, address, **query)
    return len(queries)


@pytest.mark.parametrize("address", [LIST, NUMBERS])
def test_list_asks_the_database_the_same_few_times(
    address: str, world: World, visit: Callable[[str], Client], bound: int
) -> None:
    client = visit("Viewer")
    chosen = {"country": "US"}
    empty = queries_of(client, address, country="FR")
    asked = {}
    for many in (3, 200):
        for n in range(PhoneNumber.objects.count(), many):
            number = f"+1210556{n:04d}"
            make_number(number, location=world.mine.location, country_code="US")
            make_purchase(
                number,
                location=world.mine.location,
                order=PurchaseOrder.objects.create(requested_by=world.people["Viewer"]),
            )
        asked[many] = queries_of(client, address, **chosen)

    assert asked[3] <= empty + 2
    assert asked[200] <= asked[3]


# ── Who may be chosen


def test_people_are_those_of_the_same_locations(world: World, visit: Callable[[str], Client]) -> None:
    stranger = make_user(username="stranger", last_name="Nobody", email="secret@example.org")
    stranger.assigned_locations.add(world.other.location)
    address = f"{LIST}people/"

    seen = visit("Viewer").get(address).json()
    all_of_them = visit("root").get(address, {"term": "nobody"}).json()

    names = {one["text"] for one in seen["results"]}
    assert {"viewer", "buyer", "root"} <= names
    assert "Nobody" not in names
    assert [one["text"] for one in all_of_them["results"]] == ["Nobody"]
    assert visit("root").get(address, {"term": "secret@"}).json()["results"] == []
    assert visit("bare").get(address).status_code == 403


@pytest.mark.parametrize("page_number", ["", "abc", "0", "999999", "9" * 40])
def test_people_bear_odd_pages(page_number: str, world: World, visit: Callable[[str], Client]) -> None:
    response = visit("Viewer").get(f"{LIST}people/", {"page": page_number, "term": "\x00'%"})

    assert response.status_code == 200


@pytest.mark.parametrize("term", ["830", "+1 830", "\uff0b1830", "(830) 555", "AC12f", "ac12f", "AC12ffff"])
def test_search_counts_in_an_index_only_what_it_finds(term: str, world: World) -> None:
    for n in range(4):
        make_purchase(f"+1830555000{n}", location=world.mine.location, account_sid="AC12ffff" + n * "0")
    make_purchase("+12108305550", location=world.mine.location)

    begun = set(purchases_that_begin_so(Purchase.objects.all(), term).values_list("pk", flat=True))

    assert len(begun) == 4
    assert begun <= set(search_purchases(Purchase.objects.all(), term).values_list("pk", flat=True))


@pytest.mark.parametrize("term", ["830", "AC12f"])
def test_search_of_a_narrowed_list_counts_nothing_beforehand(term: str, world: World) -> None:
    make_purchase("+18305550001", location=world.mine.location, account_sid="AC12ffff")
    narrowed = Purchase.objects.filter(location=world.mine.location)

    assert not purchases_that_begin_so(narrowed, term).exists()
