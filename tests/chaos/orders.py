"""Places the wishes: most by the desk's own call, some on its pages; asks again, as people do, until they are taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from django.contrib.auth import get_user_model
from django.utils import timezone

from numbers_app.inventory import merge_location
from numbers_app.leadconnector.payloads import LocationRecord, PurchaseRequest
from numbers_app.leadconnector.sandbox.demo import demo_locations
from numbers_app.models import Location, Via
from numbers_app.purchasing.ordering import place_order
from tests.chaos.asking import Askers
from tests.chaos.visitor import PASSWORD, Visitor, refusal
from tests.chaos.wishes import BY_CALL, BY_PAGE_TWICE, Wish

CALLERS = 2
VISITORS = 2
PURCHASE_PAGE = re.compile(r"/purchase/(\d+)/")


def prepare_books(places: int) -> tuple[list[Location], object]:
    """The locations and the one who buys."""
    now = timezone.now()
    locations = [merge_location(record=LocationRecord.parse(record), seen_at=now) for record in demo_locations(places)]
    return locations, get_user_model().objects.create_superuser("admin", password=PASSWORD)


class Orders(Askers):
    """Placed one by one: by calls, and on the pages."""

    def __init__(self, wishes: list[Wish], *, locations: list[Location], buyer: object, address: str) -> None:
        super().__init__(threads=CALLERS + VISITORS)
        self.wishes = wishes
        self.locations = locations
        self.buyer = buyer
        self.address = address

    def start(self) -> None:
        calls = [wish for wish in self.wishes if wish.way == BY_CALL]
        pages = [wish for wish in self.wishes if wish.way != BY_CALL]
        self.begin(
            *[partial(self.ask_for, calls[n::CALLERS], self.place) for n in range(CALLERS)],
            *[
                partial(self.ask_for, pages[n::VISITORS], partial(self.buy, Visitor(self.address)))
                for n in range(VISITORS)
            ],
        )

    def ask_for(self, wishes: list[Wish], ask: Callable[[Wish], str]) -> None:
        """Each when it is due, with the same key until the desk says that it has taken the order."""
        for wish in wishes:
            self.when_due(wish.at)
            if self.until_taken(wish.way, partial(ask, wish), who=wish.number):
                with self.lock:
                    self.placed += 1

    def place(self, wish: Wish) -> str:
        place_order(
            location=self.locations[wish.place],
            request=PurchaseRequest(phone_number=wish.number, country_code="US", number_type="local"),
            requested_by=self.buyer,
            idempotency_key=wish.key,
            via=Via.COMMAND,
        )
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
        replies = visitor.press("/admin/numbers_app/purchase/buy/", form, times=clicks)
        led_to = {PURCHASE_PAGE.search(reply.headers.get("Location", "")) for reply in replies}
        purchases = {match[1] for match in led_to if match}
        with self.lock:
            if len(purchases) > 1:
                self.wrong.append(f"{wish.number}: one form led to the purchases {sorted(purchases)}")
            self.wrong += [f"{wish.number}: the page says {said}" for said in map(refusal, replies) if said]
        return "" if purchases else f"status {replies[0].status_code}"
