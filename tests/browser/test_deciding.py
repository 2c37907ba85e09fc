"""A person decides, adopts, cancels, buys again and lets queues go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.browser.conftest import WIDE, a_desk, signed_in
from tests.browser.test_review import REVIEW
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk, run

WHY = "Asked the provider by telephone."
PHONE = {"width": 390, "height": 844}


def fill(desk: RunningDesk, many: int) -> None:
    filled = run("-m", "tests.browser.fill_review", str(many), var_dir=desk.var_dir)
    assert filled.returncode == 0, filled.stdout


@pytest.fixture(scope="module")
def busy_desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningDesk, StorageState]]:
    """A desk with thirty of everything that waits for a person."""
    for running in a_desk(tmp_path_factory.mktemp("busy")):
        state = signed_in(browser, running)
        fill(running, 30)
        yield running, state


@pytest.fixture
def manager(browser: Browser, busy_desk: tuple[RunningDesk, StorageState]) -> Iterator[Visitor]:
    running, state = busy_desk
    with browser.new_context(viewport=WIDE, locale="en-US", storage_state=state) as context:
        yield Visitor(context, address=running.address)


def test_refusal_is_in_focus_and_keeps_what_was_typed(manager: Visitor, shots: Path) -> None:
    page = manager.page
    manager.open(REVIEW)
    part = page.locator("#orphans")

    part.get_by_label("Reason").fill(WHY)
    part.get_by_role("button", name="Adopt the ticked").click()

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(part.get_by_label("Reason")).to_have_value(WHY)
    page.screenshot(path=shots / "deciding" / "refused.png")


def test_page_of_orphans_and_then_all_are_adopted(manager: Visitor, shots: Path) -> None:
    page = manager.page
    manager.open(REVIEW)
    part = page.locator("#orphans")

    part.get_by_label("Tick all on this page").press("Space")
    part.get_by_label("Reason").fill(WHY)
    part.get_by_role("button", name="Adopt the ticked").click()
    expect(page.get_by_text("25 numbers were adopted.")).to_be_visible()
    manager.shoot(shots / "deciding" / "adopted.png")

    part.get_by_label("or a whole location").select_option("all:5")
    part.get_by_label("Reason").fill(WHY)
    part.get_by_role("button", name="Adopt all of it").click()
    expect(page.get_by_text("5 numbers were adopted.")).to_be_visible()
    expect(part).to_contain_text("None: our books explain every number.")


def test_rows_can_be_ticked_all_at_once_on_a_telephone(manager: Visitor, shots: Path) -> None:
    manager.page.set_viewport_size(PHONE)
    manager.open(REVIEW)
    part = manager.page.locator("#vanished")

    part.get_by_label("Tick all on this page").check()

    expect(part.locator("tbody input:checked")).to_have_count(25)
    part.screenshot(path=shots / "deciding" / "ticked-phone.png")


def test_decision_is_made_with_the_keyboard_alone(manager: Visitor) -> None:
    page = manager.page
    manager.open(REVIEW)

    page.get_by_role("link", name="Decide: +1 830-400-0000").press("Enter")
    page.get_by_label("Reason").focus()
    page.keyboard.type(WHY)
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="It was not bought")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text("+1 830-400-0000 is on our books as not bought.")).to_be_visible()


def test_purchase_is_cancelled_after_a_question_and_bought_again(manager: Visitor, shots: Path) -> None:
    page = manager.page
    manager.search_history("+1 830 600 0000").get_by_role("link").first.click()
    manager.expect_status("queued")
    manager.shoot(shots / "deciding" / "queued.png")

    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Cancel").click()
    manager.expect_status("queued")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Cancel").click()
    manager.expect_status("cancelled")
    expect(page.get_by_text("The purchase is cancelled. Nothing is sent for it.")).to_be_visible()
    manager.shoot(shots / "deciding" / "cancelled.png")

    page.get_by_role("button", name="Buy again").click()
    expect(manager.progress.get_by_role("link", name="Asks again for")).to_be_visible()


def test_all_queues_go_on_and_one_with_a_click_on_the_banner(
    manager: Visitor, busy_desk: tuple[RunningDesk, StorageState], shots: Path
) -> None:
    page = manager.page
    manager.open("/admin/")
    page.get_by_role("link", name="See which, and why").click()
    part = page.locator("#stopped")
    part.get_by_label("Reason").fill(WHY)
    part.get_by_role("button", name="Resume all (30)").click()
    expect(page.get_by_text("30 queues go on.")).to_be_visible()
    expect(page.locator(".desk-alarm")).to_have_count(0)

    fill(busy_desk[0], 1)
    manager.open("/admin/")
    manager.shoot(shots / "deciding" / "banner.png")
    page.locator(".desk-alarm").get_by_role("button", name="Resume").click()
    expect(page.get_by_text("The queue of Stopped 0 goes on.")).to_be_visible()
    expect(page.locator(".desk-alarm")).to_have_count(0)
    assert page.url == f"{manager.address}/admin/"
