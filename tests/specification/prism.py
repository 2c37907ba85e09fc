"""Prism, a program that we did not write, playing the provider by the provider's own specification."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import requests

from leadway_site.broker import end_with_parent
from tests.waiting import wait_until

START_SECONDS = 90
COMPLAINT = re.compile(r"[✖⚠]")
NO_COMPLAINT = re.compile(r"/nothing-is-here-|\[NEGOTIATOR\]")  # our own, and what is about the reply
MISSING_PAGES = count(1)


def find_prism() -> str | None:
    """The program that PRISM names, else the one on the path."""
    return os.environ.get("PRISM") or shutil.which("prism")


class Prism:
    """A mock of one specification, and what it says of the requests that it gets."""

    def __init__(self, *, url: str, log: Path) -> None:
        self.url = url
        self._log = log
        self._heard = 0

    def complaints(self) -> list[str]:
        """What was wrong with the requests since the last time, in Prism's words."""
        # Prism writes its log after its reply, in the order of the requests: a last one shows where ours end.
        last = f"/nothing-is-here-{next(MISSING_PAGES)}"
        requests.get(self.url + last, timeout=60)
        text = wait_until(lambda: self._said_before(last), what="Prism writes its log", seconds=60)
        self._heard += len(text)
        return [line for line in text.splitlines() if COMPLAINT.search(line) and not NO_COMPLAINT.search(line)]

    def forget(self) -> None:
        """What was said until now belongs to another test."""
        self.complaints()

    def _said_before(self, last: str) -> str:
        """The log since the last time, up to the line about the request."""
        head, found, _ = self._log.read_text()[self._heard :].partition(last)
        return head if found else ""


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def running_prism(program: str, *, specification: Path, folder: Path) -> Iterator[Prism]:
    """Prism on a free port, from start to end; it answers a wrong request with an error, and says so."""
    port = free_port()
    log = folder / f"{specification.stem}.log"
    command = [program, "mock", "--host", "127.0.0.1", "--port", str(port), "--errors", str(specification)]
    with log.open("wb") as output:
        where: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
        where["preexec_fn"] = end_with_parent  # also when the tests are killed
        process = subprocess.Popen(command, **where)

    def listens_or_ended() -> bool:
        assert process.poll() is None, log.read_text()
        return "Prism is listening" in log.read_text()

    try:
        wait_until(listens_or_ended, what="Prism listens", seconds=START_SECONDS)
        yield Prism(url=f"http://127.0.0.1:{port}", log=log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
