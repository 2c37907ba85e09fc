"""Searching, choosing and adding to an order, with the keyboard and the mouse, on a telephone and on a wide screen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, StorageState, expect

from tests.browser.test_pages import LOOKS, Look
from tests.browser.visitor import BUY, Visitor
from tests.leadway_site.desks import RunningDesk

SEARCH = "/admin/numbers_app/purchase/search/"


def rows(page: Page) -> Locator:
    return page.locator(".search-found tbody tr")


def numbers(page: Page) -> list[str]:
    return [str(number) for number in rows(page).evaluate_all("rows => rows.map((row) => row.dataset.number)")]


def search(visitor: Visitor, begins: str, *, location: str = "Hill Country") -> None:
    visitor.open(SEARCH)
    visitor.choose_location(location)
    visitor.page.get_by_label("Begins with").fill(begins)
    visitor.page.get_by_label("Begins with").press("Enter")


def test_enter_searches_without_a_reload_and_the_address_can_be_shared(admin: Visitor) -> None:
    page = admin.page
    admin.open(SEARCH)
    is_same = admin.mark_page()
    admin.choose_location("Hill Country")
    page.get_by_label("Begins with").fill("(830)")
    page.get_by_label("Begins with").press("Enter")

    expect(rows(page)).to_have_count(30)
    expect(page.locator("#search-said")).to_have_text("30 numbers found.")
    expect(page.get_by_text("US, local, begins with 830")).to_be_visible()
    assert is_same()
    assert "first_part=%28830%29" in page.url
    shown = numbers(page)

    page.goto(page.url)

    expect(rows(page)).to_have_count(30)
    expect(page.get_by_label("Begins with")).to_have_value("(830)")
    assert numbers(page) == shown

    page.get_by_label("Begins with").fill("210")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("US, local, begins with 210")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("US, local, begins with 830")).to_be_visible()


def test_rows_are_sorted_without_asking_again(admin: Visitor) -> None:
    page = admin.page
    search(admin, "830")
    expect(rows(page)).to_have_count(30)
    given = numbers(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.get_by_role("button", name="Number", exact=True).click()
    assert numbers(page) == sorted(given)
    page.get_by_role("button", name="Number", exact=True).press("Enter")
    assert numbers(page) == sorted(given, reverse=True)
    page.get_by_role("button", name="Capabilities").click()
    able = rows(page).evaluate_all("rows => rows.map((row) => Number(row.dataset.able))")
    assert able == sorted(able)
    assert page.get_by_role("columnheader", name="Capabilities").get_attribute("aria-sort") == "ascending"
    assert asked == []


def test_chosen_numbers_are_summed_up_and_added_once(admin: Visitor) -> None:
    page = admin.page
    search(admin, "512")
    expect(rows(page)).to_have_count(30)
    sum_up = page.locator("[data-chosen]")
    page.get_by_role("button", name="Number", exact=True).click()
    order = numbers(page)

    page.get_by_role("checkbox", name="Tick all").check()
    expect(sum_up).to_have_text("30 ticked, 34.50 USD a month")
    page.get_by_role("checkbox", name="Tick all").uncheck()
    expect(sum_up).to_have_text("Nothing ticked")
    for position in (0, 2):
        rows(page).nth(position).get_by_role("checkbox").check()
    expect(sum_up).to_have_text("2 ticked, 2.30 USD a month")
    page.get_by_role("button", name="Add to order").dblclick()

    expect(page.locator(".desk-success", has_text="2 numbers added to #")).to_be_visible()
    expect(page.locator("#search-said")).to_contain_text("2 numbers added to #")
    expect(page.get_by_text("In draft #")).to_have_count(2)
    expect(page.get_by_label("Into").locator("option:checked")).to_contain_text("#")
    assert numbers(page) == order

    rows(page).nth(0).get_by_role("checkbox").check()
    page.get_by_role("button", name="Add to order").click()
    expect(page.locator(".desk-success", has_text="1 was in #")).to_be_visible()
    page.locator(".desk-success").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/admin/numbers_app/purchaseorder/\d+/change/"))


def test_buy_now_opens_the_form_filled_in(admin: Visitor) -> None:
    page = admin.page
    search(admin, "713")
    expect(rows(page)).to_have_count(30)
    number = numbers(page)[0]

    rows(page).nth(0).get_by_role("link", name="Buy").click()

    page.wait_for_url(f"**{BUY}*")
    expect(page.get_by_label("Phone number")).to_have_value(number)
    expect(page.locator("#number-echo")).to_contain_text(number)


def test_one_click_leaves_out_the_filter_that_finds_nothing(admin: Visitor) -> None:
    page = admin.page
    search(admin, "999")

    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("link", name="Search without “begins with 999” (30 numbers)").click()

    expect(rows(page)).to_have_count(30)
    expect(page.get_by_label("Begins with")).to_have_value("")


def test_search_that_takes_long_says_so_until_it_ends(admin: Visitor) -> None:
    page = admin.page
    held: list[Route] = []
    page.route("**/search/results/**", lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes no built-in
    search(admin, "830")

    expect(page.locator("#search-busy")).to_be_visible()
    expect(page.locator("#search-said")).to_have_text("Asking the provider…")
    expect(page.locator("#search-results")).to_have_attribute("aria-busy", "true")
    admin.wait_until(lambda: held, what="the request is held back")  # the page says so before it has gone out
    held[0].continue_()

    expect(rows(page)).to_have_count(30)
    expect(page.locator("#search-busy")).to_be_hidden()
    expect(page.locator("#search-results")).not_to_have_attribute("aria-busy", "true")


def test_lost_connection_and_mistakes_keep_the_form(admin: Visitor) -> None:
    page = admin.page
    admin.tolerate("connection refused|ERR_FAILED|console error: htmx:")
    admin.open(SEARCH)
    page.route("**/search/results/**", lambda route: route.abort())
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#connection-note")).to_be_visible()
    page.unroute("**/search/results/**")

    page.get_by_label("Begins with").fill("0830")
    page.get_by_role("button", name="Search", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Location: Choose a location")
    expect(page.get_by_role("alert")).to_contain_text("Begins with: Area codes begin with 2 to 9, not with 0.")
    expect(page.get_by_label("Begins with")).to_have_value("0830")
    expect(page.locator("#search-busy")).to_be_hidden()
    expect(page.locator("#connection-note")).to_be_hidden()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_page_fits_every_screen(
    look: Look, browser: Browser, desk: RunningDesk, session: StorageState, shots: Path
) -> None:
    with browser.new_context(**look.options(), storage_state=session) as context:
        visitor = Visitor(context, address=desk.address)
        page = visitor.page

        def shoot(name: str) -> None:
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            if look.scheme == "light":
                visitor.assert_accessible()
            visitor.shoot(shots / "search" / f"{look.name}-{name}.png")

        visitor.open(SEARCH)
        expect(page.get_by_role("heading", name="What numbers can be had?")).to_be_visible()
        shoot("1-first")
        search(visitor, "830")
        expect(rows(page)).to_have_count(30)
        rows(page).nth(1).get_by_role("checkbox").check()
        shoot("2-found")
        page.get_by_role("button", name="Add to order").click()
        expect(page.locator(".desk-success", has_text="added to #")).to_be_visible()
        page.screenshot(path=shots / "search" / f"{look.name}-3-added.png")
        page.get_by_label("Begins with").fill("999")
        page.get_by_label("Begins with").press("Enter")
        expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
        shoot("4-nothing")
        page.get_by_label("Begins with").fill("0<b>")
        page.get_by_label("Begins with").press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        shoot("5-mistake")
        visitor.assert_nothing_went_wrong()
