"""Makes the pictures of the guide and of the README: ``make pictures``. Needs Chromium and the development set-up.

It starts a desk of its own on a new folder, fills it with a small agency, buys a few numbers from the sandbox, takes
each picture in each language, and stops the desk again. What is chance in it has a seed; dates and times are the day's.
"""

import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, StorageState, expect  # noqa: E402

from leadway_site.broker import end_with_parent  # noqa: E402
from tests.browser.books import admin_password  # noqa: E402
from tests.browser.chromium import find_chromium, running_chromium  # noqa: E402
from tests.browser.fill_guide import PASSWORD  # noqa: E402
from tests.browser.visitor import BUY, Visitor  # noqa: E402
from tests.leadway_site.desks import RunningDesk, run  # noqa: E402

PICTURES = ROOT / "docs" / "guide" / "pictures"
LOCALES = {"en": "en-US", "es": "es-MX"}
WIDE, PHONE = (1280, 800), (390, 844)
LARGEST = 150_000  # bytes
COLOURS = 256
BOOKS = "/admin/numbers_app/"
BOUGHT = ("(830) 555-0142", "(830) 555-0117", "(830) 555-1234")
LOST = "+1 500 555 4101"  # its reply is lost, and the list shows that it was sold
FILE = """location_id,phone_number,country,type,quantity,begins_with
{place},(830) 555-0171,US,local,,
{place},1.83E+10,US,local,,
{place},,US,local,many,830
nowhere0000000000000,,US,local,2,512
"""


class Shot(NamedTuple):
    """One picture: who looks at which page, how much of it, and what is done before."""

    name: str
    path: str
    who: str = "elena"
    height: int = WIDE[1]
    act: Callable[[Visitor], None] | None = None
    phone: bool = False


def wait_for_echo(visitor: Visitor) -> None:
    expect(visitor.page.locator("#number-echo strong")).to_be_visible()


def tick_two(visitor: Visitor) -> None:
    rows = visitor.page.locator(".search-found tbody tr")
    expect(rows.first).to_be_visible()
    for row in (0, 2):
        rows.nth(row).get_by_role("checkbox").check()


def fill_want(visitor: Visitor) -> None:
    page = visitor.page
    page.locator("#id_quantity").fill("5")
    page.locator("#id_first_part").fill("830")
    page.locator("#id_tags").select_option(label="Texas", force=True)
    expect(page.locator("#want-echo")).not_to_be_empty()


def scroll_to(selector: str) -> Callable[[Visitor], None]:
    """A picture of what is below the head of the page."""

    def scroll(visitor: Visitor) -> None:
        visitor.page.locator(selector).first.evaluate("part => part.scrollIntoView()")

    return scroll


def shots(keys: dict[str, Any]) -> list[Shot]:
    order = f"{BOOKS}purchaseorder/{{}}/change/".format
    found = f"?location={keys['place']}&country_code=US&number_types=local&first_part=830"
    return [
        Shot("buy", f"{BUY}?location={keys['place']}&phone_number=(830)+555-0199", act=wait_for_echo),
        Shot("purchase", f"{BOOKS}purchase/{keys['bought']}/change/"),
        Shot("search", f"{BOOKS}purchase/search/{found}", height=1000, act=tick_two),
        Shot("order-draft", order(keys["draft"]), who="maya", height=640),
        Shot("order-want", f"{BOOKS}purchaseorder/{keys['draft']}/want/", who="maya", height=1200, act=fill_want),
        Shot("order-preview", order(keys["preview"]), who="maya", height=1000),
        Shot("order-running", order(keys["running"]), height=1000),
        Shot("approve", order(keys["awaiting"]), who="daniel"),
        Shot("file", f"{BOOKS}purchaseorder/{keys['file']}/import/", who="maya", height=720),
        Shot("unread-rows", str(keys["rejected"]), who="maya"),
        Shot("purchases", f"{BOOKS}purchase/"),
        Shot("record", f"{BOOKS}purchase/{keys['lost']}/change/", height=1000, act=scroll_to(".desk-timeline")),
        Shot("numbers", f"{BOOKS}phonenumber/"),
        Shot("locations", f"{BOOKS}location/"),
        Shot("tokens", f"{BOOKS}apitoken/", height=560),
        Shot("limits", f"{BOOKS}limits/1/change/", height=1000),
        Shot("user", f"/admin/auth/user/{keys['user']}/change/", who="admin", height=1000),
        Shot("mails", f"{BOOKS}mailpreference/mine/", height=640),
        Shot("desk", "/admin/", height=1000),
        Shot("desk-phone", "/admin/", phone=True),
    ]


def shots_of_trouble(keys: dict[str, Any]) -> list[Shot]:
    return [
        Shot("review", f"{BOOKS}purchase/review/", height=1000),
        Shot("evidence", f"{BOOKS}purchase/{keys['needs_review']}/review/", height=1500),
    ]


def main() -> None:
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Chromium is missing. Install it, or set CHROMIUM to its path.")
    with tempfile.TemporaryDirectory(prefix="leadway-pictures-") as folder, running_chromium(chromium) as browser:
        desk = RunningDesk(Path(folder) / "var")
        try:
            desk.start(preexec_fn=end_with_parent)
            desk.wait_until_said("worker started")
            make_all(browser, desk)
            desk.signal(signal.SIGINT)
            desk.wait_until_gone()
        finally:
            desk.end()
    report()


def make_all(browser: Browser, desk: RunningDesk) -> None:
    keys = filled(desk, "fill_guide")
    states = sign_all_in(browser, desk)
    with visiting(browser, desk, states["maya"]) as maya:
        use_the_desk(maya, keys)
    take(browser, desk, states, shots(keys))
    take(browser, desk, states, shots_of_trouble(filled(desk, "fill_trouble")))


def filled(desk: RunningDesk, program: str) -> dict[str, Any]:
    done = run("-m", f"tests.browser.{program}", var_dir=desk.var_dir)
    if done.returncode:
        sys.exit(done.stdout)
    keys: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return keys


def sign_all_in(browser: Browser, desk: RunningDesk) -> dict[str, StorageState]:
    passwords = {"admin": admin_password(desk), **dict.fromkeys(("maya", "daniel", "elena"), PASSWORD)}
    states = {}
    for username, password in passwords.items():
        with browser.new_context(locale="en-US") as context:
            visitor = Visitor(context, address=desk.address)
            visitor.open("/")
            visitor.page.locator("#id_username").fill(username)
            visitor.page.locator("#id_password").fill(password)
            visitor.page.locator("#id_password").press("Enter")
            visitor.page.wait_for_url("**/admin/")
            states[username] = context.storage_state()
    return states


@contextmanager
def visiting(
    browser: Browser, desk: RunningDesk, state: StorageState, *, language: str = "en", size: tuple[int, int] = WIDE
) -> Iterator[Visitor]:
    with browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=LOCALES[language],
        color_scheme="light",
        is_mobile=size == PHONE,
        storage_state=state,
    ) as context:
        yield Visitor(context, address=desk.address)


def use_the_desk(visitor: Visitor, keys: dict[str, Any]) -> None:
    """What is bought and uploaded before the pictures are taken, as a person does it."""
    visitor.fill_form(LOST, location="Saguaro Solar")  # where the list has nothing else that could vanish by it
    visitor.buy_button.click()
    expect(visitor.progress).to_be_visible()
    lost = key_of(visitor)
    for number in BOUGHT:
        visitor.buy(number)
        visitor.expect_status("purchased")
    keys |= {"bought": key_of(visitor), "lost": lost}
    visitor.open(f"{BOOKS}purchaseorder/{keys['file']}/import/")
    content = FILE.format(place="aa4PBpxnPc9bs4LSdiW7").encode()
    visitor.page.locator("#id_file").set_input_files({"name": "texas.csv", "mimeType": "text/csv", "buffer": content})
    visitor.page.locator("form[enctype] button[type=submit]").first.click()
    visitor.page.wait_for_url("**/change/**")
    keys["rejected"] = visitor.page.locator("a[href*='/rejected/']").first.get_attribute("href")
    visitor.open(f"{BOOKS}purchase/{lost}/change/")
    visitor.expect_status("purchased")
    visitor.open(f"{BOOKS}purchaseorder/{keys['preview']}/change/")
    expect(visitor.page.locator("#places")).to_be_visible()


def key_of(visitor: Visitor) -> int:
    found = re.search(r"/purchase/(\d+)/", visitor.page.url)
    assert found, visitor.page.url
    return int(found[1])


def take(browser: Browser, desk: RunningDesk, states: dict[str, StorageState], wanted: list[Shot]) -> None:
    for language in LOCALES:
        for shot in wanted:
            size = PHONE if shot.phone else WIDE
            with visiting(browser, desk, states[shot.who], language=language, size=size) as visitor:
                visitor.page.set_viewport_size({"width": size[0], "height": size[1] if shot.phone else shot.height})
                visitor.open(shot.path)
                if shot.act:
                    shot.act(visitor)
                visitor.page.evaluate("document.fonts.ready")
                visitor.assert_nothing_went_wrong()
                path = PICTURES / language / f"{shot.name}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                visitor.page.screenshot(path=path, animations="disabled", caret="hide")
            make_small(path)


def make_small(path: Path) -> None:
    """A palette: a page has few colours, and the rarest of them are those that say something."""
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE
        )
    small.save(path, optimize=True)


def report() -> None:
    sizes = {path: path.stat().st_size for path in sorted(PICTURES.rglob("*.png"))}
    sys.stdout.write(f"{len(sizes)} pictures, {sum(sizes.values()) // 1000} kB, the largest {max(sizes.values())}\n")
    large = [str(path.relative_to(ROOT)) for path, size in sizes.items() if size > LARGEST]
    if large:
        sys.exit(f"More than {LARGEST // 1000} kB: {', '.join(large)}")


if __name__ == "__main__":
    main()
