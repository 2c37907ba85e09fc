"""The page *Search*: what is asked, what is shown, and what goes into an order."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.leadconnector.sandbox.demo import NOT_CONNECTED
from numbers_app.models import (
    LineStatus,
    Location,
    OrderLine,
    OrderPart,
    OrderStatus,
    PurchaseOrder,
    Source,
    Status,
    Substitution,
)
from numbers_app.purchasing.drafting import begin_draft
from numbers_app.results import Found, FoundNumber, seal, unseal
from tests.admin.world import BUY, World, form_values, page, rows_of_all
from tests.factories import make_location, make_number, make_purchase

SEARCH = "admin:numbers_app_purchase_search"
RESULTS = "admin:numbers_app_purchase_search_results"
KEY = "7d7e0b62-8f0c-4a6e-9a55-3b6f5a3c0f11"


def asked(location: Location | None, /, **changes: Any) -> dict[str, Any]:
    good = {"location": location and location.pk, "country_code": "US", "number_types": "local", "first_part": "830"}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def results(client: Client, location: Location | None, /, **changes: Any) -> str:
    return page(client, reverse(RESULTS), **asked(location, **changes))


def offered(shown: str) -> list[str]:
    return re.findall(r'name="number" value="(\+\d+)"', shown)


def searches(sandbox: Sandbox) -> int:
    return sum(call.path == "available" for call in sandbox.ledger.calls())


def choose(client: Client, shown: str, numbers: list[str], **changes: Any) -> Any:
    """Send the form of the results as it stands, with these numbers ticked."""
    values = form_values(shown)
    kept = {name: values[name] for name in ("found", "idempotency_key")} | {"order": values.get("order", "")}
    sent = {**kept, "substitution": "none", "number": numbers, **changes}
    return client.post(reverse(RESULTS), sent)


def lines() -> list[tuple[int, str]]:
    """Of drafts: order and number."""
    drafted = OrderLine.objects.filter(status=LineStatus.DRAFT)
    return list(drafted.order_by("pk").values_list("order_id", "phone_number"))


def test_first_page_says_what_to_do_and_asks_nothing(
    world: World, visit: Callable[[str], Client], sandbox: Sandbox
) -> None:
    shown = page(visit("Buyer"), reverse(SEARCH))

    values = form_values(shown)
    assert "Choose the location that the numbers are for" in shown
    assert (values["country_code"], values["first_part"]) == ("US", "")
    assert re.search(r'value="local"[^>]*checked', shown)
    assert 'hx-trigger="load"' not in shown
    assert searches(sandbox) == 0


def test_address_carries_the_search_and_the_page_does_not_wait_for_it(
    world: World, visit: Callable[[str], Client], sandbox: Sandbox
) -> None:
    query = asked(world.mine.location, first_part="(830)", number_types=["local", "tollFree"], sms="on")

    shown = page(visit("Buyer"), reverse(SEARCH), **query)

    values = form_values(shown)
    (address,) = re.findall(r'hx-get="([^"]*)" hx-trigger="load"', shown)
    assert (values["first_part"], values["sms"], values["mms"]) == ("(830)", "on", "")
    assert values["location"] == str(world.mine.location.pk)
    assert parse_qs(urlsplit(html.unescape(address)).query) == {
        name: value if isinstance(value, list) else [str(value)] for name, value in query.items()
    }
    assert searches(sandbox) == 0


@pytest.mark.usefixtures("sandbox")
def test_results_show_what_is_on_offer_and_what_was_sent(world: World, visit: Callable[[str], Client]) -> None:
    shown = results(visit("Buyer"), world.mine.location, first_part="+1 (830)", mms="on")

    assert "30 numbers found." in shown
    assert "US, local, begins with 830, with MMS" in shown
    assert "1.15 USD" in shown
    assert len(offered(shown)) == 30
    assert 'data-place="TX ' in shown


def test_letters_are_sent_as_the_digits_of_their_keys(
    world: World, visit: Callable[[str], Client], sandbox: Sandbox
) -> None:
    shown = results(visit("Buyer"), world.mine.location, first_part="", last_part="CALL-NOW")

    assert "ends with 2255669" in shown
    assert all(number.endswith("2255669") for number in offered(shown))


def test_buy_now_leads_to_the_form_filled_in(world: World, visit: Callable[[str], Client], sandbox: Sandbox) -> None:
    client = visit("Buyer")
    shown = results(client, world.mine.location)

    address = html.unescape(re.findall(rf'href="({reverse(BUY)}[^"]*)"', shown)[0])
    values = form_values(page(client, address))

    assert values["phone_number"] == offered(shown)[0]
    assert (values["location"], values["country_code"], values["number_type"], values["region"]) == (
        str(world.mine.location.pk),
        "US",
        "local",
        "TX",
    )
    assert values["fingerprint_id"].isdigit()


def test_numbers_of_ours_can_not_be_chosen(world: World, visit: Callable[[str], Client], sandbox: Sandbox) -> None:
    client = visit("Buyer")
    owned, live, free = offered(results(client, world.mine.location))[:3]
    make_number(owned, location=world.other.location)
    make_purchase(live, location=world.other.location, status=Status.UNCERTAIN)

    shown = results(client, world.mine.location)
    before = rows_of_all()
    refused = choose(client, shown, [owned, live]).content.decode()
    after = rows_of_all()
    choose(client, shown, [owned, live, free])

    assert re.search(rf'value="{re.escape(owned)}"[^>]* disabled', shown)
    assert re.search(rf'value="{re.escape(live)}"[^>]* disabled', shown)
    assert shown.count("Owned already") == shown.count("In another purchase already") == 1
    assert "Nothing was added" in refused
    assert before == after
    assert [number for _order, number in lines()] == [free]
    assert not [mark for mark in world.other.marks if mark in shown]


# ── Into an order


def test_chosen_numbers_go_into_a_new_draft_with_all_that_the_search_said(
    world: World, visit: Callable[[str], Client], sandbox: Sandbox
) -> None:
    client = visit("Buyer")
    shown = results(client, world.mine.location)
    chosen = offered(shown)[:2]

    said = choose(client, shown, chosen, substitution="place").content.decode()

    order = PurchaseOrder.objects.latest("pk")
    first = order.lines.get(phone_number=chosen[0])
    found = unseal(form_values(shown)["found"])
    assert f'2 numbers added to <a href="{reverse("admin:numbers_app_purchaseorder_change", args=[order.pk])}">' in said
    assert (order.requested_by, order.status) == (world.people["Buyer"], OrderStatus.DRAFT)
    assert (first.location, first.substitution, first.is_want) == (world.mine.location, Substitution.PLACE, False)
    assert (first.country_code, first.number_type, first.region) == ("US", "local", "TX")
    assert (first.monthly_price, first.price_unit, first.address_requirements) == (Decimal("1.15"), "USD", "none")
    assert (first.fingerprint_id, first.searched_at) == (found.fingerprint_id, found.searched_at)
    assert (order.parts.get().source, order.parts.get().label) == (Source.SEARCH, "US, local, begins with 830")
    assert searches(sandbox) == 1


@pytest.mark.usefixtures("sandbox")
def test_second_click_adds_nothing_twice(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")
    shown = results(client, world.mine.location)
    chosen = offered(shown)[:3]

    choose(client, shown, chosen)
    before = rows_of_all()
    again = choose(client, shown, chosen).content.decode()

    assert "3 were in" in again
    assert rows_of_all() == before
    assert PurchaseOrder.objects.filter(status=OrderStatus.DRAFT).count() == 1


@pytest.mark.usefixtures("sandbox")
def test_next_choice_goes_into_the_same_draft_unless_told(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")
    shown = results(client, world.mine.location)
    one, other, third = offered(shown)[:3]

    after = choose(client, shown, [one]).content.decode()
    choose(client, after, [one, other])
    choose(client, after, [third], order="")

    first, second = PurchaseOrder.objects.filter(status=OrderStatus.DRAFT).order_by("pk")
    assert "In draft #" in after
    assert lines() == [(first.pk, one), (first.pk, other), (second.pk, third)]


@pytest.mark.usefixtures("sandbox")
def test_draft_of_ones_own_can_be_chosen_and_others_can_not(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")
    own = begin_draft(requested_by=world.people["Buyer"], name="Spring")
    foreign = begin_draft(requested_by=world.people["Manager"], name="Secret plans")
    shown = results(client, world.mine.location)
    number = offered(shown)[0]

    refused = choose(client, shown, [number], order=foreign.pk).content.decode()
    assert lines() == []
    choose(client, shown, [number], order=own.pk)

    assert f"#{own.pk} Spring" in shown
    assert "Secret plans" not in shown + refused
    assert "This is no draft of yours any more." in refused
    assert re.search(rf'value="{re.escape(number)}"[^>]* checked', refused)
    assert lines() == [(own.pk, number)]


@pytest.mark.usefixtures("sandbox")
def test_draft_that_was_thrown_away_meanwhile_is_refused(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")
    shown = results(client, world.mine.location)
    number = offered(shown)[0]
    choose(client, shown, [number])
    PurchaseOrder.objects.filter(status=OrderStatus.DRAFT).update(status=OrderStatus.CANCELLED)
    before = rows_of_all()

    again = choose(client, shown, [number])

    assert "is no draft any more" in again.content.decode()
    assert form_values(again.content.decode())["idempotency_key"] != form_values(shown)["idempotency_key"]
    assert rows_of_all() == before


@pytest.mark.usefixtures("sandbox")
def test_key_of_somebody_else_asks_once_more(world: World, visit: Callable[[str], Client]) -> None:
    begin_draft(requested_by=world.people["Manager"], idempotency_key=uuid.UUID(KEY))
    client = visit("Buyer")
    shown = results(client, world.mine.location)

    refused = choose(client, shown, offered(shown)[:1], idempotency_key=KEY).content.decode()

    assert "This page was out of date. Press the button once more." in refused
    assert lines() == []
    choose(client, refused, offered(shown)[:1])
    assert len(lines()) == 1


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"number": []}, "Tick the numbers that you want first."),
        ({"number": ["+18005550000"]}, "Nothing was added"),
        ({"substitution": "whatever"}, "Select a valid choice."),
        ({"substitution": ""}, "This field is required."),
        ({"order": "none"}, "This is no draft of yours any more."),
        ({"order": "9" * 40}, "This is no draft of yours any more."),
        ({"idempotency_key": ""}, "This page was out of date."),
        ({"idempotency_key": "x"}, "Enter a valid UUID."),
        ({"found": "x"}, "These results are too old to order from"),
        ({"found": ""}, "These results are too old to order from"),
    ],
)
def test_choice_that_can_not_be_used_is_refused_in_words(
    changes: dict[str, Any], says: str, world: World, visit: Callable[[str], Client]
) -> None:
    client = visit("Buyer")
    shown = results(client, world.mine.location)
    before = rows_of_all()

    response = choose(client, shown, **{"numbers": offered(shown)[:1], **changes})

    assert says in html.unescape(response.content.decode())
    assert rows_of_all() == before


@pytest.mark.usefixtures("sandbox")
def test_price_that_the_browser_changed_is_refused(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")
    shown = results(client, world.mine.location)
    real = form_values(shown)["found"]
    data, stamp, signature = real.rsplit(":", 2)
    forged = ":".join([data[:-2] + ("AA" if data[-2:] != "AA" else "BB"), stamp, signature])

    response = choose(client, shown, offered(shown)[:1], found=forged)

    assert "These results are too old" in response.content.decode()
    assert lines() == []


# ── Whose locations


@pytest.mark.parametrize("key", ["other", "999999", "x", "9" * 40, ""])
def test_location_of_others_is_not_searched(
    key: str, world: World, visit: Callable[[str], Client], sandbox: Sandbox
) -> None:
    client = visit("Manager")
    value = world.other.location.pk if key == "other" else key

    shown = page(client, reverse(RESULTS), **asked(None, location=value))
    whole = page(client, reverse(SEARCH), **asked(None, location=value))

    assert "There is no such location, or it is not assigned to you." in shown or "Choose a location" in shown
    assert searches(sandbox) == 0
    assert not [mark for mark in world.other.marks if mark in shown + whole]


def make_found(location: Location, count: int = 1) -> Found:
    number = FoundNumber(
        phone_number="+18305550000",
        country_code="US",
        number_type="local",
        locality="Seguin",
        region="TX",
        address_requirements="none",
        voice=True,
        sms=True,
        mms=True,
        monthly_price=Decimal("1.15"),
        price_unit="USD",
    )
    numbers = [replace(number, phone_number=f"+1830555{n:04d}") for n in range(count)]
    return Found(
        location_id=location.pk, words="US, local", fingerprint_id="1", searched_at=timezone.now(), numbers=numbers
    )


def test_results_for_a_location_of_others_can_not_be_ordered(world: World, visit: Callable[[str], Client]) -> None:
    sealed = seal(make_found(world.other.location))
    sent = {"found": sealed, "number": "+18305550000", "substitution": "none", "idempotency_key": KEY}
    before = rows_of_all()

    assert visit("Buyer").post(reverse(RESULTS), sent).status_code == 403
    assert rows_of_all() == before
    assert visit("root").post(reverse(RESULTS), sent).status_code == 200
    assert len(lines()) == 1


def test_results_of_yesterday_can_not_be_ordered(
    world: World, visit: Callable[[str], Client], time_machine: Any
) -> None:
    sent = {"found": seal(make_found(world.mine.location)), "number": "+18305550000", "idempotency_key": KEY}
    time_machine.move_to(timezone.now() + timedelta(hours=13))

    shown = visit("Buyer").post(reverse(RESULTS), sent).content.decode()

    assert "These results are too old to order from" in shown
    assert lines() == []


# ── Nothing found, and what goes wrong


@pytest.mark.usefixtures("sandbox")
def test_nothing_found_names_the_likely_filter_and_offers_the_search_without_it(
    world: World, visit: Callable[[str], Client]
) -> None:
    client = visit("Buyer")

    shown = results(client, world.mine.location, first_part="999", sms="on")
    address = html.unescape(re.findall(rf'href="({reverse(SEARCH)}[^"]*)"', shown)[0])

    assert "Nothing found" in shown
    assert "US, local, begins with 999, with SMS" in shown
    assert "Search without “begins with 999” (30 numbers)" in " ".join(shown.split())
    assert parse_qs(urlsplit(address).query) == {
        "location": [str(world.mine.location.pk)],
        "country_code": ["US"],
        "number_types": ["local"],
        "sms": ["on"],
    }


@pytest.mark.usefixtures("sandbox")
def test_type_that_is_not_there_is_one_click_from_all_types(world: World, visit: Callable[[str], Client]) -> None:
    shown = results(visit("Buyer"), world.mine.location, first_part="", number_types="mobile")

    address = html.unescape(re.findall(rf'href="({reverse(SEARCH)}[^"]*)"', shown)[0])
    assert "Search all types, not “mobile” alone" in shown
    assert parse_qs(urlsplit(address).query)["number_types"] == ["local", "tollFree", "mobile"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"location": None}, "<strong>Location:</strong> Choose a location"),
        ({"country_code": "XX"}, "<strong>Country:</strong> “XX” is no country that has phone numbers."),
        ({"number_types": None}, "<strong>Types:</strong> Choose at least one type"),
        ({"number_types": "fax"}, "<strong>Types:</strong> “fax” is none of: local, tollFree, mobile."),
        ({"first_part": "0830"}, "<strong>Begins with:</strong> Area codes begin with 2 to 9, not with 0."),
        ({"last_part": "<b>"}, "<strong>Ends with:</strong> “<b>” is no part of a phone number."),
        ({"anywhere": "5" * 41}, "<strong>Contains:</strong> Ensure this value has at most 40 characters"),
        ({"anywhere": "5\x00"}, "<strong>Contains:</strong> Null characters are not allowed."),
    ],
)
def test_mistake_in_the_form_names_field_value_and_rule(
    changes: dict[str, Any], says: str, world: World, visit: Callable[[str], Client], sandbox: Sandbox
) -> None:
    shown = results(visit("Buyer"), world.mine.location, **changes)

    assert says in html.unescape(shown)
    assert searches(sandbox) == 0


def test_failure_offers_to_try_again_and_keeps_the_form(
    world: World, visit: Callable[[str], Client], sandbox: Sandbox
) -> None:
    unconnected = make_location(NOT_CONNECTED.id, name="No phones")
    unconnected.users.add(world.people["Buyer"])

    shown = results(visit("Buyer"), unconnected)

    assert "This location has no phone system yet." in shown
    assert 'form="search-form" class="desk-button">Try again' in shown


@pytest.mark.usefixtures("real_provider")
def test_location_without_a_token_says_what_to_do(world: World, visit: Callable[[str], Client]) -> None:
    bare = make_location("bareLOCATION03", name="Bare")
    bare.users.add(world.people["Buyer"])

    assert "enter one under API tokens" in results(visit("Buyer"), bare)


def test_magic_number_can_be_found_and_put_into_an_order(
    world: World, visit: Callable[[str], Client], sandbox: Sandbox
) -> None:
    client = visit("Buyer")
    number = number_for("timeout-after")

    shown = results(client, world.mine.location, first_part=number)
    choose(client, shown, [number])

    assert offered(shown) == [number]
    assert [found for _order, found in lines()] == [number]


# ── The database


def test_results_ask_the_database_a_bounded_number_of_questions(
    world: World, visit: Callable[[str], Client], sandbox: Sandbox, django_assert_max_num_queries: Any
) -> None:
    client = visit("Buyer")
    for n in range(15):
        begin_draft(requested_by=world.people["Buyer"], name=f"Draft {n}")

    with django_assert_max_num_queries(10):
        shown = results(client, world.mine.location)
    assert len(offered(shown)) == 30
    with django_assert_max_num_queries(28):
        choose(client, shown, offered(shown))

    with django_assert_max_num_queries(12):
        page(client, reverse(SEARCH), **asked(world.mine.location))
    assert OrderPart.objects.filter(source=Source.SEARCH).count() == 1


def test_hundreds_of_numbers_cost_only_more_inserts(
    world: World, visit: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    client = visit("Buyer")
    found = make_found(world.mine.location, count=400)
    sent = {"found": seal(found), "substitution": "none", "idempotency_key": KEY}

    with django_assert_max_num_queries(40):  # SQLite takes some thirty lines at once
        response = client.post(reverse(RESULTS), {**sent, "number": [number.phone_number for number in found.numbers]})

    assert "400 numbers added" in response.content.decode()
