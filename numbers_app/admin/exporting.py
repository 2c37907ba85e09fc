"""The export of a list: exactly what its address selects, streamed.

A file that broke off must not look whole: CSV and JSON are sent in chunks without a length, so a browser reports a
transfer that ends before its end; the JSON is not closed either. A workbook is made before the answer begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import BoundedSemaphore
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from numbers_app.exports import Export
from numbers_app.files.json_writing import CONTENT_TYPE, json_pieces
from numbers_app.files.writing import CONTENT_TYPES, csv_rows, pieces_of, xlsx_file
from numbers_app.formatting import iso_time, show_count, write_label
from numbers_app.narrowing import count_up_to

TYPES = {**CONTENT_TYPES, "json": CONTENT_TYPE}
MOST_IN_A_WORKBOOK = 50_000  # rows: it has to be made whole before the first byte can leave
AT_A_TIME = 3  # of the web process's eight threads; the others answer pages
FORMAT_VERSION = 1
_turns = BoundedSemaphore(AT_A_TIME)


class TooMany(Exception):
    """More is being exported at this moment than the pages can bear."""


class Taken:
    """The pieces of a file; one of the turns is taken until they are all read, or nobody reads on."""

    def __init__(self, make: Callable[[], Iterator[bytes]]) -> None:
        self.has_turn = _turns.acquire(blocking=False)
        if not self.has_turn:
            raise TooMany
        try:
            self.pieces = make()
        except BaseException:
            self.give_back()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self.pieces)

    def close(self) -> None:
        """Django calls it when the answer is over, however it ended."""
        try:
            self.pieces.close()  # type: ignore[attr-defined]  # they are a generator's
        finally:
            self.give_back()

    def __del__(self) -> None:
        """For an answer that nobody closed."""
        self.give_back()

    def give_back(self) -> None:
        if self.has_turn:
            self.has_turn = False
            _turns.release()


class ExportMixin:
    """Gives a list the addresses ``export/csv/``, ``export/xlsx/`` and ``export/json/``."""

    def export_of(self, rows: QuerySet[Any]) -> Export:
        raise NotImplementedError

    def export_url(self) -> URLPattern:
        view = self.admin_site.admin_view(require_safe(self.export_view))  # type: ignore[attr-defined]
        return path("export/<str:kind>/", view, name=f"numbers_app_{self.opts.model_name}_export")  # type: ignore[attr-defined]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        if kind not in TYPES:
            raise Http404
        back = HttpResponseRedirect(f"{self.list_address()}?{request.GET.urlencode()}")
        try:
            listed = self.get_changelist_instance(request)  # type: ignore[attr-defined]
        except IncorrectLookupParameters:
            return back
        unread = request.GET.get(SEARCH_VAR, "").strip() and not listed.query  # a term that is none, such as \0
        if listed.mistakes or listed.unknown or unread:  # the list says what; an export by the rest was not asked for
            return back
        export = self.export_of(listed.queryset)
        if kind == "xlsx" and count_up_to(export.rows, MOST_IN_A_WORKBOOK) > MOST_IN_A_WORKBOOK:
            words = _("A workbook can have %(most)s rows, and this selection has more. Take CSV, or narrow the list.")
            messages.warning(request, words % {"most": show_count(MOST_IN_A_WORKBOOK)})
            return back
        try:
            pieces = Taken(lambda: file_of(export, kind, about=request.GET.dict()))
        except TooMany:
            messages.warning(request, _("Others are exporting at this moment. Try again in a minute."))
            return back
        return self.answer(pieces, kind, is_selection=bool(request.GET))

    def answer(self, pieces: Taken, kind: str, *, is_selection: bool) -> StreamingHttpResponse:
        response = StreamingHttpResponse(pieces, content_type=TYPES[kind])
        what = slugify(write_label(self.opts.verbose_name_plural))  # type: ignore[attr-defined]
        part = "-selection" if is_selection else ""
        name = f"{what}{part}-{datetime.now(UTC):%Y-%m-%d-%H%M}.{kind}"
        response["Content-Disposition"] = content_disposition_header(True, name) or ""
        response["Cache-Control"] = "no-store"
        return response

    def list_address(self) -> str:
        return reverse(f"admin:numbers_app_{self.opts.model_name}_changelist")  # type: ignore[attr-defined]


def file_of(export: Export, kind: str, *, about: dict[str, str]) -> Iterator[bytes]:
    if kind == "csv":
        return csv_rows(export.header(), export.for_people())
    if kind == "xlsx":
        return pieces_of(xlsx_file(export.header(), export.for_people()))
    head = {
        "format": f"leadway-numbers/{export.name}",
        "version": FORMAT_VERSION,
        "exported_at": iso_time(datetime.now(UTC)),
        "selection": about,
    }
    return json_pieces(head, export.name, export.for_machines())
