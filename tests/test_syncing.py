"""Reads the sandbox's books into the mirror, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.leadconnector.budget import Purpose
from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions, number_for
from numbers_app.models import Evidence, Location, PhoneNumber, Purchase, Status, TwilioAccount
from numbers_app.provider import budget
from numbers_app.syncing import sync_everything, sync_location, sync_locations
from tests.factories import LOCATION_ID, make_location, make_purchase
from tests.purchasing.inline import submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(list_lag_seconds=0, limits=False, locations=130)) as sandbox:
        settings.LEADCONNECTOR_BASE_URL = sandbox.url
        settings.LEADCONNECTOR_TIMEOUT_SECONDS = 5
        yield sandbox


def test_all_locations_of_the_agency_are_added(sandbox: Sandbox) -> None:
    count = sync_locations()

    assert count == Location.objects.count() == 130
    location = Location.objects.get(location_id=LOCATION_ID)
    assert (location.name, location.city, location.timezone) == (
        "Alamo Bright Dental",
        "San Antonio",
        "America/Chicago",
    )
    assert location.synced_at


def test_numbers_of_a_location_are_read_pooled_ones_too(sandbox: Sandbox) -> None:
    location = make_location()
    for slug in ("success", "pooled"):
        submit(make_purchase(number_for(slug)).pk)
    PhoneNumber.objects.all().delete()

    result = sync_location(location.pk)

    assert (result.numbers, result.gone, result.error) == (2, 0, "")
    assert result.location.name == "Alamo Bright Dental"
    assert PhoneNumber.objects.exclude(sid="").count() == 2
    assert TwilioAccount.objects.get().account_status == "active"


def test_sync_settles_a_purchase_that_waits_for_a_person(sandbox: Sandbox) -> None:
    purchase = make_purchase(number_for("reset-after"))
    submit(purchase.pk)
    Purchase.objects.filter(pk=purchase.pk).update(status=Status.NEEDS_REVIEW, next_action_at=None)

    sync_location(purchase.location.pk)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, Evidence.LIST)


def test_location_that_the_provider_does_not_know_keeps_its_error(sandbox: Sandbox) -> None:
    location = make_location("unknownLocation00001")

    result = sync_location(location.pk)

    location.refresh_from_db()
    assert location.sync_error == result.error
    assert "There is no location" in result.error


def test_sync_without_a_token_keeps_its_error(settings: Any) -> None:
    settings.SANDBOX_TOKEN = ""
    location = make_location()

    result = sync_location(location.pk)

    location.refresh_from_db()
    assert "No API token" in location.sync_error
    assert location.sync_error == result.error


def test_error_disappears_with_the_next_good_sync(sandbox: Sandbox) -> None:
    location = make_location(sync_error="it did not work")

    sync_location(location.pk)

    location.refresh_from_db()
    assert location.sync_error == ""


def test_provider_that_is_away_is_an_error(settings: Any) -> None:
    settings.LEADCONNECTOR_BASE_URL = "http://127.0.0.1:9"

    with pytest.raises(LeadConnectorError):
        sync_locations()


def due(*locations: Location) -> list[Any]:
    return [Location.objects.get(pk=location.pk).sync_due_at for location in locations]


def many_locations(count: int, **columns: Any) -> list[Location]:
    return [make_location(f"location{n:012d}", **columns) for n in range(count)]


def test_syncing_everything_makes_every_location_due() -> None:
    locations = many_locations(5)
    put_off = make_location("putOff0000000000", sync_due_at=timezone.now() + timedelta(hours=1))
    before = due(put_off)

    count = sync_everything()

    assert count == 5
    assert all(moment is not None and moment <= timezone.now() for moment in due(*locations))
    assert due(put_off) == before  # it is to be read anyway


def test_sync_that_must_wait_for_the_budget_is_put_off_by_the_wait(broker: str, sandbox: Sandbox) -> None:
    location = make_location()
    budget().take({LOCATION_ID: 100}, purpose=Purpose.BUYING)

    result = sync_location(location.pk)

    [due_at] = due(location)
    assert "used up" in result.error
    assert timezone.now() < due_at <= timezone.now() + timedelta(seconds=10.15)
    assert sandbox.ledger.calls() == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", ""])
def test_sync_that_failed_is_tried_again_in_an_hour_and_keeps_its_error(
    address: str, sandbox: Sandbox, settings: Any
) -> None:
    settings.LEADCONNECTOR_BASE_URL = address or settings.LEADCONNECTOR_BASE_URL
    location = make_location("unknownLocation00001", sync_due_at=timezone.now())

    result = sync_location(location.pk)

    location.refresh_from_db()
    assert location.sync_error == result.error != ""
    assert location.sync_due_at is not None
    wait = location.sync_due_at - timezone.now()
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)


def test_good_sync_is_no_longer_due_and_has_no_error(sandbox: Sandbox) -> None:
    location = make_location(sync_due_at=timezone.now(), sync_error="it did not work")

    sync_location(location.pk)

    location.refresh_from_db()
    assert (location.sync_due_at, location.sync_error) == (None, "")
    assert location.synced_at


def test_sync_counts_as_reading(broker: str, settings: Any) -> None:
    location = make_location()
    with Sandbox(SandboxOptions(limits=True)) as counting:
        settings.LEADCONNECTOR_BASE_URL = counting.url
        sync_location(location.pk)
        asked = len(counting.ledger.calls())

    left = budget().take({LOCATION_ID: 0}, purpose=Purpose.READING)[LOCATION_ID].left

    assert (asked, left) == (2, 58)
