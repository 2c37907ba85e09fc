"""One run: ``python -m tests.chaos --seed 1 --purchases 300``. Exits with 0 when nothing was bought twice or lost."""

from __future__ import annotations

import argparse
import logging
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import django

from tests.chaos.needs import OFF_SECONDS, missing
from tests.chaos.stack import LOCATIONS, Stack
from tests.chaos.wishes import make_wishes

if TYPE_CHECKING:  # what needs a Django that is set up is imported when it is
    from tests.chaos.asking import Askers
    from tests.chaos.breaker import Breaker
    from tests.chaos.lines import WantsVerdict
    from tests.chaos.orders import Orders
    from tests.chaos.verdict import Verdict

PURCHASES_A_SECOND = 10
SHORTEST_SECONDS = 60
AFTERMATH_SECONDS = 10  # of breaking, when all has been asked for
HEALING_SECONDS = 600  # a patient wait: what is left then is left for good
REPORT_SECONDS = 15


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--purchases", type=int, default=3000)
    parser.add_argument("--without-clock", action="store_true", help="leave all clocks right")
    parser.add_argument("--keep", action="store_true", help="keep the logs also when all is well")
    options = parser.parse_args()
    if lacking := missing():
        sys.exit(f"Missing: {lacking}")
    folder = Path(tempfile.mkdtemp(prefix="leadway-chaos-"))
    folder.chmod(0o711)  # PostgreSQL runs as a user of its own
    say(f"seed {options.seed}: {options.purchases} purchases, logs in {folder / 'logs'}")
    clock_off = (
        0 if options.without_clock else random.Random(f"clock {options.seed}").choice((OFF_SECONDS, -OFF_SECONDS))
    )
    stack = Stack(folder, seed=options.seed, clock_off=clock_off)
    os.environ.update(stack.environment)
    django.setup()
    log_to(stack.logs / "orders.log")
    try:
        well = run(stack, seed=options.seed, count=options.purchases, clock_off=clock_off)
    finally:
        stack.end()
    if well and not options.keep:
        stack.clean_up()
    return 0 if well else 1


def run(stack: Stack, *, seed: int, count: int, clock_off: int) -> bool:
    from tests.chaos.breaker import Breaker
    from tests.chaos.lines import judge_wants
    from tests.chaos.orders import Orders, prepare_books
    from tests.chaos.verdict import histories, judge
    from tests.chaos.wanters import Wanters
    from tests.chaos.wants import make_plans

    began = time.monotonic()
    stack.start()
    locations, buyer = prepare_books(LOCATIONS)
    seconds = max(SHORTEST_SECONDS, count / PURCHASES_A_SECOND)
    wishes = make_wishes(seed=seed, count=count, seconds=seconds, places=len(locations))
    plans = make_plans(seed=seed, purchases=count, seconds=seconds, places=len(locations))
    orders = Orders(wishes, locations=locations, buyer=buyer, address=stack.address)
    wanters = Wanters(plans, locations=locations, buyer=buyer, address=stack.address)
    askers = (orders, wanters)
    breaker = Breaker(stack, seed=seed, seconds=seconds + AFTERMATH_SECONDS)
    reporter = Reporter(orders, breaker)
    for asker in askers:
        asker.start()
    try:
        breaker.run(reporter.tick)
        say(f"{breaker.now:.0f} s: the breaking is over")
        heal(askers, reporter)
    finally:
        for asker in askers:
            asker.give_up()
    for asker in askers:
        asker.wait()
    stop_desk(stack)
    verdict = judge(wishes, stack.ledger)
    wants = judge_wants(plans, stack.ledger)
    well = report(verdict, wants, askers=askers, breaker=breaker, stack=stack, clock_off=clock_off)
    say(f"seed {seed}: {'all is well' if well else 'FAILED'} after {time.monotonic() - began:.0f} s")
    if not well:
        say(histories([*verdict.guilty, *wants.guilty], stack.ledger))
        say(f"The logs and the sandbox's ledger are kept in {stack.folder}")
    return well


class Reporter:
    """A line from time to time, for whoever watches."""

    def __init__(self, orders: Orders, breaker: Breaker) -> None:
        self.orders = orders
        self.breaker = breaker
        self.next_at = 0.0

    def tick(self) -> None:
        from tests.chaos.books import count_by_status, count_orders_by_status, steady

        if self.breaker.now < self.next_at:
            return
        self.next_at = self.breaker.now + REPORT_SECONDS
        counts = " ".join(f"{status} {count}" for status, count in sorted(steady(count_by_status).items()))
        orders = " ".join(f"{status} {count}" for status, count in sorted(steady(count_orders_by_status).items()))
        say(f"{self.breaker.now:.0f} s: taken {self.orders.placed}: {counts}; orders: {orders}")


def heal(askers: Sequence[Askers], reporter: Reporter) -> None:
    """Until everything is at its end, or the time is over; what is left then is for the verdict to tell."""
    from tests.chaos.books import left_behind, orders_left_behind, steady

    def over() -> bool:
        return all(asker.done for asker in askers) and not steady(left_behind) and not steady(orders_left_behind)

    wait_for(over, seconds=HEALING_SECONDS, tick=reporter.tick)


def wait_for(true: Callable[[], bool], *, seconds: float, tick: Callable[[], None]) -> None:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        tick()
        time.sleep(1)


def stop_desk(stack: Stack) -> None:
    """Nobody writes while the books are compared."""
    for process in stack.desk:
        process.end(signal.SIGTERM)


def report(
    verdict: Verdict,
    wants: WantsVerdict,
    *,
    askers: Sequence[Askers],
    breaker: Breaker,
    stack: Stack,
    clock_off: int,
) -> bool:
    """Print the figures; whether they are as they must be."""
    from tests.chaos.breaker import PERIODS
    from tests.chaos.logs import unexpected

    ended = verdict.ended
    say(
        f"asked {verdict.asked}, bought {ended['purchased']}, refused {ended['rejected']}, failed {ended['failed']}, "
        f"in review {ended['needs_review']}; asked for more than once: {verdict.second_tries}"
    )
    for order in wants.orders:
        say(f"order {order}")
    for what, those in {**verdict.wrong, **wants.wrong}.items():
        say(f"{what}: {len(those)}")
    ended_by_themselves = breaker.ended_by_themselves
    say(f"ended by themselves and started again: {len(ended_by_themselves)} {', '.join(ended_by_themselves)}")
    answered_wrongly = [words for asker in askers for words in asker.wrong]
    say(f"wrong answers: {len(answered_wrongly)} {answered_wrongly[:5] or ''}")
    say("broken: " + ", ".join(f"{what} {breaker.done[what]}" for what in PERIODS))
    if stack.clock:
        say(f"the clock of {stack.workers[-1].name} was off by {clock_off:+d} s")
    elif not clock_off:
        say("NOT BROKEN, as was asked for: the clock of a worker")
    else:
        say("NOT BROKEN: the clock of a worker, as libfaketime is missing (Debian: apt-get install faketime)")
    seen = [f"{what} {times}" for asker in askers for what, times in asker.troubles.items()]
    say("seen by those who asked: " + (", ".join(seen) or "no trouble"))
    for line, times in unexpected(stack.logs).most_common(20):
        say(f"not explained by the breakage, {times} times: {line}")
    spared = [what for what in PERIODS if not breaker.done[what]]
    spared += [] if wants.substitutes else ["a number by a substitute"]
    if spared:
        say(f"never broken, so this run proves little: {', '.join(spared)}")
    return wants.is_well and not (verdict.guilty or answered_wrongly or spared)


def log_to(path: Path) -> None:
    """What the desk's own code says in this process, which is no news for whoever watches."""
    logging.basicConfig(filename=path, force=True, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
