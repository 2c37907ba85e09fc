"""The export of a list: what its address selects, all of it, in every format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from numbers_app import exports
from numbers_app.admin import exporting
from numbers_app.admin.exporting import Taken, TooMany
from numbers_app.exports import NUMBER_COLUMNS, PURCHASE_COLUMNS, export_of_purchases
from numbers_app.models import Purchase, PurchaseOrder, Status
from tests.admin.world import World, page
from tests.factories import make_location, make_number, make_purchase, make_user

PURCHASES = "/admin/numbers_app/purchase/"
NUMBERS = "/admin/numbers_app/phonenumber/"


def exported(client: Client, address: str, **query: Any) -> bytes:
    response = client.get(address, query)
    assert response.status_code == 200
    return response.getvalue()


def as_csv(client: Client, of: str = PURCHASES, **query: Any) -> list[dict[str, str]]:
    text = exported(client, f"{of}export/csv/", **query).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def as_json(client: Client, of: str = PURCHASES, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(exported(client, f"{of}export/json/", **query))
    return found


@pytest.fixture
def viewer(visit: Callable[[str], Client]) -> Client:
    return visit("Viewer")


@pytest.fixture
def four(world: World) -> list[str]:
    """Four more purchases of the viewer's location, newest first."""
    numbers = [f"+1830555010{n}" for n in range(4)]
    for number in numbers:
        make_purchase(number, location=world.mine.location)
    return numbers[::-1]


def test_csv_has_all_that_is_known_of_a_purchase(world: World, viewer: Client) -> None:
    maria, ines = make_user(username="maria"), make_user(username="ines")
    order = PurchaseOrder.objects.create(requested_by=maria, decided_by=ines, name="Spring")
    made = make_purchase(
        "+18305550100",
        location=world.mine.location,
        order=order,
        status=Status.REJECTED,
        region="TX",
        monthly_price=Decimal("1.1500"),
        price_unit="USD",
        reason="Phone number is no longer available",
    )

    found = as_csv(viewer)[0]

    assert list(found) == [str(column.title) for column in PURCHASE_COLUMNS]
    assert found["Purchase"] == str(made.pk)
    assert (found["Number"], found["Status"], found["Region"]) == ("+18305550100", "Rejected", "TX")
    assert (found["Location"], found["Location ID"]) == ("Hill Country Roofing", "mineLOCATION01")
    assert (found["Requested by"], found["Approved by"]) == ("maria", "ines")
    assert (found["Order"], found["Order's name"]) == (str(order.pk), "Spring")
    assert (found["Price a month"], found["Currency"]) == ("1.15", "USD")
    assert found["Reason"] == "Phone number is no longer available"
    assert found["Asked for (UTC)"] == f"{made.created_at:%Y-%m-%d %H:%M:%S}"
    assert found["Rehearsal"] == "yes"


@pytest.mark.parametrize("of", [PURCHASES, NUMBERS])
def test_export_leaves_out_what_its_reader_may_not_see(world: World, visit: Callable[[str], Client], of: str) -> None:
    assert [row["Location"] for row in as_csv(visit("Viewer"), of)] == ["Hill Country Roofing"]
    assert len(as_csv(visit("root"), of)) == 2


def test_export_goes_by_the_search_and_not_by_the_page(viewer: Client, four: list[str]) -> None:
    assert [row["Number"] for row in as_csv(viewer, q="5550102")] == ["+18305550102"]
    assert [row["phone_number"] for row in as_json(viewer, q="555010")["purchases"]] == four


def test_list_offers_the_export_of_what_it_shows(viewer: Client, four: list[str]) -> None:
    shown = page(viewer, PURCHASES, q="555010")

    for kind in ("csv", "xlsx", "json"):
        assert f'href="{PURCHASES}export/{kind}/?q=555010"' in shown


def test_list_of_nothing_offers_no_export(viewer: Client, world: World) -> None:
    assert "export/csv/" not in page(viewer, PURCHASES, q="no such thing")


def test_json_is_for_programs_and_says_what_it_is(viewer: Client, four: list[str]) -> None:
    Purchase.objects.filter(phone_number=four[0]).update(monthly_price=Decimal("2.0000"), price_unit="USD")

    found = as_json(viewer, q="555010")

    assert (found["format"], found["version"]) == ("leadway-numbers/purchases", 1)
    assert found["selection"] == {"q": "555010"}
    assert found["count"] == len(found["purchases"]) == 4
    first = found["purchases"][0]
    assert list(first) == [column.name for column in PURCHASE_COLUMNS]
    assert (first["status"], first["monthly_price"], first["sandbox"]) == ("queued", "2.00", True)
    assert first["asked_at"].endswith("Z")
    assert first["finished_at"] is None


def test_json_of_no_rows_is_whole(viewer: Client, world: World) -> None:
    found = as_json(viewer, q="no such thing")

    assert (found["purchases"], found["count"]) == ([], 0)


def test_workbook_has_texts_as_texts_and_amounts_as_numbers(viewer: Client, world: World) -> None:
    make_purchase("+18305550100", location=world.mine.location, monthly_price=Decimal("1.15"), reason="=1+1")

    content = exported(viewer, f"{PURCHASES}export/xlsx/")

    header, first, *_others = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    found = dict(zip(header, first, strict=True))
    assert (found["Number"], found["Price a month"], found["Reason"]) == ("+18305550100", 1.15, "=1+1")


def test_csv_disarms_what_a_spreadsheet_would_take_for_a_formula(viewer: Client, world: World) -> None:
    make_purchase("+18305550100", location=world.mine.location, reason="=HYPERLINK(1)")

    assert as_csv(viewer)[0]["Reason"] == "'=HYPERLINK(1)"


def test_numbers_are_exported_with_what_the_provider_says_of_them(viewer: Client, world: World) -> None:
    make_number("+18305550100", location=world.mine.location, capabilities={"voice": True, "sms": True, "mms": False})

    found = as_csv(viewer, NUMBERS, q="5550100")[0]
    data = as_json(viewer, NUMBERS, q="5550100")["numbers"][0]

    assert list(found) == [str(column.title) for column in NUMBER_COLUMNS]
    assert found["Capabilities"] == "sms, voice"
    assert data["capabilities"] == {"voice": True, "sms": True, "mms": False}


def test_rows_are_read_in_chunks_each_once(viewer: Client, four: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = [row["Number"] for row in as_csv(viewer, q="555010")]

    assert found == four
    chunks = [
        query for query in asked.captured_queries if "fingerprint_id" in query["sql"] and "LIMIT 2" in query["sql"]
    ]
    assert len(chunks) == 3


def test_rows_that_are_added_meanwhile_are_not_in_the_export(
    world: World, four: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    rows = export_of_purchases(Purchase.objects.filter(phone_number__in=[*four, "+18305550199"])).for_people()

    found = [next(rows)[1]]
    make_purchase("+18305550199", location=world.mine.location)
    found += [row[1] for row in rows]

    assert found == four


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_export_that_breaks_off_does_not_look_whole(
    viewer: Client, four: list[str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def broken(export: exports.Export) -> Iterator[Any]:
        yield from list(read(export))[:2]
        raise OSError("The database is gone.")

    read = exports.Export.read
    monkeypatch.setattr(exports.Export, "read", broken)
    response = viewer.get(f"{PURCHASES}export/{kind}/")

    assert "Content-Length" not in response.headers
    with pytest.raises(OSError, match="gone"):
        response.getvalue()


def test_workbook_that_would_be_too_large_is_refused_in_words(
    viewer: Client, four: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_IN_A_WORKBOOK", 3)

    response = viewer.get(f"{PURCHASES}export/xlsx/", {"q": "555010"}, follow=True)

    assert response.redirect_chain == [(f"{PURCHASES}?q=555010", 302)]
    assert "A workbook can have 3 rows, and this selection has more." in response.content.decode()


def test_no_more_are_exported_at_a_time_than_leave_room_for_pages(viewer: Client, world: World) -> None:
    running = [viewer.get(f"{PURCHASES}export/csv/") for _turn in range(exporting.AT_A_TIME)]

    refused = viewer.get(f"{PURCHASES}export/csv/", follow=True)
    assert "Others are exporting at this moment." in refused.content.decode()

    for response in running:
        response.getvalue()
    assert as_csv(viewer)


def test_turn_is_given_back_where_nobody_reads_on() -> None:
    taken = [Taken(lambda: (b"piece" for _turn in range(9))) for _turn in range(exporting.AT_A_TIME)]
    with pytest.raises(TooMany):
        Taken(lambda: iter(()))

    assert next(taken[0]) == b"piece"
    for one in taken:
        one.close()

    Taken(lambda: (b"" for _turn in range(0))).close()


def test_turn_is_given_back_where_a_workbook_can_not_be_made() -> None:
    def fail() -> Iterator[bytes]:
        raise OSError("No space left.")

    for _turn in range(exporting.AT_A_TIME + 1):
        with pytest.raises(OSError, match="No space"):
            Taken(fail)


def test_export_by_a_filter_that_is_wrong_leads_back_to_the_list(viewer: Client, world: World) -> None:
    response = viewer.get(f"{PURCHASES}export/csv/", {"location__id__exact": "abc"})

    assert (response.status_code, response["Location"]) == (302, f"{PURCHASES}?location__id__exact=abc")


def test_export_by_a_search_that_can_not_be_read_leads_back_to_the_list(viewer: Client, four: list[str]) -> None:
    answer = viewer.get(f"{PURCHASES}export/csv/", {"q": "\x00"})

    assert answer.status_code == 302


def test_unknown_format_is_not_there(viewer: Client, world: World) -> None:
    assert viewer.get(f"{PURCHASES}export/pdf/").status_code == 404


def test_file_is_named_after_what_it_holds_and_when(viewer: Client, world: World) -> None:
    whole, part = viewer.get(f"{PURCHASES}export/csv/"), viewer.get(f"{PURCHASES}export/json/", {"q": "555"})

    assert whole["Content-Disposition"].startswith('attachment; filename="purchases-20')
    assert part["Content-Disposition"].startswith('attachment; filename="purchases-selection-20')
    assert part["Content-Disposition"].endswith('.json"')
    for response in (whole, part):
        response.getvalue()


def test_export_asks_the_database_as_often_whatever_its_rows(world: World, viewer: Client) -> None:
    counts = []
    for turn in range(2):
        for n in range(20):
            make_purchase(f"+1830555{turn}{n:03d}", location=make_location("mineLOCATION01"))
        with CaptureQueriesContext(connection) as asked:
            as_csv(viewer)
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 12


def test_files_are_the_same_in_every_language(viewer: Client, four: list[str]) -> None:
    answers = [viewer.get(f"{PURCHASES}export/csv/", headers={"accept-language": code}) for code in ("en", "es")]
    english, spanish = (answer.getvalue() for answer in answers)

    assert english == spanish
    assert b"Approved (UTC)" in spanish
    assert answers[0]["Content-Disposition"] == answers[1]["Content-Disposition"]
