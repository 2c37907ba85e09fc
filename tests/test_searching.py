"""Searches against the real sandbox over HTTP, and what is said when nothing comes of them."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.leadconnector.errors import NotSent, OutcomeUnknown, Refused
from numbers_app.leadconnector.payloads import AvailableQuery
from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.leadconnector.sandbox.demo import NOT_CONNECTED
from numbers_app.models import Location
from numbers_app.results import StaleResults, seal, unseal
from numbers_app.searching import SearchFailed, explain, filters_of, in_words, search, ways_out
from tests.factories import make_location, make_reply
from tests.purchasing.conftest import sandbox, start_sandbox

__all__ = ["sandbox", "start_sandbox"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def location(sandbox: Sandbox) -> Location:
    return make_location()


def asked(**changes: Any) -> AvailableQuery:
    return AvailableQuery(**{"country_code": "US", "number_types": ("local",), **changes})


def searches(sandbox: Sandbox) -> int:
    return sum(call.path == "available" for call in sandbox.ledger.calls())


def test_search_keeps_what_a_line_of_an_order_needs(location: Location, sandbox: Sandbox) -> None:
    before = timezone.now()

    found = search(location, asked(first_part="830", mms=True))

    first = found.numbers[0]
    assert len(found.numbers) == 30
    assert found.location_id == location.pk
    assert found.fingerprint_id.isdigit()
    assert before <= found.searched_at <= timezone.now()
    assert found.words == "US, local, begins with 830, with MMS"
    assert (first.country_code, first.number_type, first.region) == ("US", "local", "TX")
    assert (first.monthly_price, first.price_unit, first.address_requirements) == (Decimal("1.15"), "USD", "none")
    assert all(number.mms for number in found.numbers)


def test_sealed_search_comes_back_as_it_was(location: Location) -> None:
    found = search(location, asked(first_part="830"))

    again = unseal(seal(found))

    assert (again.numbers, again.searched_at) == (list(found.numbers), found.searched_at)
    assert (again.fingerprint_id, again.words, again.location_id) == (found.fingerprint_id, found.words, location.pk)


@pytest.mark.parametrize(
    "spoil", [lambda sealed: sealed[:-1], lambda sealed: "x" + sealed, lambda _: "", lambda _: "\x00"]
)
def test_seal_that_was_tampered_with_is_refused(spoil: Callable[[str], str], location: Location) -> None:
    sealed = seal(search(location, asked(first_part="830")))

    with pytest.raises(StaleResults):
        unseal(spoil(sealed))


def test_seal_is_good_for_half_a_day(location: Location, time_machine: Any) -> None:
    sealed = seal(search(location, asked(first_part="830")))

    time_machine.move_to(timezone.now() + timedelta(hours=13))

    with pytest.raises(StaleResults):
        unseal(sealed)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "US, local"),
        ({"number_types": ("local", "tollFree", "mobile")}, "US, local, toll-free, mobile"),
        ({"last_part": "777", "anywhere": "5"}, "US, local, contains 5, ends with 777"),
        ({"sms": True, "voice": True}, "US, local, with voice, SMS"),
    ],
)
def test_what_was_sent_is_said_in_words(query: dict[str, Any], words: str) -> None:
    assert in_words(asked(**query)) == words


# ── Nothing found


def test_likely_cause_is_found_by_leaving_filters_out(location: Location, sandbox: Sandbox) -> None:
    query = asked(first_part="999", sms=True)
    assert not search(location, query).numbers

    ways = ways_out(location, query, began=time.monotonic())

    assert [(way.leaves_out, way.count) for way in ways][:1] == [("first_part", 30)]
    assert "sms" not in [way.leaves_out for way in ways]
    assert searches(sandbox) == 1 + 3


def test_at_most_three_more_searches_look_for_the_cause(location: Location, sandbox: Sandbox) -> None:
    query = asked(first_part="8305551", last_part="77", anywhere="999999", sms=True, mms=True, voice=True)

    ways = ways_out(location, query, began=time.monotonic())

    assert searches(sandbox) == 3
    assert {way.leaves_out for way in ways if way.count is None} == {"mms", "sms", "voice", "number_types", "all"}


def test_cause_is_not_looked_for_when_the_first_search_took_long(location: Location, sandbox: Sandbox) -> None:
    ways = ways_out(location, asked(first_part="999"), began=time.monotonic() - 60)

    assert searches(sandbox) == 0
    assert [(way.leaves_out, way.count) for way in ways] == [
        ("first_part", None),
        ("number_types", None),
        ("all", None),
    ]


def test_type_that_the_country_lacks_is_named_as_the_cause(location: Location) -> None:
    ways = ways_out(location, asked(number_types=("mobile",)), began=time.monotonic())

    assert [(way.leaves_out, way.words, way.count) for way in ways] == [("number_types", "mobile", 30)]


def test_search_without_filters_has_no_way_out(location: Location, sandbox: Sandbox) -> None:
    query = asked(number_types=("local", "tollFree", "mobile"))

    assert filters_of(query) == []
    assert ways_out(location, query, began=time.monotonic()) == []
    assert searches(sandbox) == 0


def test_failure_on_the_way_ends_the_looking(location: Location, start_sandbox: Callable[..., Sandbox]) -> None:
    location.location_id = NOT_CONNECTED.id

    ways = ways_out(location, asked(first_part="999", sms=True), began=time.monotonic())

    assert {way.count for way in ways} == {None}


# ── What goes wrong


def test_location_without_a_phone_system_is_named(location: Location) -> None:
    location.location_id = NOT_CONNECTED.id

    with pytest.raises(SearchFailed, match="This location has no phone system yet"):
        search(location, asked())


def test_missing_token_says_what_to_do(settings: Any) -> None:
    settings.SANDBOX = False

    with pytest.raises(SearchFailed, match="enter one under API tokens"):
        search(make_location(), asked())


def test_token_that_is_refused_is_said_plainly(location: Location, settings: Any) -> None:
    settings.LEADCONNECTOR_TOKEN = "sandbox-agency"

    with pytest.raises(SearchFailed, match=r"did not accept the API token of this location \(status 401\)"):
        search(location, asked())


@pytest.fixture
def silent_provider(settings: Any) -> Iterator[None]:
    """Takes every connection, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.LEADCONNECTOR_BASE_URL = f"http://127.0.0.1:{server.getsockname()[1]}"
        yield


@pytest.mark.usefixtures("silent_provider")
def test_slow_provider_is_given_up_sooner_than_for_a_purchase(settings: Any) -> None:
    settings.SEARCH_TIMEOUT_SECONDS = 0.2
    began = time.monotonic()

    with pytest.raises(SearchFailed, match="did not answer in time"):
        search(make_location(), asked())

    assert time.monotonic() - began < 5


def test_provider_that_is_down_is_said_plainly(settings: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.LEADCONNECTOR_BASE_URL = f"http://127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(SearchFailed, match="can't be reached"):
            search(make_location(), asked())


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (NotSent("Slow down", reply=make_reply(429), retry_after=7.2), "Try again in 7 seconds."),
        (NotSent("Slow down", reply=make_reply(429)), "Try again in a second."),
        (NotSent("Used up", retry_after=0.2), "Try again in a second."),
        (OutcomeUnknown("Bad gateway", reply=make_reply(502)), "The provider is in trouble (status 502)."),
        (Refused("No", reply=make_reply(403)), "(status 403)"),
        (
            Refused("countryCode is wrong", reply=make_reply(400)),
            "The provider refused the search: “countryCode is wrong”",
        ),
    ],
)
def test_every_answer_has_plain_words(error: Any, says: str) -> None:
    assert says in explain(error)


def test_searches_are_paid_for_from_the_request_budget(
    start_sandbox: Callable[..., Sandbox], settings: Any, broker: str
) -> None:
    start_sandbox(limits=True)
    settings.REDIS_URL = broker
    location, query = make_location(), asked(first_part="830")

    found = [bool(search(location, query).numbers) for _ in range(60)]

    assert all(found)
    with pytest.raises(SearchFailed, match="Too many requests were sent for this location"):
        search(location, query)
