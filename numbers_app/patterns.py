"""Reads parts of phone numbers as people write them into the digits that the provider's search understands."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneMetadata

from numbers_app.phones import LONGEST_INPUT, NANP_CODE, PhoneError, is_latin_letter, is_usual

Where = Literal["first", "last", "anywhere"]

# In 830-XXX-XXXX the X stand for any digit; in XMAS it is a letter like the others.
ANY_DIGIT = r"(?<![A-Za-z])[Xx*?#_]+(?![A-Za-z])"
ANY_AT_END = re.compile(rf"(?:{ANY_DIGIT}[^0-9A-Za-z]*)+$")
ANY_AT_START = re.compile(rf"^(?:[^0-9A-Za-z+]*{ANY_DIGIT})+")
ANY_LEFT = re.compile(ANY_DIGIT)
INTERNATIONAL_PREFIXES = ("00", "011")


def read_pattern(raw: str, *, country: str, where: Where) -> str:
    """The national digits of a part of a number, "" for nothing; letters go by the phone keypad.

    ``country`` (ISO 3166-1 alpha-2) tells which country code or trunk prefix is left out. Raises `PhoneError`.
    """
    text = raw.strip().removeprefix("tel:").strip()
    if not text:
        return ""
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise PhoneError(_("Choose a country: it decides how the digits are read."))
    if len(text) > LONGEST_INPUT:
        raise PhoneError(_("A phone number has at most 15 digits; this is too long."))
    text = without_any_digits(text, where)
    refuse_other_signs(text, raw)
    digits = national_part(text, country=country, where=where)
    if not digits:
        raise PhoneError(_("“%(raw)s” has no digits to look for; add some, or leave it empty.") % {"raw": raw.strip()})
    refuse_impossible(digits, country=country, where=where)
    return digits


def without_any_digits(text: str, where: Where) -> str:
    """Leaves out the signs for any digit where they say nothing: at the end that is free anyway."""
    if where in ("first", "anywhere"):
        text = ANY_AT_END.sub("", text)
    if where in ("last", "anywhere"):
        text = ANY_AT_START.sub("", text)
    found = ANY_LEFT.search(text)
    if found:
        raise PhoneError(
            _("The provider knows no sign for any digit; leave “%(signs)s” out.") % {"signs": found.group()}
        )
    return text


def refuse_other_signs(text: str, raw: str) -> None:
    if not all(map(is_usual, text)) or "+" in plain_plus(text)[1:]:
        raise PhoneError(_("“%(raw)s” is no part of a phone number.") % {"raw": raw.strip()})


def plain_plus(text: str) -> str:
    return text.replace("\uff0b", "+").lstrip("( ")


def on_keypad(character: str) -> str:
    """A digit as it is, in any script; a letter as the digit of its key; nothing for all else."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return phonenumbers.convert_alpha_characters_in_number(character) if is_latin_letter(character) else ""


def national_part(text: str, *, country: str, where: Where) -> str:
    """The digits without the country code, and without the prefix that is dialled within the country."""
    code = str(phonenumbers.country_code_for_region(country))
    prefix = trunk_prefix(country)
    text = plain_plus(text)
    if prefix == "0":  # in +44 (0)20 the bracket is for those who call from within the country
        text = text.replace("(0)", "", 1)
    digits = "".join(map(on_keypad, text))
    international = next((sign for sign in INTERNATIONAL_PREFIXES if digits.startswith(sign)), "")
    if text.startswith("+") or (international and where == "first"):
        digits = digits.removeprefix(international) if not text.startswith("+") else digits
        if not digits.startswith(code):
            raise PhoneError(
                _("This does not begin with the code of the country chosen (%(country)s, +%(code)s).")
                % {"country": country, "code": code}
            )
        return digits.removeprefix(code)
    if prefix and digits.startswith(prefix) and is_dialled(prefix, text, digits, country=country, where=where):
        return digits.removeprefix(prefix)
    return digits


def is_dialled(prefix: str, text: str, digits: str, *, country: str, where: Where) -> bool:
    """Whether the first digits are the prefix, and not a part of the number that happens to read alike."""
    set_off = re.match(rf"[^\w]*{prefix}[^\w]+\w{{3}}", text) is not None
    never_first = prefix.startswith("0") or prefix == str(NANP_CODE)  # no number there begins with these
    too_long = len(digits) > longest(country)
    return too_long or (where == "first" and never_first) or (where != "last" and set_off)


def trunk_prefix(country: str) -> str:
    """What is dialled before a number within its country: 1 in the US, 0 in the UK; "" where there is none."""
    metadata = PhoneMetadata.metadata_for_region(country)
    return (metadata.national_prefix or "") if metadata else ""


def longest(country: str) -> int:
    """The number of digits that a national number has at the most."""
    metadata = PhoneMetadata.metadata_for_region(country)
    return max(metadata.general_desc.possible_length) if metadata and metadata.general_desc else LONGEST_INPUT


def refuse_impossible(digits: str, *, country: str, where: Where) -> None:
    most = longest(country)
    if len(digits) > most:
        raise PhoneError(
            _("This has too many digits: a number of the country chosen (%(country)s) has at most %(most)s.")
            % {"country": country, "most": most}
        )
    if where == "first" and phonenumbers.country_code_for_region(country) == NANP_CODE and digits[0] in "01":
        raise PhoneError(_("Area codes begin with 2 to 9, not with %(digit)s.") % {"digit": digits[0]})
