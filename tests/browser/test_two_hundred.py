"""The way of an order that a desk is for: five numbers for each of forty locations, where much goes wrong.

One person wants and previews, a second approves, a part of the numbers is taken by others and a part of the replies is
lost: in the end there are two hundred numbers on both sides' books, the same ones.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from leadway_site.broker import end_with_parent
from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions
from tests.browser.conftest import WIDE
from tests.browser.fill_agency import PASSWORD
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk, run

LOCATIONS, EACH = 40, 5
WANTED = LOCATIONS * EACH
ORDERS = "/admin/numbers_app/purchaseorder/"
SETTLED_MS = 20 * 60_000  # a lost reply is looked for on the list for minutes before it is asked for again


class Agency(NamedTuple):
    desk: RunningDesk
    provider: Sandbox


@pytest.fixture(scope="module")
def agency(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agency]:
    """A desk of its own at a provider of its own, where one number in twenty is taken and one reply in twenty lost."""
    options = SandboxOptions(
        locations=LOCATIONS, taken_rate=0.05, fault_rate=0.05, faults_after_sale_share=0.6, hang_seconds=2, seed=11
    )
    with Sandbox(options) as provider:
        known = {
            "LEADCONNECTOR_BASE_URL": provider.url,
            "LEADCONNECTOR_TOKEN": "sandbox-two-hundred",
            "LEADCONNECTOR_COMPANY_ID": "sandboxAgency0000001",
            "LEADCONNECTOR_TIMEOUT_SECONDS": "10",
        }
        running = RunningDesk(tmp_path_factory.mktemp("agency") / "var", **known)
        try:
            running.start(preexec_fn=end_with_parent)
            running.wait_until_said("worker started")
            running.wait_until_up()
            filled = run(
                "-m",
                "tests.browser.fill_agency",
                var_dir=running.var_dir,
                **known,
                DJANGO_SETTINGS_MODULE="leadway_site.settings",
            )
            assert filled.returncode == 0, filled.stdout
            yield Agency(running, provider)
        finally:
            running.end()


def sign_in(browser: Browser, agency: Agency, username: str) -> Visitor:
    visitor = Visitor(browser.new_context(viewport=WIDE, locale="en-US"), address=agency.desk.address)
    visitor.open("/admin/")
    visitor.page.get_by_label("Username").fill(username)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Log in").click()
    expect(visitor.page.get_by_role("link", name="Orders").first).to_be_visible()
    return visitor


def test_five_numbers_for_each_of_forty_locations_end_on_both_sides_books(
    browser: Browser, agency: Agency, shots: Path
) -> None:
    folder = shots / "two hundred"
    buyer, approver = sign_in(browser, agency, "bea"), sign_in(browser, agency, "ada")
    try:
        submit_want(buyer, folder)
        approve(approver, folder)
        follow_to_the_end(buyer, folder)
        for visitor in (buyer, approver):
            visitor.assert_nothing_went_wrong()
    except BaseException:
        buyer.shoot(folder / "failed-buyer.png")
        approver.shoot(folder / "failed-approver.png")
        raise

    sold = agency.provider.ledger.sold()
    assert len(sold) == WANTED
    assert sorted(sale.phone_number for sale in sold) == bought(agency.desk)
    assert set(Counter(sale.location_id for sale in sold).values()) == {EACH}
    went_wrong = Counter(call.outcome for call in agency.provider.ledger.calls() if call.path == "purchase")
    assert went_wrong["taken"] > 0
    assert went_wrong.total() - went_wrong["taken"] - went_wrong["sold"] > 0, "no reply was lost"


def submit_want(buyer: Visitor, folder: Path) -> None:
    page = buyer.page
    buyer.open(ORDERS)
    buyer.shoot(folder / "01 no orders yet.png")
    page.get_by_role("link", name="New order").first.click()
    page.get_by_label("Name").fill("Texas, five for everybody")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("link", name="Add a want")).to_be_visible()
    buyer.shoot(folder / "02 an empty draft.png")
    page.get_by_role("link", name="Add a want").click()
    page.get_by_label("Numbers for each location").fill(str(EACH))
    page.get_by_text("All locations that I see").click()
    page.get_by_label("Begins with").fill("(830)")
    page.get_by_label("If a number is taken").select_option("kind")
    expect(page.locator("#want-echo")).to_contain_text(f"This adds {WANTED} lines")
    buyer.shoot(folder / "03 the want.png")
    page.get_by_role("button", name="Add to the order").click()
    expect(page.get_by_role("button", name="Preview")).to_be_visible()
    buyer.shoot(folder / "04 the draft.png")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name=f"{WANTED} of {WANTED} numbers will be bought for")).to_be_visible(
        timeout=240_000
    )
    buyer.shoot(folder / "05 the preview.png")
    page.get_by_role("button", name="Send for approval").click()
    expect(page.locator("#order-progress")).to_have_attribute("data-status", "awaiting_approval")
    buyer.shoot(folder / "06 waits for approval.png")


def approve(approver: Visitor, folder: Path) -> None:
    page = approver.page
    approver.open("/admin/")
    approver.shoot(folder / "07 the approver's first page.png")
    approver.open(ORDERS)
    page.get_by_role("link", name="Texas, five for everybody").first.click()
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    approver.shoot(folder / "08 the approver's view.png")
    page.get_by_label("Reason").fill("Agreed with the client.")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#order-progress")).not_to_have_attribute("data-status", "awaiting_approval")
    approver.shoot(folder / "09 approved.png")


def follow_to_the_end(buyer: Visitor, folder: Path) -> None:
    """The page moves by itself."""
    page = buyer.page
    still_the_same = buyer.mark_page()
    expect(page.locator("#order-progress")).to_have_attribute("data-status", "running")
    page.wait_for_timeout(4000)
    buyer.shoot(folder / "10 being carried out.png")
    expect(page.locator("#order-progress")).to_have_attribute("data-status", "finished", timeout=SETTLED_MS)
    expect(page.locator("#order-only-bought")).to_contain_text(str(WANTED))
    assert still_the_same()
    buyer.shoot(folder / "11 finished.png")


def bought(desk: RunningDesk) -> list[str]:
    with closing(sqlite3.connect(desk.var_dir / "sandbox-desk.sqlite3", timeout=30)) as database:
        rows = database.execute("select phone_number from numbers_app_purchase where status = 'purchased'")
        return sorted(row[0] for row in rows)
