"""Turns the rows of a file into wishes, and those that can't be read into rejected rows: nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from numbers_app.files.columns import LOCATION_COLUMNS, Header, read_header
from numbers_app.files.places import Places
from numbers_app.files.tables import CellFault, FileRefused, RawRow, Table, as_digits
from numbers_app.files.values import (
    read_country,
    read_digits,
    read_place,
    read_quantity,
    read_rule,
    read_sid,
    read_type,
    read_yes,
)
from numbers_app.formatting import show_count
from numbers_app.models import Substitution
from numbers_app.patterns import Where, read_pattern
from numbers_app.phones import PhoneError, country_of, read_phone, refuse_wrong_type
from numbers_app.purchasing.drafting import MOST_LINES, Rejected, Wish

T = TypeVar("T")
PATTERNS: Mapping[str, tuple[str, Where]] = {
    "begins_with": ("first_part", "first"),
    "ends_with": ("last_part", "last"),
    "contains": ("anywhere", "anywhere"),
}
PLACE = ("locality", "region")


class BadRow(ValueError):
    """What is wrong with a row, by column; "" for the row as a whole."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True, kw_only=True)
class Readout:
    """What a file asks for, what of it could not be read, and what its user should know."""

    wishes: Sequence[Wish]
    rejected: Sequence[Rejected]
    words: Sequence[str]


@dataclass(kw_only=True)
class Seen:
    """The rows that first asked for a number, or for a kind of number at a location."""

    rows: dict[Any, int] = field(default_factory=dict)

    def refuse_repeated(self, wish: Mapping[str, Any], row: int) -> None:
        """Raises `BadRow`."""
        number = wish["phone_number"]
        first = self.rows.setdefault(number or tuple(wish.values()), row)
        if first == row:
            return
        if number:
            raise BadRow({"phone_number": _("Row %(row)s asks for this number already.") % {"row": first}})
        raise BadRow({"": _("This is the same as row %(row)s. For more numbers, raise its quantity.") % {"row": first}})


def read_table(table: Table, *, user: Any) -> Readout:
    """Raises `FileRefused` where the file as a whole can't be used."""
    header = read_header(table.header)
    places, seen = Places(user), Seen()
    wishes: list[Wish] = []
    rejected = []
    for raw in table.rows:
        cells, errors = named_cells(header, raw)
        try:
            wish, quantity = read_row(cells, places=places, errors=errors)
            seen.refuse_repeated(wish, raw.number)
        except BadRow as bad:
            rejected.append(Rejected(row=raw.number, cells=cells, errors=bad.errors))
            continue
        if len(wishes) + quantity > MOST_LINES:
            raise FileRefused(
                _("Up to row %(row)s, this file asks for more than %(most)s numbers; an order has no more. Divide it.")
                % {"row": raw.number, "most": show_count(MOST_LINES)}
            )
        wishes += [Wish(row=raw.number, **wish)] * quantity
    return Readout(wishes=wishes, rejected=rejected, words=[*table.words, *header.words])


def read_mended(cells: Mapping[str, str], *, row: int, errors: dict[str, str], user: Any) -> list[Wish]:
    """What a row asks for whose cells were typed anew; ``errors`` are known already. Raises `BadRow`."""
    wish, quantity = read_row(cells, places=Places(user), errors=errors)
    return [Wish(row=row, **wish)] * quantity


def named_cells(header: Header, raw: RawRow) -> tuple[dict[str, str], dict[str, str]]:
    """The row's cells by column, all that have a name; and what is wrong with them so far."""
    cells, errors = {}, {}
    beyond = [text for text in raw.cells[len(header.names) :] if text]
    if beyond:
        words = _("The row has more cells than the header; these are beyond it: “%(cells)s”.")
        errors[""] = words % {"cells": ", ".join(beyond)}
    for position, (name, title) in enumerate(zip(header.names, header.titles, strict=True)):
        text = raw.cells[position] if position < len(raw.cells) else ""
        if name and position in raw.faults:
            errors[name] = raw.faults[position]
        if text and (name or title):
            cells[name or title] = text
    return cells, errors


class RowReader:
    """Reads the cells of one row, and gathers what is wrong with them."""

    def __init__(self, cells: Mapping[str, str], errors: dict[str, str]) -> None:
        self.cells = cells
        self.errors = errors

    def has(self, name: str) -> bool:
        return bool(self.cells.get(name)) or name in self.errors

    def read(self, name: str, how: Callable[[str], T], default: T) -> T:
        """The cell's value; ``default`` where it is empty, or can't be read."""
        text = self.cells.get(name)
        if not text or name in self.errors:
            return default
        return self.check(name, lambda: how(text), default)

    def check(self, name: str, how: Callable[[], T], default: T) -> T:
        try:
            return how()
        except (CellFault, PhoneError) as fault:
            self.errors.setdefault(name, str(fault))
            return default


def read_row(cells: Mapping[str, str], *, places: Places, errors: dict[str, str]) -> tuple[dict[str, Any], int]:
    """The columns of a wish, and how many of it. Raises `BadRow`."""
    reader = RowReader(cells, errors)
    wish: dict[str, Any] = {
        "location_id": read_location(reader, places),
        "substitution": reader.read("if_taken", read_rule, Substitution.NONE),
        "country_code": reader.read("country", read_country, ""),
        "number_type": reader.read("type", read_type, ""),
        **{name: reader.read(name, read_yes, False) for name in ("sms", "mms", "voice", "skip_location_kyc")},
        **{name: reader.read(name, partial(read_sid, name), "") for name in ("address_sid", "bundle_sid")},
    }
    given = reader.has("phone_number")
    wish |= read_given(reader, wish) if given else read_want(reader, wish)
    quantity = reader.read("quantity", read_quantity, 1)
    if given and quantity > 1:
        reader.errors["quantity"] = _("A number can be bought once. Leave this empty, or leave the number out.")
    if reader.errors:
        raise BadRow(reader.errors)
    return wish, quantity


def read_location(reader: RowReader, places: Places) -> int:
    """The row's key; 0 where there is none, and an error says so."""
    if not any(reader.has(name) for name in LOCATION_COLUMNS):
        reader.errors["location"] = _("Name the location, or give its ID: it says who gets the number.")
    found = reader.read("location_id", places.with_id, 0)
    if not reader.has("location_id"):
        return reader.read("location", places.named, 0)
    if found:
        reader.read("location", partial(places.refuse_other_name, found), None)
    return found


def read_given(reader: RowReader, wish: Mapping[str, Any]) -> dict[str, Any]:
    """A number that is given."""
    for name in PATTERNS:
        if reader.has(name):
            reader.errors[name] = _("A number is given, so there is nothing to look for. Leave one of them out.")
    number = ""
    if "country" not in reader.errors:
        number = reader.read("phone_number", partial(read_given_phone, country=wish["country_code"]), "")
    if number and wish["number_type"]:
        reader.check("type", lambda: refuse_wrong_type(number, wish["number_type"]), None)
    return {
        "is_want": False,
        "phone_number": number,
        "country_code": wish["country_code"] or (country_of(number) if number else ""),
        **{name: reader.read(name, read_place, "") for name in PLACE},
    }


def read_given_phone(text: str, *, country: str) -> str:
    return read_phone(as_digits(text.lstrip("'’")), country)


def read_want(reader: RowReader, wish: Mapping[str, Any]) -> dict[str, Any]:
    """One of a kind."""
    kind = [name for name in ("country", "type", *PATTERNS) if reader.has(name)]
    if not kind:
        reader.errors["phone_number"] = _("Give a number, or say what kind is wanted: at least its country and type.")
        return {}
    if not reader.has("country"):
        reader.errors["country"] = _("Name the country, such as US.")
    if not reader.has("type"):
        reader.errors["type"] = _("Choose a type: local, tollFree or mobile.")
    for name in PLACE:
        if reader.has(name):
            words = _("The provider finds no numbers by place. Leave this empty, and look by the area's digits.")
            reader.errors[name] = words
    patterns = {}
    if wish["country_code"]:
        patterns = {
            field: reader.read(name, partial(read_wanted_digits, country=wish["country_code"], where=where), "")
            for name, (field, where) in PATTERNS.items()
        }
    return {"is_want": True, "phone_number": "", **patterns}


def read_wanted_digits(text: str, *, country: str, where: Where) -> str:
    return read_pattern(read_digits(text), country=country, where=where)
