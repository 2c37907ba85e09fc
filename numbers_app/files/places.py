"""Finds the locations that a file names, among those that its user may see."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.utils.translation import gettext as _

from numbers_app.files.tables import CellFault, shortened
from numbers_app.models import Location


class Places:
    """All locations that a user sees, by ID and by name; read in one query."""

    def __init__(self, user: Any) -> None:
        self.by_id: dict[str, int] = {}
        self.by_name: dict[str, list[int]] = defaultdict(list)
        rows = Location.objects.visible_to(user).order_by().values_list("pk", "location_id", "name")
        for key, location_id, name in rows.iterator():
            self.by_id[location_id] = key
            self.by_name[plain(name)].append(key)

    def with_id(self, text: str) -> int:
        """Raises `CellFault`."""
        if text not in self.by_id:
            raise CellFault(
                _("There is no location with the ID “%(text)s”, or it is not assigned to you.")
                % {"text": shortened(text)}
            )
        return self.by_id[text]

    def named(self, text: str) -> int:
        """By its name, or its ID in place of it. Raises `CellFault`."""
        found = self.by_name.get(plain(text), [])
        if len(found) > 1:
            raise CellFault(
                _("%(count)s locations are called “%(text)s”. Put the ID of the right one into location_id.")
                % {"count": len(found), "text": shortened(text)}
            )
        if found:
            return found[0]
        if text in self.by_id:
            return self.by_id[text]
        raise CellFault(
            _("There is no location called “%(text)s”, or it is not assigned to you.") % {"text": shortened(text)}
        )

    def refuse_other_name(self, key: int, text: str) -> None:
        """Raises `CellFault` where the name is another location's than the ID."""
        if key not in self.by_name.get(plain(text), []):
            raise CellFault(_("“%(text)s” is not the name of the location with this ID.") % {"text": shortened(text)})


def plain(name: str) -> str:
    return " ".join(name.split()).casefold()
