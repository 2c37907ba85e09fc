"""What the frame of every page tells: how much waits for a person. Asked at once, in SQL that is written once.

To put these questions into SQL takes Django twice as long as the database takes to answer them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from numbers_app.models.permissions import MAY_APPROVE, MAY_REVIEW, SEE_LOCATIONS
from numbers_app.progress import awaiting_others
from numbers_app.review import MOST_COUNTED, waiting_at_desk, waiting_keys

Statement = tuple[str, tuple[Any, ...]]
Rows = Callable[[Any], QuerySet[Any, Any]]


class Counts(NamedTuple):
    """How much waits for a user, each up to `MOST_COUNTED`, and 0 where it is not for the user to know."""

    at_desk: int = 0
    """Purchases to decide on, numbers that nothing explains, and numbers that vanished."""
    orders: int = 0
    """Orders that wait for the user's approval."""
    stopped: int = 0
    """Locations whose queue is stopped."""


# They depend on nothing but who the user is, and whether as a superuser: their SQL is kept by that.
QUESTIONS: Mapping[str, Rows] = {
    "at_desk": waiting_at_desk,
    "orders": lambda user: awaiting_others(user).order_by().values_list("pk"),
    "stopped": lambda user: waiting_keys(user, "stopped"),
}
# Any of the permissions will do.
ASKED_BY: Mapping[str, tuple[str, ...]] = {
    "at_desk": (MAY_REVIEW,),
    "orders": (MAY_APPROVE,),
    "stopped": (SEE_LOCATIONS, MAY_REVIEW),
}
_written: dict[tuple[Any, ...], Statement] = {}


def count_for(user: Any) -> Counts:
    """What waits now, for a user who is active."""
    names = tuple(name for name, permissions in ASKED_BY.items() if any(map(user.has_perm, permissions)))
    if not names:
        return Counts()
    who = (user.pk, user.is_superuser, names)
    if who not in _written:
        _written[who] = write(user, names)
    with connection.cursor() as cursor:
        cursor.execute(*_written[who])
        found = cursor.fetchone()
    return Counts(**dict(zip(names, found, strict=True)))


def write(user: Any, names: tuple[str, ...]) -> Statement:
    parts: list[str] = []
    values: list[Any] = []
    for name in names:
        sql, params = QUESTIONS[name](user)[:MOST_COUNTED].query.sql_with_params()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS {name})")  # noqa: S608 - Django's own SQL, and names of ours
        values += params
    return f"SELECT {', '.join(parts)}", tuple(values)
