"""Files as people upload them, good ones and bad ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from openpyxl import Workbook

HEADER = "location_id,phone_number,country,type,quantity,begins_with"
HILL = "ve9EPM428h8vShlRW1KT"
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


def csv_file(*rows: str, header: str = HEADER, encoding: str = "utf-8") -> bytes:
    return "\r\n".join([header, *rows, ""]).encode(encoding)


def xlsx_file(*rows: list[Any], header: list[Any] | None = None, change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook as openpyxl writes it; ``change`` gets its sheet."""
    book = Workbook()
    sheet = book.active
    for row in [HEADER.split(",") if header is None else header, *rows]:
        sheet.append(row)
    if change:
        change(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_entry(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same archive with one of its files changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            text = old.read(entry)
            new.writestr(entry.filename, change(text) if entry.filename == name else text)
    return file.getvalue()


def with_rows(rows: str) -> bytes:
    """A workbook whose sheet has these rows, in XML, below a header."""
    return with_entry(xlsx_file(), SHEET, lambda text: text.replace(b"</sheetData>", rows.encode() + b"</sheetData>"))


def archive(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in entries.items():
            packed.writestr(name, text, zipfile.ZIP_STORED if name == "mimetype" else None)
    return file.getvalue()


def bomb(megabytes: int) -> bytes:
    return with_entry(xlsx_file(), SHEET, lambda text: text + b" " * megabytes * 1024 * 1024)


def bomb_that_lies() -> bytes:
    """Its directory declares a few bytes where 80 MB come out."""
    content = bytearray(bomb(80))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + offset : at + offset + 4] = (100).to_bytes(4, "little")
    return bytes(content)


def laughs(entry: str, root: bytes) -> bytes:
    """A billion laughs in that file of a workbook."""
    entities = [b'<!ENTITY a0 "ha">']
    entities += [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)]
    doctype = b"<!DOCTYPE x [" + b"".join(entities) + b"]>"

    def laugh(text: bytes) -> bytes:
        begin = text.index(b"<" + root)
        return b'<?xml version="1.0"?>' + doctype + text[begin:].replace(b"</" + root, b"<x>&a9;</x></" + root)

    return with_entry(xlsx_file(["a", "b"]), entry, laugh)


def encrypted_zip() -> bytes:
    """A workbook whose archive's own password flag is set."""
    content = bytearray(xlsx_file())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + offset] |= 1
    return bytes(content)
