"""Purchases of ordinary numbers: what is answered, what is sold, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from numbers_app.leadconnector.sandbox import number_for
from numbers_app.leadconnector.sandbox.demo import KYC_MISSING, NOT_CONNECTED, SUSPENDED

from .conftest import LOCATION, OTHER_LOCATION, Caller

NUMBER = "+18305551234"


def test_purchase_answers_with_whole_account_in_order_of_sale(caller: Caller) -> None:
    numbers = [NUMBER, "+12105550177", "+18005550123"]

    replies = [caller.post(number) for number in numbers]

    last = replies[-1].json()
    assert [reply.status_code for reply in replies] == [201, 201, 201]
    assert list(last["numbers"].items()) == [(number, "conversation") for number in numbers]
    assert last["number_name"][NUMBER] == "(830) 555-1234"
    assert last["location_id"] == LOCATION
    assert last["account_sid"] == replies[0].json()["account_sid"]
    assert len(last["account_sid"]) == len("AC") + 32


def test_account_sids_differ_by_location(caller: Caller) -> None:
    first, second = (caller.post(f"+1830555123{i}", place).json() for i, place in enumerate((LOCATION, OTHER_LOCATION)))

    assert first["account_sid"] != second["account_sid"]
    assert list(second["numbers"]) == ["+18305551231"]


@pytest.mark.parametrize("location", [LOCATION, OTHER_LOCATION])
def test_sold_number_is_taken_for_everyone_whatever_the_fingerprint(caller: Caller, location: str) -> None:
    caller.post(NUMBER, fingerprintId="the same")

    reply = caller.post(NUMBER, location, fingerprintId="the same")

    assert reply.status_code == 400
    assert reply.json() == {
        "message": "Phone number is no longer available",
        "error": "Bad Request",
        "statusCode": 400,
    }
    assert caller.sold() == [NUMBER]


def test_one_number_wanted_by_32_callers_is_sold_once(caller: Caller) -> None:
    def buy(place: int) -> int:
        return Caller(caller.sandbox).post(NUMBER, f"location{place}").status_code

    with ThreadPoolExecutor(32) as pool:
        statuses = sorted(pool.map(buy, range(32)))

    assert statuses == [201] + [400] * 31
    assert caller.sold() == [NUMBER]
    assert sorted(call.attempt or 0 for call in caller.sandbox.ledger.calls()) == list(range(1, 33))


def test_many_callers_of_one_location_leave_a_complete_account(caller: Caller) -> None:
    def buy(i: int) -> dict[str, str]:
        numbers: dict[str, str] = Caller(caller.sandbox).post(f"+1830555{i:04d}").json()["numbers"]
        return numbers

    with ThreadPoolExecutor(16) as pool:
        accounts = list(pool.map(buy, range(64)))

    assert sorted(len(account) for account in accounts) == list(range(1, 65))
    assert list(max(accounts, key=len)) == caller.sold()


def test_sale_and_call_keep_what_was_sent_but_no_token(caller: Caller) -> None:
    caller.post(NUMBER, addressSid="AD1", bundleSid=None, fingerprintId="f1")

    sale, call = caller.sandbox.ledger.sold()[0], caller.sandbox.ledger.calls()[0]

    assert (sale.location_id, sale.fingerprint, sale.address_sid, sale.attempt) == (LOCATION, "f1", "AD1", 1)
    assert (call.method, call.path, call.status, call.outcome) == ("POST", "purchase", 201, "sold")
    assert call.phone_number == NUMBER
    assert '"addressSid"' in call.body
    assert caller.token not in repr(caller.sandbox.ledger.calls())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "body must be a JSON object"),
        (b"{", "body must be a JSON object"),
        (b"[]", "body must be a JSON object"),
        (b"{}", "phoneNumber must be a string"),
        (b'{"phoneNumber": 18305551234}', "phoneNumber must be a string"),
        (b'{"phoneNumber": "8305551234"}', "phoneNumber must be in E.164 format"),
        (b'{"phoneNumber": "+1830555123a"}', "phoneNumber must be in E.164 format"),
        (b'{"phoneNumber": "+18305551234\\n"}', "phoneNumber must be in E.164 format"),
        (b'{"phoneNumber": "+18305551234", "numberType": "toll-free"}', "numberType must be one of"),
        (b'{"phoneNumber": "+18305551234", "numberType": null}', "numberType must be a string"),
        (b'{"phoneNumber": "+18305551234", "countryCode": "usa"}', "countryCode must be two capital letters"),
        (b'{"phoneNumber": "+18305551234", "addressSid": 1}', "addressSid must be a string"),
        (b'{"phoneNumber": "+18305551234", "skipLocationKYC": "yes"}', "skipLocationKYC must be true or false"),
        (b'{"phoneNumber": "+18305551234", "phone": ""}', "phone is not a field"),
    ],
)
def test_unusable_body_gets_422_with_a_list_of_sentences(caller: Caller, body: bytes, words: str) -> None:
    url = f"{caller.sandbox.url}/phone-system/numbers/location/{LOCATION}/purchase"

    reply = requests.post(url, data=body, headers=caller.headers(), timeout=5)

    assert reply.status_code == 422
    assert any(words in sentence for sentence in reply.json()["message"])
    assert caller.sold() == []


def test_number_abroad_needs_an_address_or_a_bundle(caller: Caller) -> None:
    without = caller.post("+442071234567", countryCode="GB")
    with_address = caller.post("+442071234567", countryCode="GB", addressSid="AD1")
    with_bundle = caller.post("+4930901820", bundleSid="BU1")

    assert [reply.status_code for reply in (without, with_address, with_bundle)] == [400, 201, 201]
    assert [sale.country_code for sale in caller.sandbox.ledger.sold()] == ["GB", "DE"]


@pytest.mark.parametrize(
    ("location", "fields", "status"),
    [
        (NOT_CONNECTED.id, {}, 404),
        (SUSPENDED.id, {}, 400),
        (KYC_MISSING.id, {}, 400),
        (KYC_MISSING.id, {"skipLocationKYC": True}, 201),
    ],
)
def test_magic_location_treats_purchases_in_its_own_way(
    caller: Caller, location: str, fields: dict[str, Any], status: int
) -> None:
    reply = caller.post(NUMBER, location, **fields)

    assert reply.status_code == status
    assert caller.sold() == ([NUMBER] if status == 201 else [])


def test_magic_number_at_suspended_location_is_refused(caller: Caller) -> None:
    reply = caller.post(number_for("success"), SUSPENDED.id)

    assert (reply.status_code, caller.sold()) == (400, [])


def fates(caller: Caller) -> list[str]:
    for i in range(40):
        try:
            caller.post(f"+1512555{i:04d}")
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            continue
    return [call.outcome for call in caller.sandbox.ledger.calls()]


def test_same_seed_brings_same_faults_and_another_seed_others(start: Callable[..., Caller]) -> None:
    once, again, other = (fates(start(fault_rate=0.6, hang_seconds=0.01, seed=seed)) for seed in (7, 7, 8))

    assert once == again
    assert once != other
    assert len(set(once)) > 5


@pytest.mark.parametrize(("share", "sold"), [(0.0, 0), (1.0, 40)])
def test_share_of_faults_after_the_sale_decides_what_is_sold(
    start: Callable[..., Caller], share: float, sold: int
) -> None:
    caller = start(fault_rate=1.0, faults_after_sale_share=share, hang_seconds=0.01)

    outcomes = fates(caller)

    assert len(caller.sold()) == sold
    assert "sold" not in outcomes


def refused_at(caller: Caller, numbers: list[str]) -> list[str]:
    return [number for number in numbers if caller.post(number, numberType="local").status_code == 400]


def test_taken_numbers_are_the_same_for_a_seed_in_any_order(start: Callable[..., Caller]) -> None:
    numbers = start().offered(numberTypes="local", firstPart="830")

    once = refused_at(start(taken_rate=0.3, seed=5), numbers)
    again = refused_at(start(taken_rate=0.3, seed=5), numbers[::-1])
    other = refused_at(start(taken_rate=0.3, seed=6), numbers)

    assert 0 < len(once) < 20
    assert sorted(again) == sorted(once) != sorted(other)


@pytest.mark.parametrize(("rate", "count"), [(0.0, 0), (1.0, 30)])
def test_share_of_taken_numbers_decides_how_many_are(start: Callable[..., Caller], rate: float, count: int) -> None:
    caller = start(taken_rate=rate)
    offered = caller.offered(numberTypes="local", firstPart="830")

    refused = refused_at(caller, offered)

    assert len(refused) == count
    assert caller.sandbox.ledger.taken() == sorted(refused, key=refused.index)
    assert len(caller.sold()) == 30 - count


def test_taken_number_is_refused_in_the_providers_words_and_offered_no_more(start: Callable[..., Caller]) -> None:
    caller = start(taken_rate=1.0)
    query = {"numberTypes": "local", "firstPart": "830"}
    first = caller.offered(**query)[0]

    replies = [caller.post(first), caller.post(first, OTHER_LOCATION)]

    assert [reply.status_code for reply in replies] == [400, 400]
    assert replies[0].json()["message"] == "Phone number is no longer available"
    assert first not in caller.offered(**query)
    assert [call.outcome for call in caller.sandbox.ledger.calls() if call.path == "purchase"] == ["taken", "taken"]


def test_magic_number_is_never_taken(start: Callable[..., Caller]) -> None:
    assert start(taken_rate=1.0).post(number_for("success")).status_code == 201


def test_taken_number_is_never_sold_whatever_fault_strikes(start: Callable[..., Caller]) -> None:
    caller = start(taken_rate=1.0, fault_rate=1.0, faults_after_sale_share=0.5, hang_seconds=0.01)

    outcomes = fates(caller)

    assert caller.sold() == []
    assert "taken" in outcomes
