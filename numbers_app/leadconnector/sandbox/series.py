"""The numbers that answer a search: always the same ones in the same order, made as far as they are needed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

import phonenumbers
from phonenumbers import PhoneNumberType

from .magic import PREFIX, magic_for
from .places import AREAS, TOLL_FREE_CODES

GIVE_UP_AFTER = 2000  # tries in a row without a new number: the pattern's numbers are used up
FEW = 2000  # so many numbers of a pattern are listed; to guess the last of them would take long
BATCH = 100
NANP = ("US", "CA", "PR")
NANP_PREFIX = "+1"
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


def capabilities(number: str, *, number_type: str, country_code: str) -> tuple[bool, bool, bool]:
    """Voice, SMS, MMS.

    One local number in ten has no MMS, and one in ten only voice; abroad only mobiles have SMS. Magic numbers have all.
    """
    if number.startswith(PREFIX):
        return True, True, True
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
    code = f"+{phonenumbers.country_code_for_region(wanted.country_code)}"
    if magic_for(code + wanted.first):
        yield from [code + wanted.first] if _has_parts(wanted.first, wanted) else []
        return
    idle = 0
    for national in _nationals(wanted):
        idle += 1
        if _fits(code + national, national, wanted):
            idle = 0
            yield code + national
        elif idle == GIVE_UP_AFTER:
            return


def _nationals(wanted: Wanted) -> Iterator[str]:
    """National digits that have the pattern's shape, valid or not, each once."""
    rng = random.Random(repr(wanted))  # no secret: the same search has to make the same numbers
    shapes = _shapes(wanted)
    if sum(10 ** shape.count("x") for shape in shapes) <= FEW:
        everything = sorted({national for shape in shapes for national in _filled(shape)})
        rng.shuffle(everything)
        yield from everything
        return
    seen: set[str] = set()
    idle = 0
    while idle < GIVE_UP_AFTER:
        national = "".join(digit if digit != "x" else str(rng.randint(0, 9)) for digit in rng.choice(shapes))
        idle = idle + 1 if national in seen else 0
        if not idle:
            seen.add(national)
            yield national


def _filled(shape: str) -> Iterator[str]:
    """Every number of the shape."""
    for digits in product("0123456789", repeat=shape.count("x")):
        left = iter(digits)
        yield "".join(next(left) if digit == "x" else digit for digit in shape)


def _shapes(wanted: Wanted) -> list[str]:
    """What numbers with the pattern look like, an x for each digit that is free; none where it can't be met."""
    found = set()
    for start in _starts(wanted):
        if len(start) < max(len(wanted.first), len(wanted.last), len(wanted.anywhere)):
            continue
        for at in range(len(start) - len(wanted.anywhere) + 1):
            digits = list(start)
            digits[at : at + len(wanted.anywhere)] = wanted.anywhere
            digits[: len(wanted.first)] = wanted.first
            if wanted.last:
                digits[-len(wanted.last) :] = wanted.last
            found.add("".join(digits))
    return sorted(found)


def _starts(wanted: Wanted) -> Iterator[str]:
    """Numbers of the country with their first digits alone."""
    if wanted.country_code in NANP:
        if wanted.number_type != "mobile":
            for code in _area_codes(wanted.country_code, wanted.number_type, wanted.first) or ("xxx",):
                yield code + "xxxxxxx"
        return
    example = phonenumbers.example_number_for_type(wanted.country_code, LIBRARY_TYPES[wanted.number_type])
    if example is not None:
        national = phonenumbers.national_significant_number(example)
        agree = national.startswith(wanted.first[:3])
        yield (national[:3] if agree else "xxx") + "x" * (len(national) - 3)


@lru_cache(maxsize=1024)
def _area_codes(country_code: str, number_type: str, first: str) -> tuple[str, ...]:
    codes = TOLL_FREE_CODES if number_type == "tollFree" else tuple(AREAS[country_code])
    return tuple(code for code in codes if code.startswith(first[:3]))


def _fits(number: str, national: str, wanted: Wanted) -> bool:
    if not _has_parts(national, wanted) or number.startswith(PREFIX):
        return False
    toll_free = wanted.country_code in NANP and national[:3] in TOLL_FREE_CODES
    if toll_free != (wanted.number_type == "tollFree") and wanted.country_code in NANP:
        return False
    can = capabilities(number, number_type=wanted.number_type, country_code=wanted.country_code)
    if any(want and not has for want, has in zip((wanted.voice, wanted.sms, wanted.mms), can, strict=True)):
        return False
    return _is_valid(number, wanted)


def _has_parts(national: str, wanted: Wanted) -> bool:
    return national.startswith(wanted.first) and national.endswith(wanted.last) and wanted.anywhere in national


def _is_valid(number: str, wanted: Wanted) -> bool:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number_for_region(parsed, wanted.country_code):
        return False
    types = (LIBRARY_TYPES[wanted.number_type], PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return wanted.country_code in NANP or phonenumbers.number_type(parsed) in types
