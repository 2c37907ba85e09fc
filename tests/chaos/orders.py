"""Places the wishes: most by the desk's own call, some on its pages; asks again, as people do, until they are taken."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import requests
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection
from django.utils import timezone

from numbers_app.inventory import merge_location
from numbers_app.leadconnector.payloads import LocationRecord, PurchaseRequest
from numbers_app.leadconnector.sandbox.demo import demo_locations
from numbers_app.models import Location, Via
from numbers_app.purchasing.ordering import place_order
from tests.chaos.wishes import BY_CALL, BY_PAGE_TWICE, Wish

PASSWORD = "only-for-chaos"
CALLERS = 2
VISITORS = 2
PATIENCE_SECONDS = 120  # for one wish: longer than any outage
PURCHASE_PAGE = re.compile(r"/purchase/(\d+)/")


def prepare_books(places: int) -> tuple[list[Location], object]:
    """The locations and the one who buys."""
    now = timezone.now()
    locations = [merge_location(record=LocationRecord.parse(record), seen_at=now) for record in demo_locations(places)]
    return locations, get_user_model().objects.create_superuser("admin", password=PASSWORD)


class Orders:
    """Placed by threads of their own, from `start` until `wait` returns."""

    def __init__(self, wishes: list[Wish], *, locations: list[Location], buyer: object, address: str) -> None:
        self.wishes = wishes
        self.locations = locations
        self.buyer = buyer
        self.address = address
        self.lock = threading.Lock()
        self.troubles: Counter[str] = Counter()
        """What those who asked got to see while things were broken."""
        self.wrong: list[str] = []
        """What must never be seen."""
        self.placed = 0
        self.began = 0.0
        self.given_up = threading.Event()
        self.pool = ThreadPoolExecutor(CALLERS + VISITORS, thread_name_prefix="orders")
        self.work: list[Future[None]] = []

    def start(self) -> None:
        self.began = time.monotonic()
        calls = [wish for wish in self.wishes if wish.way == BY_CALL]
        pages = [wish for wish in self.wishes if wish.way != BY_CALL]
        self.work = [self.pool.submit(self.call, calls[n::CALLERS]) for n in range(CALLERS)]
        self.work += [self.pool.submit(self.visit, pages[n::VISITORS]) for n in range(VISITORS)]

    @property
    def done(self) -> bool:
        return all(work.done() for work in self.work)

    def wait(self) -> None:
        """Raises what a thread raised."""
        for work in self.work:
            work.result()
        self.pool.shutdown()

    def give_up(self) -> None:
        """For a run that breaks off: its threads must not go on."""
        self.given_up.set()

    def call(self, wishes: list[Wish]) -> None:
        for wish in wishes:
            self.when_due(wish)
            self.until_taken(wish, self.place)
        connection.close()

    def visit(self, wishes: list[Wish]) -> None:
        visitor = Visitor(self.address)
        for wish in wishes:
            self.when_due(wish)
            self.until_taken(wish, lambda wish: self.buy(visitor, wish))

    def when_due(self, wish: Wish) -> None:
        self.given_up.wait(max(0.0, self.began + wish.at - time.monotonic()))

    def until_taken(self, wish: Wish, ask: Callable[[Wish], str]) -> None:
        """Ask, with the same key, until the desk says that it has taken the order."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not self.given_up.is_set():
            try:
                trouble = ask(wish)
            except (DatabaseError, requests.RequestException) as error:
                trouble = type(error).__name__
            with self.lock:
                if not trouble:
                    self.placed += 1
                    return
                self.troubles[f"{wish.way}: {trouble}"] += 1
            time.sleep(0.5)
        with self.lock:
            self.wrong.append(f"{wish.number} was not taken within {PATIENCE_SECONDS} s")

    def place(self, wish: Wish) -> str:
        try:
            place_order(
                location=self.locations[wish.place],
                request=PurchaseRequest(phone_number=wish.number, country_code="US", number_type="local"),
                requested_by=self.buyer,
                idempotency_key=wish.key,
                via=Via.COMMAND,
            )
        finally:
            connection.close()  # a broken one must not come back
        return ""

    def buy(self, visitor: Visitor, wish: Wish) -> str:
        """One click or two; whatever was answered must name one purchase."""
        clicks = 2 if wish.way == BY_PAGE_TWICE else 1
        form = {
            "location": self.locations[wish.place].pk,
            "phone_number": wish.number,
            "country_code": "US",
            "idempotency_key": str(wish.key),
        }
        replies = visitor.click(form, times=clicks)
        led_to = {PURCHASE_PAGE.search(reply.headers.get("Location", "")) for reply in replies}
        purchases = {match[1] for match in led_to if match}
        with self.lock:
            if len(purchases) > 1:
                self.wrong.append(f"{wish.number}: one form led to the purchases {sorted(purchases)}")
            self.wrong += [f"{wish.number}: the page says {said}" for said in map(refusal, replies) if said]
        return "" if purchases else f"status {replies[0].status_code}"


class Visitor:
    """Somebody before the desk's pages, who signs in when asked to."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()

    def click(self, form: dict, *, times: int) -> list[requests.Response]:
        """Press Buy so many times at once."""
        if "sessionid" not in self.session.cookies:
            self.sign_in()
        cookies = self.session.cookies.get_dict()
        with ThreadPoolExecutor(times) as fingers:
            presses = [
                fingers.submit(self.post, "/admin/numbers_app/purchase/buy/", form, cookies) for _ in range(times)
            ]
        replies = [press.result() for press in presses]
        if any("/login/" in reply.headers.get("Location", "") for reply in replies):
            self.session.cookies.clear()
        return replies

    def post(self, path: str, form: dict, cookies: dict[str, str]) -> requests.Response:
        fields = {**form, "csrfmiddlewaretoken": cookies.get("csrftoken", "")}
        return requests.post(self.address + path, data=fields, cookies=cookies, timeout=20, allow_redirects=False)

    def sign_in(self) -> None:
        self.session.get(f"{self.address}/admin/login/", timeout=20)
        form = {"username": "admin", "password": PASSWORD, "next": "/admin/"}
        reply = self.post("/admin/login/", form, self.session.cookies.get_dict())
        self.session.cookies.update(reply.cookies)


def refusal(reply: requests.Response) -> str:
    """What a page says that took no order, though it works."""
    if reply.status_code in (302, 500, 502, 503):
        return ""
    said = re.findall(r'class="errorlist[^>]*>(.*?)</ul>', reply.text, re.DOTALL) or [reply.text[:300]]
    return f"{reply.status_code} {' '.join(re.sub('<[^>]*>', ' ', ' '.join(said)).split())[:300]}"
