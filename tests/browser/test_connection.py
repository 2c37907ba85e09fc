"""The connection or the session goes away while a purchase is moving."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.books import admin_password, purchases_of, sales_of
from tests.browser.visitor import BUY, Visitor
from tests.leadway_site.desks import RunningDesk

LOST = "The connection is lost."


def end_session(visitor: Visitor) -> None:
    """As the server does it after two weeks."""
    visitor.context.clear_cookies(name="sessionid")


def test_lost_connection_is_said_and_the_page_goes_on_by_itself(admin: Visitor, desk: RunningDesk) -> None:
    admin.tolerate("ERR_INTERNET_DISCONNECTED")
    admin.tolerate("console error: htmx:")
    admin.buy("+1 500 555 4181")
    is_same = admin.mark_page()
    admin.expect_status("uncertain")

    admin.context.set_offline(True)
    expect(admin.page.get_by_text(LOST)).to_be_visible()
    admin.context.set_offline(False)

    expect(admin.page.get_by_text(LOST)).to_be_hidden()
    admin.expect_status("purchased")
    assert is_same()
    assert sales_of(desk, "+15005554181") == 1


def test_ended_session_leads_to_the_login_page_and_back(stranger: Visitor, desk: RunningDesk) -> None:
    stranger.open("/")
    stranger.sign_in(admin_password(desk))
    stranger.buy("+1 500 555 4182")
    address = stranger.page.url

    end_session(stranger)

    stranger.page.wait_for_url(re.compile(r"/admin/login/\?next="))
    expect(stranger.page.get_by_label("Password")).to_have_count(1)
    expect(stranger.progress).to_have_count(0)
    stranger.page.get_by_label("Username").fill("admin")
    stranger.page.get_by_label("Password").fill(admin_password(desk))
    stranger.page.keyboard.press("Enter")
    stranger.page.wait_for_url(address)
    stranger.expect_status("purchased")


def test_ended_session_in_the_form_leads_to_the_login_page(stranger: Visitor, desk: RunningDesk) -> None:
    stranger.open("/")
    stranger.sign_in(admin_password(desk))
    stranger.fill_form("(830) 555-4183")

    end_session(stranger)
    stranger.buy_button.click()

    expect(stranger.page.get_by_label("Password")).to_be_visible()
    assert sales_of(desk, "+18305554183") == 0


def test_echo_does_not_show_a_login_page_in_the_page(stranger: Visitor, desk: RunningDesk) -> None:
    stranger.open("/")
    stranger.sign_in(admin_password(desk))
    stranger.open(BUY)

    end_session(stranger)
    stranger.page.get_by_label("Phone number").press_sequentially("830 555 4184")

    expect(stranger.page.get_by_label("Password")).to_have_count(1)
    expect(stranger.buy_button).to_have_count(0)


def test_form_from_before_the_last_sign_in_says_what_to_do_and_orders_nothing(
    stranger: Visitor, desk: RunningDesk
) -> None:
    """Signing in changes the secret of all forms, also in another tab."""
    stranger.tolerate("403")
    stranger.open("/")
    stranger.sign_in(admin_password(desk))
    stranger.fill_form("(830) 555-4185")
    expect(stranger.page.locator("#number-echo")).to_contain_text("+18305554185")
    end_session(stranger)
    other_tab = Visitor(stranger.context, address=desk.address)
    other_tab.open("/")
    other_tab.sign_in(admin_password(desk))

    stranger.buy_button.click()

    expect(stranger.page.get_by_role("heading")).to_have_text("This page was too old to be sent")
    assert purchases_of(desk, "+18305554185") == []
    stranger.page.get_by_role("link", name="Go to the desk").click()
    expect(stranger.page.get_by_text("Latest purchases")).to_be_visible()


def test_missing_page_says_so_and_leads_back(admin: Visitor) -> None:
    admin.tolerate("404")
    admin.open("/admin/numbers_app/purchase/nothing/")

    expect(admin.page.get_by_role("heading")).to_have_text("There is no such page")
    admin.page.get_by_role("link", name="Go to the desk").click()
    expect(admin.page.get_by_text("Latest purchases")).to_be_visible()


@pytest.mark.parametrize("path", ["/admin/", BUY, "/admin/numbers_app/purchase/1/change/"])
def test_pages_ask_a_stranger_to_sign_in(stranger: Visitor, path: str) -> None:
    stranger.open(path)

    expect(stranger.page.get_by_label("Password")).to_be_visible()
    expect(stranger.page.get_by_text("SANDBOX", exact=True)).to_be_visible()
