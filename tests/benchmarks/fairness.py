"""One location with many purchases: does it use what the provider permits, and do others wait for it?"""

from __future__ import annotations

import itertools
import math
import statistics
import time
import uuid

from numbers_app.models import Location, Purchase
from numbers_app.purchasing.ordering import place_order
from tests.benchmarks.ledger import OVER_THE_LIMIT, Post, arrivals, posts
from tests.benchmarks.orders import (
    check_books,
    make_locations,
    new_request,
    release,
    unfinished,
    wait_until_final,
    write_orders,
)
from tests.benchmarks.report import Report, say
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stack import Stack

PERMITTED, WINDOW_SECONDS = 100, 10.0  # requests of one location
OTHERS = 20
PAUSE_SECONDS = 1.0
PATIENCE = 4  # times the least time that is possible


def measure(stack: Stack, report: Report, sizes: Sizes) -> None:
    (busy,) = make_locations(1, name="busy")
    others = make_locations(OTHERS, name="quiet")
    purchases = write_orders([busy], sizes.one_location)
    least = least_seconds(len(purchases))
    release(purchases)
    singles = buy_singles(others, while_waiting_for=purchases, at_most=PATIENCE * least)
    wait_until_final(stack, purchases, seconds=PATIENCE * least)
    wait_until_final(stack, singles, seconds=60)
    seen = posts(stack.sandbox.state)
    add_share(report, [post for post in seen if post.location_id == busy.location_id], least=least)
    add_waits(stack, report, singles)
    check_books(stack)


def least_seconds(count: int) -> float:
    """From the first POST to the last, at the provider's limit: its windows are fixed ones."""
    return (math.ceil(count / PERMITTED) - 1) * WINDOW_SECONDS


def buy_singles(others: list[Location], *, while_waiting_for: list[Purchase], at_most: float) -> list[Purchase]:
    """A purchase a second, each in another location than the one before, until the many are bought."""
    many = unfinished(while_waiting_for)
    deadline = time.monotonic() + at_most
    bought = []
    for location in itertools.cycle(others):
        time.sleep(PAUSE_SECONDS)
        if time.monotonic() > deadline or not many.exists():
            return bought
        bought.append(
            place_order(location=location, request=new_request(), requested_by=None, idempotency_key=uuid.uuid4())
        )
    return bought


def add_share(report: Report, ours: list[Post], *, least: float) -> None:
    over = sum(post.outcome == OVER_THE_LIMIT for post in ours)
    took = ours[-1].at - ours[0].at
    say(f"  {len(ours) - over} POSTs in {took:.1f} s, {least:.0f} s at the least; {over} over the limit")
    report.add("budget_share", least / took, "share", at_least=0.97)
    report.add("budget_429s", over, "POSTs", at_most=0)


def add_waits(stack: Stack, report: Report, singles: list[Purchase]) -> None:
    """From the order's row, a few milliseconds before its commit, to the POST at the sandbox."""
    arrived = arrivals(stack.sandbox.state, [purchase.phone_number for purchase in singles])
    waits = [arrived[purchase.phone_number] - purchase.created_at.timestamp() for purchase in singles]
    report.add("other_location_wait_p95", statistics.quantiles(waits, n=20)[-1], "s", at_most=1.0)
    report.add("other_location_wait_median", statistics.median(waits), "s")
