"""The embedded broker, with real servers that are really killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis

from leadway_site import broker
from tests.conftest import answers
from tests.leadway_site.desks import BASE_DIR, environment, processes_of
from tests.waiting import wait_until

PARENT = """
import subprocess, sys, time
from pathlib import Path
from leadway_site.broker import end_with_parent, server_command
subprocess.Popen(server_command(Path(sys.argv[1])), preexec_fn=end_with_parent)
time.sleep(600)
"""
Serve = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def serve(var_dir: Path) -> Iterator[Serve]:
    """Starts a Python command on ``var_dir`` and waits for the broker to answer; nothing is left at the end."""
    started = []

    def start(*command: str) -> subprocess.Popen[bytes]:
        started.append(
            subprocess.Popen(
                [sys.executable, *command], cwd=BASE_DIR, env=environment(var_dir), stdout=subprocess.DEVNULL
            )
        )
        with client(var_dir) as connection:
            wait_until(lambda: answers(connection), what="the broker answers")
        return started[-1]

    yield start
    for process in processes_of(var_dir):
        process.kill()
    for child in started:
        child.wait(10)


def client(var_dir: Path) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(broker.socket_path(var_dir)), decode_responses=True)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_server_ends_when_its_parent_is_killed(serve: Serve, var_dir: Path) -> None:
    parent = serve("-c", PARENT, str(var_dir))
    server = broker.left_over(var_dir)
    assert server is not None

    parent.kill()

    wait_until(lambda: not server.is_running(), what="the server ends")


def test_message_survives_a_killed_server(serve: Serve, var_dir: Path) -> None:
    server = serve("manage.py", "broker")
    with client(var_dir) as connection:
        connection.lpush("celery", "one purchase")
    server.kill()
    server.wait(10)

    serve("-m", "leadway_site.broker")

    with client(var_dir) as connection:
        assert connection.lrange("celery", 0, -1) == ["one purchase"]


def test_left_over_server_gives_way_to_a_new_one_and_its_data_stay(serve: Serve, var_dir: Path) -> None:
    old = serve("-m", "leadway_site.broker")
    with client(var_dir) as connection:
        connection.lpush("celery", "one purchase")

    new = serve("-m", "leadway_site.broker")
    assert old.wait(20) == 0

    with client(var_dir) as connection:
        wait_until(lambda: answers(connection), what="the new server answers")
        assert connection.info("server")["process_id"] == new.pid
        assert connection.lrange("celery", 0, -1) == ["one purchase"]


def test_frozen_left_over_is_killed(serve: Serve, var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "STOP_SECONDS", 0.5)
    old = serve("-m", "leadway_site.broker")
    old.send_signal(signal.SIGSTOP)

    assert broker.end_left_over(var_dir)

    assert not psutil.pid_exists(old.pid)


def test_stale_socket_and_pid_file_do_not_stop_the_start(serve: Serve, var_dir: Path) -> None:
    broker.home(var_dir).mkdir(parents=True)
    broker.socket_path(var_dir).touch()
    broker.pid_file(var_dir).write_text(str(psutil.Process().pid))

    serve("-m", "leadway_site.broker")

    with client(var_dir) as connection:
        assert connection.ping()


def test_server_keeps_what_it_is_given_and_listens_on_its_socket_alone(serve: Serve, var_dir: Path) -> None:
    serve("-m", "leadway_site.broker")

    with client(var_dir) as connection:
        wanted = {"appendonly": "yes", "maxmemory-policy": "noeviction", "port": "0"}
        assert {name: connection.config_get(name)[name] for name in wanted} == wanted


def test_socket_moves_to_the_temporary_folder_where_its_path_would_be_too_long(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)

    path = broker.socket_path(deep)

    assert len(str(path)) <= broker.LONGEST_SOCKET_PATH
    assert path == broker.socket_path(deep)
    assert path != broker.socket_path(tmp_path / ("y" * 100))


def test_fixture_gives_a_broker_that_answers(broker: str) -> None:
    url = broker.replace("redis+socket://", "unix://")

    with redis.Redis.from_url(url) as connection:
        assert connection.ping()
