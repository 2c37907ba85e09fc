"""Reads fields out of JSON with care: a missing optional field is fine, a wrong type makes the reply unreadable."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

DEEPEST = 50  # levels of nesting; the provider uses five
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of a letter: no database takes them
KEY_SHOWN = 40  # characters


class Unreadable(ValueError):
    """A reply that is not of the shape that the provider documents; says which field."""


def parse_json(text: str) -> Any:
    """The JSON of a reply, as every database takes it; None where it is none, or none that can be kept."""
    try:
        return storable(json.loads(text, parse_float=finite, parse_constant=finite))
    except (ValueError, RecursionError):
        return None


def finite(raw: str) -> float:
    """Python writes and reads NaN and Infinity, which are no JSON. Raises ValueError."""
    value = float(raw)
    if not math.isfinite(value):
        raise ValueError(raw)
    return value


def storable(value: Any, *, depth: int = 0) -> Any:
    """Raises ValueError where it nests too deep to be written again."""
    if depth > DEEPEST:
        raise ValueError(depth)
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, list):
        return [storable(item, depth=depth + 1) for item in value]
    if isinstance(value, dict):
        return {storable_text(name): storable(item, depth=depth + 1) for name, item in value.items()}
    return value


def storable_text(value: str) -> str:
    return UNSTORABLE.sub("\ufffd", value)


def as_mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"{where} is not an object")
    return value


def optional_mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object, empty where it is missing or null."""
    return as_mapping({} if data.get(name) is None else data[name], name)


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
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"{name} is not a whole number")
    return value


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
    """An ISO 8601 date and time, in UTC; one without a zone is taken as UTC."""
    raw = optional_text(data, name)
    if not raw:
        return None
    try:
        value = datetime.fromisoformat(raw)
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{name} is not a date") from error


def texts_by_text(data: Mapping[str, Any], name: str) -> dict[str, str]:
    """A required object whose values are texts, such as the numbers map."""
    values = as_mapping(data.get(name), name)
    for key, value in values.items():
        if not isinstance(value, str):
            raise Unreadable(f"{name}[{key:.{KEY_SHOWN}}] is not a text")
    return dict(values)


def optional_texts_by_text(data: Mapping[str, Any], name: str) -> dict[str, str]:
    """An object of texts, such as friendly names; a null in it counts as missing."""
    values = optional_mapping(data, name)
    return texts_by_text({name: {key: value for key, value in values.items() if value is not None}}, name)


def optional_texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = as_list([] if data.get(name) is None else data[name], name)
    if not all(isinstance(value, str) for value in values):
        raise Unreadable(f"{name} is not a list of texts")
    return tuple(values)


def optional_flags_by_text(data: Mapping[str, Any], name: str) -> dict[str, bool]:
    """An object of booleans, such as capabilities; a null in it counts as missing."""
    values = optional_mapping(data, name)
    for key, value in values.items():
        if value is not None and not isinstance(value, bool):
            raise Unreadable(f"{name}[{key:.{KEY_SHOWN}}] is not true or false")
    return {key: value for key, value in values.items() if value is not None}
