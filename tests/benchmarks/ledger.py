"""What the sandbox was asked for and what it sold, read from its file while it runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import wait_until

OVER_THE_LIMIT = "over the limit"


@dataclass(frozen=True, kw_only=True)
class Post:
    """One purchase call; ``at`` is when it was decided, before the latency, in seconds of this machine's clock."""

    phone_number: str
    location_id: str
    at: float
    outcome: str


def posts(state: Path) -> list[Post]:
    """Every purchase call, oldest first. One that is over the limit is not read so far, and has no number."""
    sql = "SELECT phone_number, location_id, at, outcome FROM call WHERE path = 'purchase' ORDER BY id"
    return [Post(phone_number=row[0], location_id=row[1], at=row[2], outcome=row[3]) for row in rows(state, sql)]


def sales(state: Path) -> set[tuple[str, str]]:
    """Each number that was sold, with its location."""
    return set(rows(state, "SELECT phone_number, location_id FROM sale"))


def arrivals(state: Path, numbers: Iterable[str]) -> dict[str, float]:
    """When the first POST of each of ``numbers`` arrived; waits until all have."""
    wanted = set(numbers)

    def all_arrived() -> dict[str, float]:
        first = {post.phone_number: post.at for post in reversed(posts(state)) if post.phone_number in wanted}
        return first if len(first) == len(wanted) else {}

    return wait_until(all_arrived, what="every number was asked for at the sandbox", seconds=60)


def rows(state: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(f"{state.as_uri()}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(sql).fetchall()
