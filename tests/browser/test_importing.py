"""Numbers from a file: uploaded, mended, left out, uploaded again; and what the pages look like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect

from tests.browser.test_pages import LOOKS, Look, assert_fits
from tests.browser.visitor import Visitor
from tests.factories import LOCATION_ID
from tests.leadway_site.desks import RunningDesk

ORDERS = "/admin/numbers_app/purchaseorder/"
HEADER = "location_id,phone_number,country,type,quantity,begins_with,sms,if_taken,locality,Remark"
WORDS = (
    "A remark of the person who made the file, as long as such remarks are, with nothing to do with the order at all"
)


def csv_of(*rows: str) -> bytes:
    return "\r\n".join([HEADER, *rows]).encode()


def bad_rows(count: int) -> list[str]:
    """Rows with one, two and many mistakes, and one that is like another."""
    kinds = [
        f"{LOCATION_ID},+1830555{{:04}},GB,local",
        "nowhereAtAll0000000,1.83E+10,US,satellite",
        f"{LOCATION_ID},,US,local,9999,0{{:05}},perhaps,whatever,San Antonio,{WORDS}",
        f"{LOCATION_ID},+18305550000,,,,,,,,x,beyond",
    ]
    return [kinds[position % len(kinds)].format(position) for position in range(count)]


def new_draft(visitor: Visitor, name: str) -> str:
    """The address of a new draft."""
    visitor.open(f"{ORDERS}new/")
    visitor.page.get_by_label("Name").fill(name)
    visitor.page.get_by_role("button", name="Begin").click()
    visitor.page.wait_for_url(re.compile(r"/purchaseorder/\d+/change/"))
    return visitor.page.url.removeprefix(visitor.address).removesuffix("change/")


def choose_file(visitor: Visitor, content: bytes, *, name: str = "wishes.csv") -> None:
    visitor.page.get_by_label("CSV or XLSX file").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


def upload(visitor: Visitor, draft: str, content: bytes) -> None:
    """Ends on the draft's page."""
    visitor.open(f"{draft}import/")
    choose_file(visitor, content)
    visitor.page.get_by_role("button", name="Add to the order").click()
    visitor.page.wait_for_url("**/change/")


def test_file_is_uploaded_and_its_bad_rows_are_mended_and_left_out(admin: Visitor) -> None:
    draft = new_draft(admin, "Spring")
    page = admin.page

    upload(admin, draft, csv_of(f"{LOCATION_ID},+18305551234", *bad_rows(3)))
    expect(page.get_by_text("1 number was added.")).to_be_visible()
    expect(page.get_by_text("3 rows of wishes.csv could not be read.")).to_be_visible()
    page.get_by_role("link", name="Mend or download them").click()

    first = page.get_by_role("article", name="Row 3")
    expect(first.get_by_text("This is not a number of the country chosen (GB).")).to_be_visible()
    first.get_by_label("country", exact=True).fill("Atlantis")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_text("“Atlantis” is no country")).to_be_visible()
    first.get_by_label("country", exact=True).fill("US")
    first.get_by_label("phone_number").fill("(830) 555-1235")
    first.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Row 3: 1 number was added.")).to_be_visible()

    page.get_by_role("article", name="Row 4").get_by_role("button", name="Leave out").click()
    expect(page.get_by_text("Row 4 was left out.")).to_be_visible()

    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Leave all out").click()
    expect(page.get_by_role("heading", name="Nothing is left to mend")).to_be_visible()


def test_same_file_again_needs_one_more_click(admin: Visitor) -> None:
    content = csv_of(f"{LOCATION_ID},,US,local,2,830")
    upload(admin, new_draft(admin, "First"), content)
    second = new_draft(admin, "Second")
    page = admin.page

    page.goto(f"{admin.address}{second}import/")
    choose_file(admin, content, name="again.csv")
    page.get_by_role("button", name="Add to the order").click()
    expect(page.get_by_text("You have this file in an order already: again.csv")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("First"))).to_be_visible()
    page.get_by_role("button", name="Add it all the same").click()
    page.wait_for_url("**/change/")

    expect(page.get_by_text("2 numbers were added.")).to_be_visible()


def test_bad_file_is_told_and_another_can_be_chosen(admin: Visitor) -> None:
    draft = new_draft(admin, "Bad")
    page = admin.page
    page.goto(f"{admin.address}{draft}import/")

    choose_file(admin, b"%PDF-1.7", name="wishes.pdf")
    page.get_by_role("button", name="Add to the order").click()
    expect(page.get_by_text("This is a PDF. Save the table as CSV or XLSX.")).to_be_visible()
    choose_file(admin, csv_of(f"{LOCATION_ID},+18305551299"))
    page.get_by_role("button", name="Add to the order").click()

    expect(page.get_by_text("1 number was added.")).to_be_visible()


def test_file_is_dropped_onto_its_field(admin: Visitor) -> None:
    page = admin.page
    page.goto(f"{admin.address}{new_draft(admin, 'Dropped')}import/")

    box = page.get_by_label("CSV or XLSX file").bounding_box()

    assert box is not None
    assert box["height"] > 80  # browsers take a file that is dropped onto its field; this one can be hit


def test_pasted_numbers_are_added_and_what_is_none_stays(admin: Visitor) -> None:
    draft = new_draft(admin, "Pasted")
    page = admin.page
    page.goto(f"{admin.address}{draft}paste/")

    admin.choose_location("Hill Country")
    page.get_by_label("Numbers").fill("(830) 555-1236 and 830.555.1237\nhello")
    page.get_by_role("button", name="Add to the order").click()
    expect(page.get_by_text("2 numbers were added.")).to_be_visible()
    expect(page.get_by_label("Numbers")).to_have_value("hello")
    page.get_by_label("Numbers").fill("8305551238")
    page.get_by_role("button", name="Add to the order").click()
    page.wait_for_url("**/change/")

    expect(page.get_by_text("1 number was added.")).to_be_visible()


@pytest.fixture(scope="module")
def drafts(browser: Browser, desk: RunningDesk, session: StorageState) -> dict[int, str]:
    """The page of the rejected rows, by how many there are."""
    with browser.new_context(storage_state=session, locale="en-US") as context:
        visitor = Visitor(context, address=desk.address)
        return {count: rejected_page(visitor, count) for count in (0, 3, 300)}


def wishes(count: int) -> bytes:
    """One good row, and so many bad ones; without any, one that is to be left out."""
    return csv_of(f"{LOCATION_ID},+1830556{count:04}", *bad_rows(count or 1))


def rejected_page(visitor: Visitor, count: int) -> str:
    draft = new_draft(visitor, f"{count} bad rows")
    upload(visitor, draft, wishes(count))
    link = visitor.page.get_by_role("link", name="Mend or download them")
    path = str(link.get_attribute("href"))
    if not count:
        visitor.open(path)
        visitor.page.once("dialog", lambda dialog: dialog.accept())
        visitor.page.get_by_role("button", name="Leave all out").click()
        expect(visitor.page.get_by_role("heading", name="Nothing is left to mend")).to_be_visible()
    return path


@pytest.fixture(scope="module")
def screens(browser: Browser, session: StorageState) -> Iterator[dict[Look, BrowserContext]]:
    with ExitStack() as stack:
        yield {
            look: stack.enter_context(browser.new_context(**look.options(), storage_state=session)) for look in LOOKS
        }


@pytest.fixture
def viewer(screens: dict[Look, BrowserContext], desk: RunningDesk, look: Look) -> Iterator[Visitor]:
    visitor = Visitor(screens[look], address=desk.address)
    yield visitor
    visitor.page.close()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_pages_fit_the_screen(viewer: Visitor, drafts: dict[int, str], look: Look, shots: Path) -> None:
    folder = shots / "importing" / look.name
    draft = drafts[3].partition("parts/")[0]
    for name in ("import", "paste"):
        viewer.open(f"{draft}{name}/")
        viewer.page.evaluate("document.fonts.ready")
        viewer.shoot(folder / f"{name}.png")
        assert_fits(viewer, look)
    for count, path in drafts.items():
        viewer.open(path)
        viewer.page.evaluate("document.fonts.ready")
        viewer.shoot(folder / f"rejected-{count}.png")
        assert_fits(viewer, look)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_notes_fit_the_screen(viewer: Visitor, drafts: dict[int, str], look: Look, shots: Path) -> None:
    viewer.open(f"{drafts[3].partition('parts/')[0]}import/")
    choose_file(viewer, wishes(3))
    viewer.page.get_by_role("button", name="Add to the order").click()
    expect(viewer.page.get_by_role("button", name="Add it all the same")).to_be_visible()
    viewer.page.locator("summary", has_text="The columns").click()
    viewer.page.evaluate("window.scrollTo(0, 0)")

    viewer.shoot(shots / "importing" / look.name / "import-again.png")
    assert_fits(viewer, look)
