"""The desk in Spanish, in a browser that asks for it, until its user chooses another language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.browser.test_search import SEARCH, rows
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk

LISTED = "/admin/numbers_app/purchase/"


@pytest.fixture
def spaniard(browser: Browser, desk: RunningDesk, session: StorageState) -> Iterator[Visitor]:
    with browser.new_context(locale="es-ES", storage_state=session) as context:
        yield Visitor(context, address=desk.address)


def test_language_is_chosen_on_the_page_on_which_one_signs_in(stranger: Visitor) -> None:
    page = stranger.page
    stranger.open("/admin/login/")
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-current", "true")

    page.get_by_role("button", name="Español").click()

    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_label("Nombre de usuario")).to_be_visible()


def test_script_writes_money_as_the_pages_language_does(spaniard: Visitor) -> None:
    page = spaniard.page
    spaniard.open(SEARCH)
    page.get_by_role("combobox", name="Ubicación").click()
    page.locator(".select2-search__field").fill("Hill Country")
    page.locator(".select2-results__option", has_text="Hill Country").click()
    page.get_by_label("Empieza con").fill("830")
    page.get_by_label("Empieza con").press("Enter")
    expect(rows(page)).to_have_count(30)

    rows(page).first.locator("input[type=checkbox]").check()

    expect(page.locator("[data-chosen]")).to_have_text(re.compile(r"Marcados: 1, \d,\d\d USD al mes"))


# The last of them: what is chosen stays with the user, and all tests share one.
def test_page_follows_the_browsers_language_and_then_the_choice(spaniard: Visitor) -> None:
    page = spaniard.page
    spaniard.open(LISTED)
    expect(page.locator("html")).to_have_attribute("lang", "es")

    page.get_by_text("admin", exact=True).first.click()
    page.get_by_role("button", name="English").click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith(LISTED)
    expect(page.get_by_role("link", name="Buy a number").first).to_be_visible()
