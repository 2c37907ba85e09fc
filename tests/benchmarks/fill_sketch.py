"""What the benchmark's books hold, as two temporary tables that all rows are then made from.

What looks like chance is the same on every run. A thousand purchases are a block: six orders of a hundred lines, 200
numbers bought at once, twenty orders of ten lines. The last sixty of all are under way, whatever the size.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection

from tests.benchmarks.dialects import Dialect, chance, skewed
from tests.benchmarks.fill_names import APPROVERS, BUYERS, LOCATIONS, PLACES, PLACES_TABLE

BLOCK, ORDERS = 1000, 226  # purchases and orders of a block
YEARS = 10 * 365 * 86_400
UNDER_WAY = (
    "on_hold",
    "queued",
    "submitting",
    "uncertain",
    "needs_review",
    "awaiting_approval",
)  # ten of each, at last
LAST = 10 * len(UNDER_WAY)
NUMBERS = 7_999_993  # of seven digits, from 2,000,000 on; with a step of 7,919 none comes twice

WAYS = " ".join(f"WHEN {n} THEN '{word}'" for n, word in enumerate(reversed(UNDER_WAY)))
STATUS = f"""CASE WHEN n > {{count}} - {LAST} THEN
        CASE ({{count}} - n) / 10 {WAYS} END
    WHEN chance < 930 THEN 'purchased' WHEN chance < 970 THEN 'rejected' WHEN chance < 980 THEN 'failed'
    ELSE 'cancelled' END"""
SENT = "status NOT IN ('awaiting_approval', 'on_hold', 'queued', 'cancelled') AND NOT adopted"
Columns = tuple[dict[str, str], str]
"""The columns of a table with the SQL that makes them, and where from."""


class Sketch:
    """Of ``count`` purchases in the ten years up to ``until``."""

    def __init__(self, count: int, *, until: int) -> None:
        self.count = count
        self.until = until
        self.dialect = Dialect()
        users = dict(User.objects.values_list("username", "pk"))
        self.buyers = [users[name] for name in BUYERS]
        self.approvers = [users[name] for name in APPROVERS]

    def run(self, sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    def one_of(self, keys: list[int], which: str) -> str:
        return f"CASE {which} {' '.join(f'WHEN {n} THEN {key}' for n, key in enumerate(keys))} END"

    def at(self, seconds: str) -> str:
        return self.dialect.moment(seconds)

    def asked_for(self) -> dict[str, str]:
        return {
            "phone_number": "filling.phone_number",
            "country_code": "filling.country",
            "number_type": "filling.type",
            "locality": "filling.locality",
            "region": "filling.region",
            "monthly_price": "filling.price",
            "price_unit": "CASE WHEN filling.price IS NULL THEN '' ELSE 'USD' END",
        }

    def end(self) -> str:
        return f"asked + 2 + {chance('n', of=3, below=9)} + 120 * tries_before"

    def make_orders(self) -> None:
        """One row an order: its first purchase, and how many it has."""
        orders = self.count // BLOCK * ORDERS
        asked = f"{self.until - YEARS} + (first - 1) * {YEARS} / {self.count}"
        self.run(f"""CREATE TEMPORARY TABLE filling_order AS {self.dialect.counted(orders)},
            turns AS (SELECT n, (n - 1) / {ORDERS} * {BLOCK} AS before, (n - 1) % {ORDERS} AS turn FROM counted),
            sized AS (SELECT n,
                before + CASE WHEN turn < 6 THEN turn * 100 + 1 WHEN turn < 206 THEN 600 + turn - 5
                    ELSE 800 + (turn - 206) * 10 + 1 END AS first,
                CASE WHEN turn < 6 THEN 100 WHEN turn < 206 THEN 1 ELSE 10 END AS size FROM turns)
            SELECT n, first, size, {asked} AS asked, {skewed("n", of=1, below=len(BUYERS))} AS buyer,
                CASE WHEN size = 1 THEN 'direct' WHEN first > {self.count} - 10 THEN 'awaiting_approval'
                    WHEN first > {self.count} - {LAST} THEN 'running' ELSE 'finished' END AS status FROM sized""")
        self.run("CREATE UNIQUE INDEX filling_order_key ON filling_order (n)")

    def make_purchases(self) -> None:
        """One row a purchase, with what all its rows elsewhere have to agree about."""
        turn = f"(n - 1) % {BLOCK}"
        offset = f"""(n - 1) / {BLOCK} * {ORDERS} + CASE WHEN {turn} < 600 THEN {turn} / 100 + 1
            WHEN {turn} < 800 THEN {turn} - 593 ELSE 207 + ({turn} - 800) / 10 END"""
        settled = f"n <= {self.count} - {LAST}"
        before = chance("(n - 1)", of=0, below=1000)
        single = f"{turn} BETWEEN 600 AND 799"
        self.run(f"""CREATE TEMPORARY TABLE filling AS {self.dialect.counted(self.count)},
            drawn AS (SELECT n, {offset} AS order_id, {chance("n", of=0, below=1000)} AS chance, {single} AS single,
                {skewed("n", of=2, below=LOCATIONS)} + 1 AS location_id,
                {skewed("n", of=3, below=len(PLACES))} AS place_id,
                {settled} AND {single} AND {turn} > 600 AND {before} BETWEEN 970 AND 979 AS again,
                {settled} AND NOT ({single}) AND {turn} % 10 > 0 AND n % 2 = 0 AND {before} BETWEEN 930 AND 969
                    AS substitute,
                {chance("n", of=1, below=1000)} AS second_chance, {chance("n * 3", of=2, below=1000)} AS third_chance
                FROM counted),
            told AS (SELECT drawn.*, {STATUS.format(count=self.count)} AS status,
                {self.until - YEARS} + (n - 1) * {YEARS} / {self.count} AS asked,
                {settled} AND single AND NOT again AND n % 25 = 0 AND chance < 930 AS adopted FROM drawn),
            priced AS (SELECT told.*, country, region, locality, digits,
                CASE WHEN country IN ('US', 'CA') AND second_chance < 150 THEN 'tollFree'
                    WHEN country = 'GB' AND second_chance < 400 THEN 'mobile' ELSE 'local' END AS type
                FROM told JOIN {PLACES_TABLE} ON {PLACES_TABLE}.id = place_id)
            SELECT priced.*,
                (CASE WHEN type = 'tollFree' THEN '+1833' WHEN type = 'mobile' THEN '+44770' ELSE digits END)
                    || {self.dialect.digits(f"2000000 + (CASE WHEN again THEN n - 1 ELSE n END) * 7919 % {NUMBERS}", 7)}
                    AS phone_number,
                CASE WHEN status <> 'purchased' THEN '' WHEN adopted THEN 'person' WHEN third_chance < 950 THEN 'reply'
                    WHEN third_chance < 990 THEN 'list' ELSE 'person' END AS confirmed_by,
                CASE WHEN adopted OR third_chance < 50 THEN NULL WHEN type = 'tollFree' THEN 2.15
                    WHEN type = 'mobile' THEN 3.00 WHEN country <> 'US' THEN 1.50
                    WHEN n < {self.count // 2} THEN 1.00 ELSE 1.15 END AS price,
                CASE WHEN chance BETWEEN 300 AND 379 AND NOT adopted AND {settled} THEN 1 ELSE 0 END AS tries_before
            FROM priced""")
        self.run("CREATE UNIQUE INDEX filling_key ON filling (n)")
        self.run("ANALYZE filling")
