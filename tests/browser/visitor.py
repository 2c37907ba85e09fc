"""Somebody with a browser, who notices everything that goes wrong in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, FloatRect, Frame, Page, Request, Response, expect

from tests.browser.axe import violations

PATIENCE_MS = 60_000  # on a machine that has other things to do
MOMENT_MS = 50
BUY = "/admin/numbers_app/purchase/buy/"
HISTORY = "/admin/numbers_app/purchase/"
TALLEST_PICTURE = 3000
SIZE_OF_WHOLE_PAGE = "() => document.readyState === 'complete' && [innerWidth, document.documentElement.scrollHeight]"
LEFT_BEHIND = "net::ERR_ABORTED"  # what is under way when a page is left
# A newer question takes the place of one under way (hx-sync); what fails is told by other events than these.
TAKEN_BACK = re.compile(r"\bhtmx:(sendAbort|afterRequest)\b")
TELL_OF_POLICY = """
    document.addEventListener("securitypolicyviolation", (event) => console.error(
        `Content-Security-Policy: ${event.effectiveDirective} forbids ${event.blockedURI} ${event.sample}`,
        `in ${event.sourceFile}:${event.lineNumber}`,
    ));
"""

expect.set_options(timeout=PATIENCE_MS)


class Visitor:
    """One page of one browser context."""

    def __init__(self, context: BrowserContext, *, address: str) -> None:
        self.context = context
        self.address = address.rstrip("/")
        self.problems: list[str] = []
        self.tolerated: list[re.Pattern[str]] = []
        self.looked = False  # at this page, by axe
        context.set_default_timeout(PATIENCE_MS)
        self.page: Page = context.new_page()
        self.page.add_init_script(TELL_OF_POLICY)
        self._watch(self.page)

    def _watch(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("requestfailed", self._on_failed)
        page.on("response", self._on_response)
        page.on("framenavigated", self._on_navigated)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not TAKEN_BACK.search(message.text):
            self.problems.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _on_failed(self, request: Request) -> None:
        if request.failure != LEFT_BEHIND:
            self.problems.append(f"request failed: {request.failure} ({request.url})")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"status {response.status} ({response.url})")

    def _on_navigated(self, frame: Frame) -> None:
        self.looked = self.looked and frame.parent_frame is not None

    def tolerate(self, pattern: str) -> None:
        """Problems with the pattern in them belong to this test."""
        self.tolerated.append(re.compile(pattern))

    def assert_nothing_went_wrong(self) -> None:
        left = [text for text in self.problems if not any(known.search(text) for known in self.tolerated)]
        assert not left, "the browser met:\n" + "\n".join(left)

    def assert_accessible(self) -> None:
        """axe-core finds nothing in the page as it is now, in neither theme; in the next where one is on its way."""
        self.settle()
        self.looked = True
        try:
            found = violations(self.page)
        except Error:
            self.settle()
            if self.looked:  # no other page has come
                raise
            self.assert_accessible()
            return
        assert not found, f"{self.page.url} keeps people out:\n" + "\n".join(found)

    def settle(self) -> None:
        """Wait until the page is there as a whole. What waits for a function goes on in the page that comes."""
        self.page.wait_for_function("document.readyState === 'complete'")

    def shoot(self, path: Path) -> None:
        """A picture of the page, but not of all of a list's rows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        measured = self.page.wait_for_function(SIZE_OF_WHOLE_PAGE)
        width, height = measured.json_value()
        part: FloatRect = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST_PICTURE)}
        self.page.screenshot(path=path, full_page=True, clip=part, animations="disabled", caret="initial")

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def sign_in(self, password: str, *, username: str = "admin") -> None:
        """On the login page."""
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.locator(".desk-user-button")).to_be_attached()

    def choose_location(self, typed: str) -> None:
        """In the form, by typing a part of its name; the only one that is found."""
        self.page.get_by_role("combobox", name="Location").click()
        # The list as it opens may show it already; what is asked for a moment later belongs to the choice as well.
        with self.page.expect_response(lambda answer: f"term={quote(typed)}" in answer.url):
            self.page.locator(".select2-search__field").fill(typed)
        found = self.page.locator(".select2-results__option", has_text=typed)
        expect(found).to_have_count(1)
        found.click()

    def fill_form(self, number: str, *, location: str = "Hill Country") -> None:
        self.open(BUY)
        self.choose_location(location)
        self.page.get_by_label("Phone number").fill(number)

    @property
    def buy_button(self) -> Any:
        return self.page.get_by_role("button", name="Buy", exact=True)

    def buy(self, number: str) -> None:
        """Fill the form in and send it; ends on the purchase's page."""
        self.fill_form(number)
        self.buy_button.click()
        expect(self.progress).to_be_visible()

    @property
    def progress(self) -> Any:
        return self.page.locator("#purchase-progress")

    def expect_status(self, *statuses: str) -> None:
        """Wait until the purchase's page shows one of the statuses."""
        expect(self.progress).to_have_attribute("data-status", re.compile("|".join(statuses)))

    def wait_until(self, condition: Callable[[], object], *, what: str) -> None:
        """Wait for what the browser tells this process, which hears it only while it waits."""
        for _moment in range(PATIENCE_MS // MOMENT_MS):
            if condition():
                return
            self.page.wait_for_timeout(MOMENT_MS)
        raise AssertionError(f"still not: {what}")

    def mark_page(self) -> Callable[[], bool]:
        """Returns a function that says whether the page is still the very one of now, not loaded anew."""
        self.page.evaluate("window.stillTheSame = true")
        return lambda: bool(self.page.evaluate("window.stillTheSame === true"))

    def search_history(self, term: str) -> Any:
        """The rows of the history that the term finds."""
        self.open(HISTORY)
        box = self.page.locator("#searchbar")
        box.fill(term)
        box.press("Enter")
        self.page.wait_for_url("**?*q=*")
        return self.page.locator("#result_list tbody tr")
