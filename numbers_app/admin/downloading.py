"""Files that the desk hands out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from django.http import Http404, StreamingHttpResponse
from django.utils.http import content_disposition_header

from numbers_app.files.writing import CONTENT_TYPES, Row, file_pieces


def download(name: str, header: Row, rows: Iterable[Row], kind: str) -> StreamingHttpResponse:
    """``rows`` as a file ``name.csv`` or ``name.xlsx``, streamed. Raises `Http404` for any other kind."""
    return downloaded(name, partial(file_pieces, header, rows), kind)


def downloaded(name: str, pieces: Callable[[str], Iterator[bytes]], kind: str) -> StreamingHttpResponse:
    """What ``pieces`` makes for the kind, streamed. Raises `Http404` where the kind is not one that we write."""
    if kind not in CONTENT_TYPES:
        raise Http404
    response = StreamingHttpResponse(pieces(kind), content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}") or ""
    return response
