"""What PostgreSQL and SQLite write differently where books are filled by SQL."""

from __future__ import annotations

from django.db import connection

SCATTER = (2654435761, 2246822519, 3266489917, 668265263)  # odd numbers: each makes another order of the whole numbers
WORD = 4294967296


class Dialect:
    """Pieces of SQL; the arguments are SQL too."""

    def __init__(self) -> None:
        self.postgresql = connection.vendor == "postgresql"

    def counted(self, count: int) -> str:
        """A table ``counted`` with the numbers ``n`` from 1 on, as the beginning of a statement."""
        if self.postgresql:
            return f"WITH counted AS (SELECT n FROM generate_series(1::bigint, {count}) AS n)"
        return f"WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {count})"

    def moment(self, seconds: str) -> str:
        """A time, from seconds since 1970."""
        if self.postgresql:
            return f"to_timestamp({seconds})"
        return f"strftime('%Y-%m-%d %H:%M:%S', {seconds}, 'unixepoch')"

    def digits(self, number: str, width: int) -> str:
        if self.postgresql:
            return f"lpad(({number})::text, {width}, '0')"
        return f"printf('%0{width}d', {number})"

    def hex_word(self, number: str) -> str:
        if self.postgresql:
            return f"lpad(to_hex({number}), 8, '0')"
        return f"printf('%08x', {number})"

    def scrambled(self, number: str) -> str:
        """32 hexadecimal digits, other ones for every number."""
        return " || ".join(self.hex_word(f"(({number}) * {factor} % {WORD})") for factor in SCATTER)

    def uuid(self, number: str) -> str:
        return f"({self.scrambled(number)})::uuid" if self.postgresql else self.scrambled(number)

    def json(self, text: str) -> str:
        return f"({text})::jsonb" if self.postgresql else text

    def text(self, number: str) -> str:
        return f"CAST({number} AS text)"


def chance(number: str, *, of: int, below: int) -> str:
    """A whole number from 0 to below ``below`` that looks like chance, and is the same on every database and run."""
    return f"((({number}) * {SCATTER[of]} % {WORD}) / 65536 * {below} / 65536)"


def skewed(number: str, *, of: int, below: int) -> str:
    """The same, but small numbers come far more often: the first of 2,000 has a twelfth of all."""
    high = f"((({number}) * {SCATTER[of]} % {WORD}) / 65536)"
    return f"({below} * {high} * {high} * {high} / 281474976710656)"
