"""What all tests share: the broker, and the order in which whole desks run."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import translation

from leadway_site.broker import end_with_parent, server_command, socket_path
from tests.waiting import wait_until

NOBODY = "redis://127.0.0.1:9/0"  # the address of a Redis that is away
REDIS_URL = settings.REDIS_URL  # before any test has set another


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole desks start one after another, in one of the parallel workers: side by side they only starve each other."""
    for item in items:
        if item.get_closest_marker("desk"):
            item.add_marker(pytest.mark.xdist_group("desk"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the tables that tests have recorded, also those of parallel workers."""
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            for name, lines in getattr(report, "user_properties", []):
                if name == "table" and report.when == "call":
                    terminalreporter.write_line("")
                    terminalreporter.write_line("\n".join(lines))


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A request leaves its language behind for whatever its thread does next; no test reads another's."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _own_budget(request: pytest.FixtureRequest, settings: Any) -> None:
    """No test spends another's requests, and only one that asks for the broker has any counted.

    Redis counts by its own clock, which no test can move: a test that travels would wait for it in vain.
    """
    settings.BUDGET_NAME = new_budget()
    if "broker" not in request.fixturenames:
        settings.REDIS_URL = NOBODY


def new_budget() -> str:
    return f"leadway:test:{uuid.uuid4().hex}"


def sql_deletes(operations: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
    """To empty tables of a few rows, `DELETE` is many times faster than PostgreSQL's `TRUNCATE`, which makes new files.

    Foreign keys are checked at the end of the transaction, so any order will do.
    """
    return [f"DELETE FROM {operations.quote_name(table)};" for table in tables]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """PostgreSQL drops a database only when all have left it, and a killed process's session takes its time to end.

    One that stays is named by what it last did: some test has left a connection open.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(connection.ops), "sql_flush", sql_deletes)
        yield
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        connection.close()
        connection.close_pool()
        wait_until(
            lambda: not sessions_in(name), what=f"all sessions have left {name}", shown=lambda: sessions_in(name)
        )


def sessions_in(database: str) -> list[Any]:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pid, state, left(query, 200) FROM pg_stat_activity WHERE datname = %s", [database])
        return list(cursor.fetchall())


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The address of a running broker that is this test worker's own: the Redis of REDIS_URL, else an embedded one."""
    if not settings.EMBEDDED_BROKER:
        with redis.Redis.from_url(REDIS_URL) as client:
            client.flushdb()
            yield REDIS_URL
            client.flushdb()
        return
    command = server_command(settings.VAR_DIR)
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=end_with_parent)  # noqa: PLW1509
    try:
        with redis.Redis(unix_socket_path=str(socket_path(settings.VAR_DIR))) as client:
            wait_until(lambda: answers(client), what="the embedded broker answers")
        yield REDIS_URL
    finally:
        server.terminate()
        server.wait(10)


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.exceptions.ConnectionError:
        return False
