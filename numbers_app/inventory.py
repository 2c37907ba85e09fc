"""Merges the provider's state into the mirror.

A purchase's reply adds and updates and never removes, for replies overtake each other. Only a full read of the list
retires a number: one that we had seen a settle time before that read began, since the list lags behind purchases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import models, transaction

from numbers_app.leadconnector.payloads import AccountState, ActiveNumber, ActiveNumbers, LocationRecord
from numbers_app.models import Location, PhoneNumber, TwilioAccount
from numbers_app.models.batches import update_each
from numbers_app.models.storing import storable_columns

LONGEST_NUMBER = 16  # + and the 15 digits of E.164
EMPTY: tuple[object, ...] = ("", None, {})
REFRESH_AFTER = timedelta(seconds=10)  # how much older than the newest reply the time of a number may be
MOST_VALUES = 5000  # in one statement


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a purchase's reply says of its location: the account's state, or (contract v3) no more than the number."""

    location: Location
    phone_number: str
    account: AccountState | None
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One view of one number: at which location, when, and what it says of it."""

    location: Location
    seen_at: datetime
    values: Mapping[str, Any]


@transaction.atomic(savepoint=False)
def merge_replies(replies: Iterable[Reply]) -> None:
    """Record what purchases' replies say of their locations' accounts and numbers; adds and updates only."""
    in_order = sorted(replies, key=lambda reply: reply.seen_at)
    accounts = locked_accounts({reply.location.pk: reply.seen_at for reply in reversed(in_order)})
    sightings: dict[str, Sighting] = {}
    changes: dict[int, dict[str, Any]] = {}
    for reply in in_order:
        said = replied_columns(reply.account) if reply.account else {reply.phone_number: {}}
        for number, values in said.items():
            sightings[number] = Sighting(location=reply.location, seen_at=reply.seen_at, values=values)
        account = accounts[reply.location.pk]
        # A row that a read of the list made has the time of that read, and knows nothing of the account.
        if reply.account and (account.synced_at <= reply.seen_at or not account.account_sid):
            said_of_account = storable_columns(TwilioAccount, account_columns(reply.account))
            change(account, {**said_of_account, "synced_at": reply.seen_at}, noted=changes.setdefault(account.pk, {}))
    update_each(TwilioAccount, (({"id": pk}, changed) for pk, changed in changes.items() if changed))
    merge_numbers(sightings, refresh_after=REFRESH_AFTER)


@transaction.atomic
def merge_active_numbers(*, location: Location, listed: ActiveNumbers) -> int:
    """Record a full read of the location's list; returns how many numbers it retired."""
    seen_at = listed.read_started_at
    account = locked_accounts({location.pk: seen_at})[location.pk]
    if account.listed_at is None or account.listed_at <= seen_at:
        said = {"account_status": listed.account_status, "under_ghl_account": listed.is_under_ghl}
        known = {name: value for name, value in said.items() if value not in EMPTY}
        for name, value in storable_columns(TwilioAccount, known).items():
            setattr(account, name, value)
        account.listed_at = seen_at
        account.save(update_fields=["account_status", "under_ghl_account", "listed_at"])
    merge_numbers(
        {
            number.phone_number: Sighting(location=location, seen_at=seen_at, values=listed_columns(number))
            for number in listed.numbers
        }
    )
    return retire_missing(location, present=[n.phone_number for n in listed.numbers], read_started_at=seen_at)


def merge_location(*, record: LocationRecord, seen_at: datetime) -> Location:
    """Add or update a location from the provider's record of it; what the record leaves empty stays as it was."""
    known = {
        "name": record.name,
        "company_id": record.company_id,
        "city": record.city,
        "state": record.state,
        "country": record.country,
        "timezone": record.timezone,
    }
    columns: dict[str, Any] = {name: value for name, value in known.items() if value}
    columns |= {"raw": dict(record.raw), "synced_at": seen_at, "sync_error": ""}
    columns = storable_columns(Location, columns)
    location, _created = Location.objects.update_or_create(
        location_id=record.location_id,
        defaults=columns,
        create_defaults={"name": record.location_id, **columns},
    )
    return location


def locked_accounts(seen: Mapping[int, datetime]) -> dict[int, TwilioAccount]:
    """The accounts of the locations with these keys, made where they are missing, and locked where the database can.

    Merges of one location wait for each other, and lock in one order, so that none wait in a ring.
    """
    rows = TwilioAccount.objects.select_for_update(of=("self",)).order_by("location_id")
    found = rows.in_bulk(list(seen), field_name="location_id")
    missing = [TwilioAccount(location_id=pk, synced_at=at) for pk, at in sorted(seen.items()) if pk not in found]
    if missing:
        TwilioAccount.objects.bulk_create(missing, ignore_conflicts=True)
        found |= rows.in_bulk([account.location_id for account in missing], field_name="location_id")
    return found


ACCOUNT_COLUMNS = (
    "remote_id",
    "account_sid",
    "new_account_sid",
    "under_ghl_account",
    "validate_sms",
    "migration_status",
    "migration_numbers",
    "raw",
)


def account_columns(state: AccountState) -> dict[str, Any]:
    said = {name: getattr(state, name) for name in ACCOUNT_COLUMNS}
    return said | {"migration_numbers": list(state.migration_numbers), "raw": dict(state.raw)}


def replied_columns(state: AccountState) -> dict[str, dict[str, Any]]:
    """What a reply says of each number; a reply may leave the assigned users out, which unassigns nobody."""
    columns: dict[str, dict[str, Any]] = {
        number: {"service": service, "friendly_name": state.number_name.get(number, "")}
        for number, service in state.numbers.items()
    }
    if state.raw.get("assigned_to_numbers") is not None:
        for number, values in columns.items():
            values["assigned_user"] = state.assigned_to_numbers.get(number, "")
    return columns


def listed_columns(number: ActiveNumber) -> dict[str, Any]:
    return {
        "sid": number.sid,
        "friendly_name": number.friendly_name,
        "assigned_user": number.linked_user,
        "country_code": number.country_code,
        "number_type": number.number_type,
        "capabilities": dict(number.capabilities),
        "origin": number.origin,
        "is_default": number.is_default,
        "forwarding_number": number.forwarding_number,
        "address_sid": number.address_sid,
        "bundle_sid": number.bundle_sid,
        "date_added": number.date_added,
        "date_updated": number.date_updated,
        "raw": dict(number.raw),
    }


def merge_numbers(sightings: Mapping[str, Sighting], *, refresh_after: timedelta = timedelta()) -> None:
    """Add numbers that are new; update those that were last seen before; of those seen later, fill in gaps.

    A number that says nothing new, and was last seen less than ``refresh_after`` before, costs no write: a purchase's
    reply shows all of the location's numbers.
    """
    wanted = {
        number: replace(sighting, values=storable_columns(PhoneNumber, sighting.values))
        for number, sighting in sorted(sightings.items())
        if is_e164(number)
    }
    names = sorted({name for sighting in wanted.values() for name in sighting.values})
    known = glimpses(wanted, names=names)
    new = [
        PhoneNumber(
            location=sighting.location,
            phone_number=number,
            first_seen_at=sighting.seen_at,
            synced_at=sighting.seen_at,
            **sighting.values,
        )
        for number, sighting in wanted.items()
        if number not in known
    ]
    PhoneNumber.objects.bulk_create(new, ignore_conflicts=True)
    worth_it = [number for number, row in known.items() if is_news(row, wanted[number], refresh_after=refresh_after)]
    update_numbers({number: wanted[number] for number in sorted(worth_it)})


def glimpses(numbers: Iterable[str], *, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The rows of the numbers as they are just now, not locked: most say the same as what was seen."""
    found: dict[str, dict[str, Any]] = {}
    for some in batched(numbers, MOST_VALUES):
        rows = PhoneNumber.objects.filter(phone_number__in=some)
        columns = rows.values("phone_number", "location_id", "synced_at", "gone_at", *names)
        found |= {row["phone_number"]: row for row in columns}
    return found


def batched(items: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def is_news(row: Mapping[str, Any], sighting: Sighting, *, refresh_after: timedelta) -> bool:
    """Whether the sighting would change the row, or its time."""
    if row["location_id"] != sighting.location.pk or row["gone_at"]:
        return True
    age = sighting.seen_at - row["synced_at"]
    return age > refresh_after or any(row[name] != value for name, value in sighting.values.items())


def update_numbers(sightings: Mapping[str, Sighting]) -> None:
    """Change the rows of numbers that are known."""
    if not sightings:
        return
    # Locked in one order, so that merges of two locations that share numbers do not wait for each other.
    rows = PhoneNumber.objects.select_for_update().order_by("phone_number")
    known = rows.in_bulk(list(sightings), field_name="phone_number")
    newer: dict[tuple[int, datetime], list[int]] = {}
    changes: dict[int, dict[str, Any]] = {}
    for number, row in known.items():
        sighting = sightings[number]
        if last_known(row, sighting.location) <= sighting.seen_at:
            newer.setdefault((sighting.location.pk, sighting.seen_at), []).append(row.pk)
            said = news_of(sighting.values)
        else:
            said = gaps_of(row, sighting.values)
        change(row, said, noted=changes.setdefault(row.pk, {}))
    for (location_pk, seen_at), keys in newer.items():
        PhoneNumber.objects.filter(pk__in=keys).update(
            location=location_pk, synced_at=seen_at, gone_at=None, gone_noted_at=None
        )
    update_each(PhoneNumber, (({"id": pk}, changed) for pk, changed in changes.items() if changed))


def is_e164(number: str) -> bool:
    """Short codes and the like stay in the raw reply."""
    return number.startswith("+") and number[1:].isdecimal() and number.isascii() and len(number) <= LONGEST_NUMBER


def last_known(row: PhoneNumber, location: Location) -> datetime:
    """When ``location`` last said anything of the number; that another one no longer has it is no news here."""
    here = row.location_id == location.pk
    return max(row.synced_at, row.gone_at) if here and row.gone_at else row.synced_at


def news_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a newer view says. What it leaves empty wipes nothing out: the provider's views know different things."""
    return {name: value for name, value in values.items() if value not in EMPTY or name == "assigned_user"}


def gaps_of(row: PhoneNumber, values: Mapping[str, Any]) -> dict[str, Any]:
    """What an older view knew and the newer one does not say. That nobody is assigned is a saying of its own."""
    return {name: value for name, value in values.items() if getattr(row, name) in EMPTY and name != "assigned_user"}


def change(row: models.Model, values: Mapping[str, Any], *, noted: dict[str, Any]) -> None:
    """Set what differs, and note it."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            noted[name] = value


def retire_missing(location: Location, *, present: Iterable[str], read_started_at: datetime) -> int:
    """Mark as gone what a full read did not show; returns how many."""
    settled = read_started_at - timedelta(seconds=settings.PURCHASE_SETTLE_SECONDS) - REFRESH_AFTER
    shown = set(present)
    # A row that somebody else holds is being seen at this moment; the next read will retire it, if need be.
    rows = PhoneNumber.objects.select_for_update(skip_locked=True).filter(
        location=location, gone_at__isnull=True, synced_at__lt=settled
    )
    missing = [pk for pk, number in rows.values_list("pk", "phone_number") if number not in shown]
    return PhoneNumber.objects.filter(pk__in=missing).update(gone_at=read_started_at)
