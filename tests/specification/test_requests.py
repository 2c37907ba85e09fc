"""Every request of the client for phones, judged by the provider's specification."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError, OutcomeUnknown, Refused
from numbers_app.leadconnector.payloads import AvailableQuery, PurchaseRequest
from numbers_app.leadconnector.transport import thread_session
from tests.specification.conftest import example
from tests.specification.prism import Prism

LOCATION = "aa4PBpxnPc9bs4LSdiW7"
NUMBER = "+18705871861"
NUMBERS_PATH = "/phone-system/numbers/location/{locationId}"
HEADERS = {"Authorization": "Bearer sandbox-specification", "Version": "2021-07-28"}


@pytest.fixture
def client(prism: Prism) -> LeadConnectorClient:
    return LeadConnectorClient(base_url=prism.url, token="sandbox-specification")


@pytest.fixture
def answer_with() -> Iterator[Callable[[int], None]]:
    """Makes Prism answer with a status of the specification, by the header that it understands."""
    session = thread_session()
    yield lambda status: session.headers.update({"Prefer": f"code={status}"})
    session.headers.pop("Prefer", None)


def test_purchase_with_its_one_required_field_violates_nothing(prism: Prism, client: LeadConnectorClient) -> None:
    bought = client.purchase(LOCATION, PurchaseRequest(phone_number=NUMBER))

    assert bought.account is not None
    assert dict(bought.account.raw) == example(f"{NUMBERS_PATH}/purchase", "post", "201")
    assert prism.complaints() == []


def test_purchase_with_all_fields_violates_nothing(prism: Prism, client: LeadConnectorClient) -> None:
    request = PurchaseRequest(
        phone_number=NUMBER,
        country_code="US",
        number_type="tollFree",
        address_sid="AD" + "1" * 32,
        bundle_sid="BU" + "1" * 32,
        locality="San Antonio",
        region="TX",
        fingerprint_id="1773314252953",
        skip_location_kyc=True,
    )
    assert len(request.body()) == 9

    client.purchase(LOCATION, request)

    assert prism.complaints() == []


@pytest.mark.parametrize(
    "query",
    [
        AvailableQuery(country_code="US"),
        AvailableQuery(
            country_code="US", first_part="830", last_part="825", anywhere="5", sms=True, mms=False, voice=True
        ),
    ],
    ids=["least", "all"],
)
def test_search_violates_nothing(prism: Prism, client: LeadConnectorClient, query: AvailableQuery) -> None:
    found = client.search_available(LOCATION, query)

    told = example(f"{NUMBERS_PATH}/available", "get", "200")
    assert found.fingerprint_id == told["fingerprintId"]
    assert [number.phone_number for number in found.numbers] == [number["phoneNumber"] for number in told["numbers"]]
    assert prism.complaints() == []


def test_list_violates_nothing(prism: Prism, client: LeadConnectorClient) -> None:
    listed = client.list_active(LOCATION)

    told = example(NUMBERS_PATH, "get", "200")
    assert [dict(number.raw) for number in listed.numbers] == told["numbers"]
    assert listed.account_status == told["accountStatus"]
    assert prism.complaints() == []


def test_locations_violate_nothing(agency: Prism) -> None:
    agency.forget()
    client = LeadConnectorClient(base_url=agency.url, token="sandbox-agency-specification")

    listed = client.list_locations("5DP41231LkQsiKESj6rh")
    one = client.get_location(LOCATION)

    assert listed
    assert one.location_id
    assert agency.complaints() == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, (Refused, "Phone number is no longer available")),
        (401, (Refused, "Invalid token: access token is invalid")),
        (500, (OutcomeUnknown, "status 500")),
    ],
)
def test_purchase_that_is_answered_with_an_error_is_read_as_one_of_the_three_answers(
    prism: Prism,
    client: LeadConnectorClient,
    answer_with: Callable[[int], None],
    status: int,
    error: tuple[type[LeadConnectorError], str],
) -> None:
    answer, words = error
    answer_with(status)

    with pytest.raises(answer, match=words):
        client.purchase(LOCATION, PurchaseRequest(phone_number=NUMBER))

    assert prism.complaints() == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Invalid locationId format or pagination parameters"),
        (401, "Invalid token: access token is invalid"),
        (404, "Phone system is not connected to this account"),
        (500, "Internal server error"),
    ],
)
def test_list_that_is_answered_with_an_error_brings_the_providers_words(
    prism: Prism, client: LeadConnectorClient, answer_with: Callable[[int], None], status: int, words: str
) -> None:
    answer_with(status)

    with pytest.raises(LeadConnectorError, match=words):
        client.list_active(LOCATION)

    assert prism.complaints() == []


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"headers": {"Version": "2021-07-28"}}, "Invalid security scheme used"),
        ({"headers": {"Authorization": "Bearer sandbox-x"}}, "version"),
        ({"headers": HEADERS | {"Version": "v3"}}, "version"),
        ({"json": {"countryCode": "US"}}, "phoneNumber"),
        ({"json": {"phoneNumber": 18705871861}}, "phoneNumber"),
        ({"json": {"phoneNumber": NUMBER, "numberType": "toll-free"}}, "numberType"),
        ({"json": {"phoneNumber": NUMBER, "skipLocationKYC": "no"}}, "skipLocationKYC"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value)[:60],
)
def test_request_made_wrong_on_purpose_is_complained_of(prism: Prism, wrong: dict[str, Any], complaint: str) -> None:
    """Else the tests above would prove nothing."""
    right: dict[str, Any] = {"headers": HEADERS, "json": {"phoneNumber": NUMBER}}

    requests.post(f"{prism.url}{NUMBERS_PATH.format(locationId=LOCATION)}/purchase", **(right | wrong), timeout=60)

    assert complaint.lower() in "\n".join(prism.complaints()).lower()


def test_right_request_after_a_wrong_one_has_a_clean_record(prism: Prism, client: LeadConnectorClient) -> None:
    requests.get(f"{prism.url}/phone-system/number-pools", timeout=60)
    assert prism.complaints()

    client.list_active(LOCATION)

    assert prism.complaints() == []
