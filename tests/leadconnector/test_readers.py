"""Whatever JSON comes back, it is read or it is unreadable: nothing else is raised."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numbers_app.leadconnector import readers
from numbers_app.leadconnector.client import read_purchase
from numbers_app.leadconnector.payloads import (
    AccountState,
    ActiveNumber,
    ActivePage,
    AvailableNumber,
    AvailableQuery,
    LocationRecord,
    PurchaseRequest,
)

from .conftest import LOCATION, NUMBER, STATE

NAMES = st.sampled_from(
    [
        *("id", "account_sid", "under_ghl_account", "validate_sms", "location_id", "numbers", "number_name"),
        *("assigned_to_numbers", "migration_status", "migration_numbers", "new_account_sid", "data", "number"),
        *("locationId", "statusCode", "phoneNumber", "sid", "friendlyName", "countryCode", "capabilities", "type"),
        *("isDefaultNumber", "dateAdded", "pageSize", "total", "accountStatus", "isUnderGhl", "price", "price_unit"),
        *("isoCountry", "name", "companyId", "timezone", NUMBER),
    ]
)
ANY_TEXT = st.text(st.characters(), max_size=8) | st.sampled_from([NUMBER, LOCATION, "2023-01-15T10:30:00Z", "9" * 20])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.just(10**400) | ANY_TEXT
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | ANY_TEXT, inner, max_size=6),
    max_leaves=12,
)
NEARLY = st.dictionaries(NAMES, ANY_JSON, max_size=4)
THOROUGH = settings(derandomize=True, database=None, deadline=None, max_examples=60)
GOOD = {
    AccountState.parse: STATE,
    ActiveNumber.parse: {"phoneNumber": NUMBER, "type": "toll-free", "dateAdded": "2023-01-15"},
    ActivePage.parse: {"numbers": [{"phoneNumber": NUMBER}], "pageSize": 1},
    AvailableNumber.parse: {"phoneNumber": NUMBER, "price": {"price": 1.15}},
    LocationRecord.parse: {"id": LOCATION},
}


@pytest.mark.parametrize("parse", GOOD, ids=lambda parse: parse.__self__.__name__)
@THOROUGH
@given(changes=NEARLY)
def test_parsing_any_object_raises_unreadable_or_nothing(
    parse: Callable[[Any], object], changes: dict[str, Any]
) -> None:
    for data in (changes, {**GOOD[parse], **changes}):
        with contextlib.suppress(readers.Unreadable):
            assert parse(data)


@THOROUGH
@given(data=ANY_JSON | NEARLY.map(lambda changes: {**STATE, **changes}))
def test_any_reply_to_a_purchase_is_proof_or_unreadable(data: Any) -> None:
    try:
        account = read_purchase(data, location_id=LOCATION, phone_number=NUMBER)
    except readers.Unreadable:
        return

    if account is None:
        assert (data["data"]["number"], data["data"]["locationId"]) == (NUMBER, LOCATION)
    else:
        assert NUMBER in data["numbers"]
        assert data["location_id"] == LOCATION


@THOROUGH
@given(text=st.text(max_size=30) | ANY_JSON.map(json.dumps))
def test_json_that_is_read_can_be_kept(text: str) -> None:
    data = readers.parse_json(text)

    kept = json.dumps(data, allow_nan=False, ensure_ascii=False)
    assert "\x00" not in kept
    assert kept.encode()


@pytest.mark.parametrize("depth", [1, 40, 60, 500, 900, 990, 1000, 1100, 100_000])
def test_nesting_is_read_as_deep_as_it_can_be_kept(depth: int) -> None:
    data = readers.parse_json("[" * depth + "]" * depth)

    assert (data is not None) is (depth < 51)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "1e999", "-1e999", "[1", "", "9" * 5000])
def test_what_is_no_json_is_none(text: str) -> None:
    assert readers.parse_json(text) is None


def test_numbers_keep_their_kind() -> None:
    assert readers.parse_json('[1, 1.0, -0.5, 1e3, "1"]') == [1, 1.0, -0.5, 1000.0, "1"]
    assert [type(one) for one in readers.parse_json("[1, 1.0, 1E3]")] == [int, float, float]


@pytest.mark.parametrize(("value", "expected"), [(5, 5), (5.0, 5), (0, 0), (-1, -1), (10**30, 10**30), (None, None)])
def test_whole_numbers_are_read(value: Any, expected: int | None) -> None:
    assert readers.optional_whole({"n": value}, "n") == expected


@pytest.mark.parametrize("value", [True, "5", 1.5, math.nan, math.inf, -math.inf, [], {}])
def test_what_is_no_whole_number_is_unreadable(value: Any) -> None:
    with pytest.raises(readers.Unreadable, match="n is not a whole number"):
        readers.optional_whole({"n": value}, "n")


@pytest.mark.parametrize(
    ("value", "expected"), [(1.15, Decimal("1.15")), (2, Decimal(2)), (0, Decimal(0)), (None, None)]
)
def test_money_is_read_exactly(value: Any, expected: Decimal | None) -> None:
    assert readers.optional_money({"n": value}, "n") == expected


@pytest.mark.parametrize("value", [True, "1.15", math.nan, math.inf, [], {}])
def test_what_is_no_money_is_unreadable(value: Any) -> None:
    with pytest.raises(readers.Unreadable, match="n is not a number"):
        readers.optional_money({"n": value}, "n")


@pytest.mark.parametrize("raw", ["yesterday", "2023-13-01", "2023-01-15T10:30:00+99:00", "9" * 30, "\x00"])
def test_what_is_no_date_is_unreadable(raw: str) -> None:
    with pytest.raises(readers.Unreadable, match="n is not a date"):
        readers.optional_time({"n": raw}, "n")


@pytest.mark.parametrize("raw", ["2023-01-15", "2023-01-15T10:30:00+05:30", "2023-01-15 10:30"])
def test_dates_come_out_in_utc(raw: str) -> None:
    read = readers.optional_time({"n": raw}, "n")

    assert read is not None
    assert read.tzinfo is UTC


def test_null_in_a_map_that_may_be_missing_is_left_out() -> None:
    data = {"a": {"x": "1", "y": None}, "b": {"x": True, "y": None}}

    assert readers.optional_texts_by_text(data, "a") == {"x": "1"}
    assert readers.optional_flags_by_text(data, "b") == {"x": True}


def test_long_key_is_cut_where_it_is_named() -> None:
    with pytest.raises(readers.Unreadable) as caught:
        readers.texts_by_text({"numbers": {"k" * 9000: 1}}, "numbers")

    assert str(caught.value) == f"numbers[{'k' * 40}] is not a text"


def test_empty_fields_are_left_out_of_body_and_query() -> None:
    assert PurchaseRequest(phone_number=NUMBER, skip_location_kyc=False).body() == {"phoneNumber": NUMBER}
    assert AvailableQuery(country_code="US", sms=False).parameters() == {
        "countryCode": "US",
        "numberTypes": "local,tollFree,mobile",
        "smsEnabled": "false",
    }
