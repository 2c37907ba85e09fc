"""No page shows a word of the other language: every page in every state is read in both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest
from django.test import Client

from numbers_app import guide
from numbers_app.admin import keyset_list
from tests.admin.test_permissions import RULES, fill_in
from tests.admin.world import World
from tests.fakes import Mailbox
from tests.languages.first_pages import FIRST_PAGES
from tests.languages.judging import data, faults, show
from tests.languages.states import lists

# Files, and what makes a language or a session anew.
LEFT_OUT = ("admin/logout/", "location/sync-all/", "result.", "template.", "rows.", "language/", "admin/login/")


def pages(world: World) -> list[str]:
    asked = [address for address in RULES if not any(part in address for part in LEFT_OUT)]
    return [fill_in(address, books=world.mine, world=world) for address in asked]


def english_on_spanish_pages(
    english: Client, spanish: Client, method: str, addresses: Iterable[str]
) -> dict[str, set[str]]:
    known = data()
    found: dict[str, set[str]] = {}
    for address in addresses:
        one, other = (getattr(client, method)(address, follow=True) for client in (english, spanish))
        if "text/html" in other.headers.get("Content-Type", ""):
            assert '<html lang="es"' in other.content.decode() or "<html" not in other.content.decode(), address
            said = set(faults(one.content.decode(), other.content.decode(), known))
            found[address] = said - set().union(*found.values())
    return {address: said for address, said in found.items() if said}


def test_spanish_page_shows_no_english_word(
    world: World, books: list[str], speak: Callable[[str, str], Client]
) -> None:
    found = english_on_spanish_pages(speak("root", "en"), speak("root", "es"), "get", [*pages(world), *books])

    assert not found, show(found)


@pytest.mark.parametrize("role", ["Viewer", "Buyer", "Approver"])
def test_what_others_than_superusers_see_is_spanish_too(
    role: str, world: World, books: list[str], speak: Callable[[str, str], Client]
) -> None:
    """The same pages say to them what they may not do."""
    asked = [*books, "/admin/", "/admin/auth/user/"]

    found = english_on_spanish_pages(speak(role, "en"), speak(role, "es"), "get", asked)

    assert not found, show(found)


@pytest.mark.parametrize("state", FIRST_PAGES)
@pytest.mark.parametrize("role", ["Viewer", "Buyer", "Manager", "root", "bare"])
def test_first_page_is_spanish_in_every_state(
    state: str, role: str, world: World, speak: Callable[[str, str], Client]
) -> None:
    FIRST_PAGES[state](world)

    found = english_on_spanish_pages(speak(role, "en"), speak(role, "es"), "get", ["/admin/"])

    assert not found, show(found)


def test_first_page_writes_numbers_as_spanish_does_and_draws_without_a_comma(
    world: World, speak: Callable[[str, str], Client]
) -> None:
    FIRST_PAGES["well"](world)

    shown = speak("root", "es").get("/admin/").content.decode()

    assert "1\xa0234 llamadas" in shown
    assert re.search(r"\d+,\d+ USD", shown)
    assert not re.search(r"\d\.\d+ (USD|%|s)\b", shown)
    for drawing in re.findall(r"<svg.*?</svg>", shown, flags=re.DOTALL):
        places = re.findall(r' (?:x|y|x1|x2|y1|y2|dx|dy|width|height)="([^"]*)"', drawing)
        assert all(re.fullmatch(r"-?\d+(\.\d+)?", place) for place in places), places


def test_lists_are_spanish_by_each_filter_and_with_each_mistake(
    world: World, books: list[str], speak: Callable[[str, str], Client]
) -> None:
    found = english_on_spanish_pages(speak("root", "en"), speak("root", "es"), "get", lists(world))

    assert not found, show(found)


def test_list_that_is_too_long_to_be_counted_is_spanish(
    world: World, books: list[str], speak: Callable[[str, str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset_list, "MOST_COUNTED", 1)
    asked = [
        f"/admin/numbers_app/{model}/{query}" for model in ("purchase", "phonenumber") for query in ("", "?last=1")
    ]

    found = english_on_spanish_pages(speak("root", "en"), speak("root", "es"), "get", asked)

    assert not found, show(found)


def test_frame_of_every_page_of_the_help_is_spanish(world: World, speak: Callable[[str, str], Client]) -> None:
    asked = [guide.address(name) for name in guide.names()]

    found = english_on_spanish_pages(speak("Viewer", "en"), speak("Viewer", "es"), "get", asked)

    assert not found, show(found)


def test_what_is_wrong_with_a_form_is_said_in_spanish(
    world: World, books: list[str], speak: Callable[[str, str], Client], mailbox: Mailbox
) -> None:
    """Each form is sent empty."""
    found = english_on_spanish_pages(speak("root", "en"), speak("root", "es"), "post", pages(world))

    assert not found, show(found)


def test_page_on_which_one_signs_in_is_spanish(db: None) -> None:
    english, spanish = (Client(HTTP_ACCEPT_LANGUAGE=language) for language in ("en", "es"))

    for method in ("get", "post"):
        found = english_on_spanish_pages(english, spanish, method, ["/admin/login/", "/nowhere/"])
        assert not found, show(found)
