"""The desk by keyboard alone: a whole purchase, a whole order and its approval; the focus is seen, and kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.books import sales_of
from tests.browser.conftest import WIDE, a_desk
from tests.browser.fill_agency import PASSWORD
from tests.browser.visitor import HISTORY, Visitor
from tests.leadway_site.desks import RunningDesk, run

MOST_TABS = 80
SLOW = "500 555 0116"  # its reply takes seconds: what is told is what changes before somebody's eyes
# The focus is seen when something is drawn around what has it, or around the box that it stands in.
IS_SEEN = """
    () => {
        const drawn = (element) => {
            const style = getComputedStyle(element);
            return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
        };
        const active = document.activeElement;
        const box = active.getBoundingClientRect();
        const inView = box.bottom > 0 && box.top < innerHeight && box.width > 0;
        return inView && (drawn(active) || drawn(active.parentElement));
    }
"""


class Typist:
    """Somebody without a mouse."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.keyboard = visitor.page.keyboard

    def on(self, selector: str) -> bool:
        return bool(self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector))

    def tab_to(self, selector: str) -> None:
        """Press Tab until the element has the focus; all on the way there show that they have it."""
        passed = []
        for _press in range(MOST_TABS):
            self.keyboard.press("Tab")
            where = self.page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
            passed.append(where)
            if self.page.evaluate("document.activeElement !== document.body"):
                assert self.page.evaluate(IS_SEEN), f"the focus can't be seen on {where}"
            if self.on(selector):
                return
        raise AssertionError(f"Tab does not lead to {selector}, but over\n" + "\n".join(passed))

    def type_into(self, selector: str, text: str) -> None:
        self.tab_to(selector)
        self.keyboard.type(text)

    def press(self, selector: str, key: str = "Enter") -> None:
        self.tab_to(selector)
        self.keyboard.press(key)

    def skip_to_content(self) -> None:
        """The first press of Tab on a page offers the way past the sidebar."""
        self.page.evaluate("document.activeElement.blur()")
        self.keyboard.press("Tab")
        assert self.on(".desk-skip")
        assert self.page.evaluate(IS_SEEN)
        self.keyboard.press("Enter")
        assert self.on("#desk-main")

    def sign_in(self, username: str) -> None:
        self.visitor.open("/admin/")
        if not self.on("[name=username]"):
            self.tab_to("[name=username]")
        self.keyboard.type(username)
        self.type_into("[name=password]", PASSWORD)
        self.keyboard.press("Enter")
        expect(self.page.locator("#desk-title")).to_be_visible()

    def go(self, name: str) -> None:
        """To a page of the sidebar."""
        address = self.page.locator("#nav-sidebar").get_by_role("link", name=name, exact=True).get_attribute("href")
        self.page.evaluate("document.activeElement.blur()")
        self.press(f"#nav-sidebar a[href='{address}']")
        self.page.wait_for_url(f"**{address}")
        expect(self.page.locator("#desk-title")).to_be_visible()


class Agency(NamedTuple):
    desk: RunningDesk

    def typist(self, browser: Browser) -> Typist:
        context = browser.new_context(viewport=WIDE, locale="en-US", reduced_motion="reduce")
        return Typist(Visitor(context, address=self.desk.address))


@pytest.fixture(scope="module")
def agency(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agency]:
    for running in a_desk(tmp_path_factory.mktemp("keyboard")):
        filled = run(
            "-m",
            "tests.browser.fill_agency",
            "1",
            var_dir=running.var_dir,
            DJANGO_SETTINGS_MODULE="leadway_site.settings",
            PORT=str(running.port),
        )
        assert filled.returncode == 0, filled.stdout
        yield Agency(running)


@pytest.fixture
def buyer(browser: Browser, agency: Agency) -> Iterator[Typist]:
    typist = agency.typist(browser)
    typist.sign_in("bea")
    yield typist
    typist.visitor.context.close()


@pytest.fixture
def approver(browser: Browser, agency: Agency) -> Iterator[Typist]:
    typist = agency.typist(browser)
    typist.sign_in("ada")
    yield typist
    typist.visitor.context.close()


def test_number_is_bought_and_found_by_keyboard_alone(buyer: Typist, agency: Agency) -> None:
    page, keyboard = buyer.page, buyer.keyboard
    buyer.go("Buy a number")
    buyer.skip_to_content()
    buyer.press(".select2-selection")
    keyboard.type("Saguaro")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Saguaro Solar")
    keyboard.press("Enter")
    assert buyer.on(".select2-selection")
    buyer.type_into("[name=phone_number]", SLOW)
    expect(page.locator("#number-echo")).to_contain_text("+15005550116")
    buyer.press("button[type=submit].desk-button")

    buyer.visitor.expect_status("purchased")
    expect(page.locator("#desk-said")).to_contain_text("Purchased")
    buyer.visitor.assert_accessible()
    assert sales_of(agency.desk, "+15005550116") == 1
    buyer.go("Purchases")
    buyer.skip_to_content()
    buyer.type_into("#searchbar", "500-555-0116")
    keyboard.press("Enter")
    page.wait_for_url("**?*q=*")
    buyer.press("#result_list tbody a")
    page.wait_for_url(re.compile(rf"{HISTORY}\d+/change/"))
    buyer.visitor.assert_nothing_went_wrong()


def test_order_is_drafted_submitted_and_approved_by_keyboard_alone(buyer: Typist, approver: Typist) -> None:
    page, keyboard = buyer.page, buyer.keyboard
    buyer.go("Orders")
    buyer.press("a[href$='/purchaseorder/new/'], a[href$='/new-redirect/'], a[href$='/new-redirect']")
    page.wait_for_url("**/new/")
    buyer.type_into("[name=name]", "By keyboard")
    keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/purchaseorder/\d+/change/"))
    buyer.press("#content a[href$='/want/']")
    page.wait_for_url("**/want/")
    buyer.tab_to("[name=quantity]")
    keyboard.press("Control+a")
    keyboard.type("2")
    buyer.tab_to(".select2-search__field")
    keyboard.type("Saguaro")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Saguaro Solar")
    keyboard.press("Enter")
    buyer.type_into("[name=first_part]", "602")
    expect(page.locator("#want-echo")).to_contain_text("This adds 2 lines")
    buyer.press("form:has(#want-echo) button[type=submit]")
    page.wait_for_url(re.compile(r"/purchaseorder/\d+/change/"))
    expect(page.locator("#desk-title")).to_be_visible()
    buyer.press("form[action$='/preview/'] button")
    expect(page.get_by_role("heading", name=re.compile("numbers will be bought for"))).to_be_visible()
    buyer.press("form[action$='/submit/'] button")
    expect(page.locator("#order-progress")).to_have_attribute("data-status", "awaiting_approval")
    buyer.visitor.assert_accessible()

    approver.visitor.open("/admin/")
    approver.press("#content a[href*='waits=me']")
    approver.page.wait_for_url("**waits=me*")
    approver.press("#result_list tbody a")
    approver.page.wait_for_url(re.compile(r"/purchaseorder/\d+/change/"))
    approver.type_into("#order-because", "Agreed.")
    approver.press("#order-approve")
    expect(approver.page.locator("#order-progress")).not_to_have_attribute("data-status", "awaiting_approval")
    assert approver.on("#desk-messages > ul")
    approver.visitor.assert_accessible()

    expect(page.locator("#order-progress")).to_have_attribute("data-status", "finished")
    expect(page).to_have_title(re.compile(r" · Finished \| Leadway Numbers$"))
    expect(page.locator("#order-said")).to_contain_text("100 %")
    for typist in (buyer, approver):
        typist.visitor.assert_nothing_went_wrong()


def test_focus_goes_to_the_heading_when_its_button_is_gone(buyer: Typist) -> None:
    """A purchase that waits can be cancelled; one that was bought can't."""
    buyer.visitor.buy("+1 500 555 2076")
    cancel = buyer.page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible()
    cancel.focus()

    buyer.visitor.expect_status("purchased")

    assert buyer.page.evaluate("document.activeElement.tagName") == "H2"
    expect(buyer.page.locator(":focus")).to_contain_text("Purchased")


def test_menus_and_filters_open_and_close_by_keyboard(buyer: Typist) -> None:
    page, keyboard = buyer.page, buyer.keyboard
    buyer.go("Purchases")
    buyer.press(".desk-list-filters summary")
    expect(page.get_by_role("button", name="Apply")).to_be_visible()
    buyer.visitor.assert_accessible()
    keyboard.press("Enter")
    expect(page.get_by_role("button", name="Apply")).to_be_hidden()

    buyer.go("Orders")
    buyer.press("#desk-filters-open")
    expect(page.get_by_role("dialog", name="Filters")).to_be_visible()
    expect(page.locator("#desk-filters-close")).to_be_focused()
    buyer.visitor.assert_accessible()
    keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Filters")).to_be_hidden()
    expect(page.locator("#desk-filters-open")).to_be_focused()

    page.evaluate("document.activeElement.blur()")
    buyer.press(".desk-user-button")
    buyer.visitor.assert_accessible()
    dark = page.get_by_role("button", name="Dark", exact=True)
    for _press in range(3):
        keyboard.press("Shift+Tab")
    buyer.tab_to(".desk-user-button")
    keyboard.press("Escape")
    expect(dark).to_be_hidden()
    expect(page.locator(".desk-user-button")).to_be_focused()
