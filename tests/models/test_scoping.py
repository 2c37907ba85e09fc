"""Who sees which rows: one queryset method for all models that belong to locations."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from numbers_app.models import (
    ApiToken,
    Location,
    PhoneNumber,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    PurchaseLookUp,
    Status,
    TwilioAccount,
)
from tests.factories import (
    OTHER_LOCATION_ID,
    make_attempt,
    make_location,
    make_look_up,
    make_number,
    make_purchase,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db

SCOPED: list[Any] = [
    Location,
    TwilioAccount,
    PhoneNumber,
    ApiToken,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    PurchaseLookUp,
]


@pytest.fixture
def location() -> Location:
    """The first of two locations, each with a row of everything."""
    locations = [make_location(), make_location(OTHER_LOCATION_ID)]
    for position, location in enumerate(locations):
        number = f"+183055500{position:02d}"
        make_number(number, location=location)
        make_token("secret", location=location)
        TwilioAccount.objects.create(location=location, account_sid=f"AC{position}", synced_at=timezone.now())
        purchase = make_purchase(number, location=location)
        make_attempt(purchase)
        make_look_up(purchase)
        PurchaseEvent.objects.create(purchase=purchase, at=timezone.now(), to_status=Status.QUEUED, because="Asked.")
    return locations[0]


@pytest.mark.parametrize("way", ["visible_to", "visible_by_keys", "visible_among_few"])
@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_user_sees_what_belongs_to_their_locations(model: Any, way: str, location: Location) -> None:
    assigned, stranger, root = make_user(), make_user(), make_user(is_superuser=True)
    dismissed = make_user(is_superuser=True, is_active=False)
    location.users.add(assigned)

    seen = [getattr(model.objects.all(), way)(user).count() for user in (assigned, stranger, root, dismissed)]

    assert seen == [1, 0, 2, 0]


def test_mirror_rows_are_called_by_what_people_know_them_by(location: Location) -> None:
    account = TwilioAccount.objects.get(location=location)

    assert str(account) == "AC0"
    assert str(TwilioAccount(location=location)) == str(location) == f"{location.name} ({location.location_id})"
    assert str(PhoneNumber.objects.get(location=location)) == "+18305550000"
