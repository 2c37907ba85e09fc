"""Makes what the provider says fit the columns.

PostgreSQL refuses texts that are too long, NUL characters, halves of surrogate pairs, and numbers that JSON does not
have. A reply that proves a purchase must never be lost over a friendly name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.db import models


def storable_text(text: str, *, longest: int | None = None) -> str:
    """``text`` without what a database can't hold, cut to ``longest`` characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:longest]


def storable_json(value: Any) -> Any:
    """Parsed JSON without what a database can't hold."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {storable_text(name): storable_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(item) for item in value]
    return value


def storable_columns(model: type[models.Model], columns: Mapping[str, Any]) -> dict[str, Any]:
    """``columns`` of ``model`` made to fit."""
    return {name: storable(model, name, value) for name, value in columns.items()}


def storable(model: type[models.Model], name: str, value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value, longest=getattr(model._meta.get_field(name), "max_length", None))  # noqa: SLF001 - documented
    return storable_json(value)
