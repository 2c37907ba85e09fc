"""Which numbers are on offer, at what price.

No list is kept: a search makes its numbers, always the same ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, zip_longest
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from .magic import PREFIX
from .places import AREAS, TOLL_FREE_CODES, address_requirements, place_of

PRICES = {"local": 1.15, "tollFree": 2.15, "mobile": 4.3}
MOST_RESULTS = 30
GIVE_UP_AFTER = 2000  # tries in a row without a new number: the pattern's numbers are used up
BATCH = 100
NANP = ("US", "CA", "PR")
LIBRARY_TYPES = {
    "local": PhoneNumberType.FIXED_LINE,
    "tollFree": PhoneNumberType.TOLL_FREE,
    "mobile": PhoneNumberType.MOBILE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a search asks for; hashable, because it names the series of numbers that answers it."""

    country_code: str
    number_type: str
    first: str = ""
    last: str = ""
    anywhere: str = ""
    voice: bool = False
    sms: bool = False
    mms: bool = False


class Series:
    """The numbers that answer one search, in their order, made as far as they were needed."""

    def __init__(self, wanted: Wanted) -> None:
        self._made: list[str] = []
        self._more = _candidates(wanted)

    def __iter__(self) -> Iterator[list[str]]:
        """The numbers in batches."""
        start = 0
        while True:
            missing = start + BATCH - len(self._made)
            self._made.extend(islice(self._more, max(missing, 0)))
            batch = self._made[start : start + BATCH]
            if not batch:
                return
            yield batch
            start += BATCH


@lru_cache(maxsize=256)
def series_for(wanted: Wanted) -> Series:
    return Series(wanted)


def offer(wanted: Iterable[Wanted], *, sold_among: Callable[[Iterable[str]], set[str]]) -> list[dict[str, Any]]:
    """Up to 30 numbers on offer, the wanted types by turns, none of them sold. One call at a time."""
    choices = [_free(one, sold_among) for one in wanted]
    turns = (number for turn in zip_longest(*choices) for number in turn if number)
    return list(islice(turns, MOST_RESULTS))


def _free(wanted: Wanted, sold_among: Callable[[Iterable[str]], set[str]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for batch in series_for(wanted):
        sold = sold_among(batch)
        free = [number for number in batch if number not in sold]
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


def capabilities(number: str, *, number_type: str, country_code: str) -> tuple[bool, bool, bool]:
    """Voice, SMS, MMS.

    One local number in ten has no MMS, and one in ten only voice; abroad only mobiles have SMS.
    """
    if country_code not in NANP:
        return True, number_type == "mobile", False
    if number_type == "tollFree":
        return True, True, False
    luck = int(number[-4:]) % 10
    return True, luck != 0, luck > 1


def _candidates(wanted: Wanted) -> Iterator[str]:
    if wanted.country_code not in phonenumbers.SUPPORTED_REGIONS:
        return
    pattern = wanted.first + wanted.last + wanted.anywhere
    if pattern and not (pattern.isascii() and pattern.isdigit()):
        return
    rng = random.Random(repr(wanted))  # no secret: the same search has to make the same numbers
    seen: set[str] = set()
    idle = 0
    while idle < GIVE_UP_AFTER:
        national = _guess(wanted, rng)
        idle += 1
        if national is None or national in seen:
            continue
        seen.add(national)
        number = f"+{phonenumbers.country_code_for_region(wanted.country_code)}{national}"
        if _fits(number, national, wanted):
            idle = 0
            yield number


def _guess(wanted: Wanted, rng: random.Random) -> str | None:
    """National digits that fit the pattern, valid or not; None where the pattern can't be met."""
    shape = _shape(wanted, rng)
    if shape is None or len(shape) < max(len(wanted.first), len(wanted.last), len(wanted.anywhere)):
        return None
    digits = list(shape)
    if wanted.anywhere:
        at = rng.randint(0, len(digits) - len(wanted.anywhere))
        digits[at : at + len(wanted.anywhere)] = wanted.anywhere
    digits[: len(wanted.first)] = wanted.first
    if wanted.last:
        digits[-len(wanted.last) :] = wanted.last
    return "".join(digit if digit != "x" else str(rng.randint(0, 9)) for digit in digits)


def _shape(wanted: Wanted, rng: random.Random) -> str | None:
    """Digits to begin with, an x for each that is free."""
    if wanted.country_code in NANP:
        known = _area_codes(wanted.country_code, wanted.number_type, wanted.first)
        return (rng.choice(known) if known else "xxx") + "xxxxxxx" if wanted.number_type != "mobile" else None
    example = phonenumbers.example_number_for_type(wanted.country_code, LIBRARY_TYPES[wanted.number_type])
    if example is None:
        return None
    national = phonenumbers.national_significant_number(example)
    return national[:3] + "x" * (len(national) - 3)


@lru_cache(maxsize=1024)
def _area_codes(country_code: str, number_type: str, first: str) -> tuple[str, ...]:
    codes = TOLL_FREE_CODES if number_type == "tollFree" else tuple(AREAS[country_code])
    return tuple(code for code in codes if code.startswith(first[:3]))


def _fits(number: str, national: str, wanted: Wanted) -> bool:
    parts = national.startswith(wanted.first) and national.endswith(wanted.last) and wanted.anywhere in national
    if not parts or number.startswith(PREFIX):
        return False
    toll_free = wanted.country_code in NANP and national[:3] in TOLL_FREE_CODES
    if toll_free != (wanted.number_type == "tollFree") and wanted.country_code in NANP:
        return False
    can = capabilities(number, number_type=wanted.number_type, country_code=wanted.country_code)
    if any(want and not has for want, has in zip((wanted.voice, wanted.sms, wanted.mms), can, strict=True)):
        return False
    return _is_valid(number, wanted)


def _is_valid(number: str, wanted: Wanted) -> bool:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number_for_region(parsed, wanted.country_code):
        return False
    types = (LIBRARY_TYPES[wanted.number_type], PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return wanted.country_code in NANP or phonenumbers.number_type(parsed) in types
