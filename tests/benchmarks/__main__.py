"""``python -m tests.benchmarks``, which is what ``make bench`` runs."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import django
import psycopg
import redis

from tests.benchmarks.report import Report, WrongResult, say
from tests.benchmarks.sizes import TRIAL, Sizes
from tests.benchmarks.surroundings import own_database, take_over_environment

VAR_DIR = Path(__file__).resolve().parents[2] / "var"
PARTS = ("clicks", "files", "pipeline", "fairness", "embedded", "history", "dashboard")
ALONE = {"embedded", "history", "dashboard"}  # what has no use for the stack


def main() -> int:
    """Returns 1 where a result was wrong; an aim that is not met is said, and is no error."""
    options = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = VAR_DIR / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    server = take_over_environment(folder)
    report = Report()
    problem = ""
    try:
        with own_database(server):
            django.setup()
            measure(report, options, server=server)
    except (psycopg.OperationalError, redis.exceptions.ConnectionError) as error:
        problem = f"The benchmarks need PostgreSQL and Redis: {error}"
    except (WrongResult, AssertionError) as error:
        problem = f"WRONG: {error}\nWhat the processes said is in {folder}."
    report.write(VAR_DIR / "bench.json")
    say(f"\n{report.table()}\n{problem}")
    return 1 if problem else 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    parser.add_argument("--trial", action="store_true", help="much smaller: shows that it works, and no more")
    parser.add_argument("--profile", action="store_true", help="py-spy watches the workers of the pipeline")
    parser.add_argument("--explain", action="store_true", help="the plans of what the history's pages ask for")
    return parser.parse_args()


def measure(report: Report, options: argparse.Namespace, *, server: str) -> None:
    from tests.benchmarks import clicks, dashboard, fairness, history, orders_file, pipeline
    from tests.benchmarks.stack import Stack

    sizes = TRIAL if options.trial else Sizes()
    on_the_stack: dict[str, Callable[[Stack, Report, Sizes], None]] = {
        "clicks": clicks.measure,
        "files": orders_file.measure,
        "pipeline": partial(pipeline.measure, profile=options.profile),
        "fairness": fairness.measure,
    }
    wanted = [options.only] if options.only else list(PARTS)
    if set(wanted) - ALONE:
        with Stack() as stack:
            for name, part in on_the_stack.items():
                if name in wanted:
                    say(f"{name} ...")
                    part(stack, report, sizes)
    if "embedded" in wanted:  # when the stack is gone: its desk is to be alone
        say("embedded ...")
        clicks.measure_embedded(report, sizes)
    if "history" in wanted:
        say("history ...")
        history.measure(report, sizes, server=server, folder=VAR_DIR, explain=options.explain)
    if "dashboard" in wanted:
        say("dashboard ...")
        dashboard.measure(report, sizes, server=server, folder=VAR_DIR)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
