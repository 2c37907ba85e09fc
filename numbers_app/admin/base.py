"""What all of the desk's screens share."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold.admin import ModelAdmin

from numbers_app import selectors
from numbers_app.admin.choosing import KnownChoice, KnownChoices
from numbers_app.selectors import is_key

M = TypeVar("M", bound=models.Model)


class PlainTitle(ModelAdmin):  # type: ignore[misc]  # Unfold is not typed
    """A list is called as in the sidebar; "Select purchase to view" tells nobody where they are."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        found.title = capfirst(self.opts.verbose_name_plural)
        return found


class DeskAdmin(PlainTitle):
    """Bears whatever is typed, searched and sent."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = selectors.clean_term(search_term)
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, term)
        return found

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        self.refuse_odd(request)
        return super().get_changelist_instance(request)

    def refuse_odd(self, request: HttpRequest) -> None:
        """Turns away what no page of ours sends and a database would choke on."""
        typed = [text for _name, texts in request.GET.lists() for text in texts]
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if any("\x00" in text for text in typed) or not all(map(is_key, selected)):
            raise IncorrectLookupParameters

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KnownChoice(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KnownChoices(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class ScopedAdmin(DeskAdmin):
    """Shows a user only what belongs to their locations: in lists, autocompletes, detail pages and actions alike."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).visible_to(request.user)
        return rows


class ReadOnlyAdmin(ScopedAdmin):
    """Books are read here; what changes them is elsewhere."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
