"""Indexes and foreign keys out of the way while tables are filled, and made anew after, which checks every row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from tests.benchmarks.report import WrongResult

POSTGRESQL_INDEXES = """SELECT 'DROP INDEX ' || indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid::regclass::text LIKE 'numbers_app_%' AND NOT EXISTS (
        SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))"""
POSTGRESQL_KEYS = """SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(conname),
        'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(conname) || ' '
            || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE 'numbers_app_%'"""
SQLITE_INDEXES = """SELECT 'DROP INDEX "' || name || '"', sql FROM sqlite_master
    WHERE type = 'index' AND sql IS NOT NULL AND tbl_name LIKE 'numbers_app_%'"""


@dataclass(frozen=True)
class Aside:
    """How one index or key goes, and how it comes back."""

    drop: str
    make: str


@contextmanager
def put_aside() -> Iterator[None]:
    """All in one transaction: a filling that breaks off leaves empty tables."""
    if connection.vendor == "sqlite":
        run("PRAGMA journal_mode = DELETE", "PRAGMA synchronous = OFF", "PRAGMA foreign_keys = OFF")
    with transaction.atomic():
        found = things_to_put_aside()
        run(*(one.drop for one in found))
        yield
        if connection.vendor == "postgresql":
            run("SET CONSTRAINTS ALL IMMEDIATE", "SET LOCAL maintenance_work_mem = '512MB'")
        run(*(one.make for one in reversed(found)))  # the keys last: they are checked by way of the indexes
        if connection.vendor == "sqlite":
            refuse_loose_keys()
    connection.close()  # the next one has its usual settings, and no temporary tables


def things_to_put_aside() -> list[Aside]:
    queries = (POSTGRESQL_KEYS, POSTGRESQL_INDEXES) if connection.vendor == "postgresql" else (SQLITE_INDEXES,)
    with connection.cursor() as cursor:
        found = []
        for sql in queries:
            cursor.execute(sql)
            found += [Aside(drop, make) for drop, make in cursor.fetchall()]
    return found


def refuse_loose_keys() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_key_check")
        if loose := cursor.fetchall():
            raise WrongResult(f"{len(loose)} rows lead nowhere, such as {loose[0]}.")


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
