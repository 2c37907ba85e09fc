"""Reads the sandbox's books into the mirror, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions, number_for
from numbers_app.models import Evidence, Location, PhoneNumber, Purchase, Status, TwilioAccount
from numbers_app.syncing import sync_location, sync_locations
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
