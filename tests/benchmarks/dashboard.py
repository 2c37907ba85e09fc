"""The first page with a million purchases and with a thousand, and what it costs to keep its tallies."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from django.core.management import call_command

from tests.benchmarks.history_books import Books, Reader
from tests.benchmarks.report import Report, say
from tests.benchmarks.sizes import Sizes

PAGES = "tests.benchmarks.dashboard_pages"
ROUNDS = 9
GROWTH = 1.3
WHO = {"": "admin", "_of_20_locations": "somebody"}
COUNTS = ("everything", "at_rest", "after_1000")


def measure(report: Report, sizes: Sizes, *, server: str, folder: Path) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)
    for vendor in ("postgresql", "sqlite"):
        suffix = "" if vendor == "postgresql" else f"_{vendor}"
        shelf = [Books(vendor=vendor, purchases=sizes.books[at], server=server, folder=folder) for at in (0, -1)]
        for books in shelf:
            books.prepare()
        with ExitStack() as stack:
            small, large = (stack.enter_context(Reader(books, module=PAGES)) for books in shelf)
            for what in COUNTS:
                seconds = {reader: reader.ask(count=what)["seconds"] for reader in (small, large)}
                say(f"  {vendor}: counting {what}: {seconds[small]:.3f} s, {seconds[large]:.3f} s")
                report.add(f"count{suffix}_{what}", seconds[large], "s")
            for name, who in WHO.items():
                times = by_turns((small, large), who)
                say(f"  {vendor}: the page of {who}: {times[small]:.1f} ms, {times[large]:.1f} ms")
                report.add(f"dashboard_growth{suffix}{name}", times[large] / times[small], "times", at_most=GROWTH)


def by_turns(readers: tuple[Reader, Reader], who: str) -> dict[Reader, float]:
    """The fastest of several, each asked when the other has been; the first of each doesn't count."""
    taken: dict[Reader, list[float]] = {reader: [] for reader in readers}
    for _ in range(ROUNDS + 1):
        for reader in readers:
            taken[reader].append(reader.ask(who=who)["ms"])
    return {reader: min(times[1:]) for reader, times in taken.items()}
