"""Watches over the desk's processes: honcho's manager, with an orderly end.

What honcho leaves to be desired here: it stops everything at once after five seconds, knows no SIGHUP, and a signal in
its first moments, or a terminal that is gone, breaks it with its processes still running.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import psutil
from honcho.manager import Manager
from honcho.printer import Message, Printer
from honcho.process import Popen, Process

from leadway_site import warden
from leadway_site.broker import end_with_parent

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST = ("web", "broker")
LAST = ("sandbox", "broker")  # the others need them to bring their work to an end
LOOK_SECONDS = 0.1
STOP_SECONDS = 30.0  # for purchases under way; a slower one is recorded as unknown, and looked up after the next start
LAST_SECONDS = 5.0
IMPATIENT_SECONDS = 1.0  # make passes a signal on, so the same one may come twice in a moment


class TerminalPrinter(Printer):  # type: ignore[misc]  # honcho is not typed
    """Prints from two threads; tells ``lost`` when the terminal is gone, and then goes on without one."""

    def __init__(self, *, lost: Callable[[], None]) -> None:
        super().__init__(sys.stdout)
        self._lock = Lock()
        self._lost = lost

    def write(self, message: Message) -> None:
        with self._lock:
            self._print(partial(super().write, message))

    def announce(self, *lines: str) -> None:
        """Print the lines between two rules, without a prefix."""
        rule = "=" * max(map(len, lines))
        with self._lock:
            self._print(partial(print, "", rule, *lines, rule, "", sep="\n", file=self.output, flush=True))

    def _print(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.dup2(nowhere, sys.stderr.fileno())
            self._lost()


class Relay(Process):  # type: ignore[misc]  # honcho is not typed
    """Passes one process's lines on. On Linux neither the relay nor its process outlives the desk."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._desk = os.getpid()

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        end_with_parent(signal.SIGKILL, parent=self._desk)
        self._child_ctor = partial(Popen, preexec_fn=partial(end_with_parent, parent=os.getpid()))
        super().run(events, ignore_signals)


class Supervisor(Manager):  # type: ignore[misc]  # honcho is not typed
    """Runs the processes until one of them ends or a signal comes, then stops them in order."""

    _processes: dict[str, dict[str, Any]]

    def __init__(self, *, address: str) -> None:
        super().__init__(TerminalPrinter(lost=self.terminate))
        self._process_ctor = Relay
        self._address = address
        self._pid = os.getpid()
        self._stop_asked_at = 0.0  # zero: not yet
        self._hurried = False
        self._asked_by = ""

    def run(self) -> int:
        """Returns 0 after a stop that was asked for, else the code of the process that ended first, or 1."""
        guard = start_warden()
        try:
            self.loop()
        finally:
            children = set(psutil.Process().children(recursive=True))
            warden.end(children - warden.descendants([psutil.Process(guard.pid)]), patience_seconds=LAST_SECONDS)
            guard.kill()
            guard.wait()
        return 0 if self._asked_by else self.returncode or 1

    def terminate(self) -> None:
        """honcho's word for: one of them ended, so all must. The attending thread does it."""
        self._stop_asked_at = self._stop_asked_at or time.monotonic()

    def kill(self) -> None:
        """honcho would kill after five seconds; the attending thread keeps the time."""

    def _start(self) -> None:
        """The page first; the others would only slow its start down. Those who are not needed any more stay out."""
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        everyone = self._processes
        self._processes = {name: process for name, process in everyone.items() if name in FIRST}
        super()._start()
        if self._web_answers():
            self._printer.announce(f"Leadway Numbers is ready: open {self._address}", "Ctrl-C here stops it.")
            self._processes = {name: process for name, process in everyone.items() if name not in FIRST}
            super()._start()
            self._processes = everyone
        Thread(target=self._attend, daemon=True).start()

    def _web_answers(self) -> bool:
        """Wait until it does; False when it ended instead, or when the desk is to stop."""
        while not self._stop_asked_at and all(process["process"].is_alive() for process in self._processes.values()):
            if answers(self._address):
                return True
            time.sleep(LOOK_SECONDS / 2)
        return False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Only takes note: a handler may interrupt a print or a lock. The relays inherit it, and are not meant."""
        if os.getpid() != self._pid:
            return
        if not self._stop_asked_at:
            self._asked_by = signal.Signals(number).name
            self.terminate()
        elif number == signal.SIGINT and time.monotonic() - self._stop_asked_at > IMPATIENT_SECONDS:
            self._hurried = True

    def _attend(self) -> None:
        while not self._stop_asked_at:
            self._find_lost_relays()
            time.sleep(LOOK_SECONDS)
        self._stop()

    def _stop(self) -> None:
        """First those who do the work, with time to end it; then what they worked with."""
        while not self._all_started():
            self._find_lost_relays()
            time.sleep(LOOK_SECONDS)
        self._say(f"{self._asked_by or 'a process ended'}: stopping the desk")
        self._end([name for name in self._processes if name not in LAST], patience_seconds=STOP_SECONDS)
        self._end([name for name in self._processes if name in LAST], patience_seconds=LAST_SECONDS)

    def _end(self, names: Iterable[str], *, patience_seconds: float) -> None:
        began = time.monotonic()
        for name in self._running(names):
            self._procmgr.terminate(self._processes[name]["pid"])
        explained = False
        while running := self._running(names):
            waited = time.monotonic() - began
            if waited > patience_seconds or self._hurried:
                self._say(f"killing {', '.join(running)}")
                for name in running:
                    self._procmgr.kill(self._processes[name]["pid"])
                return
            if waited > LAST_SECONDS and not explained:
                explained = True
                self._say(f"waiting for what is under way in {', '.join(running)}; Ctrl-C again kills it")
            self._find_lost_relays()
            time.sleep(LOOK_SECONDS)

    def _running(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if "returncode" not in self._processes[name]]

    def _find_lost_relays(self) -> None:
        """A relay that was killed can't say that its process ended, and honcho would wait for ever."""
        for process in self._processes.values():
            if process["process"].exitcode and "returncode" not in process:
                process.setdefault("pid", process["process"].pid)
                process["returncode"] = 1

    def _say(self, text: str) -> None:
        self._system_print(f"{text}\n")


def start_warden() -> subprocess.Popen[bytes]:
    """Isolated and away from the terminal, and without the cost of importing this package."""
    command = [sys.executable, "-I", str(Path(warden.__file__)), str(os.getpid())]
    return subprocess.Popen(  # noqa: S603 - a fixed command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def answers(address: str) -> bool:
    """Whether the web server gives any reply at all; what is wrong with it stands in its own lines."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    try:
        connection.request("GET", "/admin/login/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
