"""The mirror: the numbers on the provider's books."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from numbers_app.models import PhoneNumber, Status
from tests.admin.world import World, change_page, page
from tests.factories import make_number, make_purchase

LIST = "/admin/numbers_app/phonenumber/"


@pytest.fixture
def viewer(visit: Callable[[str], Client]) -> Client:
    return visit("Viewer")


def listed(client: Client, **query: str) -> list[str]:
    shown = page(client, LIST, **query)
    table = shown[shown.index('id="result_list"') :] if 'id="result_list"' in shown else ""
    return re.findall(r"\+1 [\d-]{12}", table[: table.find("</table>")])


def test_list_shows_numbers_with_what_is_known(world: World, viewer: Client) -> None:
    make_number(
        "+12105550007",
        location=world.mine.location,
        friendly_name="Fax <line>",
        number_type="tollFree",
        assigned_user="user-9",
    )

    shown = page(viewer, LIST)

    assert listed(viewer) == ["+1 210-555-0007", "+1 210-555-0142"]
    for text in ("Fax &lt;line&gt;", "Toll-free", "user-9", "conversation", "Hill Country Roofing", "Active"):
        assert text in shown


def test_list_shows_a_type_that_we_do_not_know_as_it_is(world: World, viewer: Client) -> None:
    make_number("+12105550007", location=world.mine.location, number_type="satellite")

    assert "satellite" in page(viewer, LIST)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["+1 210-555-0007", "+1 210-555-0142"]),
        ({"state": "active"}, ["+1 210-555-0142"]),
        ({"state": "gone"}, ["+1 210-555-0007"]),
        ({"number_type": "mobile"}, ["+1 210-555-0007"]),
        ({"number_type": "other"}, ["+1 210-555-0142"]),
        ({"country": "GB"}, []),
        ({"unexplained": "yes"}, []),
    ],
)
def test_list_is_filtered(query: dict[str, str], found: list[str], world: World, viewer: Client) -> None:
    make_number("+12105550007", location=world.mine.location, gone_at=timezone.now(), number_type="mobile")

    assert listed(viewer, **query) == found


def test_types_of_others_are_no_choice(world: World, viewer: Client) -> None:
    make_number("+14327770007", location=world.other.location, number_type="satellite")

    assert "satellite" not in page(viewer, LIST)


@pytest.mark.parametrize(
    "term", ["(210) 555-0142", "2105550142", "555-0142", "line 210555", "Hill", "minelocation01", "PN555", " pn555 "]
)
def test_number_is_found_by_whatever_is_known_of_it(term: str, world: World, viewer: Client) -> None:
    PhoneNumber.objects.filter(pk=world.mine.number.pk).update(sid="PN555")

    assert listed(viewer, q=term) == ["+1 210-555-0142"]


def test_search_for_nothing_shows_everything(world: World, viewer: Client) -> None:
    assert listed(viewer, q="   ") == ["+1 210-555-0142"]


def test_search_without_a_match_says_so(world: World, viewer: Client) -> None:
    assert "Nothing matches" in page(viewer, LIST, q="no such number")


def test_empty_list_leads_to_the_locations(world: World, viewer: Client) -> None:
    PhoneNumber.objects.all().delete()

    shown = page(viewer, LIST)

    assert "No numbers yet" in shown
    assert '<a class="desk-button" href="/admin/numbers_app/location/">' in shown


def test_page_shows_the_providers_record(world: World, viewer: Client) -> None:
    number = make_number(
        "+12105550007",
        location=world.mine.location,
        sid="PN0007",
        capabilities={"voice": True, "SMS": True, "fax": False},
        origin="twilio",
        forwarding_number="+12105550099",
        address_sid="AD1",
        bundle_sid="BU1",
        gone_at=timezone.now(),
    )

    shown = page(viewer, change_page(number))

    for text in ("+12105550007", "PN0007", "SMS, Voice", "twilio", "+1 210-555-0099", "AD1", "BU1", "Gone since"):
        assert text in shown
    assert "fax" not in shown
    assert "<input" not in shown[shown.index("PN0007") - 500 : shown.index("PN0007") + 500]


def test_page_leads_to_the_purchase_that_bought_it(world: World, viewer: Client) -> None:
    number = make_number("+12105550007", location=world.mine.location)
    elsewhere = make_purchase(number.phone_number, location=world.other.location, status=Status.FAILED)
    assert "No purchase explains it" in page(viewer, change_page(number))

    bought = make_purchase(number.phone_number, location=world.mine.location, status=Status.PURCHASED)

    shown = page(viewer, change_page(number))
    assert f'href="{change_page(bought)}"' in shown
    assert change_page(elsewhere) not in shown
    assert "No purchase explains it" not in shown
