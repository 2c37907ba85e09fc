"""Reading: the numbers on offer, the active numbers to the last page, the locations."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from numbers_app.leadconnector import client as client_module
from numbers_app.leadconnector.errors import OutcomeUnknown, Refused
from numbers_app.leadconnector.payloads import ActiveNumber, ActiveNumbers, AvailableQuery, PurchaseRequest
from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.leadconnector.sandbox.demo import COMPANY_ID, NOT_CONNECTED, SUSPENDED

from .conftest import LOCATION, NUMBER, REQUEST, TOKEN, Start, client_of
from .scripted import reply


def find(listed: ActiveNumbers, phone_number: str) -> ActiveNumber | None:
    """The number itself; a part of a number finds nothing."""
    return next((number for number in listed.numbers if number.phone_number == phone_number), None)


def numbers(first: int, count: int) -> list[dict[str, Any]]:
    return [{"phoneNumber": f"+1830555{index:04d}"} for index in range(first, first + count)]


def page(listed: list[dict[str, Any]], **more: Any) -> bytes:
    return reply(200, {"numbers": listed, "isUnderGhl": True, "accountStatus": "active", "page": 0, **more})


def test_search_returns_numbers_with_their_price(sandbox: Sandbox) -> None:
    client = client_of(sandbox.url)

    found = client.search_available(LOCATION, AvailableQuery(country_code="US", first_part="830"))

    number = found.numbers[0]
    assert found.fingerprint_id.isdigit()
    assert number.phone_number.startswith("+1830")
    assert number.friendly_name.startswith("(830) ")
    assert (number.country_code, number.region, number.address_requirements) == ("US", "TX", "none")
    assert number.locality
    assert number.postal_code
    assert number.capabilities["voice"] is True
    assert (number.number_type, number.price, number.price_unit) == ("local", Decimal("1.15"), "USD")


def test_search_asks_for_all_types_unless_told(scripted: Start) -> None:
    server = scripted(reply(200, {"numbers": []}))

    found = client_of(server.url).search_available(LOCATION, AvailableQuery(country_code="US"))

    assert server.requests[0].query == {"countryCode": "US", "numberTypes": "local,tollFree,mobile"}
    assert (found.numbers, found.fingerprint_id) == ((), "")


def test_search_sends_every_wish(scripted: Start) -> None:
    server = scripted(reply(200, {"numbers": []}))
    query = AvailableQuery(
        country_code="GB",
        number_types=("mobile",),
        first_part="77",
        last_part="12",
        anywhere="5&5",
        sms=True,
        mms=False,
        voice=True,
    )

    client_of(server.url).search_available(LOCATION, query)

    assert server.requests[0].query == {
        "countryCode": "GB",
        "numberTypes": "mobile",
        "firstPart": "77",
        "lastPart": "12",
        "anywhere": "5&5",
        "smsEnabled": "true",
        "mmsEnabled": "false",
        "voiceEnabled": "true",
    }


def test_reads_send_no_body_and_the_documented_headers(scripted: Start) -> None:
    server = scripted(page([]), reply(200, {"locations": []}))
    client = client_of(server.url)

    client.list_active(LOCATION)
    client.list_locations()

    for request in server.requests:
        assert request.method == "GET"
        assert request.body == b""
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert request.headers["Version"] == "2021-07-28"
        assert "Content-Type" not in request.headers


@pytest.mark.parametrize("price", [None, {}, {"price": None}, {"price": -1.15}, {"price": 1e12}])
def test_number_without_a_price_is_offered_all_the_same(scripted: Start, price: Any) -> None:
    server = scripted(reply(200, {"numbers": [{"phoneNumber": NUMBER, "price": price, "beta": 1}]}))

    [number] = client_of(server.url).search_available(LOCATION, AvailableQuery(country_code="US")).numbers

    assert (number.price, number.number_type, number.capabilities) == (None, "", {})


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"numbers": None},
        {"numbers": {}},
        {"numbers": [1]},
        {"numbers": [{}]},
        {"numbers": [], "fingerprintId": 1773314252953},
        {"numbers": [{"phoneNumber": NUMBER, "price": 1.15}]},
        {"numbers": [{"phoneNumber": NUMBER, "price": ""}]},
        {"numbers": [{"phoneNumber": NUMBER, "price": {"price": "1.15"}}]},
        {"numbers": [{"phoneNumber": NUMBER, "price": {"price": True}}]},
        {"numbers": [{"phoneNumber": NUMBER, "capabilities": {"SMS": "yes"}}]},
    ],
)
def test_search_reply_of_another_shape_is_unreadable(scripted: Start, body: Any) -> None:
    server = scripted(reply(200, body))

    with pytest.raises(OutcomeUnknown, match="no proof"):
        client_of(server.url).search_available(LOCATION, AvailableQuery(country_code="US"))


def test_list_shows_bought_numbers_pooled_ones_too(sandbox: Sandbox) -> None:
    client = client_of(sandbox.url)
    pooled, toll_free = number_for("pooled"), "+18005550123"
    for number in (NUMBER, pooled, toll_free):
        client.purchase(LOCATION, PurchaseRequest(phone_number=number))

    listed = client.list_active(LOCATION)

    first = find(listed, NUMBER)
    assert {one.phone_number for one in listed.numbers} == {NUMBER, pooled, toll_free}
    assert (listed.account_status, listed.is_under_ghl) == ("active", True)
    assert find(listed, toll_free).number_type == "tollFree"
    assert first.sid.startswith("PN")
    assert (first.number_type, first.country_code, first.origin, first.is_default) == ("local", "US", "twilio", True)
    assert first.capabilities == {"voice": True, "sms": True, "mms": True, "fax": False}
    assert (datetime.now(UTC) - first.date_added).total_seconds() < 60
    assert first.linked_user == first.forwarding_number == first.address_sid == first.bundle_sid == ""


def test_list_of_a_location_without_numbers_is_empty(sandbox: Sandbox) -> None:
    listed = client_of(sandbox.url).list_active(SUSPENDED.id)

    assert listed.numbers == ()
    assert listed.account_status == "suspended"


def test_list_of_a_location_without_phones_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(Refused, match="not connected") as caught:
        client_of(sandbox.url).list_active(NOT_CONNECTED.id)

    assert caught.value.status == 404


def test_list_names_the_exchange_in_which_it_ended(scripted: Start) -> None:
    first = [{"phoneNumber": f"+1830555{n:04d}"} for n in range(client_module.ACTIVE_PAGE_SIZE)]
    listed = {"numbers": first, "accountStatus": "active", "page": 0, "pageSize": client_module.ACTIVE_PAGE_SIZE}
    ended = listed | {"numbers": [{"phoneNumber": NUMBER}], "page": 1}
    server = scripted(reply(200, listed, {"x-trace-id": "trace-1"}), reply(200, ended, {"x-trace-id": "trace-2"}))

    assert client_of(server.url).list_active(LOCATION).trace_id == "trace-2"


def test_list_says_when_its_reading_began(scripted: Start) -> None:
    server = scripted(page([]))
    before = datetime.now(UTC)

    listed = client_of(server.url).list_active(LOCATION)

    assert before <= listed.read_started_at <= datetime.now(UTC)


@pytest.mark.parametrize("wanted", ["+1830555", "8305551234", NUMBER + "0", NUMBER[:-1], "", " " + NUMBER])
def test_part_of_a_number_finds_nothing(scripted: Start, wanted: str) -> None:
    server = scripted(page([{"phoneNumber": NUMBER}], pageSize=1000))

    listed = client_of(server.url).list_active(LOCATION)

    assert find(listed, wanted) is None
    assert find(listed, NUMBER).phone_number == NUMBER


def test_list_asks_for_pooled_numbers_and_the_largest_page(scripted: Start) -> None:
    server = scripted(page([], pageSize=1000))

    client_of(server.url).list_active(LOCATION)

    assert [request.query for request in server.requests] == [
        {"pageSize": "1000", "page": "0", "skipNumberPool": "false"}
    ]


def test_list_is_read_until_a_short_page(scripted: Start) -> None:
    pages = [page(numbers(0, 1000), pageSize=1000), page(numbers(1000, 1000), pageSize=1000)]
    server = scripted(*pages, page(numbers(2000, 3), pageSize=1000))

    listed = client_of(server.url).list_active(LOCATION)

    assert len(listed.numbers) == 2003
    assert [request.query["page"] for request in server.requests] == ["0", "1", "2"]


def test_list_whose_last_page_is_full_ends_with_an_empty_one(scripted: Start) -> None:
    empty = reply(200, {"numbers": [], "total": 0})  # as documented: nothing else is in it
    server = scripted(page(numbers(0, 1000), pageSize=1000), empty)

    listed = client_of(server.url).list_active(LOCATION)

    assert len(listed.numbers) == 1000
    assert (listed.account_status, listed.is_under_ghl) == ("active", True)


@pytest.mark.parametrize("page_size", [2, 2.0])
def test_page_size_that_the_provider_capped_is_the_one_that_counts(scripted: Start, page_size: float) -> None:
    server = scripted(*[page(numbers(at, 2), pageSize=page_size) for at in (0, 2)], page(numbers(4, 1), pageSize=2))

    listed = client_of(server.url).list_active(LOCATION)

    assert len(listed.numbers) == 5


def test_page_size_larger_than_asked_for_does_not_make_a_full_page_short(scripted: Start) -> None:
    server = scripted(page(numbers(0, 1000), pageSize=5000), page(numbers(1000, 1), pageSize=5000))

    assert len(client_of(server.url).list_active(LOCATION).numbers) == 1001


@pytest.mark.parametrize("said", [{}, {"pageSize": None}, {"pageSize": 0}, {"pageSize": -1}])
def test_page_that_does_not_say_its_size_may_not_be_the_last(scripted: Start, said: dict[str, Any]) -> None:
    server = scripted(*[page(numbers(at, 2), **said) for at in (0, 2)], page([], **said))

    listed = client_of(server.url).list_active(LOCATION)

    assert len(listed.numbers) == 4


def test_total_keeps_a_short_page_from_being_the_last(scripted: Start) -> None:
    server = scripted(page(numbers(0, 3), pageSize=1000, total=5), page(numbers(3, 2), pageSize=1000, total=5))

    assert len(client_of(server.url).list_active(LOCATION).numbers) == 5


@pytest.mark.parametrize("total", [0, 1, 5])
def test_total_that_is_reached_does_not_cut_a_full_page_off(scripted: Start, total: int) -> None:
    server = scripted(*[page(numbers(at, 5), pageSize=5, total=total) for at in (0, 5)], page([], total=total))

    assert len(client_of(server.url).list_active(LOCATION).numbers) == 10


@pytest.mark.parametrize("last", [[], numbers(0, 3)], ids=["empty", "again"])
def test_list_that_ends_before_its_total_is_no_evidence(scripted: Start, last: list[dict[str, Any]]) -> None:
    server = scripted(page(numbers(0, 3), pageSize=1000, total=5), page(last, pageSize=1000, total=10))

    with pytest.raises(OutcomeUnknown, match="stopped at 3 without an end") as caught:
        client_of(server.url).list_active(LOCATION)

    assert caught.value.status == 200


def test_number_on_two_pages_counts_once_and_its_later_state_stays(scripted: Start) -> None:
    early, late = [{"phoneNumber": NUMBER, "friendlyName": name} for name in ("early", "late")]
    server = scripted(page([*numbers(0, 1), early], pageSize=2), page([late, *numbers(1, 1)], pageSize=2), page([]))

    listed = client_of(server.url).list_active(LOCATION)

    assert len(listed.numbers) == 3
    assert find(listed, NUMBER).friendly_name == "late"


def test_list_that_repeats_itself_is_no_evidence(scripted: Start) -> None:
    server = scripted(*[page(numbers(0, 2), pageSize=2)] * 2)

    with pytest.raises(OutcomeUnknown, match="without an end"):
        client_of(server.url).list_active(LOCATION)


def test_list_that_never_ends_is_no_evidence(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MOST_PAGES", 4)
    server = scripted(*[page(numbers(at, 1), pageSize=1) for at in range(4)])

    with pytest.raises(OutcomeUnknown, match="did not end after 4 pages"):
        client_of(server.url).list_active(LOCATION)


def test_list_with_one_broken_page_is_no_evidence(scripted: Start) -> None:
    server = scripted(page(numbers(0, 2), pageSize=2), reply(500, {"msg": "Internal server error"}))

    with pytest.raises(OutcomeUnknown, match="Internal server error"):
        client_of(server.url).list_active(LOCATION)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"numbers": None},
        {"numbers": [None]},
        {"numbers": [{"phoneNumber": None}]},
        {"numbers": [{"phoneNumber": NUMBER, "sid": 1}]},
        {"numbers": [{"phoneNumber": NUMBER, "isDefaultNumber": "true"}]},
        {"numbers": [{"phoneNumber": NUMBER, "dateAdded": "yesterday"}]},
        {"numbers": [{"phoneNumber": NUMBER, "dateAdded": 1673778600}]},
        {"numbers": [{"phoneNumber": NUMBER, "dateAdded": "0001-01-01T00:00:00+10:00"}]},
        {"numbers": [], "pageSize": "1000"},
        {"numbers": [], "pageSize": 1.5},
        {"numbers": [], "pageSize": True},
        {"numbers": [], "total": {}},
        {"numbers": [], "accountStatus": 1},
        {"numbers": [], "isUnderGhl": 1},
    ],
)
def test_list_of_another_shape_is_no_evidence(scripted: Start, body: Any) -> None:
    server = scripted(reply(200, body))

    with pytest.raises(OutcomeUnknown, match="no proof"):
        client_of(server.url).list_active(LOCATION)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2023-01-15T10:30:00Z", datetime(2023, 1, 15, 10, 30, tzinfo=UTC)),
        ("2023-01-15T10:30:00.250+02:00", datetime(2023, 1, 15, 8, 30, 0, 250_000, tzinfo=UTC)),
        ("2023-01-15T10:30:00", datetime(2023, 1, 15, 10, 30, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_read_as_utc(scripted: Start, raw: str | None, expected: datetime | None) -> None:
    server = scripted(page([{"phoneNumber": NUMBER, "dateAdded": raw}], pageSize=1000))

    [number] = client_of(server.url).list_active(LOCATION).numbers

    assert number.date_added == expected
    assert number.date_added is None or number.date_added.tzinfo is UTC


def test_list_shows_what_the_lost_reply_bought(sandbox: Sandbox) -> None:
    client = client_of(sandbox.url)
    lost = PurchaseRequest(phone_number=number_for("reset-after"))

    with pytest.raises(OutcomeUnknown):
        client.purchase(LOCATION, lost)

    assert find(client.list_active(LOCATION), lost.phone_number).phone_number == lost.phone_number


def test_locations_are_read_to_the_last(sandbox: Sandbox) -> None:
    found = client_of(sandbox.url).list_locations()

    first = found[0]
    assert len(found) == len({one.location_id for one in found}) == 25
    assert first.location_id == LOCATION
    assert (first.name, first.city, first.state) == ("Alamo Bright Dental", "San Antonio", "TX")
    assert (first.country, first.timezone) == ("US", "America/Chicago")
    assert first.raw["postalCode"] == "78205"


def locations(*ids: int) -> bytes:
    return reply(200, {"locations": [{"id": f"location{one}"} for one in ids]})


def test_locations_are_read_on_though_the_provider_caps_the_limit(scripted: Start) -> None:
    server = scripted(locations(0, 1), locations(2, 3), locations(4), locations())

    found = client_of(server.url).list_locations("company1")

    assert [one.location_id for one in found] == [f"location{index}" for index in range(5)]
    assert [request.query for request in server.requests] == [
        {"skip": str(skip), "limit": "100", "companyId": "company1"} for skip in (0, 2, 4, 5)
    ]


def test_company_is_left_out_where_it_is_not_known(scripted: Start) -> None:
    server = scripted(locations())

    found = client_of(server.url).list_locations()

    assert found == ()
    assert server.requests[0].query == {"skip": "0", "limit": "100"}


def test_provider_that_ignores_skip_ends_the_list_of_locations(scripted: Start) -> None:
    server = scripted(locations(0, 1), locations(0, 1))

    assert len(client_of(server.url).list_locations()) == 2


def test_locations_without_end_are_an_error(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MOST_PAGES", 3)
    server = scripted(*[locations(index) for index in range(3)])

    with pytest.raises(OutcomeUnknown, match="did not end after 3 pages"):
        client_of(server.url).list_locations()


@pytest.mark.parametrize("body", [[], {}, {"locations": {}}, {"locations": [0]}, {"locations": [{"name": "x"}]}])
def test_locations_of_another_shape_are_unreadable(scripted: Start, body: Any) -> None:
    server = scripted(reply(200, body))

    with pytest.raises(OutcomeUnknown, match="no proof"):
        client_of(server.url).list_locations()


def test_one_location_is_read(sandbox: Sandbox) -> None:
    found = client_of(sandbox.url).get_location(LOCATION)

    assert (found.location_id, found.company_id, found.name) == (LOCATION, COMPANY_ID, "Alamo Bright Dental")


def test_location_that_does_not_exist_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(Refused, match="no location with the id nobody"):
        client_of(sandbox.url).get_location("nobody")


@pytest.mark.parametrize("body", [[], {}, {"location": []}, {"location": {}}, {"id": LOCATION}])
def test_location_of_another_shape_is_unreadable(scripted: Start, body: Any) -> None:
    server = scripted(reply(200, body))

    with pytest.raises(OutcomeUnknown, match="no proof"):
        client_of(server.url).get_location(LOCATION)


def test_agency_token_reads_locations_and_buys_nothing(sandbox: Sandbox) -> None:
    client = client_of(sandbox.url, token="sandbox-agency-000001")

    with pytest.raises(Refused, match="agency") as caught:
        client.purchase(LOCATION, REQUEST)

    assert caught.value.status == 401
    assert len(client.list_locations()) == 25
    assert sandbox.ledger.sold() == []


def test_type_that_is_none_of_the_providers_own_is_not_told(scripted: Start) -> None:
    server = scripted(reply(200, {"numbers": [{"phoneNumber": NUMBER, "price": {"number_type": "landline"}}]}))

    [number] = client_of(server.url).search_available(LOCATION, AvailableQuery(country_code="US")).numbers

    assert number.number_type == ""
