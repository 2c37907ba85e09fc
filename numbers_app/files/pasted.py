"""Reads numbers that were pasted: in any notation, with anything between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers
from django.utils.translation import gettext as _

from numbers_app.files.tables import as_digits, shortened
from numbers_app.formatting import show_count
from numbers_app.phones import LONGEST_INPUT, PhoneError, country_of, read_phone, refuse_wrong_type
from numbers_app.purchasing.drafting import Wish

LONGEST_TEXT = 300_000  # characters; 10,000 numbers have fewer
MOST_NUMBERS = 10_000
MOST_PIECES = 6  # that the spaces within one number make of it
BETWEEN = re.compile(
    r"[\r\n\t\v\f\u2028\u2029,;|•·▪◦‣●]+"
    r"|\s(?:and|or|y|e|o|et|und|&)\s"
    r"|(?<=\d)\s*/\s*(?=[+(\d])"
    r"|(?<=\d)\s*(?=\+)",
    re.IGNORECASE,
)
BULLET = re.compile(r"^(?:[-*–—>]+|\d{1,4}[.)])\s+")
QUOTES = " \"'`“”‘’<>[]{}"
FEWEST_DIGITS = 7  # of a number that stands among others with nothing but spaces between
MOST_DIGITS = 15
CERTAIN_DIGITS = 10  # a word with so many is a number by itself


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A text that is no number, and why."""

    whole: str
    reason: str

    @property
    def text(self) -> str:
        return shortened(self.whole)


@dataclass(frozen=True, kw_only=True)
class Pasted:
    """The numbers found, each once, those that stood there again, and the texts that could not be read."""

    wishes: Sequence[Wish]
    repeated: Sequence[str]
    unread: Sequence[Unread]


def read_pasted(text: str, *, country: str = "", number_type: str = "", fields: Mapping[str, Any]) -> Pasted:
    """``fields`` are the other columns of the wishes, their location above all."""
    numbers: dict[str, None] = {}
    repeated, unread = [], []
    for piece in pieces_of(text[:LONGEST_TEXT]):
        for found in numbers_in(piece, country):
            if isinstance(found, Unread):
                unread.append(found)
            elif found in numbers:
                repeated.append(found)
            else:
                numbers[found] = None
    if len(text) > LONGEST_TEXT or len(numbers) > MOST_NUMBERS:
        reason = _("At most %(most)s numbers are read at a time.") % {"most": show_count(MOST_NUMBERS)}
        return Pasted(wishes=(), repeated=(), unread=[Unread(whole=text, reason=reason)])
    wishes = []
    for number in numbers:
        try:
            wishes.append(wish_for(number, number_type, country, fields))
        except PhoneError as error:
            unread.append(Unread(whole=number, reason=str(error)))
    return Pasted(wishes=wishes, repeated=repeated, unread=unread)


def wish_for(number: str, number_type: str, country: str, fields: Mapping[str, Any]) -> Wish:
    if number_type:
        refuse_wrong_type(number, number_type)
    return Wish(**fields, phone_number=number, number_type=number_type, country_code=country_of(number) or country)


def pieces_of(text: str) -> Iterator[str]:
    for piece in BETWEEN.split(text.replace("\x00", "")):
        bare = piece.strip(QUOTES)
        if any(map(str.isalnum, bare)):
            yield bare


def numbers_in(piece: str, country: str) -> Iterator[str | Unread]:
    """The numbers of a text that holds one, or several with spaces between them."""
    bare = BULLET.sub("", piece)
    for text in (piece, bare):
        if len(text.split()) == 1 and read(text, country):
            yield read(text, country)
            return
    words = bare.split()
    ways = ways_to_divide(words, country)
    if len(ways) > 1:
        reason = _("It is not clear where one number ends and the next begins. Put each on a line of its own.")
        yield Unread(whole=piece, reason=reason)
    elif ways:
        yield from ways[0]
    else:
        yield from certain_numbers(words, piece, country)


def ways_to_divide(words: Sequence[str], country: str) -> list[list[str]]:
    """The ways, two at the most, to divide the words into complete numbers that their country has given out."""
    digits = [sum(map(str.isdecimal, word)) for word in words]
    ways: list[list[tuple[int, str]]] = [[] for _word in words]  # to each end: where its last number begins, and which
    count = [1] + [0] * len(words)
    for end in range(1, len(words) + 1):
        for start in range(max(0, end - MOST_PIECES), end):
            if count[start] and FEWEST_DIGITS <= sum(digits[start:end]) <= MOST_DIGITS:
                number = read(" ".join(words[start:end]), country)
                if number and is_valid(number):
                    ways[end - 1].append((start, number))
                    count[end] = min(count[end] + count[start], 2)
    if count[-1] != 1:
        return [[]] * count[-1]
    return [list(reversed(list(only_way(ways))))]


def only_way(ways: Sequence[Sequence[tuple[int, str]]]) -> Iterator[str]:
    """From the last number to the first."""
    end = len(ways)
    while end:
        end, number = ways[end - 1][0]
        yield number


def certain_numbers(words: Sequence[str], piece: str, country: str) -> Iterator[str | Unread]:
    """Of words that are not all numbers, those that are one by themselves, after nothing that could belong to them."""
    found, left = [], []
    free = True
    for word in words:
        digits = sum(map(str.isdecimal, word))
        number = read(word, country) if free and digits >= CERTAIN_DIGITS else ""
        if number:
            found.append(number)
        else:
            left.append(word)
        free = digits >= FEWEST_DIGITS or not digits
    yield from found
    yield as_one(" ".join(left) if found else piece, country)


def as_one(piece: str, country: str) -> str | Unread:
    """The number, also where its country has not given it out yet; or what is wrong with it."""
    try:
        return read_one(piece, country)
    except PhoneError as error:
        return Unread(whole=piece, reason=str(error))


def read(text: str, country: str) -> str:
    """The number, or "" where it is none."""
    if len(text) > LONGEST_INPUT or not any(map(str.isdecimal, text)):
        return ""
    try:
        return read_one(text, country)
    except PhoneError:
        return ""


def read_one(text: str, country: str) -> str:
    """As `read_phone`; a number of another country is read where it has its + and country code."""
    international = text.lstrip("( ").startswith(("+", "\uff0b", "tel:+"))
    try:
        return read_phone(as_digits(text), "" if international else country)
    except PhoneError:
        raise
    except ValueError as error:
        raise PhoneError(str(error)) from None


def is_valid(number: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(number))
