"""Takes every page in each language, light and dark, wide and phone-sized: ``make screens OUT=folder``.

A desk of its own is filled with books of some size. For each look and language there are contact sheets of a dozen
pages, to be looked at; each picture is there in its own size as well. It is no test: nothing is compared.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from playwright.sync_api import Browser, StorageState

from leadway_site.broker import end_with_parent
from tests.browser.chromium import find_chromium, running_chromium
from tests.browser.conftest import signed_in
from tests.browser.test_pages import BOOKS, DETAILS, LISTS, LOOKS, OTHERS, Look, Place
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk, run

LOCALES = {"en": "en-US", "es": "es-MX"}
ON_A_SHEET = 12
PURCHASES = 400
ORDERS = f"{BOOKS}purchaseorder/"
SEARCH = f"{BOOKS}purchase/search/?location={{place}}&country_code=US&number_types=local&first_part={{digits}}"
FIXED = [
    Place("buy-mistake", f"{BOOKS}purchase/buy/?phone_number=12"),
    Place("orders", ORDERS),
    Place("order-new", f"{ORDERS}new/"),
    Place("search-form", f"{BOOKS}purchase/search/"),
    Place("search-found", SEARCH.format(place=1, digits="830")),
    Place("search-nothing", SEARCH.format(place=1, digits="9999999")),
    Place("limits", f"{BOOKS}limits/1/change/"),
    Place("tags", f"{BOOKS}tag/"),
    Place("tag-add", f"{BOOKS}tag/add/"),
    Place("mails", f"{BOOKS}mailpreference/mine/"),
    Place("password", "/admin/password_change/"),
    Place("missing", "/admin/nowhere/"),
    Place("help", "/admin/help/"),
    Place("help-orders", "/admin/help/orders/"),
    Place("help-glossary", "/admin/help/glossary/"),
]
STYLE = """
body { background: #fff; color: #111; font: 14px sans-serif; margin: 16px; }
main { display: grid; gap: 16px; }
figure { margin: 0; }
a { border: 1px solid #888; display: block; overflow: hidden; }
img { display: block; width: 100%; }
.wide main { grid-template-columns: repeat(4, 1fr); } .wide a { height: 300px; }
.phone main { grid-template-columns: repeat(6, 1fr); } .phone a { height: 540px; }
"""


class Screen(NamedTuple):
    """One picture that was taken."""

    name: str
    file: Path


def main(out: Path) -> None:
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Chromium is missing. Install it, or set CHROMIUM to its path.")
    with tempfile.TemporaryDirectory(prefix="leadway-screens-") as folder, running_chromium(chromium) as browser:
        desk = RunningDesk(Path(folder) / "var")
        try:
            desk.start(preexec_fn=end_with_parent)
            desk.wait_until_said("worker started")
            take_all(browser, desk, out)
            desk.signal(signal.SIGINT)
            desk.wait_until_gone()
        finally:
            desk.end()


def take_all(browser: Browser, desk: RunningDesk, out: Path) -> None:
    """Twice over all looks: what needs a person comes last, for its red band is on every page."""
    state = signed_in(browser, desk)
    drafts = fill(desk, "fill_orders")
    fill(desk, "fill", str(PURCHASES))
    orders = fill(desk, "fill_progress")
    places = [*LISTS, *DETAILS, *OTHERS, *FIXED, *pages_of(drafts, "draft"), *pages_of(orders, "order")]
    places += [Place(name, f"{ORDERS}{drafts['nothing']}/{name}/") for name in ("want", "import", "paste")]
    screens = dict(taken(browser, desk, state, places, out))
    fill(desk, "fill_review", "3")
    trouble = [Place("review", f"{BOOKS}purchase/review/"), Place("desk-stopped", "/admin/")]
    for key, more in taken(browser, desk, state, trouble, out):
        screens[key] += more
    for (language, look), made in screens.items():
        for first in range(0, len(made), ON_A_SHEET):
            name = f"{language}-{look.name}-{first // ON_A_SHEET + 1}"
            make_sheet(browser, out / "sheets" / name, look, made[first : first + ON_A_SHEET])


def fill(desk: RunningDesk, program: str, *arguments: str) -> dict[str, Any]:
    done = run("-m", f"tests.browser.{program}", *arguments, var_dir=desk.var_dir)
    if done.returncode:
        sys.exit(done.stdout)
    lines = done.stdout.splitlines()
    keys: dict[str, Any] = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return keys


def pages_of(keys: dict[str, int], kind: str) -> list[Place]:
    return [Place(f"{kind}-{name}", f"{ORDERS}{key}/change/") for name, key in keys.items()]


def taken(
    browser: Browser, desk: RunningDesk, state: StorageState, places: Sequence[Place], out: Path
) -> Iterator[tuple[tuple[str, Look], list[Screen]]]:
    for language, locale in LOCALES.items():
        for look in LOOKS:
            with browser.new_context(**{**look.options(), "locale": locale}, storage_state=state) as context:
                visitor = Visitor(context, address=desk.address)
                yield (language, look), [take(visitor, place, out / language / look.name) for place in places]
            sys.stdout.write(f"{language} {look.name}: {len(places)} pages\n")
            sys.stdout.flush()


def take(visitor: Visitor, place: Place, folder: Path) -> Screen:
    visitor.open(place.path)
    if place.first_row:
        visitor.open(str(visitor.page.locator("#result_list tbody a").first.get_attribute("href")) + place.add_on)
    visitor.page.evaluate("document.fonts.ready")
    if "search/?location" in place.path:
        visitor.page.wait_for_selector("#search-results > :not(.htmx-request)")
        visitor.page.wait_for_selector("#search-busy", state="hidden")
    file = folder / f"{place.name}.png"
    visitor.shoot(file)
    return Screen(place.name, file)


def make_sheet(browser: Browser, path: Path, look: Look, screens: Sequence[Screen]) -> None:
    """A page of thumbnails, and its picture beside it."""
    size = "phone" if look.width < 500 else "wide"
    figures = "".join(
        f'<figure><a href="{screen.file.resolve().as_uri()}"><img src="{screen.file.resolve().as_uri()}" alt=""></a>'
        f"<figcaption>{escape(screen.name)}</figcaption></figure>"
        for screen in screens
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    page_file = path.with_suffix(".html")
    page_file.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><title>{path.name}</title><style>{STYLE}</style>'
        f'<body class="{size}"><h1>{path.name}</h1><main>{figures}</main>',
        encoding="utf-8",
    )
    with browser.new_context(viewport={"width": 1560, "height": 900}) as context:
        page = context.new_page()
        page.goto(page_file.resolve().as_uri())
        page.screenshot(path=path.with_suffix(".png"), full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
