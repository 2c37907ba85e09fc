"""What can't be bought is refused on the page: with exactly its error, with what was typed, and with no row written."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from numbers_app.models import Purchase
from tests.admin.world import BUY, World, buy, change_page, form_values, order_for, page, rows_of_all

REQUIRED = "This field is required."
NUL = "Null characters are not allowed."
CONTROL = "Line breaks and control characters can't be sent."
NO_LOCATION = "There is no such location, or it is not assigned to you."
NO_COUNTRY_CODE = "Start the number with + and the country code, as in +1 830 555 1234, or choose a country."
NOT_ADDRESS = "An address SID is AD followed by 32 digits or letters from a to f."
NOT_BUNDLE = "A bundle SID is BU followed by 32 digits or letters from a to f."
NOT_FINGERPRINT = "A fingerprint has no spaces and no special letters."
OUT_OF_DATE = "This page was out of date. Press Buy once more."


def too_long(least: int, has: int) -> str:
    return f"Ensure this value has at most {least} characters (it has {has})."


def no_choice(value: str) -> str:
    return f"Select a valid choice. {value} is not one of the available choices."


@dataclass(frozen=True)
class Bad:
    """One field typed wrong, and what is said of it; a value of None leaves the field out of the request.

    What was typed is ``kept`` on the page, unless no list of choices has it.
    """

    name: str
    value: Any
    says: str
    other: dict[str, Any] = field(default_factory=dict)
    kept: bool = True

    def __str__(self) -> str:
        return f"{self.name}-{self.value!r:.30}"


def number(value: str, says: str, **other: Any) -> Bad:
    return Bad("phone_number", value, says, other)


def kind(phone_number: str, number_type: str, says: str, country_code: str = "US") -> Bad:
    return Bad("number_type", number_type, says, {"phone_number": phone_number, "country_code": country_code})


BAD = [
    Bad("location", None, REQUIRED),
    Bad("location", "", REQUIRED, kept=False),
    Bad("location", "abc", NO_LOCATION, kept=False),
    Bad("location", "0", NO_LOCATION, kept=False),
    Bad("location", "-1", NO_LOCATION, kept=False),
    Bad("location", "999999", NO_LOCATION, kept=False),
    Bad("location", "9" * 40, NO_LOCATION, kept=False),
    Bad("location", "1.5", NO_LOCATION, kept=False),
    Bad("location", "mineLOCATION01", NO_LOCATION, kept=False),
    Bad("location", "1 OR 1=1", NO_LOCATION, kept=False),
    Bad("location", "\x00", NUL, kept=False),
    Bad("phone_number", None, REQUIRED),
    number("", REQUIRED),
    number("   ", REQUIRED),
    number("x", "“x” is not a phone number."),
    number("+", "“+” is not a phone number."),
    number("call me", "“call me” is not a phone number."),
    number("📞📞📞", "“📞📞📞” is not a phone number."),
    number("8️⃣305551234", "“8️⃣305551234” is not a phone number."),
    number("<b>8305551234</b>", "“<b>8305551234</b>” is not a phone number."),
    number("<script>alert(1)</script>", "“<script>alert(1)</script>” is not a phone number."),
    number("8305551234'; DROP TABLE users;--", "“8305551234'; DROP TABLE users;--” is not a phone number."),
    number("' OR '1'='1", "“' OR '1'='1” is not a phone number."),
    number("830 555 1234\n830 555 9999", CONTROL),
    number("830\t555\t1234", CONTROL),
    number("830\u2028555 1234", CONTROL),
    number("830 555\x001234", NUL),
    number("830 555 1234 ext. 9", "A number is bought without an extension; leave “9” out."),
    number("08305551234", "“08305551234” has too many digits."),
    number("0018305551234", "“0018305551234” has too many digits."),
    number("830 555 123", "“830 555 123” has too few digits."),
    number("911", "“911” has too few digits."),
    number("555 1234", "“555 1234” lacks the area code."),
    number("830 555 12345", "“830 555 12345” has too many digits."),
    number("1" * 41, too_long(40, 41)),
    number("+1 " + "9" * 30, "“+1 999999999999999999999999999999” is not a phone number."),
    number("+44 20 7946 0958", "This is not a number of the country chosen (US)."),
    number("+1 416 555 1234", "This number belongs to CA, not to the country chosen (US)."),
    number("+1 876 555 1234", "This number belongs to JM, not to the country chosen (US)."),
    number("(830) 555-1234", "This number belongs to US, not to the country chosen (CA).", country_code="CA"),
    number("(830) 555-1234", NO_COUNTRY_CODE, country_code=""),
    number("+999 1234567", NO_COUNTRY_CODE),
    number(
        "+65 2222 22222",
        "“+65 2222 22222” does not have the number of digits that its country uses.",
        country_code="SG",
    ),
    Bad("country_code", "ZZ", no_choice("ZZ"), kept=False),
    Bad("country_code", "us", no_choice("us"), kept=False),
    Bad("country_code", "USA", no_choice("USA"), kept=False),
    Bad("country_code", "<i>", no_choice("<i>"), kept=False),
    Bad("country_code", "AQ", no_choice("AQ"), kept=False),
    Bad("country_code", "\x00", no_choice("\x00"), kept=False),
    Bad("number_type", "tollfree", "“tollfree” is none of: local, tollFree, mobile.", kept=False),
    Bad("number_type", "LOCAL", "“LOCAL” is none of: local, tollFree, mobile.", kept=False),
    Bad("number_type", "0", "“0” is none of: local, tollFree, mobile.", kept=False),
    kind("800 555 1234", "local", "+1 800-555-1234 is a Toll-free number, not Local."),
    kind("(888) 555-1234", "mobile", "+1 888-555-1234 is a Toll-free number, not Mobile."),
    kind("(830) 555-1234", "tollFree", "+1 830-555-1234 is a Local or Mobile number, not Toll-free."),
    kind("07911 123456", "local", "+44 7911 123456 is a Mobile number, not Local.", "GB"),
    kind("020 7946 0958", "mobile", "+44 20 7946 0958 is a Local number, not Mobile.", "GB"),
    kind("612 34 56 78", "tollFree", "+34 612 34 56 78 is a Mobile number, not Toll-free.", "ES"),
    Bad("address_sid", "AD", NOT_ADDRESS),
    Bad("address_sid", "AD" + "0" * 31, NOT_ADDRESS),
    Bad("address_sid", "AD" + "0" * 33, NOT_ADDRESS),
    Bad("address_sid", "ad" + "0" * 32, NOT_ADDRESS),
    Bad("address_sid", "BU" + "0" * 32, NOT_ADDRESS),
    Bad("address_sid", "AD" + "g" * 32, NOT_ADDRESS),
    Bad("address_sid", "AD" + "０" * 32, NOT_ADDRESS),
    Bad("address_sid", "AD" + "0" * 16 + " " + "0" * 15, NOT_ADDRESS),
    Bad("bundle_sid", "BU" + "0" * 31, NOT_BUNDLE),
    Bad("bundle_sid", "BU" + "0" * 3000, NOT_BUNDLE),
    Bad("bundle_sid", "AD" + "0" * 32, NOT_BUNDLE),
    Bad("bundle_sid", "BU" + "z" * 32, NOT_BUNDLE),
    Bad("locality", "a" * 101, too_long(100, 101)),
    Bad("locality", "San\nAntonio", CONTROL),
    Bad("locality", "San\x1b[31mAntonio", CONTROL),
    Bad("locality", "San\x00Antonio", NUL),
    Bad("region", "é" * 101, too_long(100, 101)),
    Bad("region", "T\rX", CONTROL),
    Bad("region", "T\x85X", CONTROL),
    Bad("fingerprint_id", "two words", NOT_FINGERPRINT),
    Bad("fingerprint_id", "tab\tbed", NOT_FINGERPRINT),
    Bad("fingerprint_id", "naïve", NOT_FINGERPRINT),
    Bad("fingerprint_id", "🔒", NOT_FINGERPRINT),
    Bad("fingerprint_id", "f" * 101, too_long(100, 101)),
    Bad("idempotency_key", None, OUT_OF_DATE, kept=False),
    Bad("idempotency_key", "", OUT_OF_DATE, kept=False),
    Bad("idempotency_key", "not-a-uuid", OUT_OF_DATE, kept=False),
    Bad("idempotency_key", "9" * 400, OUT_OF_DATE, kept=False),
]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_bad_input_gets_its_error_and_leaves_no_row(bad: Bad, world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")
    sent = order_for(world.mine.location, **{"locality": "Austin", **bad.other, bad.name: bad.value})
    before = rows_of_all()

    response = client.post(reverse(BUY), sent)

    content = response.content.decode()
    assert response.status_code == 200
    assert response.context["form"].errors == {bad.name: [bad.says]}
    assert html.escape(bad.says) in content
    assert "Nothing was ordered. One field needs another look" in content
    kept = {name: str(value) for name, value in sent.items() if bad.kept or name != bad.name}
    assert kept.items() <= form_values(content).items()
    assert rows_of_all() == before


def test_location_of_others_is_refused_like_one_that_is_not_there(world: World, visit: Callable[[str], Client]) -> None:
    before = rows_of_all()

    response = buy(visit("Buyer"), world.other.location)

    assert response.context["form"].errors == {"location": [NO_LOCATION]}
    assert not [mark for mark in world.other.marks if mark in response.content.decode()]
    assert rows_of_all() == before


def test_every_mistake_is_told_at_once(world: World, visit: Callable[[str], Client]) -> None:
    wrong = {"phone_number": "x", "country_code": "ZZ", "address_sid": "AD", "bundle_sid": "BU", "locality": "a" * 101}

    response = buy(visit("Buyer"), world.mine.location, **wrong)

    # The number is not judged without a country that can be used.
    assert set(response.context["form"].errors) == {"country_code", "address_sid", "bundle_sid", "locality"}
    assert "4 fields need another look" in response.content.decode()


@pytest.mark.parametrize("key", [None, "not-a-uuid"])
def test_form_without_usable_key_brings_one_for_the_next_click(
    key: str | None, world: World, visit: Callable[[str], Client]
) -> None:
    client = visit("Buyer")
    refused = buy(client, world.mine.location, idempotency_key=key)

    response = client.post(reverse(BUY), form_values(refused.content.decode()))

    purchase = Purchase.objects.latest("pk")
    assert response.headers["Location"] == change_page(purchase)
    assert purchase.phone_number == "+18305551234"


@pytest.mark.parametrize("value", ["abc", "9" * 40, "\x00", "-1", ""])
@pytest.mark.parametrize("name", ["location", "country_code", "number_type", "phone_number", "fingerprint_id"])
def test_link_with_garbage_still_opens_the_form(
    name: str, value: str, world: World, visit: Callable[[str], Client]
) -> None:
    assert "Buy a number" in page(visit("Buyer"), reverse(BUY), **{name: value})


def test_link_fills_the_form_in(world: World, visit: Callable[[str], Client]) -> None:
    wanted = {
        "location": str(world.mine.location.pk),
        "phone_number": "+442079460958",
        "country_code": "GB",
        "number_type": "mobile",
        "fingerprint_id": "from-a-search",
    }

    shown = form_values(page(visit("Buyer"), reverse(BUY), **wanted, skip_location_kyc="on"))

    assert wanted.items() <= shown.items()
    assert shown["skip_location_kyc"] == ""
