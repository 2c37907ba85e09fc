"""Drafting in the browser: a want, its preview, and every page of it on a telephone and on a wide screen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect

from tests.browser.conftest import WIDE, a_desk, signed_in
from tests.browser.test_pages import LOOKS, Look, assert_fits
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk, run

ORDERS = "/admin/numbers_app/purchaseorder/"
LOCATIONS = "/admin/numbers_app/location/"


class Drafts(NamedTuple):
    desk: RunningDesk
    state: StorageState
    keys: dict[str, int]

    def page_of(self, name: str) -> str:
        return f"{ORDERS}{self.keys[name]}/change/"


@pytest.fixture(scope="module")
def drafts(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drafts]:
    """A desk with drafts of all sizes, and previews under way and over."""
    for running in a_desk(tmp_path_factory.mktemp("drafts")):
        state = signed_in(browser, running)
        filled = run("-m", "tests.browser.fill_orders", var_dir=running.var_dir)
        assert filled.returncode == 0, filled.stdout
        yield Drafts(running, state, json.loads(filled.stdout.splitlines()[-1]))


@pytest.fixture
def drafter(browser: Browser, drafts: Drafts) -> Iterator[Visitor]:
    with browser.new_context(viewport=WIDE, locale="en-US", storage_state=drafts.state) as context:
        yield Visitor(context, address=drafts.desk.address)


@pytest.fixture(scope="module")
def screens(browser: Browser, drafts: Drafts) -> Iterator[dict[Look, BrowserContext]]:
    with ExitStack() as stack:
        yield {
            look: stack.enter_context(browser.new_context(**look.options(), storage_state=drafts.state))
            for look in LOOKS
        }


@pytest.fixture
def viewer(screens: dict[Look, BrowserContext], drafts: Drafts, look: Look) -> Iterator[Visitor]:
    visitor = Visitor(screens[look], address=drafts.desk.address)
    yield visitor
    visitor.page.close()


def choose(visitor: Visitor, *names: str) -> None:
    """In the want's form, by typing parts of the locations' names."""
    for name in names:
        box = visitor.page.locator(".select2-search__field").first
        box.click()
        box.fill(name)
        found = visitor.page.locator(".select2-results__option", has_text=name)
        expect(found).to_have_count(1)
        found.click()


def test_want_is_added_previewed_and_submitted(drafter: Visitor, shots: Path) -> None:
    page = drafter.page
    folder = shots / "drafting" / "way"
    drafter.open(ORDERS)
    page.get_by_role("link", name="New order").first.click()
    page.get_by_label("Name").fill("Spring in Texas")
    page.get_by_role("button", name="Begin").click()

    page.get_by_role("link", name="Add a want").click()
    page.get_by_label("Numbers for each location").fill("2")
    choose(drafter, "Hill Country", "Alamo Bright")
    page.get_by_label("Begins with").fill("(830)")
    echo = page.locator("#want-echo")
    expect(echo).to_contain_text("This adds 4 lines: 2 for each of 2 locations.")
    expect(echo).to_contain_text("Begins with: read as 830")
    drafter.shoot(folder / "1-want.png")
    page.get_by_role("button", name="Add to the order").click()

    expect(page.get_by_role("heading", name="2 × US Local, begins with 830 for each of 2 locations")).to_be_visible()
    still_the_same = page.url
    page.get_by_text("By location (2)").click()
    expect(page.locator(".order-place-list li")).to_have_count(2)
    drafter.shoot(folder / "2-draft.png")
    page.get_by_role("button", name="Preview").click()

    expect(page.get_by_role("heading", name=re.compile("of 4 numbers will be bought for"))).to_be_visible()
    assert page.url.partition("#")[0] == still_the_same.partition("#")[0]
    drafter.shoot(folder / "3-previewed.png")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Submitted. This page follows the order")).to_be_visible()
    drafter.shoot(folder / "4-submitted.png")


def test_preview_that_was_left_is_there_when_one_comes_back(drafter: Visitor, drafts: Drafts) -> None:
    drafter.open(drafts.page_of("running"))

    expect(drafter.page.get_by_role("progressbar", name="Being previewed")).to_be_visible()
    expect(drafter.page.get_by_text("120 of 200 looked at")).to_be_visible()


def test_draft_is_thrown_away_only_when_that_is_confirmed(drafter: Visitor, drafts: Drafts) -> None:
    page = drafter.page
    drafter.open(ORDERS + "new/")
    page.get_by_role("button", name="Begin").click()
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Throw away").click()
    expect(page.get_by_role("button", name="Throw away")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())

    page.get_by_role("button", name="Throw away").click()

    expect(page.get_by_text("The draft was thrown away. Nothing was bought.")).to_be_visible()
    assert asked == ["Throw this draft away? Its lines can then only be copied."]


def test_bad_want_is_in_focus_and_keeps_what_was_typed(drafter: Visitor, drafts: Drafts, shots: Path) -> None:
    page = drafter.page
    drafter.open(f"{ORDERS}{drafts.keys['nothing']}/want/")
    page.get_by_label("Numbers for each location").fill("501")
    choose(drafter, "Hill Country")
    page.get_by_label("Ends with").fill("CALL-NOW")

    page.get_by_role("button", name="Add to the order").click()

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Ends with")).to_have_value("CALL-NOW")
    expect(page.locator(".select2-selection__choice")).to_have_count(1)
    drafter.shoot(shots / "drafting" / "way" / "want-refused.png")


def test_tag_is_given_in_the_list_of_locations(drafter: Visitor, shots: Path) -> None:
    page = drafter.page
    drafter.open(LOCATIONS + "?q=Branch+10")
    for row in range(3):
        page.locator("#result_list tbody input.action-select").nth(row).check()
    page.get_by_role("combobox").filter(has=page.locator("option", has_text="Add a tag")).select_option("add_tag")
    page.get_by_role("button", name=re.compile("Run|Go")).first.click()
    page.get_by_label("Tag").fill("new branches")
    drafter.shoot(shots / "drafting" / "way" / "tag.png")
    page.get_by_role("button", name="Add a tag").click()

    expect(page.get_by_text("3 locations have the tag “new branches”.")).to_be_visible()


PAGES = ["list", "nothing", "three", "want", "many", "running", "problems", "form", "limits", "tags", "location"]


def address_of(name: str, drafts: Drafts) -> str:
    others = {
        "list": ORDERS,
        "form": f"{ORDERS}{drafts.keys['nothing']}/want/",
        "limits": "/admin/numbers_app/limits/1/change/",
        "tags": "/admin/numbers_app/tag/",
        "location": f"{LOCATIONS}1/change/",
    }
    return others.get(name) or drafts.page_of(name)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize("name", PAGES)
def test_page_of_drafting_fits_the_screen(viewer: Visitor, look: Look, name: str, drafts: Drafts, shots: Path) -> None:
    viewer.open(address_of(name, drafts))
    viewer.page.evaluate("document.fonts.ready")

    viewer.shoot(shots / "drafting" / look.name / f"{name}.png")
    assert_fits(viewer, look)
