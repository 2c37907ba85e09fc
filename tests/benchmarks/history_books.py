"""The books that the pages are measured on: made once, and used again. See fill_history.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg

from leadway_site.broker import end_with_parent
from tests.benchmarks.fill_history import OTHER_BOOKS
from tests.benchmarks.report import WrongResult, say

NAME = "leadway_bench_history"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Books:
    """One database with so many purchases."""

    vendor: str
    purchases: int
    server: str
    folder: Path

    @property
    def name(self) -> str:
        return f"{os.environ.get('HISTORY_BOOKS') or NAME}_{self.purchases}"

    @property
    def file(self) -> Path:
        return self.folder / f"{self.name}.sqlite3"

    @property
    def url(self) -> str:
        if self.vendor == "sqlite":
            return f"sqlite:///{self.file}"
        return urlsplit(self.server)._replace(path=f"/{self.name}").geturl()

    def environment(self, settings: str = "leadway_site.settings") -> dict[str, str]:
        return os.environ | {"DATABASE_URL": self.url, "DJANGO_SETTINGS_MODULE": settings}

    def prepare(self) -> None:
        """Fill them, unless they are filled; what other code made of them is dropped."""
        self.create()
        if self.fill() == OTHER_BOOKS:
            self.drop()
            self.create()
            if self.fill():
                raise WrongResult(f"{self.name} could not be filled.")

    def fill(self) -> int:
        command = [sys.executable, "-m", "tests.benchmarks.fill_history", str(self.purchases)]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(), check=False, preexec_fn=end_with_parent, timeout=3600
        )
        if done.returncode not in (0, OTHER_BOOKS):
            raise WrongResult(f"{self.name} could not be filled.")
        return done.returncode

    def create(self) -> None:
        if self.vendor == "sqlite":
            return
        with psycopg.connect(self.server, autocommit=True) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name]).fetchone()
            if not there:
                connection.execute(f'CREATE DATABASE "{self.name}"')

    def drop(self) -> None:
        say(f"  {self.name} is made anew")
        if self.vendor == "sqlite":
            for ending in ("", "-wal", "-shm"):
                Path(f"{self.file}{ending}").unlink(missing_ok=True)
            return
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{self.name}" WITH (FORCE)')


class Reader:
    """A process that asks for pages of some books; see history_pages.py, and dashboard_pages.py."""

    def __init__(
        self, books: Books, *, settings: str = "leadway_site.settings", module: str = "tests.benchmarks.history_pages"
    ) -> None:
        self.books = books
        self.is_stock = settings != "leadway_site.settings"
        self.child = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=books.environment(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - nothing here runs threads
        )

    def ask(self, **wanted: str) -> dict[str, Any]:
        assert self.child.stdin
        assert self.child.stdout
        self.child.stdin.write(json.dumps(wanted) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"wrong": "the process has ended"}
        if "wrong" in answer:
            raise WrongResult(f"{self.books.name}: {answer['wrong']}.")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        assert self.child.stdin
        self.child.stdin.close()
        self.child.wait(30)
