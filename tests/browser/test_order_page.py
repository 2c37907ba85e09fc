"""The page of an order that was submitted, on a telephone and a wide screen, light and dark, in each of its states."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect

from tests.browser.conftest import a_desk, signed_in
from tests.browser.test_pages import LOOKS, WIDE_LIGHT, Look, assert_fits
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk, run

ORDERS = (
    "none", "three", "running", "ten-thousand", "paused", "own-awaiting", "awaiting", "finished", "declined",
)  # fmt: skip


@pytest.fixture(scope="module")
def order_desk(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningDesk, StorageState]]:
    for running in a_desk(tmp_path_factory.mktemp("orders")):
        yield running, signed_in(browser, running)


@pytest.fixture(scope="module")
def keys(order_desk: tuple[RunningDesk, StorageState]) -> dict[str, int]:
    filled = run("-m", "tests.browser.fill_progress", var_dir=order_desk[0].var_dir)
    assert filled.returncode == 0, filled.stdout
    found: dict[str, int] = json.loads(filled.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def screens(browser: Browser, order_desk: tuple[RunningDesk, StorageState]) -> Iterator[dict[Look, BrowserContext]]:
    with ExitStack() as stack:
        yield {
            look: stack.enter_context(browser.new_context(**look.options(), storage_state=order_desk[1]))
            for look in LOOKS
        }


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Look:
    return getattr(request, "param", WIDE_LIGHT)


@pytest.fixture
def viewer(
    screens: dict[Look, BrowserContext], order_desk: tuple[RunningDesk, StorageState], look: Look
) -> Iterator[Visitor]:
    visitor = Visitor(screens[look], address=order_desk[0].address)
    yield visitor
    visitor.page.close()


def page_of(key: int) -> str:
    return f"/admin/numbers_app/purchaseorder/{key}/change/"


@pytest.mark.parametrize(
    ("name", "look"),
    list(product(ORDERS, LOOKS)),
    indirect=["look"],
    ids=[f"{name}-{look.name}" for name, look in product(ORDERS, LOOKS)],
)
def test_order_fits_the_screen(viewer: Visitor, keys: dict[str, int], name: str, look: Look, shots: Path) -> None:
    viewer.open(page_of(keys[name]))
    expect(viewer.page.locator("#order-progress")).to_be_visible()
    viewer.page.evaluate("document.fonts.ready")

    viewer.shoot(shots / "orders" / look.name / f"{name}.png")

    assert_fits(viewer, look)


@pytest.mark.parametrize("look", LOOKS, indirect=True, ids=[look.name for look in LOOKS])
def test_list_first_page_and_mails_fit_the_screen(
    viewer: Visitor, keys: dict[str, int], look: Look, shots: Path
) -> None:
    pages = {
        "desk": "/admin/",
        "list": "/admin/numbers_app/purchaseorder/?waits=me",
        "mails": "/admin/numbers_app/mailpreference/mine/",
    }
    for name, path in pages.items():
        viewer.open(path)
        viewer.page.evaluate("document.fonts.ready")
        viewer.shoot(shots / "orders" / look.name / f"{name}.png")
        assert_fits(viewer, look)


def test_page_moves_by_itself_and_keeps_its_place(
    viewer: Visitor, keys: dict[str, int], order_desk: tuple[RunningDesk, StorageState]
) -> None:
    viewer.open(page_of(keys["paused"]) + "?state=waiting")
    bought = viewer.page.locator("#order-only-bought strong")
    expect(bought).to_have_text("20")
    cancel = viewer.page.get_by_role("button", name="Cancel what has not been sent")
    cancel.focus()
    cancel.evaluate("button => { button.style.width = '20rem'; }")  # htmx would write it into what comes: forbidden
    first = viewer.page.locator("#order-lines tbody a").first.text_content()
    is_the_same = viewer.mark_page()

    moved = run("-m", "tests.browser.fill_progress", "move", str(keys["paused"]), var_dir=order_desk[0].var_dir)

    assert moved.returncode == 0, moved.stdout
    expect(bought).to_have_text("21")
    expect(viewer.page.locator("#order-lines tbody a").first).not_to_have_text(str(first))
    expect(cancel).to_be_focused()
    assert is_the_same()


def test_first_page_says_that_the_connection_is_lost_and_goes_on_by_itself(
    viewer: Visitor, keys: dict[str, int]
) -> None:
    viewer.tolerate("ERR_INTERNET_DISCONNECTED")
    viewer.tolerate("console error: htmx:")
    viewer.open("/admin/")
    lost = viewer.page.get_by_text("The connection is lost.")
    expect(lost).to_be_hidden()
    is_the_same = viewer.mark_page()

    viewer.context.set_offline(True)
    expect(lost).to_be_visible()
    viewer.context.set_offline(False)

    expect(lost).to_be_hidden()
    assert is_the_same()


def test_button_that_is_pressed_while_the_page_moves_is_clicked(
    viewer: Visitor, keys: dict[str, int], order_desk: tuple[RunningDesk, StorageState]
) -> None:
    viewer.open(page_of(keys["running"]))
    viewer.page.get_by_role("button", name="Pause").hover()
    viewer.page.mouse.down()

    with viewer.page.expect_response(lambda answer: "/progress/" in answer.url and answer.status == 200):
        moved = run("-m", "tests.browser.fill_progress", "move", str(keys["running"]), var_dir=order_desk[0].var_dir)
    viewer.page.mouse.up()

    assert moved.returncode == 0, moved.stdout
    expect(viewer.page.get_by_text("The order is paused.")).to_be_visible()


def test_order_is_declined_with_a_reason_and_resumed_and_filtered(viewer: Visitor, keys: dict[str, int]) -> None:
    viewer.open("/admin/")
    viewer.page.get_by_role("link", name="1 order waits for your approval").click()
    viewer.page.locator("#result_list tbody a").first.click()
    viewer.page.get_by_role("button", name="Decline").click()
    expect(viewer.page.get_by_text("Say why in a few words")).to_be_visible()
    viewer.page.get_by_label("Reason").fill("Not this month.")
    viewer.page.get_by_role("button", name="Decline").click()
    expect(viewer.page.locator("#order-progress")).to_have_attribute("data-status", "declined")
    expect(viewer.page.locator("#order-progress blockquote").first).to_have_text("Not this month.")

    viewer.open(page_of(keys["finished"]))
    viewer.page.locator("#failed a").first.click()
    expect(viewer.page.locator("#order-lines tbody tr")).not_to_have_count(0)
    expect(viewer.page.locator("#order-lines .state-bought")).to_have_count(0)
    with viewer.page.expect_download() as got:
        viewer.page.get_by_role("link", name="Download the result (XLSX)").click()
    assert got.value.suggested_filename == f"order-{keys['finished']}.xlsx"
    viewer.page.get_by_role("button", name="Order what failed anew").click()
    viewer.page.get_by_role("link", name="anew").first.click()
    expect(viewer.page.get_by_label("Name").first).to_have_value(re.compile("72 of #.* anew|72 of #"))
