"""A file of 10,000 rows: from the upload to the lines of a draft, and what the web process keeps of it."""

from __future__ import annotations

import csv
import io
import re
import statistics
import time
from decimal import Decimal
from pathlib import Path

import phonenumbers
from django.contrib.auth import get_user_model
from django.utils import timezone

from numbers_app.models import Location, OrderLine, OrderStatus, PurchaseOrder
from numbers_app.purchasing.drafting import begin_draft
from numbers_app.purchasing.holding import cancel_order
from tests.benchmarks.clicks import HIDDEN, Visitor
from tests.benchmarks.ledger import posts
from tests.benchmarks.report import Report, WrongResult
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stack import Stack
from tests.benchmarks.usage import memory_mib
from tests.waiting import wait_until

HEADER = ["location_id", "phone_number", "country", "type", "if_taken", "locality", "region"]
FIRST = 2_000_000
GROWTH_MIB = 20
ORDER = "admin/numbers_app/purchaseorder/{}/{}/"
IMPORT = "admin/numbers_app/purchaseorder/{}/import/"


def measure(stack: Stack, report: Report, sizes: Sizes) -> None:
    """The first upload and order, in which everything is loaded, count for neither the time nor the memory."""
    visitor = Visitor(stack.address, password=stack.password)
    upload_to_lines(visitor, wishes(sizes.file_rows, part=0))
    confirm_to_first_post(visitor, stack.sandbox.state)
    before = memory_mib(stack, "web")[0]
    taken, bare = [], []
    for part in range(1, sizes.rounds + 1):
        content = wishes(sizes.file_rows, part=part)
        taken.append(upload_to_lines(visitor, content))
        bare.append(bare_parse(content))
    confirmed = confirm_to_first_post(visitor, stack.sandbox.state)
    after = memory_mib(stack, "web")[0]
    report.add("file_upload_to_lines", statistics.median(taken), "s")
    report.add("file_rows_per_second", sizes.file_rows / statistics.median(taken), "/s")
    report.add("file_vs_bare_parse", statistics.median(taken) / statistics.median(bare), "times")
    report.add("order_confirm_to_first_post", confirmed, "s")
    report.add("file_web_growth_mib", after - before, "MiB", at_most=GROWTH_MIB)


def confirm_to_first_post(visitor: Visitor, state: Path) -> float:
    """Seconds from the click on *Submit*, for the order that was uploaded last, to its first POST at the sandbox.

    What the preview asks the provider is left out: every line is as if it had just been looked at. The order is then
    cancelled, and what had been sent is brought to its end.
    """
    order = PurchaseOrder.objects.latest("pk")
    now = timezone.now()
    order.lines.update(checked_at=now, searched_at=now, monthly_price=Decimal("1.15"), price_unit="USD")
    PurchaseOrder.objects.filter(pk=order.pk).update(status=OrderStatus.PREVIEWED, previewed_at=now)
    page = visitor.session.get(visitor.address + ORDER.format(order.pk, "change"), timeout=60).text
    seen = re.findall(HIDDEN.format("seen"), page)[0]
    before = len(posts(state))
    clicked = time.time()
    visitor.send(ORDER.format(order.pk, "submit"), page, seen=seen)
    sent = wait_until(lambda: posts(state)[before:], what="the first number is asked for", seconds=120)
    cancel_order(order.pk, actor=order.requested_by)
    wait_until(lambda: not PurchaseOrder.objects.get(pk=order.pk).next_action_at, what="the order is over", seconds=300)
    return sent[0].at - clicked


def wishes(rows: int, *, part: int) -> bytes:
    """A CSV of numbers for all locations by turns; every part has other numbers."""
    places = list(Location.objects.order_by("pk").values_list("location_id", flat=True))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for row in range(rows):
        number = f"(830) {(FIRST + row) // 10_000}-{(FIRST + row) % 10_000:04d}"
        writer.writerow([places[row % len(places)], number, "US", "local", "kind", f"Town {part}", "TX"])
    return text.getvalue().encode()


def upload_to_lines(visitor: Visitor, content: bytes) -> float:
    """Seconds from the request to its answer, before which the lines are committed."""
    order = begin_draft(requested_by=get_user_model().objects.get(username="admin"))
    page = visitor.session.get(visitor.address + IMPORT.format(order.pk), timeout=60).text
    began = time.perf_counter()
    visitor.send(IMPORT.format(order.pk), page, files={"file": ("wishes.csv", content, "text/csv")})
    seconds = time.perf_counter() - began
    lines = OrderLine.objects.filter(order=order).count()
    rows = content.count(b"\n") - 1
    if lines != rows:
        raise WrongResult(f"The file has {rows} rows, and the draft {lines} lines.")
    return seconds


def bare_parse(content: bytes) -> float:
    """Seconds for the same rows with nothing but Python's CSV reader and the numbers' library."""
    began = time.perf_counter()
    for row in csv.DictReader(io.StringIO(content.decode())):
        number = phonenumbers.parse(row["phone_number"], row["country"])
        phonenumbers.is_possible_number(number)
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return time.perf_counter() - began
