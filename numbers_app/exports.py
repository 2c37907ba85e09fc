"""What an export of purchases or of numbers holds, and how its rows are read: a chunk at a time, by key.

A chunk is a query of its own, so that neither a cursor nor a transaction stays open while somebody's browser is slow.
A row that is added meanwhile has a higher key than the first one, and is not in the export.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.models import QuerySet

from numbers_app.formatting import iso_time, plain_price, to_the_cent, write_label
from numbers_app.models import Evidence, NumberType, PhoneNumber, Purchase, Status, Via

AT_ONCE = 1000  # rows in one query
Row = Sequence[Any]


def as_it_is(value: Any) -> Any:
    return value


def time_for_people(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def yes_or_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def capabilities_for_people(capabilities: Mapping[str, Any]) -> str:
    return ", ".join(sorted(name for name, able in capabilities.items() if able))


def label_from(words: Mapping[str, Any]) -> Callable[[str], str]:
    """What a choice is called; one that we don't know as it is."""

    @cache
    def label(value: str) -> str:
        return write_label(words.get(value, value))

    return label


@dataclass(frozen=True)
class Column:
    """``name`` and ``data`` are for programs, and never change; ``title`` and ``text`` are for people.

    Both are English for everybody, as all files are: two people who compare theirs must find the same words.
    """

    name: str
    title: str
    path: str
    text: Callable[[Any], Any] = as_it_is
    data: Callable[[Any], Any] = as_it_is


def moment(name: str, title: str, path: str) -> Column:
    return Column(name, title, path, time_for_people, iso_time)


def flag(name: str, title: str, path: str) -> Column:
    return Column(name, title, path, yes_or_no)


def choice(name: str, title: str, path: str, words: Iterable[tuple[str, Any]]) -> Column:
    return Column(name, title, path, label_from(dict(words)))


PURCHASE_COLUMNS = (
    Column("purchase", "Purchase", "id"),
    Column("phone_number", "Number", "phone_number"),
    choice("status", "Status", "status", Status.choices),
    Column("location_name", "Location", "location__name"),
    Column("location_id", "Location ID", "location__location_id"),
    choice("number_type", "Number type", "number_type", NumberType.choices),
    Column("country", "Country", "country_code"),
    Column("region", "Region", "region"),
    Column("locality", "Locality", "locality"),
    Column("requested_by", "Requested by", "order__requested_by__username"),
    choice("via", "Via", "order__via", Via.choices),
    Column("approved_by", "Approved by", "order__decided_by__username"),
    moment("approved_at", "Approved (UTC)", "order__decided_at"),
    Column("order", "Order", "order_id"),
    Column("order_name", "Order's name", "order__name"),
    moment("asked_at", "Asked for (UTC)", "created_at"),
    moment("finished_at", "Finished (UTC)", "finished_at"),
    Column("monthly_price", "Price a month", "monthly_price", to_the_cent, plain_price),
    Column("currency", "Currency", "price_unit"),
    choice("confirmed_by", "Confirmed by", "confirmed_by", Evidence.choices),
    Column("account_sid", "Account SID", "account_sid"),
    Column("number_sid", "Number SID", "number_sid"),
    Column("reason", "Reason", "reason"),
    Column("attempts", "Attempts", "attempt_count"),
    Column("substitute_of", "In place of purchase", "substitute_of_id"),
    Column("again_of", "Asked for again after purchase", "again_of_id"),
    Column("address_sid", "Address SID", "address_sid"),
    Column("bundle_sid", "Bundle SID", "bundle_sid"),
    Column("fingerprint_id", "Fingerprint", "fingerprint_id"),
    flag("sandbox", "Rehearsal", "sandbox"),
)
NUMBER_COLUMNS = (
    Column("phone_number", "Number", "phone_number"),
    Column("location_name", "Location", "location__name"),
    Column("location_id", "Location ID", "location__location_id"),
    Column("friendly_name", "Name", "friendly_name"),
    Column("service", "Service", "service"),
    Column("assigned_user", "Assigned user", "assigned_user"),
    choice("number_type", "Number type", "number_type", NumberType.choices),
    Column("country", "Country", "country_code"),
    Column("capabilities", "Capabilities", "capabilities", capabilities_for_people),
    Column("number_sid", "Number SID", "sid"),
    Column("origin", "Origin", "origin"),
    flag("is_default", "Default number", "is_default"),
    Column("forwarding_number", "Forwards to", "forwarding_number"),
    Column("address_sid", "Address SID", "address_sid"),
    Column("bundle_sid", "Bundle SID", "bundle_sid"),
    moment("added_at", "Added at the provider (UTC)", "date_added"),
    moment("changed_at", "Changed at the provider (UTC)", "date_updated"),
    moment("first_seen_at", "First seen (UTC)", "first_seen_at"),
    moment("last_seen_at", "Last seen (UTC)", "synced_at"),
    moment("gone_at", "Gone since (UTC)", "gone_at"),
)


@dataclass(frozen=True)
class Export:
    """All rows of a list with all their columns; ``name`` is what a program finds them under."""

    name: str
    columns: Sequence[Column]
    rows: QuerySet[Any]

    def header(self) -> list[str]:
        return [column.title for column in self.columns]

    def for_people(self) -> Iterator[Row]:
        """The rows of a spreadsheet."""
        texts = [column.text for column in self.columns]
        for values in self.read():
            yield [text(value) for text, value in zip(texts, values, strict=True)]

    def for_machines(self) -> Iterator[dict[str, Any]]:
        """The rows as objects of JSON."""
        names = [column.name for column in self.columns]
        conversions = [column.data for column in self.columns]
        for values in self.read():
            yield {name: data(value) for name, data, value in zip(names, conversions, values, strict=True)}

    def read(self) -> Iterator[Row]:
        """Newest first, as the list is."""
        rows = self.rows.order_by("-pk").values_list("pk", *(column.path for column in self.columns))
        chunk = list(rows[:AT_ONCE])
        while chunk:
            for _key, *values in chunk:
                yield values
            chunk = list(rows.filter(pk__lt=chunk[-1][0])[:AT_ONCE])


def export_of_purchases(purchases: QuerySet[Purchase]) -> Export:
    return Export("purchases", PURCHASE_COLUMNS, purchases)


def export_of_numbers(numbers: QuerySet[PhoneNumber]) -> Export:
    return Export("numbers", NUMBER_COLUMNS, numbers)
