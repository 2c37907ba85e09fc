"""Every magic number does what its row says."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from pathlib import Path

import phonenumbers
import pytest
import requests

from numbers_app.leadconnector.sandbox import MAGIC, Magic, magic_for, number_for
from numbers_app.leadconnector.sandbox.demo import MAGIC_LOCATIONS
from numbers_app.leadconnector.sandbox.magic import Kind

from .conftest import LOCATION, Caller

DOCS = Path(__file__).parents[3] / "docs" / "sandbox.md"
NO_REPLY = (Kind.HANG, Kind.RESET, Kind.TRUNCATED)
each_row = pytest.mark.parametrize("row", MAGIC, ids=lambda row: row.slug)


def fetch(caller: Caller, number: str) -> requests.Response | None:
    """The reply, or None where the connection broke first."""
    try:
        return caller.post(number)
    except requests.ConnectionError:
        return None
    except requests.exceptions.ChunkedEncodingError:
        return None


def map_of(reply: requests.Response) -> dict[str, str]:
    numbers: dict[str, str] = reply.json()["numbers"]
    return numbers


@each_row
def test_first_attempt_sells_only_what_the_row_says(caller: Caller, row: Magic) -> None:
    number = number_for(row.slug, 7)

    fetch(caller, number)

    assert caller.sold() == ([number] if row.sold else [])
    assert caller.listed(skipNumberPool="false") == caller.sold()
    assert next((call.path, call.phone_number, call.attempt) for call in caller.sandbox.ledger.calls()) == (
        "purchase",
        number,
        1,
    )


@each_row
def test_first_attempt_replies_as_the_row_says(caller: Caller, row: Magic) -> None:
    number = number_for(row.slug)

    reply = fetch(caller, number)

    assert caller.sandbox.ledger.calls()[0].status == row.status
    if row.kind in NO_REPLY:
        assert reply is None
        return
    assert reply is not None
    assert reply.status_code == row.status
    if row.kind in (Kind.PLAIN, Kind.SLOW):
        assert map_of(reply) == {number: "conversation"}
    if row.kind is Kind.MISSING:
        assert number not in map_of(reply)
    if row.kind is Kind.REFUSED:
        assert reply.json()["message"] == (row.message if isinstance(row.message, str) else list(row.message))
        assert reply.json()["statusCode"] == row.status
    if row.kind is Kind.UNREADABLE:
        with pytest.raises(requests.JSONDecodeError):
            reply.json()


@each_row
def test_second_attempt_repeats_sells_or_finds_it_taken(caller: Caller, row: Magic) -> None:
    number = number_for(row.slug)
    fetch(caller, number)

    second = fetch(caller, number)

    calls = caller.sandbox.ledger.calls()
    assert [call.attempt for call in calls] == [1, 2]
    if row.once:
        assert second is not None
        assert (second.status_code, caller.sold()) == (201, [number])
    elif row.sold:
        assert second is not None
        assert (second.status_code, caller.sold()) == (400, [number])
        assert second.json()["message"] == "Phone number is no longer available"
    else:
        assert (calls[1].outcome, calls[1].status) == (calls[0].outcome, calls[0].status)
        assert caller.sold() == []


@pytest.mark.parametrize(("slug", "status"), [("error-500-before", 500), ("error-502-after", 502)])
def test_server_errors_come_as_json_from_the_provider_and_as_pages_from_its_gateway(
    caller: Caller, slug: str, status: int
) -> None:
    reply = caller.post(number_for(slug))

    assert reply.status_code == status
    if status == 500:
        assert "message" not in reply.json()
    else:
        assert reply.headers["Content-Type"] == "text/html"
        assert reply.text.startswith("<html>")


def test_limited_rows_hint_in_seconds_as_a_date_or_not_at_all(caller: Caller) -> None:
    seconds, silence, date = (
        caller.post(number_for(slug)).headers.get("Retry-After")
        for slug in ("limited-once", "limited-once-no-hint", "limited-once-date")
    )

    assert (seconds, silence) == ("2", None)
    assert parsedate_to_datetime(date or "").tzinfo is not None


def test_contract_v3_reply_names_the_number_without_a_map(caller: Caller) -> None:
    number = number_for("contract-v3")

    reply = caller.post(number).json()

    assert set(reply) == {"status", "statusCode", "message", "data"}
    assert (reply["data"]["number"], reply["data"]["locationId"]) == (number, LOCATION)


@pytest.mark.parametrize("slug", ["pooled", "reset-after-pooled"])
def test_pooled_number_is_hidden_until_the_pool_is_asked_for(caller: Caller, slug: str) -> None:
    number = number_for(slug)
    fetch(caller, number)

    hidden, shown = caller.listed(), caller.listed(skipNumberPool="false")
    pools = caller.get("/phone-system/number-pools", locationId=LOCATION).json()

    assert (hidden, shown) == ([], [number])
    assert [entry["phoneNumber"] for entry in pools["data"][0]["numbers"]] == [number]
    assert caller.get("/phone-system/number-pools", locationId="elsewhere").json()["data"] == []


def test_missing_before_and_after_show_the_rest_of_the_account(caller: Caller) -> None:
    plain = number_for("success")
    caller.post(plain)

    before, after = (map_of(caller.post(number_for(slug))) for slug in ("missing-before", "missing-after"))

    assert before == after == {plain: "conversation"}
    assert set(map_of(caller.post(number_for("success", 1)))) == {*caller.sold()}


def test_magic_numbers_are_valid_distinct_and_found_again() -> None:
    numbers = [number_for(row.slug, nn) for row in MAGIC for nn in (0, 99)]

    assert len(set(numbers)) == len(numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)
    assert [magic_for(number) for number in numbers[::2]] == list(MAGIC)


@pytest.mark.parametrize("number", ["+18305551234", "+15005559900", "+1500555000", "+150055500000", ""])
def test_other_numbers_have_no_magic(number: str) -> None:
    assert magic_for(number) is None


@pytest.mark.parametrize(("slug", "nn"), [("no-such-thing", 0), ("success", 100), ("success", -1)])
def test_number_for_what_is_not_in_the_table_is_refused(slug: str, nn: int) -> None:
    with pytest.raises(ValueError, match=r"magic number|between 0 and 99"):
        number_for(slug, nn)


def test_docs_list_exactly_the_rows_of_the_table() -> None:
    rows = re.findall(r"^\| (\d\d) \| `([^`]+)` \| (.+?) \| (.+?) \| (.+?) \|$", DOCS.read_text(), re.MULTILINE)

    assert rows == [(row.code, row.slug, row.does, row.sale, row.desk) for row in MAGIC]


def test_docs_list_exactly_the_magic_locations() -> None:
    rows = re.findall(r"^\| `([A-Za-z0-9]{20})` \| (.+?) \|$", DOCS.read_text(), re.MULTILINE)

    assert rows == [(location.id, location.does) for location in MAGIC_LOCATIONS]
