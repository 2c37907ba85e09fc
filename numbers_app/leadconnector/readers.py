"""Reads fields out of JSON with care: a missing optional field is fine, a wrong type makes the reply unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any


class Unreadable(ValueError):
    """A reply that is not of the shape that the provider documents; says which field."""


def as_mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"{where} is not an object")
    return value


def as_list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable(f"{where} is not a list")
    return value


def text(data: Mapping[str, Any], name: str) -> str:
    """A required text."""
    value = data.get(name)
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a text")
    return value


def optional_text(data: Mapping[str, Any], name: str) -> str:
    """A text, or "" where it is missing or null."""
    return "" if data.get(name) is None else text(data, name)


def flag(data: Mapping[str, Any], name: str) -> bool:
    """A required boolean."""
    value = data.get(name)
    if not isinstance(value, bool):
        raise Unreadable(f"{name} is not true or false")
    return value


def optional_flag(data: Mapping[str, Any], name: str) -> bool | None:
    return None if data.get(name) is None else flag(data, name)


def optional_whole(data: Mapping[str, Any], name: str) -> int | None:
    """A whole number; JSON has only one kind of number, so 100.0 is 100."""
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise Unreadable(f"{name} is not a whole number")
    return int(value)


def optional_money(data: Mapping[str, Any], name: str) -> Decimal | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(f"{name} is not a number")
    amount = Decimal(str(value))
    if not amount.is_finite():
        raise Unreadable(f"{name} is not a number")
    return amount


def optional_time(data: Mapping[str, Any], name: str) -> datetime | None:
    """An ISO 8601 date and time; one without a zone is taken as UTC."""
    raw = optional_text(data, name)
    if not raw:
        return None
    try:
        value = datetime.fromisoformat(raw)
    except ValueError as error:
        raise Unreadable(f"{name} is not a date") from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def texts_by_text(data: Mapping[str, Any], name: str) -> dict[str, str]:
    """A required object whose values are texts, such as the numbers map."""
    values = as_mapping(data.get(name), name)
    for key, value in values.items():
        if not isinstance(value, str):
            raise Unreadable(f"{name}[{key}] is not a text")
    return dict(values)


def optional_texts_by_text(data: Mapping[str, Any], name: str) -> dict[str, str]:
    return {} if data.get(name) is None else texts_by_text(data, name)


def optional_texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = as_list(data.get(name) or [], name)
    if not all(isinstance(value, str) for value in values):
        raise Unreadable(f"{name} is not a list of texts")
    return tuple(values)


def optional_flags_by_text(data: Mapping[str, Any], name: str) -> dict[str, bool]:
    """An object of booleans, such as capabilities; a null in it counts as missing."""
    values = as_mapping({} if data.get(name) is None else data[name], name)
    for key, value in values.items():
        if value is not None and not isinstance(value, bool):
            raise Unreadable(f"{name}[{key}] is not true or false")
    return {key: value for key, value in values.items() if value is not None}
