"""Writes an array of JSON row by row, in an object that says what it is; only its end says that it is whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from numbers_app.files.writing import CHUNK

CONTENT_TYPE = "application/json"


def json_pieces(about: Mapping[str, Any], name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """``about``, then the rows as ``name``, then how many they were, piece by piece."""
    pieces = [f"{json.dumps(about, ensure_ascii=False)[:-1]}, {json.dumps(name)}: ["]
    count = length = 0
    for row in rows:
        text = json.dumps(row, ensure_ascii=False)
        pieces.append(f"{',' if count else ''}\n{text}")
        count += 1
        length += len(text)
        if length >= CHUNK:
            yield encoded(pieces)
            length = 0
    pieces.append(f'\n], "count": {count}}}\n')
    yield encoded(pieces)


def encoded(pieces: list[str]) -> bytes:
    text = "".join(pieces)
    pieces.clear()
    return text.encode("utf-8", "replace")
