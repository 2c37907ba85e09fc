"""Every page on a telephone and on a wide screen, light and dark, with empty, young and full books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect

from tests.browser.conftest import a_desk, signed_in
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk, run


class Look(NamedTuple):
    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]

    def options(self) -> dict[str, Any]:
        size = {"width": self.width, "height": self.height}
        return {"viewport": size, "color_scheme": self.scheme, "locale": "en-US", "is_mobile": self.width < 500}


class Place(NamedTuple):
    """A page: its address, or the list whose first row leads to it."""

    name: str
    path: str
    first_row: bool = False
    add_on: str = ""


PHONE_LIGHT = Look("phone-light", 390, 844, "light")
PHONE_DARK = Look("phone-dark", 390, 844, "dark")
WIDE_LIGHT = Look("wide-light", 1440, 900, "light")
WIDE_DARK = Look("wide-dark", 1440, 900, "dark")
LOOKS = [PHONE_LIGHT, PHONE_DARK, WIDE_LIGHT, WIDE_DARK]
BOOKS = "/admin/numbers_app/"
LISTS = [
    Place("desk", "/admin/"),
    Place("purchases", f"{BOOKS}purchase/"),
    Place("numbers", f"{BOOKS}phonenumber/"),
    Place("locations", f"{BOOKS}location/"),
]
DETAILS = [
    Place("purchase", f"{BOOKS}purchase/", first_row=True),
    Place("number", f"{BOOKS}phonenumber/", first_row=True),
    Place("location", f"{BOOKS}location/", first_row=True),
]
OTHERS = [
    Place("buy", f"{BOOKS}purchase/buy/"),
    Place("search", f"{BOOKS}purchase/?q=Featherstonehaugh&status__exact=purchased"),
    Place("nothing-found", f"{BOOKS}purchase/?q=nothing+at+all"),
    Place("location-add", f"{BOOKS}location/add/"),
    Place("tokens", f"{BOOKS}apitoken/"),
    Place("token-add", f"{BOOKS}apitoken/add/"),
    Place("users", "/admin/auth/user/"),
    Place("user", "/admin/auth/user/", first_row=True),
    Place("user-add", "/admin/auth/user/add/"),
    Place("groups", "/admin/auth/group/"),
    Place("group", "/admin/auth/group/", first_row=True),
]
CASES = [
    *product([0], [PHONE_LIGHT, WIDE_DARK], LISTS),
    *product([3], [PHONE_DARK, WIDE_LIGHT], LISTS + DETAILS),
    *product([10_000], LOOKS, LISTS + DETAILS + OTHERS),
]


@pytest.fixture(scope="module")
def young_desk(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningDesk, StorageState]]:
    """A desk on which nothing has been bought."""
    for running in a_desk(tmp_path_factory.mktemp("young")):
        yield running, signed_in(browser, running)


@pytest.fixture(scope="module")
def purchases(request: pytest.FixtureRequest, young_desk: tuple[RunningDesk, StorageState]) -> int:
    """How many purchases the desk has by now."""
    count: int = request.param
    filled = run("-m", "tests.browser.fill", str(count), var_dir=young_desk[0].var_dir)
    assert filled.returncode == 0, filled.stdout
    return count


@pytest.fixture(scope="module")
def screens(browser: Browser, young_desk: tuple[RunningDesk, StorageState]) -> Iterator[dict[Look, BrowserContext]]:
    """One for each look, with a cache that is warm for all of its pages but the first."""
    with ExitStack() as stack:
        yield {
            look: stack.enter_context(browser.new_context(**look.options(), storage_state=young_desk[1]))
            for look in LOOKS
        }


NAMES_OF_CELLS = "cells => cells.map((cell) => [cell.dataset.label, getComputedStyle(cell, '::before').textTransform])"


@pytest.fixture
def viewer(
    screens: dict[Look, BrowserContext], young_desk: tuple[RunningDesk, StorageState], look: Look
) -> Iterator[Visitor]:
    visitor = Visitor(screens[look], address=young_desk[0].address)
    yield visitor
    visitor.page.close()


def assert_fits(viewer: Visitor, look: Look) -> None:
    """No sideways scrolling, the band in sight, the colours that were asked for, and nothing that keeps people out."""
    page = viewer.page
    expect(page.locator(".desk-band")).to_be_in_viewport()
    needed, there = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert needed <= there, f"{needed - there} pixels stick out"
    assert page.evaluate("document.documentElement.classList.contains('dark')") == (look.scheme == "dark")
    named = page.locator("#result_list [data-label]").evaluate_all(NAMES_OF_CELLS)
    assert all(name[0].isupper() and transform == "none" for name, transform in named), named
    if look.scheme == "light":
        viewer.assert_accessible()  # in both themes, so that the dark looks need not do it again
    viewer.looked = True


def go_to(viewer: Visitor, place: Place) -> None:
    viewer.open(place.path)
    if place.first_row:
        viewer.open(str(viewer.page.locator("#result_list tbody a").first.get_attribute("href")))
    viewer.page.evaluate("document.fonts.ready")


@pytest.mark.parametrize(
    ("purchases", "look", "place"),
    CASES,
    indirect=["purchases"],
    ids=[f"{count}-{look.name}-{place.name}" for count, look, place in CASES],
)
def test_page_fits_the_screen(viewer: Visitor, purchases: int, look: Look, place: Place, shots: Path) -> None:
    go_to(viewer, place)

    viewer.shoot(shots / f"{purchases}" / look.name / f"{place.name}.png")
    assert_fits(viewer, look)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_login_page_fits_the_screen(browser: Browser, desk: RunningDesk, look: Look, shots: Path) -> None:
    with browser.new_context(**look.options()) as context:
        stranger = Visitor(context, address=desk.address)
        stranger.open("/")
        stranger.page.evaluate("document.fonts.ready")

        stranger.shoot(shots / "login" / f"{look.name}.png")
        assert_fits(stranger, look)
        stranger.assert_nothing_went_wrong()
