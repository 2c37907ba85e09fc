"""From the click on *Buy* to the POST at the sandbox, on an idle desk."""

from __future__ import annotations

import random
import re
import statistics
import time
from http import HTTPStatus
from pathlib import Path

import requests
from django.conf import settings

from leadway_site.broker import end_with_parent
from numbers_app.models import FINAL, Purchase
from tests.benchmarks.ledger import arrivals, rows, sales
from tests.benchmarks.orders import check_books, new_number
from tests.benchmarks.report import Report, WrongResult
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stack import PASSWORD, Stack
from tests.leadway_site.desks import RunningDesk
from tests.waiting import wait_until

BUY = "admin/numbers_app/purchase/buy/"
LOCATIONS = "admin/autocomplete/?app_label=numbers_app&model_name=purchase&field_name=location"
HIDDEN = r'name="{}" value="([^"]+)"'
WARM_UP = 3
AIM_SECONDS = 0.1


class Visitor:
    """Somebody at the desk, signed in."""

    def __init__(self, address: str, *, password: str) -> None:
        self.address = address
        self.session = requests.Session()
        page = self.session.get(f"{address}admin/login/", timeout=30)
        self.send("admin/login/", page.text, username="admin", password=password)
        self.location = self.session.get(address + LOCATIONS, timeout=30).json()["results"][0]["id"]

    def click(self) -> tuple[str, float]:
        """Buy a number; returns it, and when the click was."""
        number = new_number()
        page = self.session.get(self.address + BUY, timeout=30).text
        key = re.findall(HIDDEN.format("idempotency_key"), page)[0]
        values = {"location": self.location, "phone_number": number, "country_code": "US", "number_type": "local"}
        clicked = time.time()
        self.send(BUY, page, idempotency_key=key, **values)
        return number, clicked

    def send(
        self, path: str, page: str, *, files: dict[str, tuple[str, bytes, str]] | None = None, **values: str
    ) -> None:
        token = re.findall(HIDDEN.format("csrfmiddlewaretoken"), page)[0]
        reply = self.session.post(
            self.address + path,
            data={"csrfmiddlewaretoken": token, **values},
            files=files,
            headers={"Referer": self.address},
            allow_redirects=False,
            timeout=120,
        )
        if reply.status_code != HTTPStatus.FOUND:
            raise WrongResult(f"{path} answered {reply.status_code}.")


def measure(stack: Stack, report: Report, sizes: Sizes) -> None:
    visitor = Visitor(stack.address, password=stack.password)
    report.add(
        "click_to_post_median", median_wait(visitor, stack.sandbox.state, sizes.clicks), "s", at_most=AIM_SECONDS
    )
    under_way = Purchase.objects.exclude(status__in=FINAL)
    wait_until(lambda: not under_way.exists(), what="every click has bought its number")
    check_books(stack)


def measure_embedded(report: Report, sizes: Sizes) -> None:
    """The same on the desk of `make run`, which brings its own database and broker."""
    folder = settings.VAR_DIR / "embedded"
    folder.mkdir()
    desk = RunningDesk(folder)
    try:
        desk.start(preexec_fn=end_with_parent)
        desk.wait_until_up()
        wait_until(lambda: answers(f"http://127.0.0.1:{desk.port + 1}/"), what="its sandbox answers")
        visitor = Visitor(desk.address, password=PASSWORD.findall(desk.words)[0])
        state = folder / "sandbox.sqlite3"
        median = median_wait(visitor, state, sizes.clicks)
        report.add("click_to_post_median_embedded", median, "s", at_most=AIM_SECONDS)
        wait_until(lambda: bought(folder) == sales(state), what="the embedded books are the sandbox's")
    finally:
        desk.end()


def answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=10).ok
    except requests.ConnectionError:
        return False


def bought(folder: Path) -> set[tuple[str, str]]:
    """Each number on the books of the embedded desk, with its location."""
    sql = (
        "SELECT purchase.phone_number, location.location_id FROM numbers_app_purchase purchase"
        " JOIN numbers_app_location location ON location.id = purchase.location_id WHERE status = 'purchased'"
    )
    return set(rows(folder / "sandbox-desk.sqlite3", sql))


def median_wait(visitor: Visitor, state: Path, clicks: int) -> float:
    """The first clicks, in which everything is loaded and connected, don't count."""
    for _ in range(WARM_UP):
        arrivals(state, [visitor.click()[0]])
    clicked = {}
    for _ in range(clicks):
        time.sleep(random.uniform(0.5, 1.5))  # at any moment between two sweeps, and idle when it comes
        number, at = visitor.click()
        clicked[number] = at
    arrived = arrivals(state, clicked)
    return statistics.median(arrived[number] - at for number, at in clicked.items())
