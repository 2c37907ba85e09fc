"""What all of the desk's screens share."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

M = TypeVar("M", bound=models.Model)


class ScopedAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold is not typed
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
