"""What all tests share: the broker, and the order in which whole desks run."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from leadway_site.broker import end_with_parent, server_command, socket_path
from tests.waiting import wait_until


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole desks start one after another, in one of the parallel workers: side by side they only starve each other."""
    for item in items:
        if item.get_closest_marker("desk"):
            item.add_marker(pytest.mark.xdist_group("desk"))


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The address of a running broker that is this test worker's own: the Redis of REDIS_URL, else an embedded one."""
    if not settings.EMBEDDED_BROKER:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushdb()
            yield settings.REDIS_URL
            client.flushdb()
        return
    command = server_command(settings.VAR_DIR)
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=end_with_parent)  # noqa: PLW1509
    try:
        with redis.Redis(unix_socket_path=str(socket_path(settings.VAR_DIR))) as client:
            wait_until(lambda: answers(client), what="the embedded broker answers")
        yield settings.REDIS_URL
    finally:
        server.terminate()
        server.wait(10)


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.exceptions.ConnectionError:
        return False
