"""An export of everything from a web process of its own: how long it takes, and how much the process grows."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import psutil
import requests

from leadway_site.broker import end_with_parent
from tests.benchmarks.history_books import ROOT, Books, Reader
from tests.benchmarks.report import Report, WrongResult, say
from tests.benchmarks.usage import MIB, family
from tests.leadway_site.desks import free_port
from tests.waiting import wait_until

LIST = "admin/numbers_app/purchase/"
GROWTH_MIB = 50
LOOK_SECONDS = 0.1
WARM_UP = {"q": "Dental"}
START_SECONDS = 60


def measure(report: Report, books: Books, reader: Reader) -> None:
    """CSV of all purchases, on PostgreSQL JSON too. A small export of each, for which all is loaded, comes before."""
    suffix = "" if books.vendor == "postgresql" else f"_{books.vendor}"
    with web_process(books) as (address, process):
        session = requests.Session()
        session.cookies.set("sessionid", reader.ask(session="")["session"])
        wait_until(lambda: answers(address), what="the web process answers", seconds=START_SECONDS)
        for kind in ("csv", "json"):
            read_all(session, f"{address}{LIST}export/{kind}/?q={WARM_UP['q']}")
        for kind in ("csv", "json") if books.vendor == "postgresql" else ("csv",):
            with watched(process) as highest:
                before = rss_mib(process)
                began = time.perf_counter()
                lines, size = read_all(session, f"{address}{LIST}export/{kind}/")
                seconds = time.perf_counter() - began
            if lines < books.purchases:
                raise WrongResult(f"The export has {lines} lines for {books.purchases} purchases.")
            say(f"  {kind}, {books.vendor}: {lines:,} lines, {size / MIB:.0f} MiB in {seconds:.0f} s")
            name = "export" if kind == "csv" else f"export_{kind}"
            report.add(f"{name}_growth{suffix}_mib", max(highest) - before, "MiB", at_most=GROWTH_MIB)
            report.add(f"{name}_rows_per_second{suffix}", books.purchases / seconds, "/s")


@contextmanager
def web_process(books: Books) -> Iterator[tuple[str, psutil.Process]]:
    """As the Procfile starts it, with these books."""
    port = free_port()
    process = psutil.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:leadway_site.gunicorn"],
        cwd=ROOT,
        env=books.environment() | {"PORT": str(port)},
        stdin=subprocess.DEVNULL,
        preexec_fn=end_with_parent,
    )
    try:
        yield f"http://127.0.0.1:{port}/", process
    finally:
        process.terminate()
        process.wait(30)


def answers(address: str) -> bool:
    try:
        return requests.get(f"{address}admin/login/", timeout=30).status_code == HTTPStatus.OK
    except (requests.ConnectionError, requests.Timeout):
        return False


def read_all(session: requests.Session, address: str) -> tuple[int, int]:
    """Lines and bytes; a transfer that breaks off raises."""
    lines = size = 0
    with session.get(address, stream=True, timeout=120, allow_redirects=False) as response:
        if response.status_code != HTTPStatus.OK:
            raise WrongResult(f"{address} answered {response.status_code}.")
        for piece in response.iter_content(64 * 1024):
            lines += piece.count(b"\n")
            size += len(piece)
    return lines, size


def rss_mib(process: psutil.Process) -> float:
    return sum(member.memory_info().rss for member in family([process])) / MIB


@contextmanager
def watched(process: psutil.Process) -> Iterator[list[float]]:
    """What the process has in memory, looked at again and again."""
    seen = [rss_mib(process)]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            seen.append(rss_mib(process))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
