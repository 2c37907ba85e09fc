"""Which numbers are on offer, at what price.

No list is kept: a search makes its numbers, always the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice, zip_longest
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat

from .places import TOLL_FREE_CODES, address_requirements, place_of
from .series import Wanted, capabilities, series_for

PRICES = {"local": 1.15, "tollFree": 2.15, "mobile": 4.3}
MOST_RESULTS = 30


def offer(wanted: Iterable[Wanted], *, gone_among: Callable[[Iterable[str]], set[str]]) -> list[dict[str, Any]]:
    """Up to 30 numbers on offer, the wanted types by turns, each once, none that is gone. One call at a time."""
    choices = [_free(one, gone_among) for one in wanted]
    turns = (number for turn in zip_longest(*choices) for number in turn if number)
    once: dict[str, dict[str, Any]] = {}
    for number in turns:
        once.setdefault(number["phoneNumber"], number)
    return list(islice(once.values(), MOST_RESULTS))


def _free(wanted: Wanted, gone_among: Callable[[Iterable[str]], set[str]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for batch in series_for(wanted):
        gone = gone_among(batch)
        free = [number for number in batch if number not in gone]
        found += [describe(number, wanted=wanted) for number in free[: MOST_RESULTS - len(found)]]
        if len(found) == MOST_RESULTS:
            break
    return found


def describe(number: str, *, wanted: Wanted) -> dict[str, Any]:
    """A number on offer, in the provider's shape."""
    national = number[len(f"+{phonenumbers.country_code_for_region(wanted.country_code)}") :]
    place = place_of(wanted.country_code, national)
    voice, sms, mms = capabilities(number, number_type=wanted.number_type, country_code=wanted.country_code)
    return {
        "phoneNumber": number,
        "friendlyName": friendly_name(number),
        "lata": place and place.lata,
        "locality": place and place.locality,
        "rateCenter": place and place.locality.replace(" ", "").upper()[:10],
        "latitude": place and place.latitude,
        "longitude": place and place.longitude,
        "region": place and place.region,
        "postalCode": place and place.postal_code,
        "isoCountry": wanted.country_code,
        "addressRequirements": address_requirements(wanted.country_code),
        "beta": False,
        "capabilities": {"MMS": mms, "SMS": sms, "voice": voice},
        "price": {
            "number_type": wanted.number_type,
            "price": PRICES[wanted.number_type],
            "price_unit": "USD",
        },
    }


def friendly_name(number: str) -> str:
    """The number as its own country writes it."""
    if number.startswith("+1") and len(number) == len("+18305551234"):
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.NATIONAL)
    except phonenumbers.NumberParseException:
        return number


def country_of(number: str) -> str:
    """The country of a number in E.164; US where nothing can be said."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "US"
    except phonenumbers.NumberParseException:
        return "US"


def type_of(number: str) -> str:
    """The type of a number in E.164, for a purchase that does not name it."""
    return "tollFree" if number.startswith("+1") and number[2:5] in TOLL_FREE_CODES else "local"
