"""Rows that are added and never changed."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from numbers_app.models.scoping import VisibleQuerySet

M = TypeVar("M", bound=models.Model)


class HistoryQuerySet(VisibleQuerySet[M]):
    """Refuses to change what is written."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("History is added to and never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("History is added to and never deleted.")


class UnchangingModel(models.Model):
    """A row that is written once."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("History is added to and never changed.")
        # A new row with the key of an old one would overwrite it.
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("History is added to and never deleted.")


class HistoryModel(UnchangingModel):
    """A row of history: when, why and by whom; nobody where the desk did it by itself."""

    at = models.DateTimeField(_("when"))
    because = models.TextField(_("why"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    class Meta:
        abstract = True
