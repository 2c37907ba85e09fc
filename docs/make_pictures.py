"""Makes the README's pictures: ``.venv/bin/python docs/make_pictures.py``. Needs Chromium and the development set-up.

It starts a desk of its own on a new folder, buys a few numbers from the sandbox, and stops it again.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from playwright.sync_api import Browser  # noqa: E402

from leadway_site.broker import end_with_parent  # noqa: E402
from tests.browser.books import admin_password  # noqa: E402
from tests.browser.chromium import find_chromium, running_chromium  # noqa: E402
from tests.browser.visitor import Visitor  # noqa: E402
from tests.leadway_site.desks import RunningDesk  # noqa: E402

PICTURE = ROOT / "docs" / "pictures" / "desk.png"
SIZE = {"width": 1280, "height": 760}
LARGEST = 250_000  # bytes
NUMBERS = ("(830) 555-0142", "(830) 555-0117", "(830) 555-1234")


def main() -> None:
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Chromium is missing. Install it, or set CHROMIUM to its path.")
    with tempfile.TemporaryDirectory(prefix="leadway-pictures-") as folder, running_chromium(chromium) as browser:
        desk = RunningDesk(Path(folder) / "var")
        try:
            desk.start(preexec_fn=end_with_parent)
            desk.wait_until_said("worker started")
            picture(browser, desk)
            desk.signal(signal.SIGINT)
            desk.wait_until_gone()
        finally:
            desk.end()
    size = PICTURE.stat().st_size
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {size // 1000} kB\n")
    if size > LARGEST:
        sys.exit(f"That is more than {LARGEST // 1000} kB.")


def picture(browser: Browser, desk: RunningDesk) -> None:
    """The page of the last of a few purchases."""
    with browser.new_context(viewport=SIZE, locale="en-US", color_scheme="light") as context:
        visitor = Visitor(context, address=desk.address)
        visitor.open("/")
        visitor.sign_in(admin_password(desk))
        for number in NUMBERS:
            visitor.buy(number)
            visitor.expect_status("purchased")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        visitor.page.evaluate("document.fonts.ready")
        visitor.page.screenshot(path=PICTURE, animations="disabled")


if __name__ == "__main__":
    main()
