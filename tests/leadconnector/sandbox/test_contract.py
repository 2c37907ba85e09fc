"""Every JSON reply of the sandbox fits the provider's own specification."""

from __future__ import annotations

from typing import Any

import pytest

from numbers_app.leadconnector.sandbox import MAGIC, number_for
from numbers_app.leadconnector.sandbox.demo import NOT_CONNECTED, SUSPENDED
from tests.leadconnector.specification import (
    ACTIVE,
    API,
    AVAILABLE,
    LOCATIONS,
    NEEDS_API,
    PHONES,
    POOLS,
    PURCHASE,
    document,
    violations,
)

from .conftest import LOCATION, Caller

pytestmark = NEEDS_API

# Rows 03, 45 and their like break the contract on purpose or have no reply to look at.
WHOLE = [row for row in MAGIC if row.status is not None and row.slug not in ("contract-v3", "unreadable-after")]


@pytest.mark.parametrize("row", [row for row in WHOLE if row.slug != "truncated-after"], ids=lambda row: row.slug)
def test_replies_to_magic_numbers_fit(caller: Caller, row: Any) -> None:
    replies = [caller.post(number_for(row.slug)) for _ in range(2)]

    assert [violations(reply, file=PHONES, path=PURCHASE, method="post") for reply in replies] == [[], []]


@pytest.mark.parametrize(
    "query",
    [
        {"numberTypes": "local,tollFree"},
        {"numberTypes": "local", "firstPart": "402"},
        {"numberTypes": "mobile", "countryCode": "GB"},
        {},
        {"countryCode": "?"},
    ],
)
def test_replies_to_searches_fit(caller: Caller, query: dict[str, str]) -> None:
    assert violations(caller.search(**query), file=PHONES, path=AVAILABLE) == []


@pytest.mark.parametrize(
    ("location", "query"),
    [(LOCATION, {}), (LOCATION, {"page": "7"}), (LOCATION, {"page": "x"}), (SUSPENDED.id, {}), (NOT_CONNECTED.id, {})],
)
def test_replies_to_lists_fit(caller: Caller, location: str, query: dict[str, str]) -> None:
    for number in ("+18305551234", "+18005550123"):
        caller.post(number)

    assert violations(caller.active(location, **query), file=PHONES, path=ACTIVE) == []


def test_replies_about_pools_fit(caller: Caller) -> None:
    caller.post(number_for("pooled"))

    assert violations(caller.get(POOLS), file=PHONES, path=POOLS) == []


def test_replies_about_locations_fit(caller: Caller) -> None:
    paths = ("/locations/search", "/locations/{locationId}")
    replies = [
        (caller.get("/locations/search"), paths[0]),
        (caller.get("/locations/search", skip="x"), paths[0]),
        (caller.get(f"/locations/{LOCATION}"), paths[1]),
        (caller.get("/locations/nobody"), paths[1]),
    ]

    assert [reply.status_code for reply, _ in replies] == [200, 422, 200, 400]
    assert [violations(reply, file=LOCATIONS, path=path) for reply, path in replies] == [[]] * 4


def test_replies_to_the_wrong_token_fit(caller: Caller) -> None:
    caller.token = "sandbox-agency"

    reply = caller.post("+18305551234")

    assert reply.status_code == 401
    assert violations(reply, file=PHONES, path=PURCHASE, method="post") == []


def test_contract_v3_reply_fits_the_newer_specification(caller: Caller) -> None:
    file = "apps/v3/phone-system-v3.json"
    path = next(path for path in document(API / file)["paths"] if path.endswith("/purchase"))

    reply = caller.post(number_for("contract-v3"))

    assert violations(reply, file=file, path=path, method="post") == []


def test_this_check_notices_a_missing_field(caller: Caller) -> None:
    reply = caller.post(number_for("contract-v3"))

    assert violations(reply, file=PHONES, path=PURCHASE, method="post")
