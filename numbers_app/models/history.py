"""Rows that are added and never changed."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from django.db import models

from numbers_app.models.scoping import VisibleQuerySet

M = TypeVar("M", bound=models.Model)


class HistoryQuerySet(VisibleQuerySet[M]):
    """Refuses to change what is written."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("History is added to and never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("History is added to and never deleted.")


class HistoryModel(models.Model):
    """A row of history."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("History is added to and never changed.")
        # A new event with the key of an old one would overwrite it.
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("History is added to and never deleted.")
