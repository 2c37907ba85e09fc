"""What the provider says is made to fit the columns."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numbers_app.models import PhoneNumber
from numbers_app.models.storing import storable_columns, storable_json, storable_text


@pytest.mark.parametrize(
    ("text", "kept"),
    [("plain", "plain"), ("nul\x00", "nul"), ("half \ud800", "half ?"), ("whole 😀 ñ", "whole 😀 ñ"), ("", "")],
)
def test_text_loses_only_what_no_database_holds(text: str, kept: str) -> None:
    assert storable_text(text) == kept


def test_text_is_cut_to_its_column() -> None:
    columns = storable_columns(PhoneNumber, {"friendly_name": "x" * 300, "country_code": "USA", "is_default": None})

    assert columns == {"friendly_name": "x" * 200, "country_code": "US", "is_default": None}


def test_json_loses_only_what_no_database_holds() -> None:
    assert storable_json({"a\x00": [1, 1.5, float("inf"), None, True, ("\x00b",)]}) == {
        "a": [1, 1.5, None, None, True, ["b"]]
    }


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    )
)
def test_json_is_always_valid(value: object) -> None:
    json.dumps(storable_json(value), allow_nan=False).encode()
