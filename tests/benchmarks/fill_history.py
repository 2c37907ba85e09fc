"""Books of ten years: ``python -m tests.benchmarks.fill_history 1000000`` fills the database of DATABASE_URL.

The tables are filled in the state of a fixed migration, and the migrations since then are run over the full tables, as
they are on a desk that has been used for long. Books that are there already are used again, and only migrated.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, datetime

import django
from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.benchmarks.report import say

VERSION = 4
STATE = "0016_say_that_a_number_was_taken"
NOTE = "filled_history"
OTHER_BOOKS = 3
"""The exit code where the database holds something else: it is for the caller to drop it."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.fill_history", description=__doc__)
    parser.add_argument("purchases", type=int, help="how many; a multiple of 1,000")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadway_site.settings")
    django.setup()
    if problem := what_is_wrong(options.purchases):
        say(f"  {connection.settings_dict['NAME']} {problem}")
        sys.exit(OTHER_BOOKS)
    fill_history(options.purchases)


def fill_history(purchases: int) -> None:
    """Books with so many purchases, migrated to the newest state; nothing is filled that is filled already."""
    if not has_table(NOTE):
        began = time.monotonic()
        fill(purchases)
        say(f"  {connection.vendor}: {purchases:,} purchases filled in {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    if migrate():
        say(f"  {connection.vendor}: the migrations since in {time.monotonic() - began:.0f} s")


def what_is_wrong(purchases: int) -> str:
    """Why the database is neither empty nor has books of this size and version that this code can read."""
    if not has_table(NOTE):
        return "is not empty, and its books are none of the benchmark's" if has_table("django_migrations") else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT version, purchases FROM {NOTE}")
        noted = cursor.fetchone()
    if tuple(noted or ()) != (VERSION, purchases):
        return "was filled otherwise"
    loader = MigrationExecutor(connection).loader
    ahead = set(loader.applied_migrations) - set(loader.disk_migrations)
    return f"was migrated further by other code: {ahead}" if ahead else ""


def has_table(name: str) -> bool:
    with connection.cursor() as cursor:
        return name in connection.introspection.table_names(cursor)


def fill(purchases: int) -> None:
    from tests.benchmarks.fill_names import fill_locations, fill_people, fill_places
    from tests.benchmarks.fill_rows import Filling
    from tests.benchmarks.fill_sketch import BLOCK
    from tests.benchmarks.putting_aside import put_aside

    if purchases % BLOCK or purchases <= 0:
        raise SystemExit(f"The number of purchases must be a multiple of {BLOCK:,}.")
    call_command("migrate", "numbers_app", STATE, verbosity=0)
    until = datetime.now(UTC).replace(microsecond=0)
    with put_aside():
        fill_people()
        fill_locations(until)
        fill_places()
        Filling(purchases, until=int(until.timestamp())).fill()
    models = [*apps.get_app_config("numbers_app").get_models()]
    there = [model for model in models if has_table(model._meta.db_table)]  # the newest may not be there yet
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), there):
            cursor.execute(sql)
        cursor.execute("ANALYZE")
        cursor.execute(f"CREATE TABLE {NOTE} (version integer, purchases integer)")
        cursor.execute(f"INSERT INTO {NOTE} VALUES ({VERSION}, {purchases})")


def migrate() -> bool:
    """Run the migrations that are lacking, and tell the planner what they made; whether there were any."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        # As autovacuum does within minutes: until then no index alone can say what is there.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return True


if __name__ == "__main__":
    main()
