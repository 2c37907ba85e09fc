"""The crash matrix: a worker's process is killed at every step between claim and record, and what is left is mended.

``pytest tests/purchasing/test_crash_matrix.py`` prints it as a table.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from django.conf import settings as project
from django.db import connection
from django.utils import timezone

from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.models import FINAL, Answer, PhoneNumber, Purchase, PurchaseAttempt, Status
from tests.factories import make_purchase
from tests.purchasing.conftest import Desk
from tests.purchasing.dying_crew import Task

pytestmark = pytest.mark.django_db(transaction=True)

BATCH = {"plain": "success", "refused": "no-longer-available", "reset": "reset-after"}
BOUGHT = {"plain", "reset"}
NOT_BOUGHT = (Status.REJECTED, Status.FAILED)  # refused at once; or refused after an attempt whose worker died
HEAD = ("killed", "left behind: " + ", ".join(BATCH), "POSTs", "sold", "mended: " + ", ".join(BATCH), "POSTs", "sold")


@dataclass(kw_only=True)
class Matrix:
    """The batches so far, each killed at another step, and the rows of the table."""

    sandbox: Sandbox
    desk: Desk
    together: bool
    rows: list[tuple[str, ...]] = field(default_factory=list)
    batches: Iterator[int] = field(default_factory=count)

    def killed_at(self, step: str, nth: int, when: str) -> bool:
        """Kill a new batch's worker at that step, and mend what it left; False where the batch came to its end."""
        batch = next(self.batches)
        purchases = [make_purchase(number_for(slug, batch)) for slug in BATCH.values()]
        died = self.run(purchases, step=step, nth=nth, when=when)
        left = self.state(purchases)
        assert_nothing_is_claimed_without_an_attempt(purchases)
        self.desk.settle(*purchases)
        self.desk.clock.shift(project.PURCHASE_LEASE_SECONDS + 1)
        self.desk.turn()
        self.rows.append((f"{when} {step} {nth}" if died else "never", *left, *self.state(purchases)))
        assert_books_are_right(self.sandbox, purchases)
        return died

    def run(self, purchases: list[Purchase], **step: object) -> bool:
        task = Task(
            database=str(connection.settings_dict["NAME"]),
            url=self.sandbox.url,
            now=timezone.now().isoformat(),
            purchases=[purchase.pk for purchase in purchases],
            together=self.together,
        )
        command = [sys.executable, "-m", "tests.purchasing.dying_crew", replace(task, **step).as_json()]  # type: ignore[arg-type]
        worker = subprocess.run(command, cwd=project.BASE_DIR, timeout=60, capture_output=True, check=False)
        assert worker.returncode in (0, -signal.SIGKILL), worker.stderr.decode()
        return worker.returncode != 0

    def state(self, purchases: list[Purchase]) -> tuple[str, str, str]:
        """The statuses with the count of attempts, how many POSTs the provider saw, and how many numbers it sold."""
        now = Purchase.objects.in_bulk([purchase.pk for purchase in purchases])
        numbers = {purchase.phone_number for purchase in purchases}
        posts = [call for call in self.sandbox.ledger.calls() if call.phone_number in numbers]
        sold = [sale for sale in self.sandbox.ledger.sold() if sale.phone_number in numbers]
        shown = [f"{now[purchase.pk].status} {now[purchase.pk].attempt_count}" for purchase in purchases]
        return ", ".join(shown), str(len(posts)), str(len(sold))


def assert_nothing_is_claimed_without_an_attempt(purchases: list[Purchase]) -> None:
    """Wherever it died: a POST that may have left is in the database."""
    for purchase in Purchase.objects.filter(pk__in=[purchase.pk for purchase in purchases]):
        under_way = purchase.attempts.filter(answer=Answer.PENDING).count()
        assert under_way == (purchase.status == Status.SUBMITTING)
        assert purchase.attempts.count() == purchase.attempt_count


def assert_books_are_right(sandbox: Sandbox, purchases: list[Purchase]) -> None:
    """Of all batches so far: the books equal the ledger, and nobody was asked for again after it was sold."""
    sold = {sale.phone_number: sale for sale in sandbox.ledger.sold()}
    bought = Purchase.objects.filter(status=Status.PURCHASED).values_list("phone_number", flat=True)
    assert sorted(bought) == sorted(sold)
    assert set(sold) <= set(PhoneNumber.objects.filter(gone_at__isnull=True).values_list("phone_number", flat=True))
    posts = [call for call in sandbox.ledger.calls() if call.path == "purchase"]
    assert not [call for call in posts if call.phone_number in sold and call.attempt != sold[call.phone_number].attempt]
    assert len(posts) <= PurchaseAttempt.objects.count()
    assert not Purchase.objects.exclude(status__in=FINAL).exists()
    assert not PurchaseAttempt.objects.filter(answer=Answer.PENDING).exists()
    for name, purchase in zip(BATCH, purchases, strict=True):
        assert purchase.status == Status.PURCHASED if name in BOUGHT else purchase.status in NOT_BOUGHT


@pytest.mark.parametrize("together", [True, False], ids=["written together", "each written alone"])
@pytest.mark.parametrize("step", ["commit", "post"])
def test_worker_killed_at_every_step_of_a_batch_leaves_the_books_right(
    step: str, together: bool, sandbox: Sandbox, desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    matrix = Matrix(sandbox=sandbox, desk=desk, together=together)
    commits = 2 if together else 1 + len(BATCH)  # the claim's, and the records'
    steps = commits if step == "commit" else len(BATCH)

    deaths = 0
    while matrix.killed_at(step, deaths + 1, "before"):
        assert matrix.killed_at(step, deaths + 1, "after")
        deaths += 1

    title = "outcomes written together" if together else "each outcome written alone"
    record_property("table", [f"Crash matrix, {title}", *as_table([HEAD, *matrix.rows])])
    assert deaths == steps


def as_table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]
