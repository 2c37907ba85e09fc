"""The form that the page and the command line share; what it refuses is in `tests.admin.test_bad_input`."""

from __future__ import annotations

import uuid
from typing import Any

import phonenumbers
import pytest

from numbers_app.forms import PurchaseForm, country_choices
from numbers_app.leadconnector.payloads import BODY_NAMES, PurchaseRequest
from tests.factories import OTHER_LOCATION_ID, make_location, make_user


def filled_in(*, user: Any = None, **typed: Any) -> PurchaseForm:
    good = {"location": make_location().pk, "phone_number": "+1 830 555 1234", "idempotency_key": str(uuid.uuid4())}
    return PurchaseForm({**good, **typed}, user=user)


def test_request_has_every_field_of_the_call(db: None) -> None:
    fields = {
        "phone_number": "(830) 555-1234",
        "country_code": "US",
        "number_type": "local",
        "address_sid": "AD" + "a" * 32,
        "bundle_sid": "BU" + "F" * 32,
        "locality": "San Antonio",
        "region": "Texas",
        "fingerprint_id": "!~finger",
        "skip_location_kyc": True,
    }
    form = filled_in(**fields)

    assert form.is_valid(), form.errors
    assert set(fields) == set(BODY_NAMES)
    assert form.purchase_request() == PurchaseRequest(**{**fields, "phone_number": "+18305551234"})


@pytest.mark.parametrize(
    ("number", "country", "number_type"),
    [
        ("+1 830 555 1234", "", ""),
        ("+1 830 555 1234", "US", "mobile"),
        ("(800) 555-1234", "US", "tollFree"),
        ("800 555 1234", "CA", "tollFree"),
        ("020 7946 0958", "GB", "local"),
        ("07911 123456", "GB", "mobile"),
        ("0800 111 1111", "GB", "tollFree"),
        ("55 1234 5678", "MX", "local"),
        ("912 34 56 78", "ES", "local"),
        ("+15005550000", "US", "tollFree"),
    ],
)
def test_type_that_the_number_may_have_is_taken(number: str, country: str, number_type: str, db: None) -> None:
    form = filled_in(phone_number=number, country_code=country, number_type=number_type)

    assert form.is_valid(), form.errors


@pytest.mark.parametrize("name", ["locality", "region"])
def test_names_of_places_may_be_in_any_script(name: str, db: None) -> None:
    for place in ("São Paulo", "Kraków", "東京", "Ville d'Été", "Saint-Jean-sur-Richelieu (QC)", "<b>"):
        form = filled_in(**{name: f"  {place}\t"})

        assert form.is_valid(), form.errors
        assert form.cleaned_data[name] == place


def test_location_is_chosen_among_those_of_the_user(db: None) -> None:
    mine, other = make_location(), make_location(OTHER_LOCATION_ID)
    user = make_user()
    mine.users.add(user)

    valid = {
        (name, whose): filled_in(user=asking, location=place.pk).is_valid()
        for name, place in (("mine", mine), ("other", other))
        for whose, asking in (("user", user), ("root", make_user(is_superuser=True)), ("operator", None))
    }

    assert [pair for pair, ok in valid.items() if not ok] == [("other", "user")]


def test_inactive_user_has_no_locations(db: None) -> None:
    user = make_user(is_active=False, is_superuser=True)

    assert filled_in(user=user).errors == {"location": ["There is no such location, or it is not assigned to you."]}


def test_every_choice_of_country_has_phone_numbers() -> None:
    codes = [code for code, _name in country_choices()]

    assert codes[0] == ""
    assert {"US", "CA", "GB", "MX", "ES"} < set(codes)
    assert set(codes[1:]) <= set(phonenumbers.SUPPORTED_REGIONS)
    assert "AQ" not in codes


def test_each_form_has_a_key_of_its_own(db: None) -> None:
    keys = {str(PurchaseForm(user=None)["idempotency_key"].value()) for _ in range(3)}

    assert len(keys) == 3
