"""Files that the desk hands out."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404, StreamingHttpResponse
from django.utils.http import content_disposition_header

from numbers_app.files.writing import CONTENT_TYPES, Row, file_pieces


def download(name: str, header: Row, rows: Iterable[Row], kind: str) -> StreamingHttpResponse:
    """``rows`` as a file ``name.csv`` or ``name.xlsx``, streamed. Raises `Http404` for any other kind."""
    if kind not in CONTENT_TYPES:
        raise Http404
    response = StreamingHttpResponse(file_pieces(header, rows, kind), content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}") or ""
    return response
