"""How rows are chosen: by keys, by locations that the reader may see, and by days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RangeDateFilter, TextFilter
from unfold.utils import parse_date_str

from numbers_app import progress
from numbers_app.models import Location
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


class LocationFilter(AutocompleteSelectFilter):  # type: ignore[misc]  # Unfold is not typed
    """By location; the name of one that the reader may not see is not shown, whatever the address says."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() and not is_key(self.value()):
            raise IncorrectLookupParameters
        found: QuerySet[Any] = super().queryset(request, queryset)
        return found

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            choice["form"].fields[self.lookup_kwarg].queryset = Location.objects.visible_to(self.request.user)
            yield choice


class DaysFilter(RangeDateFilter):  # type: ignore[misc]  # Unfold is not typed
    """From one day to another, both with all of their hours; what is no date is left out."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for name, lookup, hour in (("from", "gte", time.min), ("to", "lte", time.max)):
            day = parse_date_str(self.used_parameters.get(f"{self.parameter_name}_{name}", ""))
            if day:
                moment = datetime.combine(day, hour, tzinfo=timezone.get_current_timezone())
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": moment})
        return queryset


class OrderFilter(TextFilter):  # type: ignore[misc]  # Unfold is not typed
    """By the number of an order, with or without its sign."""

    title = _("order's number")
    parameter_name = "order"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        typed = (self.value() or "").strip().removeprefix("#")
        if not typed:
            return queryset
        return queryset.filter(order=int(typed)) if is_key(typed) else queryset.none()


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
