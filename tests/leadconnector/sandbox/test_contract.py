"""Every JSON reply of the sandbox fits the provider's own specification."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft7Validator

from numbers_app.leadconnector.sandbox import MAGIC, number_for
from numbers_app.leadconnector.sandbox.demo import NOT_CONNECTED, SUSPENDED

from .conftest import LOCATION, Caller

API = Path(__file__).parents[4] / "shared" / "api"
PHONES, LOCATIONS = "apps/phone-system.json", "apps/locations.json"
PURCHASE = "/phone-system/numbers/location/{locationId}/purchase"
AVAILABLE = "/phone-system/numbers/location/{locationId}/available"
ACTIVE = "/phone-system/numbers/location/{locationId}"
POOLS = "/phone-system/number-pools"

pytestmark = pytest.mark.skipif(not API.is_dir(), reason="the provider's OpenAPI files are not here: ../shared/api")


@cache
def document(path: Path) -> Any:
    return json.loads(path.read_text())


def resolve(schema: Any, home: Path) -> Any:
    """The schema with its references followed, and OpenAPI's `nullable` said in JSON Schema."""
    if isinstance(schema, list):
        return [resolve(one, home) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        file, _, pointer = schema["$ref"].partition("#")
        target = (home.parent / file).resolve() if file else home
        if not target.exists():
            target = API / "common" / target.name  # the files say ../common from where they were published
        found = document(target)
        for step in pointer.strip("/").split("/"):
            found = found[step]
        return resolve(found, target)
    plain = {key: resolve(value, home) for key, value in schema.items() if key not in ("example", "nullable")}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") else plain


def violations(reply: requests.Response, *, file: str, path: str, method: str = "get") -> list[str]:
    """How the reply differs from what is documented for its status; nothing where that has no schema."""
    operation = document(API / file)["paths"][path][method]
    content = operation["responses"].get(str(reply.status_code), {}).get("content")
    if not content:
        return []
    schema = resolve(content["application/json"]["schema"], API / file)
    assert reply.headers["Content-Type"].startswith("application/json")
    return [problem.message for problem in Draft7Validator(schema).iter_errors(reply.json())]


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
