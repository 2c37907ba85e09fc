"""Reads single cells: words for yes, countries, types, quantities, digits."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django_countries import countries

from numbers_app.files.tables import CellFault, as_digits, key_of, shortened
from numbers_app.forms import SID_RULES, refuse_control_characters
from numbers_app.models import NumberType, Substitution

MOST_OF_A_ROW = 500  # numbers that one row may ask for
LONGEST_PLACE = 100
YES = frozenset({"yes", "y", "true", "1", "x", "on", "si", "s", "verdadero"})
NO = frozenset({"no", "n", "false", "0", "off", "falso"})
TYPES = {
    "local": NumberType.LOCAL,
    "fijo": NumberType.LOCAL,
    "tollfree": NumberType.TOLL_FREE,
    "toll_free": NumberType.TOLL_FREE,
    "gratuito": NumberType.TOLL_FREE,
    "mobile": NumberType.MOBILE,
    "movil": NumberType.MOBILE,
    "celular": NumberType.MOBILE,
}
RULES = {
    "none": Substitution.NONE,
    "this_number_only": Substitution.NONE,
    "ninguno": Substitution.NONE,
    "digits": Substitution.DIGITS,
    "same_digits": Substitution.DIGITS,
    "digitos": Substitution.DIGITS,
    "place": Substitution.PLACE,
    "same_place": Substitution.PLACE,
    "lugar": Substitution.PLACE,
    "kind": Substitution.KIND,
    "any_of_the_kind": Substitution.KIND,
    "any": Substitution.KIND,
    "cualquiera": Substitution.KIND,
}
COUNTRY_WORDS = {"usa": "US", "u_s_a": "US", "united_states": "US", "estados_unidos": "US", "eeuu": "US", "ee_uu": "US",
    "uk": "GB", "reino_unido": "GB", "espana": "ES", "mexico": "MX", "canada": "CA"}  # fmt: skip
# 8-30 in an American spreadsheet becomes 30-Aug, and letters would be read by the phone keypad.
DATE_LIKE = re.compile(
    r"\d{1,4}[-/ ](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?:[-/ ]\d{1,4})?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-/ ]\d{1,4}",
    re.IGNORECASE,
)


def read_yes(text: str) -> bool:
    key = key_of(as_digits(text))
    if key in YES or text in ("✓", "✔"):
        return True
    if key in NO:
        return False
    raise CellFault(_("“%(text)s” is neither yes nor no.") % {"text": shortened(text)})


def read_type(text: str) -> str:
    found = TYPES.get(key_of(text))
    if found is None:
        raise CellFault(_("“%(text)s” is none of: local, tollFree, mobile.") % {"text": shortened(text)})
    return found.value


def read_rule(text: str) -> Substitution:
    found = RULES.get(key_of(text))
    if found is None:
        raise CellFault(_("“%(text)s” is none of: none, digits, place, kind.") % {"text": shortened(text)})
    return found


def read_country(text: str) -> str:
    code = country_code(key_of(text))
    if not code:
        raise CellFault(
            _("“%(text)s” is no country with phone numbers. Write its two letters, such as US.")
            % {"text": shortened(text)}
        )
    return code


@lru_cache(maxsize=512)
def country_code(key: str) -> str:
    """ISO 3166-1 alpha-2 for two letters, three letters, or a name; "" for anything else."""
    code = countries.alpha2(key.upper()) or COUNTRY_WORDS.get(key) or country_names().get(key, "")
    return code if code in phonenumbers.SUPPORTED_REGIONS else ""


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """In each of the desk's languages: a file may have been written in another than its reader's."""
    names: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            names |= {key_of(str(name)): code for code, name in countries}
    return names


def read_quantity(text: str) -> int:
    digits = as_digits(text)
    number = int(digits) if re.fullmatch(r"\d{1,9}", digits, re.ASCII) else 0
    if not 1 <= number <= MOST_OF_A_ROW:
        raise CellFault(
            _("“%(text)s” is no number from 1 to %(most)s.") % {"text": shortened(text), "most": MOST_OF_A_ROW}
        )
    return number


def read_digits(text: str) -> str:
    """The text of a pattern, where a spreadsheet has not spoilt it."""
    if DATE_LIKE.fullmatch(text):
        raise CellFault(
            _("The spreadsheet has made a date of this (%(text)s). Format the column as text, and type it again.")
            % {"text": text}
        )
    return as_digits(text)


def read_place(text: str) -> str:
    if len(text) > LONGEST_PLACE:
        raise CellFault(_("This has more than %(most)s characters.") % {"most": LONGEST_PLACE})
    try:
        refuse_control_characters(text)
    except ValidationError as error:
        raise CellFault(str(error.message)) from None
    return text


def read_sid(name: str, text: str) -> str:
    try:
        SID_RULES[name](text)
    except ValidationError as error:
        raise CellFault(str(error.message)) from None
    return text
