"""Whole desks as processes of their own, each on a folder and ports of its own, and sure to be gone at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings

from leadway_site.broker import socket_path
from tests.waiting import wait_until

BASE_DIR = Path(settings.BASE_DIR)
START_SECONDS = 90  # on a machine that has other things to do
STOP_SECONDS = 45
OWN_VARIABLES = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DJANGO_SETTINGS_MODULE", "MAKELEVEL", "SANDBOX_PORT")


def environment(var_dir: Path, **variables: str) -> dict[str, str]:
    """What a desk sees that knows nothing of these tests."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    return kept | {"DATABASE_URL": "", "REDIS_URL": "", "VAR_DIR": str(var_dir)} | variables


def run(*command: str, var_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a Python command to its end, its words in ``stdout``."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=BASE_DIR,
        env=environment(var_dir, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def free_port() -> int:
    """A port with a free one after it, for the sandbox."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            try:
                other.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def processes_of(var_dir: Path) -> list[psutil.Process]:
    """Every process that was started for the folder, by whatever parent. The broker's has only its title."""
    found = []
    for process in psutil.process_iter():
        try:
            marked = process.environ().get("VAR_DIR") == str(var_dir)
            titled = str(socket_path(var_dir)) in " ".join(process.cmdline())
            if (marked or titled) and process.status() != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


class RunningDesk:
    """One desk, from `start` to `end`."""

    def __init__(self, var_dir: Path, *, port: int = 0, **variables: str) -> None:
        self.var_dir = var_dir
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}/"
        self.environment = environment(var_dir, PORT=str(self.port), **variables)
        self.log = var_dir.parent / f"{var_dir.name}-{self.port}.log"
        self.process: subprocess.Popen[bytes]

    @property
    def words(self) -> str:
        """All that this desk and those before it on the same folder and port have said."""
        return self.log.read_text()

    def start(self, command: tuple[str, ...] = (), **options: Any) -> RunningDesk:
        """Start it, in a session of its own as in a terminal of its own."""
        with self.log.open("ab") as log:
            where: dict[str, Any] = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL}
            where |= {"start_new_session": True} | options
            self.process = subprocess.Popen(
                command or (sys.executable, "-m", "leadway_site.desk"), cwd=BASE_DIR, env=self.environment, **where
            )
        return self

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(self.address + "admin/login/", timeout=10) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait_until_up(self) -> None:
        """Fails with the desk's own words where it ends instead."""

        def up_or_over() -> bool:
            assert self.process.poll() is None, self.words
            return self.is_up()

        wait_until(up_or_over, what="the desk answers", seconds=START_SECONDS)

    def wait_until_said(self, text: str) -> None:
        wait_until(lambda: text in self.words, what=f"the desk says {text!r}", seconds=START_SECONDS)

    def signal(self, number: int) -> None:
        """To the whole group, as the terminal does it; a kill only to the desk itself."""
        if number == signal.SIGKILL:
            self.process.kill()
        else:
            os.killpg(self.process.pid, number)

    def wait_until_gone(self) -> int:
        """No process of it is left; returns its exit code."""
        code = self.process.wait(STOP_SECONDS)
        self.wait_until(lambda: not processes_of(self.var_dir), what="every process of the desk is gone")
        return code

    def wait_until(self, true: Callable[[], bool], *, what: str) -> None:
        wait_until(true, what=what, seconds=STOP_SECONDS, shown=self.what_runs)

    def what_runs(self) -> list[str]:
        return [f"{process.pid} {process.status()} {process.cmdline()}" for process in processes_of(self.var_dir)]

    def end(self) -> None:
        """For a test that failed half-way: nothing survives it."""
        for process in processes_of(self.var_dir):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        if hasattr(self, "process"):
            self.process.wait(STOP_SECONDS)
