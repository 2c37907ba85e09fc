"""Everything that is read: active numbers, searches, locations, and the sandbox's own pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import phonenumbers
import pytest
import requests

from numbers_app.leadconnector.sandbox import Ledger, magic_for, number_for
from numbers_app.leadconnector.sandbox.demo import MAGIC_LOCATIONS, SUSPENDED

from .conftest import LOCATION, Caller

NUMBER = "+18305551234"


def test_sale_is_listed_only_when_the_lag_is_over(tmp_path: Path) -> None:
    now = 1000.0
    with Ledger(tmp_path / "state", clock=lambda: now) as ledger:
        with ledger.transaction():
            ledger.sell(
                location_id="a", phone_number=NUMBER, number_type="local", country_code="US", name="", attempt=1
            )

        def listed() -> list[str]:
            page = ledger.active("a", lag_seconds=5, search="", skip_pool=True, page=0, page_size=9)
            return [sale.phone_number for sale in page]

        assert listed() == []
        now = 1004.9
        assert listed() == []
        now = 1005.0
        assert listed() == [NUMBER]


def test_fresh_sale_is_not_listed_yet(start: Callable[..., Caller]) -> None:
    caller = start(list_lag_seconds=3600)
    caller.post(NUMBER)

    reply = caller.active().json()

    assert (reply["numbers"], reply["total"]) == ([], 0)
    assert caller.sold() == [NUMBER]


def test_list_pages_from_zero_and_filters_by_parts(caller: Caller) -> None:
    numbers = [f"+1830555{i:04d}" for i in range(5)]
    for number in numbers:
        caller.post(number)

    pages = [caller.listed(page=page, pageSize=2) for page in range(4)]

    assert pages == [numbers[:2], numbers[2:4], numbers[4:], []]
    assert caller.listed(searchFilter="50003") == [numbers[3]]
    assert caller.listed("elsewhere") == []


def test_listed_number_speaks_the_words_of_the_list(caller: Caller) -> None:
    caller.post("+18005550123", numberType="tollFree", countryCode="US")
    caller.post(NUMBER, numberType="local", addressSid="AD1")

    reply = caller.active().json()

    first, second = reply["numbers"]
    assert (first["type"], first["isDefaultNumber"], first["addressSid"]) == ("toll-free", True, None)
    assert (second["type"], second["isDefaultNumber"], second["addressSid"]) == ("local", False, "AD1")
    assert first["sid"].startswith("PN")
    assert (reply["page"], reply["pageSize"], reply["accountStatus"], reply["isUnderGhl"]) == (0, 50, "active", True)
    assert "total" not in reply


@pytest.mark.parametrize(
    "query", [{"page": "-1"}, {"page": "x"}, {"pageSize": "0"}, {"pageSize": "1001"}, {"skipNumberPool": "no"}]
)
def test_list_with_bad_parameters_gets_400(caller: Caller, query: dict[str, str]) -> None:
    reply = caller.active(**query)

    assert (reply.status_code, reply.json()["error"]) == (400, "Bad Request")


def test_list_of_suspended_account_says_so(caller: Caller) -> None:
    assert caller.active(SUSPENDED.id).json()["accountStatus"] == "suspended"


def test_list_faults_come_in_every_kind_and_the_same_for_a_seed(start: Callable[..., Caller]) -> None:
    def outcomes(seed: int) -> list[str]:
        caller = start(list_fault_rate=0.7, hang_seconds=0.01, seed=seed)
        for _ in range(40):
            try:
                caller.active()
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                continue
        return [call.outcome for call in caller.sandbox.ledger.calls()]

    once, again = outcomes(3), outcomes(3)

    assert once == again
    assert len(set(once)) == 7


def test_search_offers_valid_numbers_of_the_area_the_same_each_time(caller: Caller) -> None:
    reply = caller.search(numberTypes="local", firstPart="830").json()

    numbers = [number["phoneNumber"] for number in reply["numbers"]]
    assert len(set(numbers)) == 30
    assert all(number.startswith("+1830") for number in numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)
    assert {number["region"] for number in reply["numbers"]} == {"TX"}
    assert {number["price"]["price"] for number in reply["numbers"]} == {1.15}
    assert reply["fingerprintId"].isdigit()
    assert caller.offered(numberTypes="local", firstPart="830") == numbers


def test_search_leaves_out_what_was_sold(caller: Caller) -> None:
    before = caller.offered(numberTypes="local", firstPart="210")
    caller.post(before[0])

    after = caller.offered(numberTypes="local", firstPart="210")

    assert after[:29] == before[1:]
    assert len(after) == 30


def test_search_goes_on_after_hundreds_of_sales(caller: Caller) -> None:
    query = {"numberTypes": "local", "firstPart": "713"}
    sold = [number for _ in range(5) for number in caller.offered(**query) if caller.post(number).ok]

    more = caller.offered(**query)

    assert len(set(sold)) == 150
    assert len(more) == 30
    assert not set(more) & set(sold)


@pytest.mark.parametrize("query", [{}, {"firstPart": "1813", "numberTypes": "local"}])
@pytest.mark.parametrize("extra", [{}, {"firstPart": "+1813"}, {"countryCode": "XX"}])
def test_search_that_falls_into_a_trap_finds_nothing(
    caller: Caller, query: dict[str, str], extra: dict[str, str]
) -> None:
    reply = caller.search(**query, **{key: value for key, value in extra.items() if key not in query})

    assert (reply.status_code, reply.json()["numbers"]) == (200, [])


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ({"lastPart": "825"}, lambda number: number.endswith("825")),
        ({"anywhere": "8258"}, lambda number: "8258" in number),
        ({"firstPart": "8305", "lastPart": "99"}, lambda number: number[2:6] == "8305" and number.endswith("99")),
        ({"firstPart": "402"}, lambda number: number[2:5] == "402"),
        ({"firstPart": "5"}, lambda number: number[2] == "5"),
        ({"mmsEnabled": "true"}, lambda number: int(number[-4:]) % 10 > 1),
    ],
)
def test_search_patterns_are_met(caller: Caller, query: dict[str, str], fits: Callable[[str], bool]) -> None:
    numbers = caller.offered(numberTypes="local", **query)

    assert len(numbers) == 30
    assert all(fits(number) for number in numbers)


def test_search_for_one_whole_number_finds_it_until_it_is_sold(caller: Caller) -> None:
    query = {"numberTypes": "local", "firstPart": "8304201234"}
    assert caller.offered(**query) == ["+18304201234"]

    caller.post("+18304201234")

    assert caller.offered(**query) == []


def test_search_never_offers_magic(caller: Caller) -> None:
    numbers = caller.offered(numberTypes="local", firstPart="500555")

    assert not [number for number in numbers if magic_for(number)]
    assert number_for("success") not in numbers


def test_search_for_two_types_brings_both_with_their_prices(caller: Caller) -> None:
    numbers = caller.search(numberTypes="local,tollFree,nonsense").json()["numbers"]

    assert {(n["price"]["number_type"], n["price"]["price"]) for n in numbers} == {("local", 1.15), ("tollFree", 2.15)}
    assert len(numbers) == 30


@pytest.mark.parametrize(
    ("country", "types", "requirement", "prefix"),
    [
        ("PR", "local", "none", "+1"),
        ("CA", "local", "none", "+1"),
        ("GB", "local", "any", "+44"),
        ("DE", "mobile", "local", "+49"),
        ("ES", "local,mobile", "local", "+34"),
    ],
)
def test_search_abroad_names_its_address_requirements(
    caller: Caller, country: str, types: str, requirement: str, prefix: str
) -> None:
    numbers = caller.search(countryCode=country, numberTypes=types).json()["numbers"]

    assert len(numbers) == 30
    assert {number["addressRequirements"] for number in numbers} == {requirement}
    assert all(number["phoneNumber"].startswith(prefix) for number in numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number["phoneNumber"])) for number in numbers)


def test_search_without_a_country_gets_400(caller: Caller) -> None:
    reply = caller.get(f"/phone-system/numbers/location/{LOCATION}/available", numberTypes="local")

    assert reply.status_code == 400
    assert "countryCode" in reply.json()["message"]


def test_locations_come_in_pages_of_ten(caller: Caller) -> None:
    first = caller.get("/locations/search", companyId="any").json()["locations"]
    second = caller.get("/locations/search", skip="10", limit="10").json()["locations"]

    ids = [location["id"] for location in first + second]
    assert (len(first), len(second), len(set(ids))) == (10, 2, 12)
    assert {"ve9EPM428h8vShlRW1KT", "aa4PBpxnPc9bs4LSdiW7"} < set(ids)
    assert all(len(one) == 20 and one.isalnum() for one in ids)
    assert [one["id"] for one in caller.get("/locations/search", order="desc").json()["locations"]] == ids[:1:-1]


@pytest.mark.parametrize("count", [0, 1, 137])
def test_as_many_locations_as_wanted(start: Callable[..., Caller], count: int) -> None:
    locations = start(locations=count).get("/locations/search", limit="1000").json()["locations"]

    assert len({location["id"] for location in locations}) == count
    assert len({location["name"] for location in locations}) == count


def test_locations_with_words_for_numbers_get_422(caller: Caller) -> None:
    reply = caller.get("/locations/search", skip="none", limit="-1")

    assert (reply.status_code, len(reply.json()["message"])) == (422, 2)


def test_location_is_found_by_its_id_and_an_unknown_one_is_not(caller: Caller) -> None:
    found = caller.get(f"/locations/{LOCATION}").json()["location"]
    unknown = caller.get("/locations/nobody")

    assert found["id"] == LOCATION
    assert (unknown.status_code, unknown.json()["statusCode"]) == (400, 400)
    assert all(caller.get(f"/locations/{magic.id}").ok for magic in MAGIC_LOCATIONS)
    assert all(len(magic.id) == 20 for magic in MAGIC_LOCATIONS)


def test_own_pages_show_sales_and_calls_without_a_token(caller: Caller) -> None:
    caller.post(NUMBER)

    sales = requests.get(caller.sandbox.url + "/_sandbox/ledger", timeout=5).json()["sales"]
    calls = requests.get(caller.sandbox.url + "/_sandbox/calls", timeout=5).json()["calls"]
    about = requests.get(caller.sandbox.url + "/", timeout=5)

    assert [(sale["phone_number"], sale["in_pool"]) for sale in sales] == [(NUMBER, False)]
    assert [(call["path"], call["status"]) for call in calls] == [("purchase", 201)]
    assert "stand-in" in about.text


@pytest.mark.parametrize("number_type", ["local", "tollFree", "mobile"])
@pytest.mark.parametrize("extra", [{}, {"mmsEnabled": "true", "smsEnabled": "true", "voiceEnabled": "true"}])
def test_search_for_a_whole_magic_number_offers_it_as_the_type_wanted(
    caller: Caller, number_type: str, extra: dict[str, str]
) -> None:
    wanted = number_for("timeout-after", 7)

    found = caller.search(numberTypes=number_type, firstPart=wanted[2:], **extra).json()["numbers"]

    assert [(number["phoneNumber"], number["price"]["number_type"]) for number in found] == [(wanted, number_type)]
    assert found[0]["capabilities"] == {"voice": True, "SMS": True, "MMS": True}


def test_magic_number_is_offered_once_and_not_when_it_is_sold(caller: Caller) -> None:
    wanted = number_for("success")
    query = {"numberTypes": "local,tollFree", "firstPart": wanted[2:]}

    assert caller.offered(**query) == [wanted]
    caller.post(wanted)
    assert caller.offered(**query) == []


@pytest.mark.parametrize(
    "query",
    [
        {"firstPart": "500555"},
        {"firstPart": "500555400"},
        {"firstPart": "5005559999"},
        {"lastPart": "5005554000"},
        {"firstPart": "5005554000", "lastPart": "1"},
        {"firstPart": "5005554000", "countryCode": "GB"},
    ],
)
def test_other_searches_offer_no_magic_number(caller: Caller, query: dict[str, str]) -> None:
    assert caller.offered(numberTypes="local,tollFree", **query) == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"firstPart": "830555123"}, 10),
        ({"firstPart": "8305551234"}, 1),
        ({"firstPart": "83055512", "lastPart": "34"}, 1),
        ({"firstPart": "8305551", "anywhere": "777"}, 1),
        ({"firstPart": "8305551", "lastPart": "7"}, 30),
        ({"firstPart": "830555123", "mmsEnabled": "true"}, 8),
        ({"firstPart": "8305551234", "numberTypes": "tollFree"}, 0),
        ({"firstPart": "830555123456"}, 0),
    ],
)
def test_deep_pattern_finds_all_of_its_numbers(caller: Caller, query: dict[str, str], count: int) -> None:
    offered = caller.offered(**{"numberTypes": "local", **query})

    assert len(set(offered)) == len(offered) == count


def test_british_area_code_is_found(caller: Caller) -> None:
    offered = caller.offered(countryCode="GB", numberTypes="local", firstPart="20")

    assert len(offered) == 30
    assert all(number.startswith("+4420") for number in offered)
