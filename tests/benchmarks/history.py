"""How the pages that look purchases up stay as fast with a million of them as with a thousand, and beside Django's own.

All processes stand side by side and are asked by turns, so that what else the machine does hits all of them alike.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from django.core.management import call_command

from tests.benchmarks import history_export
from tests.benchmarks.history_books import Books, Reader
from tests.benchmarks.history_views import VIEWS, View
from tests.benchmarks.report import Report, say
from tests.benchmarks.sizes import Sizes

OURS, STOCK = "leadway_site.settings", "tests.benchmarks.stock_settings"
ROUNDS, FEWER_ROUNDS = 15, 4
QUICK_MS, SLOW_MS, VERY_SLOW_MS = 100, 400, 2000
GROWTH, VS_STOCK = 1.3, 1.0


@dataclass
class Times:
    """Of one view on one database: by size, milliseconds of ours and of Django's own, and the rows on our page."""

    ours: dict[int, float] = field(default_factory=dict)
    stock: dict[int, float] = field(default_factory=dict)
    rows: dict[int, int] = field(default_factory=dict)


def measure(report: Report, sizes: Sizes, *, server: str, folder: Path, explain: bool) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)  # the pages name their files by what is in them
    for vendor in ("postgresql", "sqlite"):
        shelf = [Books(vendor=vendor, purchases=count, server=server, folder=folder) for count in sizes.books]
        for books in shelf:
            books.prepare()
        with ExitStack() as stack:
            readers = [stack.enter_context(Reader(books, settings=which)) for books in shelf for which in (OURS, STOCK)]
            if explain:
                say(f"  the plans: {write_plans(readers[-2], folder)}")
            found = {view.name: times_of(view, readers) for view in VIEWS}
            history_export.measure(report, shelf[-1], readers[-2])
        say(table(vendor, found, sizes.books))
        add(report, vendor, found, sizes.books)


def times_of(view: View, readers: list[Reader]) -> Times:
    """The fastest of several: what else the machine does can only make a page slower.

    The first one doesn't count, for all is loaded then; unless it takes so long that this does not matter.
    """
    asked = [reader for reader in readers if not reader.is_stock or view.stock is not None]
    first = {id(reader): reader.ask(view=view.name) for reader in asked}
    taken: dict[int, list[float]] = {id(reader): [] for reader in asked}
    for turn in range(ROUNDS):
        for reader in asked:
            if turn < rounds_of(reader, first[id(reader)]["ms"]):
                taken[id(reader)].append(reader.ask(view=view.name)["ms"])
    times = Times()
    for reader in asked:
        size = reader.books.purchases
        fastest = min(taken[id(reader)] or [first[id(reader)]["ms"]])
        (times.stock if reader.is_stock else times.ours)[size] = fastest
        if not reader.is_stock:
            times.rows[size] = first[id(reader)]["rows"]
    return times


def rounds_of(reader: Reader, first_ms: float) -> int:
    """Django's own may take seconds, and so would the whole run. Where it is quick, it gets as many tries as ours."""
    if not reader.is_stock or first_ms <= QUICK_MS:
        return ROUNDS
    return 0 if first_ms > VERY_SLOW_MS else 1 if first_ms > SLOW_MS else FEWER_ROUNDS


def growth(times: Times, found: dict[str, Times], sizes: tuple[int, ...]) -> float:
    """How many times as long as with few purchases; what more rows on the page take to be drawn is not growth."""
    small, large = sizes[0], sizes[-1]
    more = max(times.rows[large] - times.rows[small], 0)
    return times.ours[large] / (times.ours[small] + more * row_ms(found, small))


def row_ms(found: dict[str, Times], size: int) -> float:
    """What one more row on a page takes: a full page against one with few, and neither with a search of its own."""
    full, few = found["plain"], found["by_period"]
    rows = full.rows[size] - few.rows[size]
    return max(full.ours[size] - few.ours[size], 0) / rows if rows > 0 else 0


def add(report: Report, vendor: str, found: dict[str, Times], sizes: tuple[int, ...]) -> None:
    suffix = "" if vendor == "postgresql" else f"_{vendor}"
    at_most = GROWTH if vendor == "postgresql" else None
    for name, times in found.items():
        if name == "dashboard":
            report.add(f"dashboard_growth{suffix}", growth(times, found, sizes), "times", at_most=at_most)
            continue
        report.add(f"history_growth{suffix}_{name}", growth(times, found, sizes), "times", at_most=at_most)
        if times.stock:
            ratio = times.ours[sizes[-1]] / times.stock[sizes[-1]]
            report.add(f"history_vs_stock{suffix}_{name}", ratio, "times", at_most=VS_STOCK)


def table(vendor: str, found: dict[str, Times], sizes: tuple[int, ...]) -> str:
    """Milliseconds of each view: ours at each size, Django's own at each size."""
    head = [
        f"{vendor}, ms",
        *(f"ours {size:,}" for size in sizes),
        *(f"stock {size:,}" for size in sizes),
        "rows",
        "growth",
    ]
    lines = [head]
    for name, times in found.items():
        ours = [f"{times.ours[size]:.0f}" for size in sizes]
        stock = [f"{times.stock[size]:.0f}" if size in times.stock else "" for size in sizes]
        shown = f"{times.rows[sizes[0]]}-{times.rows[sizes[-1]]}"
        lines.append([name, *ours, *stock, shown, f"{growth(times, found, sizes):.2f}"])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n" + "\n".join(
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    )


def write_plans(reader: Reader, folder: Path) -> Path:
    """A file with the plan of every query of each view of ours."""
    path = folder / f"plans_{reader.books.vendor}_{reader.books.purchases}.txt"
    with path.open("w") as file:
        for view in VIEWS:
            said = reader.ask(explain=view.name)
            file.write(f"{'=' * 100}\n{view.name}: {said['address']}\n")
            for number, plan in enumerate(said["plans"], start=1):
                file.write(f"\n-- {number}: {plan['sql']}\n{plan['plan']}\n")
            file.write("\n")
    return path
