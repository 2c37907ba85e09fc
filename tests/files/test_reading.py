import codecs
import contextlib
import tracemalloc
from datetime import date, datetime

import pytest

from numbers_app.files.guarding import unguarded
from numbers_app.files.reading import read_file
from numbers_app.files.tables import CellFault, FileRefused, as_digits, key_of
from numbers_app.files.writing import csv_rows
from numbers_app.files.writing import xlsx_file as write_xlsx
from tests.files.making import (
    HILL,
    SHEET,
    archive,
    bomb,
    bomb_that_lies,
    csv_file,
    encrypted_zip,
    laughs,
    with_entry,
    with_rows,
    xlsx_file,
)
from tests.files.test_writing import HARMLESS, HOSTILE

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504
ODS = archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"})
TOO_BIG = "too big once unpacked"
DAMAGED = "This workbook is damaged"

BAD_FILES = {
    "empty": (b"", "This file is empty."),
    "spaces": (b"  \r\n \r\n", "There is nothing in this file."),
    "byte order mark alone": (codecs.BOM_UTF8, "There is nothing in this file."),
    "separators alone": (b",,,\r\n,,,\r\n", "There is nothing in this file."),
    "header alone": (csv_file(), "a header, but no rows"),
    "too many bytes": (b"a," * 5 * 1024 * 1024 + b"b", "This file has 10.0 MB; at most 10 MB are read."),
    "too many rows": (csv_file(*["x,1,,,,"] * 10_001), "more than 10,000 rows"),
    "too many cells": (csv_file("x" + ",y" * 100), "Row 2 has more than 100 cells"),
    "unclosed quote": (csv_file('x,"1', "y,2"), "Row 2: a quotation mark is not closed"),
    "quote within a text": (csv_file("a,1", 'x,"1" 2'), "Row 3: a quotation mark is not closed"),
    "unclosed quote before much": (csv_file('x,"1', *["y,2"] * 50_000), "Row 2 has a cell that is far too long"),
    "separator that is none": (b"sep=a\r\nxay\r\n1a2\r\n", "separator that can't be one"),
    "no encoding": (b"location,phone\r\n\x81\x8d\xff,1\r\n", "The letters of this file can't be read"),
    "half of UTF-16": (codecs.BOM_UTF16_LE + b"a\x00b", "The letters of this file can't be read"),
    "broken UTF-8 after its mark": (codecs.BOM_UTF8 + b"a,\xe9\r\n1,2", "The letters of this file can't be read"),
    "binary": (bytes(range(1, 128)) * 40, "This is neither CSV nor XLSX"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "This is a PDF"),
    "png": (b"\x89PNG\r\n\x1a\n\x00", "This is an image"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "This is an image"),
    "gif": (b"GIF89a\x01", "This is an image"),
    "bmp": (b"BM\x36\x00\x00\x00\x00", "This is an image"),
    "gzip": (b"\x1f\x8b\x08\x00", "This is a packed archive"),
    "rar": (b"Rar!\x1a\x07", "This is a packed archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "This is a packed archive"),
    "empty zip": (b"PK\x05\x06" + b"\x00" * 18, "This is an empty archive"),
    "rtf": (b"{\\rtf1\\ansi", "This is a text document"),
    "html": (b"\n<html><table><tr><td>1</td></tr></table></html>", "This is a web page"),
    "html with doctype": (b"<!DOCTYPE html><table></table>", "This is a web page"),
    "xml spreadsheet": (b"<?xml version='1.0'?><Workbook/>", "This is an XML file"),
    "old xls": (OLE, "of the old kind (.xls)"),
    "password": (OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    "zip with password": (encrypted_zip(), "protected by a password"),
    "ods": (ODS, "OpenDocument"),
    "other zip": (archive({"readme.txt": b"hello"}), DAMAGED),
    "docx": (archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}), DAMAGED),
    "xlsx cut in half": (xlsx_file(["a"])[:2000], DAMAGED),
    "xlsx without its sheet": (with_entry(xlsx_file(["a"]), SHEET, lambda _text: b""), DAMAGED),
    "xlsx with broken XML": (with_entry(xlsx_file(["a"]), SHEET, lambda text: text[:-30]), DAMAGED),
    "xlsx with strings that are not there": (with_rows('<row r="2"><c t="s"><v>99</v></c></row>'), DAMAGED),
    "xlsx with a cell beyond all columns": (with_rows('<row r="2"><c r="ZZZZZ2"><v>1</v></c></row>'), DAMAGED),
    "xlsx with a row that is no number": (with_rows('<row r="x"><c><v>1</v></c></row>'), DAMAGED),
    "xlsx with a row beyond all rows": (
        with_rows('<row r="1000000000000"><c r="A1"><v>1</v></c></row>'),
        "a header, but no rows",
    ),
    "xlsx with too many rows": (with_rows("<row><c><v>1</v></c></row>" * 10_001), "more than 10,000 rows"),
    "xlsx with too many cells": (with_rows('<row r="2"><c r="CW2"><v>1</v></c></row>'), "more than 100 cells"),
    "xlsx without rows": (xlsx_file(), "a header, but no rows"),
    "xlsx with nothing": (xlsx_file(header=[]), "There is nothing in this file."),
    "xlsx merged all over": (
        xlsx_file(["a"], change=lambda sheet: sheet.merge_cells("A1:CV1000")),
        "Cells A1:CV1000 are merged",
    ),
    "zip bomb": (bomb(80), TOO_BIG),
    "zip bomb that lies": (bomb_that_lies(), DAMAGED),
    "zip bomb of tags": (with_rows("<row><c/></row>" * 1_000_000), TOO_BIG),
    "zip bomb of files": (archive({f"{number}": b"" for number in range(1001)}), "more files than a spreadsheet has"),
    "billion laughs in the sheet": (laughs(SHEET, b"worksheet"), DAMAGED),
    "billion laughs in the workbook": (laughs("xl/workbook.xml", b"workbook"), DAMAGED),
    "billion laughs in the styles": (laughs("xl/styles.xml", b"styleSheet"), DAMAGED),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_refused_in_words(name):
    content, words = BAD_FILES[name]

    with pytest.raises(FileRefused) as refusal:
        read_file(content)

    assert words in str(refusal.value)


@pytest.mark.parametrize("content", [bomb(55), with_rows("<row><c/></row>" * 60_000)], ids=["spaces", "rows"])
def test_file_just_below_the_limits_takes_little_memory(content):
    tracemalloc.start()
    with pytest.raises(FileRefused):
        read_file(content)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 16 * 1024 * 1024


ROWS = [["Peluquería Ñandú", "+18305551234"], ['He said "hi", twice', "5"], ["two\r\nlines", "é—€"]]
TEXT = (
    'ubicación{0}teléfono\r\nPeluquería Ñandú{0}+18305551234\r\n"He said ""hi"", twice"{0}5\r\n"two\r\nlines"{0}é—€\r\n'
)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "pipe"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"])
def test_csv_is_read_in_every_encoding_and_with_every_separator(encoding, separator):
    table = read_file(TEXT.format(separator).encode(encoding))

    assert table.header == ["ubicación", "teléfono"]
    assert [row.cells for row in table.rows] == ROWS
    assert [row.number for row in table.rows] == [2, 3, 4]
    assert bool(table.words) == (encoding == "windows-1252")


def test_utf16_with_the_other_mark_is_read():
    table = read_file(codecs.BOM_UTF16_BE + TEXT.format(";").encode("utf-16-be"))

    assert [row.cells for row in table.rows] == ROWS


def test_reading_as_windows_1252_is_said():
    table = read_file(TEXT.format(";").encode("windows-1252"))

    assert table.words == [
        "The file is not in UTF-8; it was read as Windows-1252. If accents look wrong, save it as “CSV UTF-8”."
    ]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"], ids=["windows", "unix", "old mac"])
def test_every_line_end_is_read(end):
    table = read_file(end.join(["a,b", "1,2", "3,4"]).encode())

    assert [row.cells for row in table.rows] == [["1", "2"], ["3", "4"]]


def test_excels_own_first_line_names_the_separator():
    table = read_file(b"sep=;\r\na;b,c\r\n1;2,3\r\n")

    assert (table.header, table.rows[0].cells, table.rows[0].number) == (["a", "b,c"], ["1", "2,3"], 3)


def test_blank_rows_are_left_out_and_counted():
    table = read_file(b"\r\na,b\r\n\r\n,,\r\n1,2\r\n")

    assert [(row.number, row.cells) for row in table.rows] == [(5, ["1", "2"])]


def test_row_that_ends_in_thousands_of_separators_is_read():
    table = read_file(b"a,b\r\n1,2" + b"," * 5000)

    assert table.rows[0].cells == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x" * 501, "This has 501 characters; a cell may have 500. The rest was cut off."),
        ("a\x00b", "There was a NUL character in this cell; it was left out."),
        ("#N/A", "The spreadsheet shows the error #N/A here."),
        ("#ref!", "The spreadsheet shows the error #ref! here."),
    ],
)
def test_bad_cell_has_a_fault(text, fault):
    row = read_file(csv_file(f"ok,{text}")).rows[0]

    assert row.faults == {1: fault}
    assert len(row.cells[1]) <= 500


def test_texts_lose_the_spaces_around_them():
    assert read_file(csv_file("  a , \u00a0b\u3000")).rows[0].cells == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (18305551234.0, "18305551234"),
        (18305551234, "18305551234"),
        ("+18305551234", "+18305551234"),
        (True, "true"),
        (False, "false"),
        (2.5, "2.5"),
        ("José", "José"),
    ],
)
def test_xlsx_cells_become_texts(value, text):
    row = read_file(xlsx_file([HILL, value])).rows[0]

    assert (row.cells[1], row.faults) == (text, {})


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (datetime(2026, 8, 30), "has made a date of this (2026-08-30)"),
        (date(2026, 8, 30), "has made a date of this (2026-08-30)"),
        ("=1+1", "There is a formula here, and the file does not hold its value"),
        ("#N/A", "shows the error #N/A"),
        (1.23456789012345678e17, "keeps 15 digits of a number"),
        ("x" * 600, "This has 600 characters"),
    ],
)
def test_bad_xlsx_cell_has_a_fault(value, fault):
    row = read_file(xlsx_file([HILL, value])).rows[0]

    assert fault in row.faults[1]


def test_formula_with_its_value_is_read():
    rows = '<row r="2"><c r="A2" t="str"><f>UPPER("a")</f><v>A</v></c><c r="B2"><f>1+1</f><v>2</v></c></row>'

    row = read_file(with_rows(rows)).rows[0]

    assert (row.cells, row.faults) == (["A", "2"], {})


def test_swallowed_cells_of_a_merged_range_have_a_fault():
    table = read_file(xlsx_file(["a", "1"], [None, "2"], change=lambda sheet: sheet.merge_cells("A2:A3")))

    fault = "Cells A2:A3 are merged, and only the first has the value. Unmerge them, and fill in each."
    assert [row.faults for row in table.rows] == [{}, {0: fault}]


def test_first_sheet_is_read_and_blank_rows_counted():
    def change(sheet):
        sheet["A5"] = "x"
        sheet.parent.create_sheet("Other")["A1"] = "not this"

    table = read_file(xlsx_file(change=change))

    assert [(row.number, row.cells) for row in table.rows] == [(5, ["x"])]


def test_sheet_that_claims_to_be_smaller_than_it_is_is_read_whole():
    content = with_entry(
        xlsx_file(["a", "1"], ["b", "2"]), SHEET, lambda text: text.replace(b'ref="A1:F3"', b'ref="A1:A1"')
    )

    assert [row.cells for row in read_file(content).rows] == [["a", "1"], ["b", "2"]]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_our_own_exports_are_read_back_as_they_were(kind):
    texts = [text for text in (*HOSTILE, *HARMLESS) if text and text == text.strip()]
    rows = [[text, "x"] for text in texts]
    content = b"".join(csv_rows(["a", "b"], rows)) if kind == "csv" else write_xlsx(["a", "b"], rows).read()

    table = read_file(content)

    assert [row.cells[0] for row in table.rows] == [unguarded(text) if kind == "xlsx" else text for text in texts]


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("18305551234.0", "18305551234"),
        ("1.8305551234E+10", "18305551234"),
        ("1.8305551234e10", "18305551234"),
        ("+1.8305551234E+10", "+18305551234"),
        ("1.8305551230E+10", "18305551230"),
        ("5.00", "5"),
        ("2.5", "2.5"),
        ("830.555.1234", "830.555.1234"),
        ("+1.8305551234", "+1.8305551234"),
        ("(830) 555-1234", "(830) 555-1234"),
        ("ve9EPM428", "ve9EPM428"),
    ],
)
def test_numbers_as_spreadsheets_write_them_become_digits(text, digits):
    assert as_digits(text) == digits


@pytest.mark.parametrize("text", ["1.83E+10", "1.830555123E+10", "1E10", "1.83055512345E+10", "1.5E+999", "1E+17"])
def test_number_that_has_lost_digits_is_refused(text):
    with pytest.raises(CellFault, match="has cut digits off"):
        as_digits(text)


@pytest.mark.parametrize("text", ["Phone Number", "phone_number", " PHONE-NUMBER* ", "phone number", "Ｐhone number"])
def test_a_columns_name_is_known_in_every_spelling(text):
    assert key_of(text) == "phone_number"


def test_damage_anywhere_in_a_workbook_is_told_in_words():
    good = xlsx_file([HILL, 18305551234.0, "US"])

    for position in range(0, len(good), 37):
        damaged = good[:position] + bytes([good[position] ^ 0x55]) + good[position + 1 :]
        with contextlib.suppress(FileRefused):  # anything else fails the test
            read_file(damaged)
