"""The record of a purchase in a browser: its link is copied, it is printed, and it is taken along as a file."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser.visitor import Visitor

NUMBER = "+1 500 555 0050"


def test_record_is_copied_printed_and_taken_along(admin: Visitor) -> None:
    page = admin.page
    admin.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin.buy(NUMBER)
    admin.expect_status("purchased")

    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url

    with page.expect_download() as download:
        page.get_by_role("link", name="Export as JSON").click()
    record = json.loads(download.value.path().read_text())
    assert (record["purchase"]["status"], record["asked"]["phone_number"]) == ("purchased", "+15005550050")

    page.evaluate("document.querySelectorAll('details.desk-attempt').forEach((fold) => { fold.open = false; })")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".record-print-head")).to_be_visible()
    expect(page.locator("details.desk-attempt pre").first).to_be_visible()
    for gone in ("#record-keep", "#nav-sidebar", "#header-inner"):
        expect(page.locator(gone).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.locator("details.desk-attempt pre").first).to_be_hidden()
