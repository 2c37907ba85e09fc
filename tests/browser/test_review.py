"""The review desk on a telephone, a tablet and a wide screen, light and dark, with nothing, little and much to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect

from tests.browser.conftest import a_desk, signed_in
from tests.browser.test_pages import PHONE_DARK, PHONE_LIGHT, WIDE_DARK, WIDE_LIGHT, Look, assert_fits
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk, run

REVIEW = "/admin/numbers_app/purchase/review/"
TABLET_LIGHT = Look("tablet-light", 820, 1180, "light")
TABLET_DARK = Look("tablet-dark", 820, 1180, "dark")
LOOKS = [PHONE_LIGHT, PHONE_DARK, TABLET_LIGHT, TABLET_DARK, WIDE_LIGHT, WIDE_DARK]


@pytest.fixture(scope="module")
def review_desk(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningDesk, StorageState]]:
    for running in a_desk(tmp_path_factory.mktemp("review")):
        yield running, signed_in(browser, running)


@pytest.fixture(scope="module")
def waiting(request: pytest.FixtureRequest, review_desk: tuple[RunningDesk, StorageState]) -> int:
    """How much of each kind waits for a person by now."""
    count: int = request.param
    filled = run("-m", "tests.browser.fill_review", str(count), var_dir=review_desk[0].var_dir)
    assert filled.returncode == 0, filled.stdout
    return count


@pytest.fixture(scope="module")
def screens(browser: Browser, review_desk: tuple[RunningDesk, StorageState]) -> Iterator[dict[Look, BrowserContext]]:
    with ExitStack() as stack:
        yield {
            look: stack.enter_context(browser.new_context(**look.options(), storage_state=review_desk[1]))
            for look in LOOKS
        }


@pytest.fixture
def viewer(
    screens: dict[Look, BrowserContext], review_desk: tuple[RunningDesk, StorageState], look: Look
) -> Iterator[Visitor]:
    visitor = Visitor(screens[look], address=review_desk[0].address)
    yield visitor
    visitor.page.close()


@pytest.mark.parametrize(
    ("waiting", "look"),
    list(product([0, 1, 3, 300], LOOKS)),
    indirect=["waiting"],
    ids=[f"{count}-{look.name}" for count, look in product([0, 1, 3, 300], LOOKS)],
)
def test_desk_and_evidence_fit_the_screen(viewer: Visitor, waiting: int, look: Look, shots: Path) -> None:
    folder = shots / "review" / f"{waiting}" / look.name
    viewer.open(REVIEW)
    viewer.page.evaluate("document.fonts.ready")
    viewer.shoot(folder / "desk.png")
    assert_fits(viewer, look)
    if not waiting:
        expect(viewer.page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
        return
    viewer.page.locator("#needs_review tbody a").first.click()
    expect(viewer.page.get_by_role("button", name="It was not bought")).to_be_visible()
    viewer.shoot(folder / "evidence.png")
    assert_fits(viewer, look)
