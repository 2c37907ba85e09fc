"""Changes many rows, each in its own way, in one round trip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, models

Columns = Mapping[str, Any]


def update_each(model: type[models.Model], changes: Iterable[tuple[Columns, Columns]]) -> int:
    """For each pair, set the second columns where the first are as they say; returns how many rows were changed.

    A condition is a value, or a tuple of values of which any will do. Django's own `bulk_update` knows no conditions,
    and builds an expression for every value.
    """
    groups: dict[str, list[list[Any]]] = {}
    for conditions, values in changes:
        sql, parameters = statement(model, conditions, values)
        groups.setdefault(sql, []).append(parameters)
    changed = 0
    with connection.cursor() as cursor:
        for sql, rows in groups.items():
            cursor.executemany(sql, rows)
            changed += cursor.rowcount
    return changed


def statement(model: type[models.Model], conditions: Columns, values: Columns) -> tuple[str, list[Any]]:
    """One UPDATE with its parameters; the same columns give the same words."""
    meta = model._meta  # noqa: SLF001 - documented
    quote = connection.ops.quote_name
    fields: dict[str, Any] = {name: meta.get_field(name) for name in (*values, *conditions)}
    wanted = {name: value if isinstance(value, tuple) else (value,) for name, value in conditions.items()}
    assignments = ", ".join(f"{quote(fields[name].column)} = %s" for name in values)
    tests = " AND ".join(
        f"{quote(fields[name].column)} IN ({', '.join(['%s'] * len(any_of))})" for name, any_of in wanted.items()
    )
    sql = f"UPDATE {quote(meta.db_table)} SET {assignments} WHERE {tests}"  # noqa: S608 - the model's own names
    pairs = [*values.items(), *((name, value) for name, any_of in wanted.items() for value in any_of)]
    return sql, [fields[name].get_db_prep_save(value, connection) for name, value in pairs]
