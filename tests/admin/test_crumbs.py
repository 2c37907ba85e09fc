"""The way to a page, at its head: the desk, the list, the row, and what the page says of itself."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from numbers_app.models import Status
from tests.admin.world import World, page
from tests.factories import make_number, make_purchase

TITLE = re.compile(r'<h1 id="desk-title".*?</h1>', re.DOTALL)
PART = re.compile(r'<a href="([^"]*)"[^>]*>([^<]*)</a>|<span class="desk-crumb[^"]*">([^<]*)</span>')


def crumbs(shown: str) -> list[tuple[str, str]]:
    """Each part's words, and where it leads."""
    [head] = TITLE.findall(shown)
    return [(html.unescape(linked or here), address) for address, linked, here in PART.findall(head)]


def test_list_is_below_the_desk(world: World, visit: Callable[[str], Client]) -> None:
    shown = page(visit("root"), "/admin/numbers_app/purchase/")

    assert crumbs(shown) == [("Desk", "/admin/"), ("Purchases", "/admin/numbers_app/purchase/")]


def test_desk_names_itself_and_leads_nowhere(world: World, visit: Callable[[str], Client]) -> None:
    assert crumbs(page(visit("root"), "/admin/")) == [("Desk", "")]


def test_page_of_a_row_is_below_its_list(world: World, visit: Callable[[str], Client]) -> None:
    number = make_number("+12105550002", location=world.mine.location)

    shown = page(visit("root"), f"/admin/numbers_app/phonenumber/{number.pk}/change/")

    assert crumbs(shown)[1:] == [("Numbers", "/admin/numbers_app/phonenumber/"), ("+1 210-555-0002", "")]


def test_page_below_a_row_leads_back_to_the_row(world: World, visit: Callable[[str], Client]) -> None:
    user = User.objects.get(username="root")

    shown = page(visit("root"), f"/admin/auth/user/{user.pk}/password/")

    assert crumbs(shown)[2:] == [("root", f"/admin/auth/user/{user.pk}/change/"), *crumbs(shown)[3:]]
    assert crumbs(shown)[3][1] == ""


@pytest.mark.parametrize(
    ("path", "here"), [("numbers_app/purchase/buy/", "Buy a number"), ("auth/user/add/", "Add user")]
)
def test_page_that_adds_a_row_says_so(path: str, here: str, world: World, visit: Callable[[str], Client]) -> None:
    assert crumbs(page(visit("root"), f"/admin/{path}"))[-1] == (here, "")


def test_page_of_no_list_says_what_it_is(world: World, visit: Callable[[str], Client]) -> None:
    assert crumbs(page(visit("root"), "/admin/numbers_app/mailpreference/mine/")) == [("My mails", "")]


def test_what_a_person_typed_is_shown_as_it_is(world: World, visit: Callable[[str], Client]) -> None:
    location: Any = world.mine.location
    location.name = "<b>bath & co</b>"
    location.save()

    shown = page(visit("root"), f"/admin/numbers_app/location/{location.pk}/change/")

    assert "<b>bath" not in TITLE.findall(shown)[0]
    assert crumbs(shown)[2][0].startswith("<b>bath & co</b>")


def test_way_is_in_the_readers_language(world: World, visit: Callable[[str], Client]) -> None:
    purchase = make_purchase("+12105550001", location=world.mine.location, status=Status.PURCHASED)

    client = visit("root")
    shown = client.get(f"/admin/numbers_app/purchase/{purchase.pk}/change/", headers={"accept-language": "es"})

    assert [words for words, _address in crumbs(shown.content.decode())][:2] == ["Escritorio", "Compras"]
