"""Orders in bulk, as `ordering.write_order` writes them one by one; and whether they came to a good end."""

from __future__ import annotations

import itertools
import time
import uuid
from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from numbers_app.leadconnector.payloads import BODY_NAMES, PurchaseRequest
from numbers_app.models import (
    FINAL,
    Answer,
    Location,
    PhoneNumber,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    PurchaseOrder,
    Status,
)
from numbers_app.models.purchase import PurchaseQuerySet
from tests.benchmarks.ledger import sales
from tests.benchmarks.report import WrongResult
from tests.benchmarks.stack import Stack
from tests.waiting import wait_until

NOT_YET = timedelta(hours=1)
LOOK_SECONDS = 0.02  # between two looks at the end; so much too late it may be seen
FASTEST = 1000  # purchases a second that nothing here can reach

_numbers = itertools.count(2_000_000)  # valid numbers in the United States, and none of the sandbox's magic ones


def new_number() -> str:
    return f"+1830{next(_numbers)}"


def new_request() -> PurchaseRequest:
    return PurchaseRequest(phone_number=new_number(), country_code="US", number_type="local")


def make_locations(count: int, *, name: str) -> list[Location]:
    rows = [Location(location_id=f"{name}{n:06d}", name=f"{name} {n}") for n in range(count)]
    return Location.objects.bulk_create(rows)


@transaction.atomic
def write_orders(locations: list[Location], count: int) -> list[Purchase]:
    """``count`` orders of one number each, the locations by turns, none of them due yet."""
    now = timezone.now()
    orders = PurchaseOrder.objects.bulk_create(PurchaseOrder() for _ in range(count))
    purchases = Purchase.objects.bulk_create(
        Purchase(
            order=order,
            location=location,
            sandbox=settings.SANDBOX,
            status=Status.QUEUED,
            next_action_at=now + NOT_YET,
            phone_number=new_number(),
            country_code="US",
            number_type="local",
            fingerprint_id=uuid.uuid4().hex,
        )
        for order, location in zip(orders, itertools.cycle(locations), strict=False)
    )
    PurchaseEvent.objects.bulk_create(
        PurchaseEvent(purchase=purchase, at=now, to_status=Status.QUEUED, because="Asked for.")
        for purchase in purchases
    )
    return purchases


def as_calls(purchases: list[Purchase]) -> list[tuple[str, dict[str, object]]]:
    """The path and the body of each purchase's POST."""
    return [
        (
            f"/phone-system/numbers/location/{purchase.location.location_id}/purchase",
            PurchaseRequest(**{name: getattr(purchase, name) for name in BODY_NAMES}).body(),
        )
        for purchase in purchases
    ]


def release(purchases: list[Purchase]) -> float:
    """Make them due, all at once; returns when they were, in seconds of the monotonic clock."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # so many rows at once are news to the planner, and autovacuum comes when it likes
    Purchase.objects.filter(pk__in=[purchase.pk for purchase in purchases]).update(next_action_at=timezone.now())
    return time.monotonic()


def unfinished(purchases: list[Purchase]) -> PurchaseQuerySet:
    """Those that are not final yet; asked for so that the index on the status answers at once."""
    statuses = [status for status in Status if status not in FINAL]
    return Purchase.objects.filter(status__in=statuses, pk__gte=purchases[0].pk, pk__lte=purchases[-1].pk)


def wait_until_final(stack: Stack, purchases: list[Purchase], *, seconds: float) -> float:
    """Until the last one's record is committed; returns when that was seen, in seconds of the monotonic clock."""
    waiting = unfinished(purchases)
    deadline = time.monotonic() + seconds
    while left := waiting.count():
        stack.refuse_dead()
        if time.monotonic() > deadline:
            raise WrongResult(f"{left} purchases were not final after {seconds:.0f} s.")
        time.sleep(max(LOOK_SECONDS, left / FASTEST))  # looking costs time of the processes that are measured
    return time.monotonic()


def check_books(stack: Stack) -> None:
    """Every purchase was bought, and the books are those of the sandbox; raises WrongResult."""
    statuses = Counter(Purchase.objects.values_list("status", flat=True))
    if set(statuses) - {Status.PURCHASED}:
        raise WrongResult(f"Not every purchase was bought: {dict(statuses)}.")
    sold = sales(stack.sandbox.state)
    for title, model in (("purchases", Purchase), ("mirror", PhoneNumber)):
        ours = set(model.objects.values_list("phone_number", "location__location_id"))
        if ours != sold:
            raise WrongResult(f"The {title}: {len(ours - sold)} not sold, {len(sold - ours)} sold and not there.")
    if statuses[Status.PURCHASED] != len(sold):
        raise WrongResult(f"{statuses[Status.PURCHASED]} purchases, but {len(sold)} sales.")
    pending = PurchaseAttempt.objects.filter(answer=Answer.PENDING)
    wait_until(lambda: not pending.exists(), what="every attempt has its answer")
