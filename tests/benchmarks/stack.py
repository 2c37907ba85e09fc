"""The real stack as processes: web, two workers, beat, and the sandbox. They all end with the benchmarks."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import redis
from django.conf import settings
from django.db import connection
from honcho.environ import parse_procfile

from leadway_site.broker import end_with_parent
from tests.benchmarks.report import WrongResult
from tests.leadway_site.desks import free_port
from tests.waiting import wait_until

WORKERS = 2
LATENCY_SECONDS = 0.2
START_SECONDS = 90
STOP_SECONDS = 45
PASSWORD = re.compile(r"with password +(\S+)")
STOP_ORDER = ("beat", "web", "worker", "sandbox")  # a worker ends its purchases, for which it needs the sandbox


class SandboxAt:
    """Where a sandbox listens and keeps its books."""

    def __init__(self, name: str, *, port: int) -> None:
        self.name = name
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.state = settings.VAR_DIR / f"{name}.sqlite3"

    @property
    def command(self) -> str:
        options = f"--port {self.port} --latency {LATENCY_SECONDS} --state {shlex.quote(str(self.state))}"
        return f"exec python manage.py sandbox {options}"


class Stack:
    """Started by ``with``; the commands are the Procfile's, but for the sandboxes."""

    def __init__(self) -> None:
        self.port = free_port()
        self.sandbox = SandboxAt("sandbox", port=self.port + 1)
        self.bare_sandbox = SandboxAt("bare-sandbox", port=free_port())
        self.address = f"http://127.0.0.1:{self.port}/"
        self.password = ""
        self.children: list[tuple[str, psutil.Popen]] = []
        self.environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox.port),
        }

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.end()

    def start(self) -> None:
        with redis.Redis.from_url(settings.REDIS_URL) as broker:
            broker.flushdb()
        self.prepare()
        commands = parse_procfile((settings.BASE_DIR / "Procfile").read_text()).processes
        for sandbox in (self.sandbox, self.bare_sandbox):
            self.run("sandbox", sandbox.command, log=sandbox.name)
        for number in range(1, WORKERS + 1):
            self.run("worker", f"{commands['worker']} --hostname worker{number}@%h", log=f"worker-{number}")
        self.run("beat", commands["beat"], log="beat")
        self.run("web", commands["web"], log="web")
        for address in (self.sandbox.address, self.bare_sandbox.address, f"{self.address}admin/login/"):
            wait_until(lambda url=address: self.answers(url), what=f"{address} answers", seconds=START_SECONDS)

    def prepare(self) -> None:
        """The tables, the static files, and an admin whose password is only said."""
        done = subprocess.run(
            [sys.executable, "manage.py", "prepare_desk"],
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise WrongResult(f"The desk could not be prepared: {done.stdout}{done.stderr}")
        self.password = PASSWORD.findall(done.stdout)[0]

    def run(self, kind: str, command: str, *, log: str) -> None:
        with (settings.VAR_DIR / f"{log}.log").open("wb") as words:
            child = psutil.Popen(
                ["/bin/sh", "-c", command],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent,
            )
        self.children.append((kind, child))

    def answers(self, address: str) -> bool:
        self.refuse_dead()
        try:
            with urllib.request.urlopen(address, timeout=10):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def refuse_dead(self) -> None:
        """Raises WrongResult where a process has ended: what the others measure then is something else."""
        for kind, child in self.children:
            if child.poll() is not None:
                raise WrongResult(f"A process of the stack has ended, with code {child.returncode}: {kind}.")

    def processes(self, kind: str) -> list[psutil.Process]:
        return [child for name, child in self.children if name == kind]

    def end(self) -> None:
        for kind in STOP_ORDER:
            for child in self.processes(kind):
                child.terminate()
        for _, child in self.children:
            try:
                child.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                child.kill()
                child.wait()
        self.children.clear()
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()
