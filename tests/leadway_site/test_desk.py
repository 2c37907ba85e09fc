"""The whole desk: started, stopped, killed and started again."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest
import requests

from leadway_site.broker import left_over
from tests.leadway_site.desks import RunningDesk, free_port, processes_of, run
from tests.waiting import wait_until

pytestmark = pytest.mark.desk
MakeDesk = Callable[..., RunningDesk]
READY = "Leadway Numbers is ready: open "
PASSWORD = re.compile(r"with password +(\S+)")
WORKING = "worker started"


def test_first_start_makes_all_that_a_desk_needs(desk: MakeDesk, var_dir: Path) -> None:
    running = desk().start()

    running.wait_until_up()
    running.wait_until_said(READY + running.address)

    passwords = PASSWORD.findall(running.words)
    assert len(passwords) == 1
    assert signs_in(running.address, "admin", passwords[0])
    assert stat.S_IMODE(var_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((var_dir / "secrets.env").stat().st_mode) == 0o600
    assert count_locations(var_dir / "sandbox-desk.sqlite3") == 12


def test_second_start_keeps_secrets_and_says_no_password(desk: MakeDesk, var_dir: Path) -> None:
    first = desk()
    stop_once_up(first.start())
    secrets = (var_dir / "secrets.env").read_text()

    stop_once_up(first.start(), said=2)

    assert len(PASSWORD.findall(first.words)) == 1
    assert (var_dir / "secrets.env").read_text() == secrets
    password = PASSWORD.findall(first.words)[0]
    assert not any(password.encode() in path.read_bytes() for path in var_dir.rglob("*") if path.is_file())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_stop_signal_leaves_no_process_behind(desk: MakeDesk, number: signal.Signals) -> None:
    running = desk().start()
    running.wait_until_said(WORKING)

    running.signal(number)

    assert running.wait_until_gone() == 0
    assert f"{number.name}: stopping the desk" in running.words
    assert "broker stopped (rc=0)" in running.words


def test_running_desk_shows_that_its_parts_live_and_a_stopped_one_that_they_ended(
    desk: MakeDesk, var_dir: Path
) -> None:
    running = desk().start()
    books = var_dir / "sandbox-desk.sqlite3"
    running.wait_until_said(WORKING)
    running.wait_until(lambda: parts(books) == {"web": False, "worker": False, "beat": False}, what="all parts live")
    running.wait_until(lambda: has_counted(books), what="a round of counting has come through")

    running.signal(signal.SIGINT)
    running.wait_until_gone()

    assert parts(books) == {"web": True, "worker": True, "beat": True}


def parts(books: Path) -> dict[str, bool]:
    """Each process that gave a sign of life, and whether it has said that it ended."""
    rows = ask(books, "select role, stopped_at is not null from numbers_app_heartbeat")
    return {role: bool(ended) for role, ended in rows}


def has_counted(books: Path) -> bool:
    return bool(ask(books, "select 1 from numbers_app_counting where complete and ran_at is not null"))


def ask(books: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(books, timeout=30)) as database:
        return database.execute(question).fetchall()


def test_stop_before_anything_runs_leaves_no_process_behind(desk: MakeDesk, var_dir: Path) -> None:
    running = desk().start()
    wait_until((var_dir / "secrets.env").exists, what="the first start makes its secrets")

    running.signal(signal.SIGTERM)

    running.wait_until_gone()
    assert "Traceback" not in running.words


@pytest.mark.parametrize("moment", ["after_in_parent", "after_in_child"])
def test_stop_amid_a_fork_is_heard_and_leaves_no_process_behind(var_dir: Path, moment: str) -> None:
    stop_then = f"os.register_at_fork({moment}=lambda: os.kill(desk_pid, signal.SIGTERM))"
    start = "import os, signal, sys; from leadway_site import desk; desk_pid = os.getpid()"

    ended = run("-c", f"{start}; {stop_then}; sys.exit(desk.main())", var_dir=var_dir, PORT=str(free_port()))

    assert ended.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in ended.stdout
    assert processes_of(var_dir) == []


def test_closed_terminal_leaves_no_process_behind(desk: MakeDesk) -> None:
    master, slave = os.openpty()
    running = desk().start(
        stdin=slave, stdout=slave, stderr=slave, start_new_session=False, preexec_fn=lambda: os.login_tty(slave)
    )
    os.close(slave)
    running.wait_until_up()

    os.close(master)

    running.wait_until_gone()


def test_killed_supervisor_leaves_no_process_behind_and_starts_again(desk: MakeDesk) -> None:
    running = desk().start()
    running.wait_until_said(WORKING)

    running.signal(signal.SIGKILL)
    running.process.wait()
    running.start()

    wait_until(lambda: running.words.count(READY) == 2, what="the desk is up again", seconds=90)
    running.wait_until_up()
    running.signal(signal.SIGTERM)
    assert running.wait_until_gone() == 0


def test_killed_supervisor_alone_leaves_no_process_behind(desk: MakeDesk) -> None:
    running = desk().start()
    running.wait_until_up()

    running.signal(signal.SIGKILL)

    assert running.wait_until_gone() == -signal.SIGKILL


def test_killed_make_takes_the_desk_with_it(desk: MakeDesk) -> None:
    running = desk(MAKELEVEL="1").start(("/bin/sh", "-c", f"{sys.executable} -m leadway_site.desk; true"))
    running.wait_until_up()

    running.process.kill()

    running.wait_until_gone()


def test_process_that_ends_stops_the_desk(desk: MakeDesk, var_dir: Path) -> None:
    running = desk().start()
    running.wait_until_said(WORKING)

    broker = wait_until(lambda: left_over(var_dir), what="the broker runs")
    broker.kill()

    assert running.wait_until_gone() != 0
    assert "a process ended: stopping the desk" in running.words


def test_killed_relay_stops_the_desk(desk: MakeDesk) -> None:
    running = desk().start()
    running.wait_until_said("sandbox started")

    sandbox = next(process for process in processes_of(running.var_dir) if "sandbox" in process.cmdline())
    psutil.Process(sandbox.ppid()).kill()

    assert running.wait_until_gone() != 0


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_busy_port_is_named_before_anything_starts(desk: MakeDesk, var_dir: Path, name: str) -> None:
    running = desk()
    port = running.port if name == "PORT" else running.port + 1
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()

        running.start()

        assert running.wait_until_gone() == 1
    assert f"Port {port} is in use by another program." in running.words
    assert f"Set {name} to another one" in running.words
    assert "Traceback" not in running.words
    assert not (var_dir / "secrets.env").exists()


def test_second_desk_on_the_same_folder_is_refused(desk: MakeDesk) -> None:
    first, second = desk(), desk()
    first.start().wait_until_up()

    second.start()

    assert second.process.wait(60) == 1
    assert "A desk already runs on" in second.words
    assert first.address in second.words
    assert first.is_up()


def test_wrong_variable_stops_the_start_with_a_sentence(desk: MakeDesk) -> None:
    running = desk(LEADCONNECTOR_TIMEOUT_SECONDS="soon", SECRET_KEY="short").start()

    assert running.wait_until_gone() == 1
    assert "LEADCONNECTOR_TIMEOUT_SECONDS can't be used: 'soon' is not right." in running.words
    assert "Traceback" not in running.words


def test_wrong_secret_stops_the_start_with_a_sentence(desk: MakeDesk) -> None:
    running = desk(SECRET_KEY="much-too-short").start()

    assert running.wait_until_gone() == 1
    assert "SECRET_KEY is too short." in running.words
    assert "much-too-short" not in running.words
    assert "Traceback" not in running.words


def test_unreachable_database_stops_the_start_with_a_sentence(desk: MakeDesk) -> None:
    running = desk(DATABASE_URL="postgres://nobody:hidden@127.0.0.1:1/none").start()

    assert running.wait_until_gone() == 1
    assert "Check DATABASE_URL." in running.words
    assert "hidden" not in running.words
    assert "Traceback" not in running.words


def test_desk_with_a_token_runs_without_sandbox_and_demo_data(desk: MakeDesk, var_dir: Path) -> None:
    running = desk(LEADCONNECTOR_TOKEN="pit-opens-nothing", LEADCONNECTOR_BASE_URL="https://provider.invalid").start()
    running.wait_until_said(WORKING)

    assert count_locations(var_dir / "desk.sqlite3") == 0
    running.signal(signal.SIGTERM)
    assert running.wait_until_gone() == 0
    assert "sandbox started" not in running.words
    assert "pit-opens-nothing" not in running.words


def stop_once_up(running: RunningDesk, *, said: int = 1) -> None:
    """The page may answer a moment before the desk says so, for the ``said``-th time."""
    running.wait_until_up()
    wait_until(lambda: running.words.count(READY) == said, what="the desk says that it is ready")
    running.signal(signal.SIGTERM)
    assert running.wait_until_gone() == 0


def signs_in(address: str, username: str, password: str) -> bool:
    with requests.Session() as browser:
        browser.get(f"{address}admin/login/", timeout=30)
        form = {"username": username, "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        reply = browser.post(f"{address}admin/login/", data=form, timeout=30, allow_redirects=False)
    return reply.status_code == 302


def count_locations(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        count: int = connection.execute("select count(*) from numbers_app_location").fetchone()[0]
    connection.close()
    return count
