"""One purchase: what is sent, and what counts as proof."""

from __future__ import annotations

import json
from typing import Any

import pytest

from numbers_app.leadconnector.errors import LeadConnectorError, NotSent, OutcomeUnknown, Refused
from numbers_app.leadconnector.payloads import AvailableQuery, PurchaseRequest
from numbers_app.leadconnector.sandbox import MAGIC, Sandbox, number_for
from numbers_app.leadconnector.sandbox.demo import KYC_MISSING
from numbers_app.leadconnector.sandbox.magic import Kind, Magic

from .conftest import LOCATION, NUMBER, REQUEST, STATE, TOKEN, Start, client_of
from .scripted import reply

WHOLE = PurchaseRequest(
    phone_number=NUMBER,
    country_code="US",
    number_type="local",
    address_sid="AD" + "1" * 32,
    bundle_sid="BU" + "2" * 32,
    locality="San Antonio",
    region="TX",
    fingerprint_id="1773314252953",
    skip_location_kyc=True,
)
ANSWERS: dict[Kind, type[LeadConnectorError] | None] = {
    Kind.PLAIN: None,
    Kind.SLOW: None,
    Kind.CONTRACT_V3: None,
    Kind.REFUSED: Refused,
    Kind.LIMITED: NotSent,
}


def test_purchase_returns_the_account_and_the_reply(sandbox: Sandbox) -> None:
    client = client_of(sandbox.url)

    bought = client.purchase(LOCATION, REQUEST)

    assert bought.phone_number == NUMBER
    assert bought.account.numbers == {NUMBER: "conversation"}
    assert bought.account.number_name == {NUMBER: "(830) 555-1234"}
    assert bought.account.location_id == LOCATION
    assert bought.account.raw["account_sid"] == bought.account.account_sid
    assert bought.reply.status == 201
    assert bought.reply.duration_seconds < 5
    assert len(bought.reply.trace_id) == 16
    assert bought.reply.headers["x-ratelimit-max"]
    assert [sale.phone_number for sale in sandbox.ledger.sold()] == [NUMBER]


def test_second_purchase_returns_both_numbers(sandbox: Sandbox) -> None:
    client = client_of(sandbox.url)
    client.purchase(LOCATION, REQUEST)

    bought = client.purchase(LOCATION, PurchaseRequest(phone_number="+12105550177"))

    assert list(bought.account.numbers) == [NUMBER, "+12105550177"]


@pytest.mark.parametrize("row", MAGIC, ids=lambda row: row.slug)
def test_magic_number_ends_in_its_answer(sandbox: Sandbox, row: Magic) -> None:
    client = client_of(sandbox.url)
    request = PurchaseRequest(phone_number=number_for(row.slug))

    expected = ANSWERS.get(row.kind, OutcomeUnknown) if row.slug != "conflict" else OutcomeUnknown
    if expected is None:
        assert client.purchase(LOCATION, request).phone_number == request.phone_number
    else:
        with pytest.raises(expected) as caught:
            client.purchase(LOCATION, request)

        assert type(caught.value) is expected
        assert caught.value.status == (None if row.kind is Kind.TRUNCATED else row.status)
    assert [call.path for call in sandbox.ledger.calls()] == ["purchase"]


def test_wish_to_skip_kyc_reaches_the_provider(sandbox: Sandbox) -> None:
    client = client_of(sandbox.url)

    with pytest.raises(Refused, match="KYC is not complete"):
        client.purchase(KYC_MISSING.id, REQUEST)
    bought = client.purchase(KYC_MISSING.id, PurchaseRequest(phone_number=NUMBER, skip_location_kyc=True))

    assert bought.account.location_id == KYC_MISSING.id


def test_purchase_sends_the_documented_headers_and_no_others(scripted: Start) -> None:
    server = scripted(reply(201, STATE))

    client_of(server.url).purchase(LOCATION, REQUEST)

    [request] = server.requests
    assert request.headers == {
        "Host": server.url.removeprefix("http://"),
        "Authorization": f"Bearer {TOKEN}",
        "Version": "2021-07-28",
        "Content-Type": "application/json",
        "Content-Length": str(len(request.body)),
        "Accept": "application/json",
        "Accept-Encoding": request.headers["Accept-Encoding"],
        "User-Agent": "LeadwayNumbers/1.0",
        "Connection": "keep-alive",
    }
    assert request.method == "POST"
    assert request.target == f"/phone-system/numbers/location/{LOCATION}/purchase"


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        (REQUEST, {"phoneNumber": NUMBER}),
        (PurchaseRequest(phone_number=NUMBER, region="TX"), {"phoneNumber": NUMBER, "region": "TX"}),
        (
            WHOLE,
            {
                "phoneNumber": NUMBER,
                "countryCode": "US",
                "numberType": "local",
                "addressSid": "AD" + "1" * 32,
                "bundleSid": "BU" + "2" * 32,
                "locality": "San Antonio",
                "region": "TX",
                "fingerprintId": "1773314252953",
                "skipLocationKYC": True,
            },
        ),
    ],
    ids=["least", "one more", "whole"],
)
def test_body_holds_what_is_filled_in_and_nothing_else(
    scripted: Start, request_: PurchaseRequest, body: dict[str, Any]
) -> None:
    server = scripted(reply(201, STATE))

    client_of(server.url).purchase(LOCATION, request_)

    assert server.requests[0].json == body


def test_letters_of_any_script_arrive_whole(scripted: Start) -> None:
    server = scripted(reply(201, STATE))

    client_of(server.url).purchase(LOCATION, PurchaseRequest(phone_number=NUMBER, locality="Québec 東京 🌵"))

    assert server.requests[0].json["locality"] == "Québec 東京 🌵"


@pytest.mark.parametrize("address", ["{}/", "{}///"])
def test_slash_at_the_end_of_the_address_is_not_doubled(scripted: Start, address: str) -> None:
    server = scripted(reply(201, STATE))

    client_of(address.format(server.url)).purchase(LOCATION, REQUEST)

    assert server.requests[0].path == f"/phone-system/numbers/location/{LOCATION}/purchase"


@pytest.mark.parametrize(
    ("location_id", "quoted"),
    [("a/b", "a%2Fb"), ("a?b#c", "a%3Fb%23c"), ("a b\r\nX: y", "a%20b%0D%0AX%3A%20y"), ("é%2F", "%C3%A9%252F")],
)
def test_location_id_is_quoted_in_every_path(scripted: Start, location_id: str, quoted: str) -> None:
    server = scripted(*[reply(404, {"message": "no"})] * 4)
    client = client_of(server.url)

    for call in (
        lambda: client.purchase(location_id, REQUEST),
        lambda: client.list_active(location_id),
        lambda: client.search_available(location_id, AvailableQuery(country_code="US")),
        lambda: client.get_location(location_id),
    ):
        with pytest.raises(Refused):
            call()

    base = f"/phone-system/numbers/location/{quoted}"
    paths = [request.target.partition("?")[0] for request in server.requests]
    assert paths == [f"{base}/purchase", base, f"{base}/available", f"/locations/{quoted}"]


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_2xx_with_the_number_is_a_purchase(scripted: Start, status: int) -> None:
    server = scripted(reply(status, STATE))

    bought = client_of(server.url).purchase(LOCATION, REQUEST)

    assert bought.reply.status == status
    assert bought.account.account_sid == STATE["account_sid"]


def test_missing_optional_fields_are_empty(scripted: Start) -> None:
    server = scripted(reply(201, STATE))

    account = client_of(server.url).purchase(LOCATION, REQUEST).account

    assert account.number_name == account.assigned_to_numbers == {}
    assert account.migration_status == account.new_account_sid == ""
    assert account.migration_numbers == ()
    assert account.raw == STATE


def test_optional_fields_that_are_null_are_empty_and_unknown_ones_ignored(scripted: Start) -> None:
    nulls = dict.fromkeys(
        ("migration_status", "migration_numbers", "assigned_to_numbers", "number_name", "new_account_sid")
    )
    server = scripted(reply(201, {**STATE, **nulls, "brand_new": [{"a": None}]}))

    account = client_of(server.url).purchase(LOCATION, REQUEST).account

    assert account.number_name == account.assigned_to_numbers == {}
    assert account.migration_status == account.new_account_sid == ""
    assert account.migration_numbers == ()
    assert account.raw["brand_new"] == [{"a": None}]


def test_all_fields_are_read(scripted: Start) -> None:
    more = {
        "migration_status": "completed",
        "migration_numbers": ["+12105550177"],
        "assigned_to_numbers": {NUMBER: "user1", "+12105550177": None},
        "number_name": {NUMBER: "My Number", "+12105550177": None},
        "new_account_sid": "AC" + "1" * 32,
    }
    server = scripted(reply(201, {**STATE, **more}))

    account = client_of(server.url).purchase(LOCATION, REQUEST).account

    assert account.remote_id == STATE["id"]
    assert (account.under_ghl_account, account.validate_sms) == (True, True)
    assert account.migration_status == "completed"
    assert account.migration_numbers == ("+12105550177",)
    assert account.assigned_to_numbers == {NUMBER: "user1"}
    assert account.number_name == {NUMBER: "My Number"}
    assert account.new_account_sid == "AC" + "1" * 32


WRONG = [
    *[(name, wrong) for name in ("id", "account_sid", "location_id") for wrong in (None, 1, True, [], {})],
    *[(name, wrong) for name in ("under_ghl_account", "validate_sms") for wrong in (None, 1, "true", [], {})],
    *[("numbers", wrong) for wrong in (None, [NUMBER], NUMBER, 1, {NUMBER: None}, {NUMBER: {}}, {NUMBER: 1})],
    *[("migration_status", wrong) for wrong in (1, False, [], {})],
    *[("new_account_sid", wrong) for wrong in (0, True, ["AC"], {})],
    *[("migration_numbers", wrong) for wrong in ("", 0, False, {}, [1], [None], NUMBER)],
    *[(name, wrong) for name in ("assigned_to_numbers", "number_name") for wrong in ("", 0, [], {NUMBER: 1}, "x")],
]


@pytest.mark.parametrize(("name", "wrong"), WRONG, ids=[f"{name}={wrong!r:.20}" for name, wrong in WRONG])
def test_field_of_the_wrong_type_is_no_proof(scripted: Start, name: str, wrong: Any) -> None:
    server = scripted(reply(201, {**STATE, name: wrong}))

    with pytest.raises(OutcomeUnknown, match=name) as caught:
        client_of(server.url).purchase(LOCATION, REQUEST)

    assert caught.value.status == 201
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", list(STATE))
def test_missing_required_field_is_no_proof(scripted: Start, name: str) -> None:
    server = scripted(reply(201, {key: value for key, value in STATE.items() if key != name}))

    with pytest.raises(OutcomeUnknown, match=name):
        client_of(server.url).purchase(LOCATION, REQUEST)


V3 = {"number": NUMBER, "locationId": LOCATION, "id": "x", "underLcAccount": True}
NO_PROOF = {
    "empty numbers map": {**STATE, "numbers": {}},
    "another number": {**STATE, "numbers": {"+18305551235": "conversation"}},
    "a longer number": {**STATE, "numbers": {NUMBER + "0": "conversation"}},
    "the number without its plus": {**STATE, "numbers": {NUMBER[1:]: "conversation"}},
    "the number in the names alone": {**STATE, "numbers": {}, "number_name": {NUMBER: "x"}},
    "another location": {**STATE, "location_id": "aa4PBpxnPc9bs4LSdiW7"},
    "error in a 201": {"message": "Phone number is no longer available", "statusCode": 400},
    "list": [STATE],
    "text": json.dumps(NUMBER),
    "v3 of another number": {"data": {**V3, "number": "+18305551235"}},
    "v3 of another location": {"data": {**V3, "locationId": "aa4PBpxnPc9bs4LSdiW7"}},
    "v3 without a number": {"data": {"locationId": LOCATION}},
    "v3 that is no object": {"data": [V3]},
    "v3 that failed": {"data": V3, "statusCode": 400},
    "v3 with an odd status": {"data": V3, "statusCode": "201"},
}


@pytest.mark.parametrize("body", NO_PROOF.values(), ids=NO_PROOF.keys())
def test_success_without_the_number_is_no_proof(scripted: Start, body: Any) -> None:
    server = scripted(reply(201, body))

    with pytest.raises(OutcomeUnknown, match="no proof") as caught:
        client_of(server.url).purchase(LOCATION, REQUEST)

    assert caught.value.reply.status == 201
    assert len(server.requests) == 1


@pytest.mark.parametrize("more", [{}, {"status": "success", "statusCode": 201, "message": "bought"}])
def test_reply_of_contract_v3_is_a_purchase_without_account(scripted: Start, more: dict[str, Any]) -> None:
    server = scripted(reply(201, {"data": V3, **more}))

    bought = client_of(server.url).purchase(LOCATION, REQUEST)

    assert bought.account is None
    assert bought.phone_number == NUMBER
    assert NUMBER in bought.reply.text


def test_account_state_that_also_has_data_is_read_as_an_account(scripted: Start) -> None:
    server = scripted(reply(201, {**STATE, "data": {"number": "+18305551235"}}))

    bought = client_of(server.url).purchase(LOCATION, REQUEST)

    assert bought.account.numbers == STATE["numbers"]


def test_halves_of_letters_and_nul_become_replacement_characters(scripted: Start) -> None:
    body = b'%s,"number_name":{"%s":"a\\u0000b\\ud83dc\\udf35\\ud83c\\udf35"}}'
    state = json.dumps(STATE)[:-1].encode()
    server = scripted(reply(201, body % (state, NUMBER.encode())))

    account = client_of(server.url).purchase(LOCATION, REQUEST).account

    assert account.number_name[NUMBER] == "a\ufffdb\ufffdc\ufffd🌵"
    assert account.raw["number_name"] == account.number_name


def test_byte_order_mark_before_the_json_is_no_obstacle(scripted: Start) -> None:
    server = scripted(reply(201, b"\xef\xbb\xbf" + json.dumps(STATE).encode()))

    assert client_of(server.url).purchase(LOCATION, REQUEST).account.numbers == STATE["numbers"]
