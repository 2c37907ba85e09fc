"""Reads phone numbers as people write them, checks them against what is asked for, and writes them for people."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from numbers_app.models import NumberType

LONGEST_INPUT = 40
NANP_CODE = 1  # +1 is shared by the United States, Canada and the Caribbean
CERTAIN_TYPES = {
    PhoneNumberType.FIXED_LINE: (NumberType.LOCAL,),
    PhoneNumberType.MOBILE: (NumberType.MOBILE,),
    PhoneNumberType.FIXED_LINE_OR_MOBILE: (NumberType.LOCAL, NumberType.MOBILE),
    PhoneNumberType.TOLL_FREE: (NumberType.TOLL_FREE,),
}
SHORTEST_WORD = 3  # letters that stand for digits, as in 1-800-FLOWERS; fewer are skipped by the parser
USUAL_MARKS = frozenset("+./\u2212\u30fc\uff0b\uff0e\uff0f")  # also the minus, Japan's dash, and full-width ones
USUAL_CATEGORIES = frozenset({"Nd", "Zs", "Pd", "Ps", "Pe", "Cf"})  # digits, spaces, dashes, brackets, invisible marks


class PhoneError(ValueError):
    """What is wrong with a number, in words for the person who typed it."""


def read_phone(raw: str, country: str = "") -> str:
    """E.164 for a number in any usual notation; ``country`` (ISO 3166-1 alpha-2) completes a national one.

    Raises `PhoneError` when it is no number, not possible in its country, or not of ``country``.
    """
    if len(raw) > LONGEST_INPUT:
        raise PhoneError(_("A phone number has at most 15 digits; this is too long."))
    number = parse(raw, country)
    refuse_other_text(raw)
    refuse_impossible(number, raw)
    if country:
        refuse_foreign(number, country)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def parse(raw: str, country: str) -> phonenumbers.PhoneNumber:
    try:
        number = phonenumbers.parse(raw, country or None)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            raise PhoneError(
                _("Start the number with + and the country code, as in +1 830 555 1234, or choose a country.")
            ) from None
        raise PhoneError(_("“%(raw)s” is not a phone number.") % {"raw": raw}) from None
    if number.extension:
        raise PhoneError(_("A number is bought without an extension; leave “%(raw)s” out.") % {"raw": number.extension})
    return number


def refuse_other_text(raw: str) -> None:
    """Text around or between the digits, which the parser skips: what is bought must be all that was written."""
    text = raw.strip().removeprefix("tel:")
    letters = [position for position, character in enumerate(text) if is_latin_letter(character)]
    first_digit = next((position for position, character in enumerate(text) if character.isdecimal()), 0)
    word = not letters or (len(letters) >= SHORTEST_WORD and letters[0] > first_digit)
    if not word or not all(map(is_usual, text)):
        raise PhoneError(_("“%(raw)s” is not a phone number.") % {"raw": raw})


def is_usual(character: str) -> bool:
    return is_latin_letter(character) or character in USUAL_MARKS or unicodedata.category(character) in USUAL_CATEGORIES


def is_latin_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


def refuse_impossible(number: phonenumbers.PhoneNumber, raw: str) -> None:
    reason = phonenumbers.is_possible_number_with_reason(number)
    messages = {
        ValidationResult.TOO_SHORT: _("“%(raw)s” has too few digits."),
        ValidationResult.TOO_LONG: _("“%(raw)s” has too many digits."),
        ValidationResult.IS_POSSIBLE_LOCAL_ONLY: _("“%(raw)s” lacks the area code."),
        ValidationResult.INVALID_COUNTRY_CODE: _("“%(raw)s” begins with a country code that does not exist."),
        ValidationResult.INVALID_LENGTH: _("“%(raw)s” does not have the number of digits that its country uses."),
    }
    if reason != ValidationResult.IS_POSSIBLE:
        raise PhoneError(messages[reason] % {"raw": raw})


def refuse_foreign(number: phonenumbers.PhoneNumber, country: str) -> None:
    """A number of another country; a toll-free +1 number belongs to every country of +1."""
    if number.country_code != phonenumbers.country_code_for_region(country):
        raise PhoneError(_("This is not a number of the country chosen (%(country)s).") % {"country": country})
    region = phonenumbers.region_code_for_number(number)
    if region in (None, country) or is_toll_free(number):
        return
    if number.country_code == NANP_CODE:
        raise PhoneError(
            _("This number belongs to %(region)s, not to the country chosen (%(country)s).")
            % {"region": region, "country": country}
        )


def is_toll_free(number: phonenumbers.PhoneNumber) -> bool:
    return phonenumbers.number_type(number) == PhoneNumberType.TOLL_FREE


def refuse_wrong_type(e164: str, number_type: str) -> None:
    """Raises `PhoneError` where the number is certainly of another type than the one chosen."""
    possible = CERTAIN_TYPES.get(phonenumbers.number_type(phonenumbers.parse(e164)))
    if possible and number_type not in possible:
        right = _(" or ").join(str(kind.label) for kind in possible)
        raise PhoneError(
            _("%(number)s is a %(right)s number, not %(wrong)s.")
            % {"number": show_phone(e164), "right": right, "wrong": NumberType(number_type).label}
        )


def country_of(e164: str) -> str:
    """ISO 3166-1 alpha-2 of the number's country, or "" where the number doesn't tell."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    return region if region and region.isalpha() else ""  # 001 stands for no country, as of +800


@lru_cache(maxsize=10_000)  # the newest numbers are drawn again and again, in lists and while a purchase is watched
def show_phone(e164: str) -> str:
    """For people: +1 830-555-1234. What can't be read stays as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return e164


def search_digits(term: str) -> str:
    """The digits to look for in E.164 numbers when somebody types a number, or a part of one, in any notation.

    "" where the term is no number: it has letters, or no digits.
    """
    if any(character.isalpha() for character in term):
        return ""
    # In +44 (0)20 7946 0958 the bracket is for those who call from within the country.
    digits = "".join(str(int(character)) for character in term.replace("(0)", "") if character.isdecimal())
    return digits.removeprefix("00").removeprefix("0")
