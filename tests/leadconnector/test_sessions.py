"""Connections are kept and reused by one thread, and shared with nobody."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.leadconnector.transport import thread_session

from .conftest import LOCATION, REQUEST, STATE, Start, client_of
from .scripted import reply

GOOD = reply(201, STATE)
FORK = """
import os
import pytest

from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.leadconnector.transport import thread_session
before = thread_session()
assert thread_session() is before
child = os.fork()
if child == 0:
    os._exit(0 if thread_session() is not before and thread_session() is thread_session() else 1)
_, status = os.waitpid(child, 0)
assert thread_session() is before
print(os.waitstatus_to_exitcode(status))
"""


def in_threads(*work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)


def test_one_thread_uses_one_connection_for_all_its_calls(scripted: Start) -> None:
    server = scripted(*[GOOD] * 5)

    for _ in range(5):
        client_of(server.url).purchase(LOCATION, REQUEST)

    assert server.accepted == 1


def test_connection_is_kept_after_a_refusal(scripted: Start) -> None:
    server = scripted(*[reply(status, {"message": "no"}) for status in (400, 404, 429, 500, 302)], GOOD)
    client = client_of(server.url)

    for _ in range(5):
        with pytest.raises(LeadConnectorError, match="no"):
            client.list_active(LOCATION)
    client.purchase(LOCATION, REQUEST)

    assert server.accepted == 1


def test_threads_do_not_share_connections(scripted: Start) -> None:
    server = scripted(*[GOOD] * 6)
    client = client_of(server.url)
    together = threading.Barrier(3)

    def buy_twice() -> None:
        for _ in range(2):
            together.wait(timeout=10)
            client.purchase(LOCATION, REQUEST)
        thread_session().close()

    in_threads(*[buy_twice] * 3)

    used = [request.connection for request in server.requests]
    assert server.accepted == 3
    assert sorted(used) == [1, 1, 2, 2, 3, 3]


def test_every_thread_has_its_own_session() -> None:
    seen: list[object] = [thread_session()]

    in_threads(*[lambda: seen.append(thread_session())] * 2)

    assert len({id(session) for session in seen}) == 3
    assert thread_session() is seen[0]


def test_clients_on_one_connection_keep_their_own_tokens(scripted: Start) -> None:
    server = scripted(*[GOOD] * 3)
    tokens = ["sandbox-first", "sandbox-second", "sandbox-first"]

    for token in tokens:
        client_of(server.url, token=token).purchase(LOCATION, REQUEST)

    assert server.accepted == 1
    assert [request.headers["Authorization"] for request in server.requests] == [f"Bearer {one}" for one in tokens]


def test_forked_process_begins_with_connections_of_its_own() -> None:
    root = Path(__file__).parents[2]

    run = subprocess.run(
        [sys.executable, "-c", FORK], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )

    assert (run.stdout.strip(), run.stderr) == ("0", "")
