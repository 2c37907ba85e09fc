"""How much is bought in each part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The defaults are those that count; a trial only shows that all of it works."""

    locations: int = 300
    warm_up: int = 1000
    """Before the first round; the growth of memory is counted from here."""
    round: int = 3000
    rounds: int = 3
    one_location: int = 2000
    clicks: int = 30
    file_rows: int = 10_000
    books: tuple[int, ...] = (1000, 100_000, 1_000_000)
    """Purchases on the books of the history."""


TRIAL = Sizes(
    locations=60,
    warm_up=200,
    round=300,
    rounds=2,
    one_location=300,
    clicks=5,
    file_rows=500,
    books=(1000, 2000, 10_000),
)
