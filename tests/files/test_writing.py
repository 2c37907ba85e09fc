import csv
import io
import tracemalloc
from decimal import Decimal

import openpyxl
import pytest
from django.http import Http404

from numbers_app.admin.downloading import download
from numbers_app.files.guarding import guarded, is_formula, unguarded
from numbers_app.files.writing import csv_rows, file_pieces, pieces_of, xlsx_file

HOSTILE = [
    "=1+1",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "+18305551234+1",
    "+1 830 555 1234",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\tharmless",
    "\n=1+1",
    "   =1+1",
    "\u00a0=1+1",
    '"=1+1',
    "'=1+1",
    "''=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(A1)",
    "\u2212 1",
    "+1234567890123456",
    "+123456",
    "+１８３０５５５１２３４",
    "+18305551234\n=1+1",
]  # fmt: skip
HARMLESS = [
    "+18305551234",
    "+4420794609",
    "San Antonio",
    "José's",
    "",
    "O'Neil",
    "'",
    "a=b",
    "1-2",
    "5",
    "ve9EPM428h8vSh",
]


def as_text(pieces):
    return b"".join(pieces).decode("utf-8-sig")


@pytest.mark.parametrize("text", HOSTILE)
def test_text_like_a_formula_gets_an_apostrophe_in_csv_and_is_read_back(text):
    written = next(csv.reader(io.StringIO(as_text(csv_rows([text], [])), newline="")))[0]

    assert written == "'" + text
    assert unguarded(written) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_is_written_as_it_is(text):
    assert guarded(text) == text
    assert unguarded(text) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_text_like_a_formula_is_text_in_xlsx(text):
    sheet = openpyxl.load_workbook(xlsx_file(["x"], [[text]])).active

    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value.replace("_x000D_", "\r") == text


def test_guarding_twice_is_undone_twice():
    twice = guarded(guarded("=1+1"))

    assert twice == "''=1+1"
    assert unguarded(unguarded(twice)) == "=1+1"
    assert is_formula(unguarded(twice))


def test_xlsx_keeps_numbers_and_leaves_out_what_xml_cannot_hold():
    row = [5, Decimal("1.15"), None, True, "a\x00b\x0bc\ud800d", "x" * 40_000, "#N/A"]

    cells = next(openpyxl.load_workbook(xlsx_file(row, []), read_only=True).active.values)

    assert cells[:5] == (5, 1.15, None, "True", "abcd")
    assert len(cells[5]) == 32_767
    assert cells[6] == "#N/A"


def test_csv_shows_accents_in_excel():
    assert b"".join(csv_rows(["Número"], [])).startswith(b"\xef\xbb\xbfN\xc3\xbamero")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_of_100_000_rows_takes_little_memory(kind):
    rows = (["=1+1", number] for number in range(100_000))

    tracemalloc.start()
    length = sum(len(piece) for piece in file_pieces(["a", "b"], rows, kind))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert length > 500_000
    assert peak < 2 * 1024 * 1024


def test_temporary_file_is_closed_when_nobody_reads_on():
    file = xlsx_file(["a"], [["b"]])
    pieces = pieces_of(file)
    next(pieces)

    pieces.close()

    assert file.closed


def test_download_is_streamed_under_its_name():
    response = download("Órdenes", ["a"], [["b"]], "csv")

    assert response.streaming
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%C3%93rdenes.csv"
    assert as_text(response) == "a\r\nb\r\n"


def test_download_of_another_kind_is_not_found():
    with pytest.raises(Http404):
        download("x", ["a"], [], "pdf")
