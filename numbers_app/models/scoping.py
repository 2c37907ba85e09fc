"""Who may see what: one method, used by every list, autocomplete, detail page and action."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import connections, models
from django.db.models import F

M = TypeVar("M", bound=models.Model)


class VisibleQuerySet(models.QuerySet[M]):
    """Rows that belong to locations; ``location_path`` leads from the row to its location ("" for locations)."""

    location_path = "location"

    def visible_to(self, user: Any) -> Self:
        """All for a superuser; otherwise what belongs to the locations that the user is assigned to."""
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        assigned = user.assigned_locations.values("pk")
        return self.in_locations(assigned)

    def visible_by_keys(self, user: Any) -> Self:
        """The same rows, with the locations looked up first: PostgreSQL plans for keys that it sees, and guesses for a
        subquery; a list of a million rows shows the difference.
        """
        if not user.is_active or user.is_superuser:
            return self.visible_to(user)
        return self.in_locations(assigned_keys(user))

    def visible_among_few(self, user: Any) -> Self:
        """The same rows, for a selection that is small for everybody, such as what waits for a person.

        SQLite does not know that it is small, and would begin with all that the locations have; a sum has no index.
        """
        if not user.is_active or user.is_superuser or connections[self.db].vendor != "sqlite":
            return self.visible_by_keys(user)
        place = F(f"{self.location_path}_id" if self.location_path else "pk") + 0
        return self.alias(place=place).filter(place__in=assigned_keys(user))

    def in_locations(self, assigned: Any) -> Self:
        return self.filter(**{f"{self.location_path or 'pk'}__in": assigned})


def assigned_keys(user: Any) -> list[int]:
    return list(user.assigned_locations.order_by().values_list("pk", flat=True))
