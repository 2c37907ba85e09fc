"""How rows are chosen: by keys, and by what waits for the reader."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from numbers_app import progress
from numbers_app.models.permissions import MAY_APPROVE
from numbers_app.selectors import is_key


class KeysAlone:
    """A choice of rows that shows nothing as chosen for a text that is no key; the form says what is wrong with it."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if is_key(str(key))], attr)  # type: ignore[misc]


class KnownChoice(KeysAlone, AutocompleteSelect):
    """One row."""


class KnownChoices(KeysAlone, AutocompleteSelectMultiple):
    """Any number of rows."""


class AwaitingFilter(DropdownFilter):  # type: ignore[misc]  # Unfold is not typed
    """Those that wait for the reader's own decision; only offered to who may decide."""

    title = _("waits for")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", str(_("my approval")))] if request.user.has_perm(MAY_APPROVE) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "me":
            return queryset
        return queryset.filter(pk__in=progress.awaiting(request.user).order_by().values("pk"))
