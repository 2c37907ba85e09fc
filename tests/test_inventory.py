"""The mirror: replies overtake each other, lists lag behind, and no number is ever lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from numbers_app.inventory import (
    Reply,
    is_e164,
    merge_active_numbers,
    merge_location,
    merge_replies,
)
from numbers_app.leadconnector.payloads import AccountState, ActiveNumbers
from numbers_app.models import Location, PhoneNumber, TwilioAccount
from tests.factories import (
    ACCOUNT_SID,
    OTHER_LOCATION_ID,
    make_active,
    make_list,
    make_location,
    make_number,
    make_record,
    make_state,
)
from tests.fakes import failures, in_threads

pytestmark = pytest.mark.django_db

SETTLE = 120
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
A, B, C, D = (f"+1830555000{n}" for n in range(4))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def merge(view: AccountState | ActiveNumbers, *, seen_at: datetime = NOON, location: Location | None = None) -> None:
    """Either kind of view."""
    location = location or make_location()
    if isinstance(view, AccountState):
        merge_replies([Reply(location=location, phone_number="", account=view, seen_at=seen_at)])
    else:
        merge_active_numbers(location=location, listed=view)


def active() -> list[str]:
    return list(PhoneNumber.objects.filter(gone_at__isnull=True).values_list("phone_number", flat=True))


def test_reply_adds_its_numbers_with_name_service_and_user() -> None:
    state = make_state(A, B, number_name={A: "Front desk"}, assigned_to_numbers={B: "user1"})

    merge(state)

    front, other = PhoneNumber.objects.order_by("phone_number")
    assert (front.service, front.friendly_name, front.assigned_user) == ("conversation", "Front desk", "")
    assert (other.friendly_name, other.assigned_user, other.first_seen_at) == ("", "user1", NOON)


def test_reply_never_removes_a_number() -> None:
    merge(make_state(A, B))

    merge(make_state(B), seen_at=at(3600))

    assert active() == [A, B]


VIEWS = [
    (make_state(A, number_name={A: "Front desk"}), at(0)),
    (make_state(A, B, number_name={A: "Front desk"}), at(1)),
    (make_state(A, B, C), at(2)),
    (make_list(A, B, C, at=at(3)), at(3)),
]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_views_merged_in_any_order_give_the_same_mirror(order: tuple[int, ...]) -> None:
    for position in order:
        view, seen_at = VIEWS[position]
        merge(view, seen_at=seen_at)

    columns = ("phone_number", "service", "friendly_name", "sid", "gone_at", "synced_at")
    assert list(PhoneNumber.objects.values_list(*columns)) == [
        (number, "conversation", "Front desk" if number == A else "", make_active(number).sid, None, at(3))
        for number in (A, B, C)
    ]
    account = TwilioAccount.objects.get()
    assert (account.account_sid, account.account_status, account.listed_at) == (ACCOUNT_SID, "active", at(3))
    assert set(account.raw["numbers"]) >= {A}


moments = st.integers(0, 1000)
replies = st.tuples(st.just("reply"), st.sets(st.sampled_from([A, B, C, D]), min_size=1), moments)
reads = st.tuples(st.just("list"), st.sets(st.sampled_from([A, B, C, D])), moments)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(views=st.lists(replies | reads, min_size=1, max_size=6))
def test_no_order_of_views_loses_a_number(views: list[tuple[str, set[str], int]], db: None) -> None:
    """A number is gone only where a list did not show it that began a settle time after all that had shown it."""
    with transaction.atomic():
        for kind, numbers, second in views:
            view = make_state(*sorted(numbers)) if kind == "reply" else make_list(*sorted(numbers), at=at(second))
            merge(view, seen_at=at(second))
        gone = dict(PhoneNumber.objects.filter(gone_at__isnull=False).values_list("phone_number", "gone_at"))
        known = set(PhoneNumber.objects.values_list("phone_number", flat=True))
        transaction.set_rollback(True)

    assert known == set().union(*(numbers for _, numbers, _ in views))
    for number, since in gone.items():
        last_shown = max(second for _, numbers, second in views if number in numbers)
        assert at(last_shown + SETTLE) < since or at(last_shown) < since
        assert any(kind == "list" and at(second) == since for kind, numbers, second in views if number not in numbers)


def test_older_reply_does_not_overwrite_newer_knowledge() -> None:
    merge(make_state(A, number_name={A: "new"}, account_sid="AC-new", assigned_to_numbers={A: "user2"}), seen_at=at(9))

    merge(make_state(A, number_name={A: "old"}, account_sid="AC-old", assigned_to_numbers={A: "user1"}), seen_at=at(1))

    number = PhoneNumber.objects.get()
    assert (number.friendly_name, number.assigned_user, number.synced_at) == ("new", "user2", at(9))
    assert TwilioAccount.objects.get().account_sid == "AC-new"


def test_older_reply_fills_what_a_newer_list_does_not_say() -> None:
    merge(make_list(make_active(A, linkedUser=None), at=at(9)))

    merge(make_state(A, number_name={A: "Front desk"}, assigned_to_numbers={A: "user1"}), seen_at=at(1))

    number = PhoneNumber.objects.get()
    assert (number.service, number.friendly_name, number.synced_at) == ("conversation", "Front desk", at(9))
    assert number.assigned_user == ""  # that nobody is assigned is a saying of its own
    assert TwilioAccount.objects.get().account_sid == ACCOUNT_SID


def test_empty_values_do_not_wipe_what_is_known() -> None:
    merge(make_state(A, number_name={A: "Front desk"}))
    merge(make_list(make_active(A, capabilities={"sms": True}, isDefaultNumber=True, origin="twilio"), at=at(1)))

    merge(make_list(make_active(A, sid=None, capabilities=None), at=at(2), account_status="", is_under_ghl=None))

    number, account = PhoneNumber.objects.get(), TwilioAccount.objects.get()
    assert (number.service, number.friendly_name, number.origin) == ("conversation", "Front desk", "twilio")
    assert (number.capabilities, number.is_default) == ({"sms": True}, True)
    assert number.sid == make_active(A).sid
    assert (account.account_status, account.under_ghl_account) == ("active", True)


def test_reply_without_assigned_users_unassigns_nobody() -> None:
    merge(make_state(A, B, assigned_to_numbers={A: "user1", B: "user1"}))

    merge(make_state(A, B), seen_at=at(1))
    merge(make_state(A, B, assigned_to_numbers={A: "user1"}), seen_at=at(2))

    assert list(PhoneNumber.objects.values_list("assigned_user", flat=True)) == ["user1", ""]


def test_full_read_saves_what_only_the_list_knows() -> None:
    shown = make_active(
        A,
        type="toll-free",
        countryCode="US",
        capabilities={"sms": True, "fax": None},
        isDefaultNumber=False,
        linkedUser="user1",
        forwardingNumber="+15125550100",
        addressSid="AD1",
        bundleSid="BU1",
        origin="twilio",
        dateAdded="2026-02-01T00:00:00Z",
        dateUpdated="2026-02-02T00:00:00Z",
    )

    retired = merge_active_numbers(location=make_location(), listed=make_list(shown, account_status="suspended"))

    number = PhoneNumber.objects.get()
    assert retired == 0
    assert (number.number_type, number.country_code, number.capabilities) == ("tollFree", "US", {"sms": True})
    assert (number.is_default, number.assigned_user, number.forwarding_number) == (False, "user1", "+15125550100")
    assert (number.address_sid, number.bundle_sid, number.origin) == ("AD1", "BU1", "twilio")
    assert (number.date_added, number.date_updated) == (
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2026, 2, 2, tzinfo=UTC),
    )
    assert number.raw["type"] == "toll-free"
    assert TwilioAccount.objects.get().account_status == "suspended"


@pytest.mark.parametrize(("age", "gone"), [(SETTLE - 1, False), (SETTLE, False), (SETTLE + 11, True)])
def test_full_read_retires_only_what_was_seen_a_settle_time_before(age: int, gone: bool) -> None:
    merge(make_state(A), seen_at=at(0))

    retired = merge_active_numbers(location=make_location(), listed=make_list(B, at=at(age)))

    assert retired == int(gone)
    assert active() == ([B] if gone else [A, B])
    assert PhoneNumber.objects.get(phone_number=A).gone_at == (at(age) if gone else None)


def test_full_read_retires_nothing_of_another_location() -> None:
    merge(make_state(A, location_id=OTHER_LOCATION_ID), location=make_location(OTHER_LOCATION_ID))

    merge(make_list(B, at=at(3600)))

    assert active() == [A, B]


def test_number_that_reappears_is_active_again() -> None:
    merge(make_state(A))
    merge(make_list(at=at(1000)))
    gone = active()

    merge(make_list(A, at=at(2000)))

    assert gone == []
    assert active() == [A]
    assert PhoneNumber.objects.get().first_seen_at == NOON


def test_older_view_does_not_revive_a_number_that_is_gone() -> None:
    merge(make_state(A))
    merge(make_list(at=at(1000)))

    merge(make_list(A, at=at(500)))

    assert active() == []


def test_older_list_does_not_overwrite_a_newer_ones_account_status() -> None:
    merge(make_list(at=at(100), account_status="closed"))

    merge(make_list(at=at(50), account_status="active"))

    account = TwilioAccount.objects.get()
    assert (account.account_status, account.listed_at) == ("closed", at(100))


def test_number_that_moved_belongs_to_its_new_location() -> None:
    here, there = make_location(), make_location(OTHER_LOCATION_ID)
    merge(make_state(A), location=here)

    merge(make_list(A, at=at(10)), location=there)
    merge(make_state(A), seen_at=at(5), location=here)  # overtaken

    assert PhoneNumber.objects.get().location == there


def test_number_that_its_old_location_lost_first_belongs_to_its_new_location() -> None:
    here, there = make_location(), make_location(OTHER_LOCATION_ID)
    merge(make_state(A), location=here)
    merge(make_list(at=at(1001)), location=here)

    merge(make_list(A, at=at(1000)), location=there)

    assert active() == [A]
    assert PhoneNumber.objects.get().location == there


def test_reply_without_account_puts_its_number_on_the_mirror() -> None:
    location = make_location()
    merge(make_state(A, number_name={A: "Front desk"}))

    for number in (A, B):
        merge_replies([Reply(location=location, phone_number=number, account=None, seen_at=at(1))])

    assert active() == [A, B]
    assert PhoneNumber.objects.get(phone_number=A).friendly_name == "Front desk"
    assert TwilioAccount.objects.get().account_sid == ACCOUNT_SID


def test_account_state_is_saved_whole() -> None:
    state = make_state(
        A,
        under_ghl_account=False,
        validate_sms=False,
        migration_status="running",
        migration_numbers=[A],
        new_account_sid="AC-new",
    )

    merge(state)

    account = TwilioAccount.objects.get()
    assert (account.remote_id, account.account_sid, account.new_account_sid) == ("account1", ACCOUNT_SID, "AC-new")
    assert (account.under_ghl_account, account.validate_sms) == (False, False)
    assert (account.migration_status, account.migration_numbers) == ("running", [A])
    assert account.raw == dict(state.raw)
    assert account.synced_at == NOON


def test_what_no_column_can_hold_does_not_lose_the_rest() -> None:
    long = "x\x00" * 300
    odd = {"nul\x00": "\x00", "half": "\ud800", "no number": float("nan"), "deep": [{"\x00": "\x00"}]}

    merge(make_state(A, "12345", "whatsapp:+1", "+" + "1" * 30, "+1²", account_sid=long, number_name={A: long}, **odd))
    merge(make_list(make_active(A, sid=long, countryCode="USA", origin=long, **odd), at=at(1)))

    number, account = PhoneNumber.objects.get(), TwilioAccount.objects.get()
    assert (number.phone_number, number.country_code) == (A, "US")
    assert (number.friendly_name, number.sid) == ("x" * 200, "x" * 64)
    assert account.account_sid == "x" * 64
    assert account.raw["half"] == "?"
    assert account.raw["no number"] is None
    assert "12345" in account.raw["numbers"]


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec=None)), inner, max_size=3),
    max_leaves=8,
)
texts = st.text(st.characters(codec=None), max_size=300)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    extra=st.dictionaries(texts, json_values, max_size=3), names=st.dictionaries(texts | st.just(A), texts), text=texts
)
def test_any_readable_reply_can_be_saved(extra: dict[str, Any], names: dict[str, str], text: str, db: None) -> None:
    state = make_state(A, *names, account_sid=text, migration_status=text, number_name=names, extra=extra)

    with transaction.atomic():
        merge(state)
        numbers = active()
        transaction.set_rollback(True)

    assert A in numbers


@pytest.mark.parametrize(
    ("number", "fits"),
    [(A, True), ("+1", True), ("+" + "1" * 15, True), ("+" + "1" * 16, False), ("18305550000", False), ("+", False)],
)
def test_only_e164_is_a_number(number: str, fits: bool) -> None:
    assert is_e164(number) is fits


def test_location_is_added_and_updated() -> None:
    merge_location(record=make_record(name="Alamo", city="San Antonio", companyId="c1"), seen_at=at(0))
    Location.objects.update(sync_error="it did not work")

    location = merge_location(record=make_record(name="Alamo Dental", state="TX"), seen_at=at(1))

    assert Location.objects.get() == location
    location.refresh_from_db()
    assert (location.name, location.city, location.state, location.company_id) == (
        "Alamo Dental",
        "San Antonio",
        "TX",
        "c1",
    )
    assert (location.synced_at, location.sync_error) == (at(1), "")


def test_location_without_a_name_is_called_by_its_id_until_it_has_one() -> None:
    record = make_record()

    nameless = merge_location(record=record, seen_at=NOON).name
    Location.objects.update(name="Alamo")
    merge_location(record=record, seen_at=NOON)

    assert nameless == record.location_id
    assert Location.objects.get().name == "Alamo"


def test_location_with_too_long_a_name_is_saved() -> None:
    assert len(merge_location(record=make_record(name="n" * 500), seen_at=NOON).name) == 200


def test_big_location_is_merged_twice() -> None:
    numbers = [f"+1830{n:07d}" for n in range(1200)]
    merge(make_state(*numbers))

    retired = merge_active_numbers(location=make_location(), listed=make_list(*numbers[:1100], at=at(1000)))

    assert retired == 100
    assert active() == numbers[:1100]


@pytest.mark.django_db(transaction=True)
def test_replies_of_one_location_merged_at_once_lose_nothing() -> None:
    location = make_location()
    make_number(A, location=location, seen=NOON)
    views = [(make_state(*[f"+1830555{n:04d}" for n in range(count)]), at(count)) for count in range(1, 17)]
    jobs = [partial(merge, view, seen_at=seen_at, location=location) for view, seen_at in views]

    results = in_threads(jobs)

    assert failures(results) == []
    assert len(active()) == 16
    account = TwilioAccount.objects.get()
    assert (account.synced_at, len(account.raw["numbers"])) == (at(16), 16)
