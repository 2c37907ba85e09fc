"""The orders of wants in a run, and what is done to each: drawn from the seed before it begins."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle, islice

from numbers_app.leadconnector.sandbox import number_for
from numbers_app.models import Substitution
from tests.chaos import wishes
from tests.chaos.wishes import draw

AREAS = tuple(f"{area}9" for area in wishes.AREAS)  # single purchases ask for no number that begins so
PURCHASES_A_WANT, FEWEST_WANTS = 12, 30
PURCHASES_AN_ORDER, FEWEST_ORDERS = 250, 3
PLACES = (2, 5)  # locations of an order
RULES = {Substitution.KIND: 65, Substitution.PLACE: 12, Substitution.DIGITS: 5, Substitution.NONE: 18}
# Given numbers, which a rule may replace as well: one that is taken, and others whose outcome is unknown for a while.
GIVEN = ("no-longer-available", "reset-after", "timeout-after", "reset-once", "timeout-once", "pooled")
GIVEN_SHARE = 0.2
LAST_MAGIC = 99  # numbered from behind: single purchases begin at 0

PAUSE, RESUME, CANCEL, TRY_AGAIN = "pause", "resume", "cancel", "try again"
WAIT_FOR_SOME = "wait until some are bought"
# What is done to an order that is being carried out, each so many seconds after the one before.
STORIES: tuple[tuple[tuple[str, tuple[float, float]], ...], ...] = (
    ((PAUSE, (0.2, 6)), (RESUME, (2, 12))),
    ((TRY_AGAIN, (6, 25)),),
    ((WAIT_FOR_SOME, (0, 0)), (CANCEL, (0, 2))),
    (),
    ((PAUSE, (0.2, 3)), (RESUME, (0, 3)), (PAUSE, (0.2, 8)), (TRY_AGAIN, (1, 4)), (RESUME, (1, 5))),
    ((PAUSE, (0.5, 8)), (CANCEL, (1, 8))),
)
LATE_SHARE = 0.3
LAST_SECONDS = 55  # of a run, in which no order is begun any more: all are to be carried out while things break


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One number wanted: of an area, or exactly this one."""

    place: int
    """Position of the location."""
    rule: Substitution
    area: str = ""
    number: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One order: when it is begun, what is wanted, and what is done to it on its way."""

    at: float
    key: uuid.UUID
    wants: tuple[Wanted, ...]
    late: bool
    """Confirmed so long after its preview that every number is looked for once more."""
    story: tuple[tuple[float, str], ...]


def make_plans(*, seed: int, purchases: int, seconds: float, places: int) -> list[Plan]:
    """In the order of their time."""
    rng = random.Random(f"wants {seed}")
    orders = max(FEWEST_ORDERS, purchases // PURCHASES_AN_ORDER)
    wants = max(FEWEST_WANTS, purchases // PURCHASES_A_WANT)
    given = numbers_given()
    stories = islice(cycle(STORIES), orders)
    begun = sorted(rng.uniform(0, seconds - LAST_SECONDS) for _ in range(orders))
    return [
        Plan(
            at=at,
            key=uuid.UUID(int=rng.getrandbits(128), version=4),
            wants=tuple(draw_wants(rng, wants // orders + (n < wants % orders), places=places, given=given)),
            late=rng.random() < LATE_SHARE,
            story=tuple((rng.uniform(*wait), step) for step, wait in story),
        )
        for n, (at, story) in enumerate(zip(begun, stories, strict=True))
    ]


def numbers_given() -> Iterator[str]:
    """The kinds by turns, no number twice."""
    return (number_for(slug, LAST_MAGIC - turn) for turn in count() for slug in GIVEN)


def draw_wants(rng: random.Random, count: int, *, places: int, given: Iterator[str]) -> Iterator[Wanted]:
    """Mostly alike, as people order: some locations, one area. The first is a given number that is taken."""
    at = rng.sample(range(places), rng.randint(*PLACES))
    area = rng.choice(AREAS)
    for n in range(count):
        place, rule = rng.choice(at), Substitution(draw(rng, RULES))
        if n == 0:
            yield Wanted(place=place, rule=Substitution.KIND, number=next(given))
        elif rng.random() < GIVEN_SHARE:
            yield Wanted(place=place, rule=rule, number=next(given))
        else:
            yield Wanted(place=place, rule=rule, area=area)
