"""The main job, and the ways to do it twice by mistake."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import expect

from tests.browser.books import admin_password, posts_of, purchases_of, sales_of, show_purchase
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk
from tests.waiting import wait_until

ACCOUNT_SID = re.compile(r"AC[0-9a-f]{32}")


def test_number_is_asked_for_bought_and_found_again(stranger: Visitor, desk: RunningDesk, timings: list[str]) -> None:
    page = stranger.page
    stranger.open("/")
    began = time.monotonic()
    stranger.sign_in(admin_password(desk))
    page.locator("#nav-sidebar").get_by_role("link", name="Buy a number").click()
    expect(stranger.buy_button).to_be_visible()
    timings.append(f"From sign-in to the form: {time.monotonic() - began:.2f} s")

    stranger.choose_location("Hill Coun")
    page.get_by_label("Phone number").press_sequentially("(830) 555-1234")
    expect(page.locator("#number-echo")).to_contain_text("+18305551234")
    began = time.monotonic()
    stranger.buy_button.click()
    expect(stranger.progress).to_be_visible()
    is_same = stranger.mark_page()
    stranger.expect_status("purchased")
    timings.append(f"From the click on Buy to Purchased: {time.monotonic() - began:.2f} s")

    assert is_same()
    expect(page).to_have_title("+1 830-555-1234 · Purchased | Leadway Numbers")
    expect(stranger.progress).to_contain_text(ACCOUNT_SID)
    expect(page.locator("#numbers-map tbody tr.desk-row-own")).to_contain_text("(830) 555-1234")
    rows = stranger.search_history("830-555-1234")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Purchased")
    assert sales_of(desk, "+18305551234") == 1


def assert_bought_once(desk: RunningDesk, phone_number: str) -> None:
    """In the desk's books as in the sandbox's."""

    def settled() -> dict[str, Any] | None:
        purchase = show_purchase(desk, purchase_id)
        return purchase if purchase["final"] else None

    (purchase_id,) = purchases_of(desk, phone_number)
    purchase = wait_until(settled, what="the purchase is settled", seconds=60)
    assert purchase is not None
    assert purchase["status"] == "purchased"
    assert (sales_of(desk, phone_number), posts_of(desk, phone_number)) == (1, 1)


def test_double_click_buys_once(admin: Visitor, desk: RunningDesk) -> None:
    admin.fill_form("(830) 555-2001")

    admin.buy_button.dblclick()

    admin.expect_status("purchased")
    assert_bought_once(desk, "+18305552001")


def test_enter_pressed_twice_buys_once(admin: Visitor, desk: RunningDesk) -> None:
    admin.fill_form("(830) 555-2002")

    admin.page.get_by_label("Phone number").focus()
    admin.page.keyboard.press("Enter")
    admin.page.keyboard.press("Enter")

    admin.expect_status("purchased")
    assert_bought_once(desk, "+18305552002")


def test_form_sent_twice_without_script_buys_once(admin: Visitor, desk: RunningDesk) -> None:
    """A browser that sends the very same form again, whatever our script says."""
    admin.fill_form("(830) 555-2003")
    send = """
        async () => {
            const form = document.querySelector("form[data-once]");
            const once = () => fetch(form.action, {method: "POST", body: new FormData(form)});
            return (await Promise.all([once(), once(), once()])).map((reply) => reply.url);
        }
    """

    addresses = admin.page.evaluate(send)

    assert len(set(addresses)) == 1
    assert_bought_once(desk, "+18305552003")


def test_reload_of_the_purchase_buys_nothing(admin: Visitor, desk: RunningDesk) -> None:
    admin.buy("(830) 555-2004")

    admin.page.reload()
    admin.page.reload()

    admin.expect_status("purchased")
    assert_bought_once(desk, "+18305552004")


def test_back_button_and_buy_again_buys_once(admin: Visitor, desk: RunningDesk) -> None:
    admin.buy("(830) 555-2005")
    admin.expect_status("purchased")

    admin.page.go_back()
    expect(admin.buy_button).to_be_enabled()
    if not admin.page.get_by_label("Phone number").input_value():
        admin.fill_form("(830) 555-2005")
    admin.buy_button.click()

    expect(admin.page.get_by_role("alert").or_(admin.progress)).to_be_visible()
    assert_bought_once(desk, "+18305552005")
