"""The visitor notices what goes wrong: the checks of all the other tests can fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import WIDE
from tests.browser.visitor import Visitor

SITE = "http://desk.example"
GOOD = """<!DOCTYPE html><html lang="en"><head><title>Desk</title><link rel="icon" href="data:,">
    <link rel="stylesheet" href="/colours.css"></head><body><main><h1>Desk</h1><p>Words</p>{}</main></body></html>"""
COLOURS = (
    "body { background: #fff; color: #111 } .dark body { background: #111; color: #fff } .dark p.faint { color: #222 }"
)
POLICY = "default-src 'none'; style-src 'self'; img-src data:; script-src 'self' 'unsafe-eval'"


@pytest.fixture
def watcher(browser: Browser) -> Iterator[Visitor]:
    with browser.new_context(viewport=WIDE, locale="en-US") as context:
        visitor = Visitor(context, address=SITE)
        visitor.page.route("**/colours.css", lambda route: route.fulfill(body=COLOURS, content_type="text/css"))
        yield visitor


def show(visitor: Visitor, more: str) -> None:
    reply = {"body": GOOD.format(more), "content_type": "text/html", "headers": {"Content-Security-Policy": POLICY}}
    visitor.page.route(f"{SITE}/", lambda route: route.fulfill(**reply))
    visitor.open("/")
    visitor.page.wait_for_load_state("networkidle")


def test_good_page_is_fine(watcher: Visitor) -> None:
    show(watcher, "")

    watcher.assert_accessible()
    watcher.assert_nothing_went_wrong()


@pytest.mark.parametrize(
    "bad", ["<script>1</script>", "<p style='margin: 0'>Words</p>", "<style>p { margin: 0 }</style>"]
)
def test_what_the_policy_forbids_is_noticed(watcher: Visitor, bad: str) -> None:
    show(watcher, bad)

    with pytest.raises(AssertionError, match="Content-Security-Policy: "):
        watcher.assert_nothing_went_wrong()
    watcher.problems.clear()


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ("<img src='data:,'>", "image-alt"),
        ("<input>", "label"),
        ("<h4>Words</h4>", "heading-order"),
        ("<p class='faint'>Faint in the dark alone</p>", "dark: color-contrast"),
    ],
)
def test_what_keeps_people_out_is_noticed(watcher: Visitor, bad: str, rule: str) -> None:
    show(watcher, bad)

    with pytest.raises(AssertionError, match=rule):
        watcher.assert_accessible()
