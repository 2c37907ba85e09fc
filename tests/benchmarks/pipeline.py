"""The whole pipeline against a bare loop, by turns; with the CPU time and the memory that it takes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack

from django.conf import settings

from numbers_app.models import Purchase
from tests.benchmarks.ledger import sales
from tests.benchmarks.orders import as_calls, check_books, make_locations, release, wait_until_final, write_orders
from tests.benchmarks.profiling import profiled
from tests.benchmarks.report import Report, WrongResult, say
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stack import Stack
from tests.benchmarks.usage import cpu_seconds, memory_mib

PATIENCE_SECONDS = 900


def measure(stack: Stack, report: Report, sizes: Sizes, *, profile: bool) -> None:
    locations = make_locations(sizes.locations, name="pipeline")
    buy(stack, write_orders(locations, sizes.warm_up))
    check_books(stack)
    before = memory_mib(stack, "worker")
    used: Counter[str] = Counter()
    ours, bare = [], []
    with ExitStack() as profiler:
        if profile:
            profiler.enter_context(profiled(stack.processes("worker")))
        for number in range(1, sizes.rounds + 1):
            purchases = write_orders(locations, sizes.round)
            bare.append(run_bare_loop(stack, purchases, used))
            spent = cpu_seconds(stack)
            ours.append(sizes.round / buy(stack, purchases))
            used.update({kind: seconds - spent[kind] for kind, seconds in cpu_seconds(stack).items()})
            check_books(stack)
            say(f"  round {number}: pipeline {ours[-1]:.0f}/s, bare loop {bare[-1]:.0f}/s, {ours[-1] / bare[-1]:.2f}")
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    report.add("pipeline_vs_bare_loop", statistics.median(ratios), "ratio", at_least=0.8)
    report.add("pipeline_per_second", statistics.median(ours), "purchases/s")
    report.add("bare_loop_per_second", statistics.median(bare), "purchases/s")
    for kind, seconds in used.items():
        report.add(f"cpu_ms_per_purchase_{kind}", 1000 * seconds / (sizes.round * sizes.rounds), "ms")
    add_memory(stack, report, before)


def buy(stack: Stack, purchases: list[Purchase]) -> float:
    """Seconds from the moment that the orders are due until the last record is committed."""
    due = release(purchases)
    return wait_until_final(stack, purchases, seconds=PATIENCE_SECONDS) - due


def run_bare_loop(stack: Stack, purchases: list[Purchase], used: Counter[str]) -> float:
    """The same bodies to another sandbox; returns purchases a second, from the first POST to the last reply."""
    calls = as_calls(purchases)
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bare_loop", stack.bare_sandbox.address],
        cwd=settings.BASE_DIR,
        input="".join(json.dumps(call) + "\n" for call in calls),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout)
    sold = {number for number, _ in sales(stack.bare_sandbox.state)}
    if said["bought"] != len(calls) or not sold.issuperset(purchase.phone_number for purchase in purchases):
        raise WrongResult(f"The bare loop bought {said['bought']} of {len(calls)}.")
    used["bare_loop"] += said["cpu_seconds"]
    return len(calls) / said["seconds"]


def add_memory(stack: Stack, report: Report, before: list[float]) -> None:
    """After all those purchases; the growth is that of the worker that grew the most."""
    after = memory_mib(stack, "worker")
    growth = max(late - early for early, late in zip(before, after, strict=True))
    report.add("worker_growth_mib", growth, "MiB", at_most=20)
    report.add("worker_rss_mib", max(after), "MiB")
    for kind in ("beat", "web"):
        report.add(f"{kind}_rss_mib", sum(memory_mib(stack, kind)), "MiB")
