"""Mistakes in the form: what was typed stays, and the reader is led to what is wrong."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.books import purchases_of
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk

TYPED = {"phone_number": "830 555 30", "locality": "San Antonio", "region": "TX", "fingerprint_id": "1773314252953"}


def focused_text(visitor: Visitor) -> str:
    return str(visitor.page.evaluate("document.activeElement.textContent"))


def test_mistake_keeps_what_was_typed_and_takes_the_focus(admin: Visitor, desk: RunningDesk) -> None:
    admin.fill_form(TYPED["phone_number"], location="Lakefront")
    page = admin.page
    page.get_by_text("Place, address and other details").click()
    for name, text in TYPED.items():
        page.locator(f"[name={name}]").fill(text)
    page.locator("[name=number_type]").select_option("mobile")

    admin.buy_button.click()

    expect(page.get_by_role("alert")).to_be_focused()
    assert "Nothing was ordered. One field needs another look" in focused_text(admin)
    expect(page.locator(".desk-field-error", has_text="Phone number")).to_contain_text("too few digits")
    for name, text in TYPED.items():
        expect(page.locator(f"[name={name}]")).to_have_value(text)
    expect(page.locator("[name=number_type]")).to_have_value("mobile")
    expect(page.locator(".select2-selection")).to_contain_text("Lakefront Auto Repair")
    assert purchases_of(desk, "+183055530") == []


def test_mended_mistake_buys(admin: Visitor) -> None:
    admin.fill_form("830 555 30")
    admin.buy_button.click()
    expect(admin.page.get_by_role("alert")).to_be_visible()

    admin.page.get_by_label("Phone number").fill("830 555 3001")
    admin.buy_button.click()

    admin.expect_status("purchased")


@pytest.mark.parametrize(("name", "text"), [("address_sid", "AD123"), ("bundle_sid", "BU?"), ("fingerprint_id", "a b")])
def test_mistake_in_the_folded_part_unfolds_it(admin: Visitor, name: str, text: str) -> None:
    admin.fill_form("830 555 3002")
    fold = admin.page.locator("details.desk-fold")
    expect(fold).not_to_have_attribute("open", "")
    fold.locator("summary").click()
    fold.locator(f"[name={name}]").fill(text)
    fold.locator("summary").click()
    expect(fold.locator(f"[name={name}]")).to_be_hidden()

    admin.buy_button.click()

    expect(admin.page.get_by_role("alert")).to_be_focused()
    expect(fold.locator(".desk-field-error")).to_be_visible()
    expect(fold.locator(f"[name={name}]")).to_have_value(text)


def test_empty_form_names_both_missing_fields(admin: Visitor) -> None:
    admin.open("/admin/numbers_app/purchase/buy/")

    admin.buy_button.click()

    expect(admin.page.get_by_role("alert")).to_contain_text("2 fields need another look")
    expect(admin.page.locator(".desk-field-error")).to_have_count(2)


def test_number_that_is_owned_is_refused_with_a_link_to_it(admin: Visitor) -> None:
    admin.buy("(830) 555-3003")
    admin.expect_status("purchased")

    admin.fill_form("+1 830-555-3003", location="Ybor")
    admin.buy_button.click()

    refused = admin.page.locator(".desk-field-error", has_text="You own this number already")
    refused.get_by_role("link").click()
    expect(admin.page).to_have_url(re.compile("/phonenumber/[0-9]+/change/"))
    expect(admin.page.get_by_role("heading", name="830-555-3003", level=2)).to_be_visible()


@pytest.mark.parametrize(
    ("typed", "echoed"),
    [("8305553004", "+1 830-555-3004"), ("+44 20 79460018", "+44 20 7946 0018"), ("830", "too few digits")],
)
def test_echo_says_how_the_number_is_read(admin: Visitor, typed: str, echoed: str) -> None:
    admin.open("/admin/numbers_app/purchase/buy/")
    if typed.startswith("+44"):
        admin.page.locator("[name=country_code]").select_option("GB")

    admin.page.get_by_label("Phone number").press_sequentially(typed)

    expect(admin.page.locator("#number-echo")).to_contain_text(echoed)
