"""Every request that the client makes fits the provider's own specification."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.payloads import AvailableQuery, PurchaseRequest

from .conftest import LOCATION, NUMBER, STATE, Start, client_of
from .scripted import Received, reply
from .specification import (
    ACTIVE,
    AVAILABLE,
    LOCATIONS,
    NEEDS_API,
    PHONES,
    PURCHASE,
    SEARCH,
    request_violations,
)
from .specification import LOCATION as ONE_LOCATION

pytestmark = NEEDS_API

WISHES: dict[str, Any] = {
    "country_code": "US",
    "number_type": "tollFree",
    "address_sid": "AD" + "1" * 32,
    "bundle_sid": "BU" + "2" * 32,
    "locality": "San Antonio",
    "region": "TX",
    "fingerprint_id": "1773314252953",
    "skip_location_kyc": True,
}
PURCHASES = [
    PurchaseRequest(phone_number=NUMBER),
    PurchaseRequest(phone_number=NUMBER, **WISHES),
    *[PurchaseRequest(phone_number=NUMBER, **{name: value}) for name, value in WISHES.items()],
    *[PurchaseRequest(phone_number=NUMBER, number_type=kind) for kind in ("local", "tollFree", "mobile")],
    PurchaseRequest(phone_number=NUMBER, locality="Québec 東京", region="\ud83d"),
]
QUERIES = [
    AvailableQuery(country_code="US"),
    AvailableQuery(country_code="GB", number_types=("mobile",)),
    AvailableQuery(country_code="US", first_part="830", last_part="825", anywhere="55"),
    *[
        AvailableQuery(country_code="US", sms=sms, mms=mms, voice=voice)
        for sms, mms, voice in product((None, True, False), repeat=3)
    ],
]


@pytest.mark.parametrize("request_", PURCHASES, ids=lambda one: "+".join(one.body()))
@pytest.mark.parametrize("location", [LOCATION, "a/b c"])
def test_purchase_fits(scripted: Start, request_: PurchaseRequest, location: str) -> None:
    server = scripted(reply(201, {**STATE, "location_id": location}))

    client_of(server.url).purchase(location, request_)

    assert request_violations(server.requests[0], file=PHONES, path=PURCHASE) == []


@pytest.mark.parametrize("query", QUERIES, ids=lambda one: "+".join(one.parameters().values()))
def test_search_fits(scripted: Start, query: AvailableQuery) -> None:
    server = scripted(reply(200, {"numbers": []}))

    client_of(server.url).search_available(LOCATION, query)

    assert request_violations(server.requests[0], file=PHONES, path=AVAILABLE) == []


def test_every_page_of_the_list_fits(scripted: Start) -> None:
    pages = [{"numbers": [{"phoneNumber": f"+1830555{at}"}], "pageSize": 1} for at in range(3)]
    server = scripted(*[reply(200, page) for page in pages], reply(200, {"numbers": []}))

    client_of(server.url).list_active(LOCATION)

    assert [request_violations(one, file=PHONES, path=ACTIVE) for one in server.requests] == [[]] * 4


@pytest.mark.parametrize("company", ["", "5DP4iH6HLkQsiKESj6rh"])
def test_every_page_of_the_locations_fits(scripted: Start, company: str) -> None:
    server = scripted(reply(200, {"locations": [{"id": "one"}]}), reply(200, {"locations": []}))

    client_of(server.url).list_locations(company)

    assert [request_violations(one, file=LOCATIONS, path=SEARCH) for one in server.requests] == [[]] * 2


def test_one_location_fits(scripted: Start) -> None:
    server = scripted(reply(200, {"location": {"id": LOCATION}}))

    client_of(server.url).get_location(LOCATION)

    assert request_violations(server.requests[0], file=LOCATIONS, path=ONE_LOCATION) == []


def test_every_method_of_the_client_is_looked_at_here() -> None:
    methods = {name for name in vars(LeadConnectorClient) if not name.startswith("_")}

    assert methods == {"purchase", "search_available", "list_active", "list_locations", "get_location"}


HEADERS = {"Authorization": "Bearer x", "Version": "2021-07-28", "Content-Type": "application/json"}
BASE = "/phone-system/numbers/location/x"


def received(**changes: Any) -> Received:
    whole = {"method": "POST", "target": f"{BASE}/purchase", "headers": HEADERS, "body": b'{"phoneNumber": "+1"}'}
    return Received(**{**whole, "connection": 1, **changes})


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in HEADERS.items() if key != name}


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (PURCHASE, {"method": "PUT"}),
        (PURCHASE, {"target": f"{BASE}/y/purchase"}),
        (PURCHASE, {"target": f"{BASE}/purchase?dryRun=true"}),
        (PURCHASE, {"headers": without("Version")}),
        (PURCHASE, {"headers": {**HEADERS, "Version": "v3"}}),
        (PURCHASE, {"headers": without("Authorization")}),
        (PURCHASE, {"headers": without("Content-Type")}),
        (PURCHASE, {"body": b"{}"}),
        (PURCHASE, {"body": b'{"phoneNumber": 1}'}),
        (PURCHASE, {"body": b'{"phoneNumber": "+1", "numberType": "toll-free"}'}),
        (PURCHASE, {"body": b'{"phoneNumber": "+1", "phone": "+1"}'}),
        (PURCHASE, {"body": b'{"phoneNumber": "+1", "skipLocationKYC": "true"}'}),
        (ACTIVE, {"method": "GET", "target": BASE}),
        (ACTIVE, {"method": "GET", "target": f"{BASE}?pageSize=0", "body": b""}),
        (ACTIVE, {"method": "GET", "target": f"{BASE}?pageSize=1001", "body": b""}),
        (ACTIVE, {"method": "GET", "target": f"{BASE}?page=first", "body": b""}),
        (ACTIVE, {"method": "GET", "target": f"{BASE}?skipNumberPool=False", "body": b""}),
        (AVAILABLE, {"method": "GET", "target": f"{BASE}/available?numberTypes=local", "body": b""}),
        (AVAILABLE, {"method": "GET", "target": f"{BASE}/available?countryCode=US&smsEnabled=1", "body": b""}),
    ],
)
def test_this_check_notices_what_does_not_fit(path: str, wrong: dict[str, Any]) -> None:
    check: Callable[..., list[str]] = request_violations

    assert check(received(), file=PHONES, path=PURCHASE) == []
    assert check(received(**wrong), file=PHONES, path=path) != []
