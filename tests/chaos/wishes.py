"""What is asked for in a run: drawn from the seed before it begins."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass

from numbers_app.leadconnector.sandbox import number_for

AREAS = ("206", "210", "212", "305", "312", "404", "415", "512", "602", "713", "813", "830", "870")
BY_CALL, BY_PAGE, BY_PAGE_TWICE = "by call", "on the page", "on the page, with a double click"
WAYS = {BY_CALL: 80, BY_PAGE: 10, BY_PAGE_TWICE: 10}
# The provider's say is final. No 401 and 403 among them: those stop a location's queue, by design.
REFUSED = (
    "no-longer-available",
    "kyc-missing",
    "address-required",
    "bundle-required",
    "payment-required",
    "not-connected",
    "unprocessable",
)
SOLD_IN_THE_END = ("slow", "pooled", "limited-once-date", "timeout-once", "reset-once", "error-502-once")
NEVER_SOLD = ("conflict", "reset-before", "error-500-before")
KINDS = {"": 88, "refused": 7, "sold in the end": 4, "never sold": 1}
MAGIC = {"refused": REFUSED, "sold in the end": SOLD_IN_THE_END, "never sold": NEVER_SOLD}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One number that somebody wants, when, and how they say so."""

    at: float
    """Seconds from the run's beginning."""
    key: uuid.UUID
    place: int
    """Position of the location."""
    number: str
    way: str


def make_wishes(*, seed: int, count: int, seconds: float, places: int) -> list[Wish]:
    """In the order of their time."""
    rng = random.Random(f"wishes {seed}")
    times = sorted(rng.uniform(0, seconds) for _ in range(count))
    numbers = draw_numbers(rng, count)
    return [
        Wish(
            at=at,
            key=uuid.UUID(int=rng.getrandbits(128), version=4),
            place=rng.randrange(places),
            number=number,
            way=draw(rng, WAYS),
        )
        for at, number in zip(times, numbers, strict=True)
    ]


def draw_numbers(rng: random.Random, count: int) -> list[str]:
    """No number twice."""
    used: dict[str, int] = {}
    numbers: dict[str, None] = {}
    while len(numbers) < count:
        kind = draw(rng, KINDS)
        if kind:
            slug = rng.choice(MAGIC[kind])
            used[slug] = used.get(slug, -1) + 1
            numbers[number_for(slug, used[slug])] = None
        else:
            numbers[f"+1{rng.choice(AREAS)}{rng.randrange(220, 900)}{rng.randrange(10_000):04}"] = None
    return list(numbers)


def draw(rng: random.Random, shares: dict[str, int]) -> str:
    return rng.choices(list(shares), list(shares.values()))[0]
