"""One desk and one browser for the whole suite; each test is a visitor of its own."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, StorageState

from leadway_site.broker import end_with_parent
from tests.browser.books import admin_password
from tests.browser.chromium import find_chromium, running_chromium
from tests.browser.needs import go_without
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk

HERE = Path(__file__).parent
WIDE = {"width": 1280, "height": 900}
Signed = dict[str, StorageState]
SHOTS = pytest.StashKey[Path]()


LONGEST = (
    "test_two_hundred.py",
    "test_pages.py",
)  # first, or one window works on them while the others have nothing left


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test fails on whatever went wrong in its browser, and leaves a picture behind.

    The page that it ends on is looked at by axe, if the test has not done so: each state that a test leads to counts.
    """
    visitors = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Visitor)]
    try:
        result = yield
        for visitor in visitors:
            if not visitor.looked and visitor.page.url.startswith("http"):
                visitor.assert_accessible()
            visitor.assert_nothing_went_wrong()
    except BaseException:
        for visitor in visitors:
            visitor.shoot(item.config.stash[SHOTS] / "failed" / f"{item.name}.png")
        raise
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if shots := config.stash.get(SHOTS, None):
        terminalreporter.write_line(f"Screenshots: {shots}")


@pytest.fixture
def timings(record_property: Callable[[str, object], None]) -> list[str]:
    """Lines that are printed at the end."""
    lines: list[str] = []
    record_property("table", lines)
    return lines


@pytest.fixture(scope="package")
def shots(request: pytest.FixtureRequest) -> Path:
    """The folder of the screenshots, which SHOTS names, else a new one; it stays when the tests are over."""
    folder = os.environ.get("SHOTS") or tempfile.mkdtemp(prefix="leadway-shots-")
    return request.config.stash.setdefault(SHOTS, Path(folder))


# Not for the whole session: while Playwright runs, Django takes every test for an asynchronous one.
@pytest.fixture(scope="package")
def browser(shots: Path) -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        go_without("Chromium", remedy="Install it (Debian: apt-get install chromium), or set CHROMIUM to its path.")
    with running_chromium(path) as chromium:
        yield chromium


@pytest.fixture(scope="package")
def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    yield from a_desk(tmp_path_factory.mktemp("desk"))


def a_desk(folder: Path) -> Iterator[RunningDesk]:
    """Started as a user starts it, on a folder that is not there yet; stopped as by Ctrl-C without leavings."""
    running = RunningDesk(folder / "var")
    try:
        running.start(preexec_fn=end_with_parent)  # also when the tests are killed
        running.wait_until_said(f"Leadway Numbers is ready: open {running.address}")
        running.wait_until_said("worker started")
        running.wait_until_said("Sandbox: a stand-in for the provider")  # either may be the later one
        yield running
        running.signal(signal.SIGINT)
        assert running.wait_until_gone() == 0
    finally:
        running.end()


def signed_in(browser: Browser, running: RunningDesk) -> StorageState:
    """The cookies of somebody who signed in as the admin."""
    context = browser.new_context()
    visitor = Visitor(context, address=running.address)
    visitor.open("/")
    visitor.sign_in(admin_password(running))
    visitor.assert_nothing_went_wrong()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="package")
def session(browser: Browser, desk: RunningDesk) -> StorageState:
    return signed_in(browser, desk)


@pytest.fixture
def stranger(browser: Browser, desk: RunningDesk) -> Iterator[Visitor]:
    """Somebody who has not signed in."""
    with browser.new_context(viewport=WIDE, locale="en-US") as context:
        yield Visitor(context, address=desk.address)


@pytest.fixture
def admin(browser: Browser, desk: RunningDesk, session: StorageState) -> Iterator[Visitor]:
    with browser.new_context(viewport=WIDE, locale="en-US", storage_state=session) as context:
        yield Visitor(context, address=desk.address)
