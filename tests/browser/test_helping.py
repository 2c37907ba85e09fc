"""The help in the browser: it costs nothing of what was typed, and fits every screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState, expect

from numbers_app import guide
from tests.browser.axe import violations
from tests.browser.test_pages import LOOKS, Look, assert_fits
from tests.browser.visitor import BUY, Visitor
from tests.leadway_site.desks import RunningDesk


def test_help_opens_beside_the_form_and_nothing_typed_is_lost(admin: Visitor) -> None:
    admin.fill_form("(830) 555-0199")
    page = admin.page
    page.locator("summary").click()
    page.get_by_label("Bundle SID", exact=True).fill("BU12")
    is_the_same = admin.mark_page()

    with page.expect_popup() as opened:
        page.get_by_role("link", name="Help: Bundle SID (opens in a new tab)").click()

    meaning = opened.value.get_by_role("heading", name="Bundle SID")
    expect(meaning).to_be_in_viewport()
    assert opened.value.evaluate("window.opener") is None
    assert is_the_same()
    expect(page.get_by_label("Phone number")).to_have_value("(830) 555-0199")
    expect(page.get_by_label("Bundle SID", exact=True)).to_have_value("BU12")


def test_help_is_reached_and_read_with_the_keyboard_alone(admin: Visitor) -> None:
    admin.open(BUY)
    page = admin.page
    link = page.get_by_role("link", name="Help (opens in a new tab)")
    link.focus()

    with page.expect_popup() as opened:
        page.keyboard.press("Enter")

    expect(opened.value.get_by_role("heading", name="Buy a number", level=1)).to_be_visible()
    opened.value.get_by_role("navigation", name="On this page").get_by_role("link").last.press("Enter")
    expect(opened.value.get_by_role("heading", name="When something goes wrong")).to_be_in_viewport()


@pytest.fixture
def reader(browser: Browser, desk: RunningDesk, session: StorageState, look: Look) -> Iterator[Visitor]:
    with browser.new_context(**look.options(), storage_state=session) as context:
        yield Visitor(context, address=desk.address)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize("name", ["index", "orders", "glossary"])
def test_page_of_the_help_fits_the_screen(reader: Visitor, look: Look, name: str, shots: Path) -> None:
    reader.open(guide.address(name))
    for picture in reader.page.locator(".guide-text img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
    reader.page.evaluate("window.scrollTo(0, 0)")

    reader.shoot(shots / "help" / look.name / f"{name}.png")
    assert_fits(reader, look)
    assert violations(reader.page) == []
