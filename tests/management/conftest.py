"""Commands as a shell runs them: with their exit codes, and what they print."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import pytest
from django.core.management import load_command_class
from django.core.management.base import connections as used_by_commands  # type: ignore[attr-defined]
from django.db import connections

from numbers_app.purchasing.dispatch import sweep
from tests.fakes import Mailbox
from tests.purchasing.conftest import mailbox, sandbox, start_sandbox

__all__ = ["mailbox", "sandbox", "start_sandbox"]


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs ``manage.py COMMAND WORDS…``, but for closing the connections, which belong to the test."""
    monkeypatch.setattr(used_by_commands, "close_all", lambda: None)

    def run_one(command: str, *words: object) -> Outcome:
        capsys.readouterr()
        code = 0
        try:
            load_command_class("numbers_app", command).run_from_argv(["manage.py", command, *map(str, words)])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return Outcome(code, out, err)

    return run_one


@pytest.fixture
def workers(mailbox: Mailbox) -> Iterator[None]:
    """Beat and worker in one thread: sweeps, and does what the messages ask for, until the test is over."""
    with at_work(mailbox):
        yield


@contextmanager
def at_work(mailbox: Mailbox) -> Iterator[None]:
    stop = Event()

    def work() -> None:
        try:
            while not stop.wait(0.02):
                sweep()
                mailbox.work()
        finally:
            # One by one: `run` takes `close_all` away from whole commands, and with it from this thread.
            for connection in connections.all(initialized_only=True):
                connection.close()

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
