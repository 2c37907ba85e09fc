"""Processes that end with the suite, whatever happens to it."""

from __future__ import annotations

import getpass
import os
import random
import signal
import socket
import subprocess
from functools import partial
from pathlib import Path

import psutil

from leadway_site.broker import end_with_parent

BASE_DIR = Path(__file__).resolve().parents[2]
STOP_SECONDS = 30
# Below the ports that Linux gives to callers: one of those must not sit on the port of a server that is away.
PORTS = range(20_000, 30_000)


def free_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        port = random.choice(PORTS)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


class Process:
    """One program that can be started again, with all its words in one file.

    Start it from the main thread: Linux ends it when the thread that started it is gone.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        log: Path,
        environment: dict[str, str],
        user: str | None = None,
        last_signal: int = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.environment = environment
        self.user = user if user != getpass.getuser() else None
        self.last_signal = last_signal
        self.stopped = False
        self.popen: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def start(self) -> None:
        self.stopped = False
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command,
                cwd=BASE_DIR if self.user is None else "/",
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                start_new_session=True,  # Ctrl-C is for the suite alone
                preexec_fn=partial(end_with_parent, self.last_signal, parent=os.getpid()),  # noqa: PLW1509
            )

    def freeze(self) -> None:
        self.popen.send_signal(signal.SIGSTOP)
        self.stopped = True

    def thaw(self) -> None:
        self.popen.send_signal(signal.SIGCONT)
        self.stopped = False

    def end(self, number: int = signal.SIGKILL, *, seconds: float = STOP_SECONDS) -> None:
        """Send the signal, and wait until it and its children are gone; kill what is not in time."""
        if not self.alive:
            return
        if self.stopped:
            self.thaw()
        children = psutil.Process(self.popen.pid).children(recursive=True)
        self.popen.send_signal(number)
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        for child in children:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(children, timeout=STOP_SECONDS)
