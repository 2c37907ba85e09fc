"""Reads an uploaded file, whatever it is: CSV or XLSX into a table, anything else into a clear refusal."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from numbers_app.files.csv_reading import read_csv
from numbers_app.files.tables import FileRefused, Table
from numbers_app.files.xlsx_reading import read_xlsx

MOST_BYTES = 10 * 1024 * 1024
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .xls, and of an XLSX with a password
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
OPEN_DOCUMENT = b"application/vnd.oasis.opendocument"
IMAGE = gettext_lazy("This is an image. A file of rows is needed: CSV or XLSX.")
ARCHIVE = gettext_lazy("This is a packed archive. Unpack it, and choose the CSV or XLSX file in it.")
WEB_PAGE = gettext_lazy("This is a web page, though it may be named .xls or .csv. Save it as CSV or XLSX.")
FOREIGN = {
    b"%PDF": gettext_lazy("This is a PDF. Save the table as CSV or XLSX."),
    b"\x89PNG": IMAGE,
    b"\xff\xd8\xff": IMAGE,
    b"GIF8": IMAGE,
    b"BM": IMAGE,
    b"\x1f\x8b": ARCHIVE,
    b"Rar!": ARCHIVE,
    b"7z\xbc\xaf": ARCHIVE,
    b"PK\x05\x06": gettext_lazy("This is an empty archive."),
    b"{\\rtf": gettext_lazy("This is a text document (RTF). Save the table as CSV or XLSX."),
    b"<!doctype": WEB_PAGE,
    b"<html": WEB_PAGE,
    b"<?xml": gettext_lazy("This is an XML file, though it may be named .xls. Save it as CSV or XLSX."),
}


def read_file(content: bytes) -> Table:
    """Raises `FileRefused`. The file's name plays no part: what it holds decides."""
    if not content:
        raise FileRefused(_("This file is empty."))
    if len(content) > MOST_BYTES:
        raise FileRefused(too_big(len(content)))
    start = content[:16].lstrip().lower()
    for mark, words in FOREIGN.items():
        if start.startswith(mark.lower()) and not (mark == b"BM" and is_text(content)):
            raise FileRefused(str(words))
    if content.startswith(OLE):
        raise FileRefused(words_for_ole(content))
    if content.startswith(ZIP):
        refuse_open_document(content)
        return read_xlsx(content)
    return read_csv(content)


def is_text(content: bytes) -> bool:
    return b"\x00" not in content[:64]


def too_big(size: int) -> str:
    return _("This file has %(size).1f MB; at most %(most)d MB are read.") % {
        "size": size / 1024 / 1024,
        "most": MOST_BYTES // 1024 // 1024,
    }


def words_for_ole(content: bytes) -> str:
    if ENCRYPTED_PACKAGE in content:
        return _("This workbook is protected by a password. Save it without one.")
    return _("This is a workbook of the old kind (.xls). Save it as XLSX or CSV.")


def refuse_open_document(content: bytes) -> None:
    if OPEN_DOCUMENT in content[:256]:
        raise FileRefused(_("This is an OpenDocument spreadsheet (.ods). Save it as XLSX or CSV."))
