"""A worker that is asked to stop brings what it has sent to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from leadway_site.broker import end_with_parent
from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.models import Evidence, Status
from numbers_app.purchasing.dispatch import SUBMIT, publish
from tests.factories import make_purchase
from tests.waiting import wait_until

WORKER = ("-m", "celery", "--quiet", "--app", "leadway_site", "worker", "--without-gossip", "--without-mingle")


def database_url() -> str:
    """The test's own database, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return (
        f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )


# What a worker does where Celery's own shutdown breaks before it says that it is over.
WITHOUT_SHUTDOWN = """
import sys, django
django.setup()
from numbers_app.purchasing.crew import crew
crew().submit([int(sys.argv[1])])
"""


@contextmanager
def running_worker(*command: str, broker: str, provider: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as the Procfile starts it, or another command; gone at the end, whatever happens."""
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "REDIS_URL": broker,
        "LEADCONNECTOR_BASE_URL": provider,
        "DJANGO_SETTINGS_MODULE": "leadway_site.settings",
    }
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, *(command or WORKER)],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=output,
            stderr=output,
            preexec_fn=end_with_parent,  # noqa: PLW1509
        )
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait(10)


@pytest.mark.django_db(transaction=True)
def test_stopped_worker_records_the_reply_that_it_waits_for(
    start_sandbox: Callable[..., Sandbox], broker: str, tmp_path: Path
) -> None:
    sandbox = start_sandbox(slow_seconds=2)
    purchase = make_purchase(number_for("slow"))
    publish(SUBMIT, [[purchase.pk]])
    log = tmp_path / "worker.log"

    with running_worker(broker=broker, provider=sandbox.url, log=log) as worker:
        wait_until(sandbox.ledger.sold, what="the number is sold", seconds=60, shown=log.read_text)
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, Evidence.REPLY), log.read_text()


@pytest.mark.django_db(transaction=True)
def test_process_that_ends_without_a_word_of_celery_records_the_reply_that_it_waits_for(
    start_sandbox: Callable[..., Sandbox], broker: str, tmp_path: Path
) -> None:
    sandbox = start_sandbox(slow_seconds=1)
    purchase = make_purchase(number_for("slow"))
    log = tmp_path / "worker.log"
    command = ("-c", WITHOUT_SHUTDOWN, str(purchase.pk))

    with running_worker(*command, broker=broker, provider=sandbox.url, log=log) as worker:
        assert worker.wait(60) == 0, log.read_text()

    purchase.refresh_from_db()
    assert (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, Evidence.REPLY), log.read_text()
