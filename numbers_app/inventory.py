"""Merges the provider's state into the mirror.

A purchase's reply adds and updates and never removes, for replies overtake each other. Only a full read of the list
retires a number: one that we had seen a settle time before that read began, since the list lags behind purchases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from numbers_app.leadconnector.payloads import AccountState, ActiveNumber, ActiveNumbers, LocationRecord
from numbers_app.models import Location, PhoneNumber, TwilioAccount
from numbers_app.models.storing import storable_columns

LONGEST_NUMBER = 16  # + and the 15 digits of E.164
EMPTY: tuple[object, ...] = ("", None, {})


@transaction.atomic
def merge_account_state(*, location: Location, state: AccountState, seen_at: datetime) -> TwilioAccount:
    """Record what a purchase's reply says of the location's account and numbers; adds and updates only."""
    account = locked_account(location, seen_at=seen_at)
    # A row that a read of the list made has the time of that read, and knows nothing of the account.
    if account.synced_at <= seen_at or not account.account_sid:
        for name, value in storable_columns(TwilioAccount, account_columns(state)).items():
            setattr(account, name, value)
        account.synced_at = seen_at
        account.save()
    merge_numbers(location=location, seen_at=seen_at, columns=replied_columns(state))
    return account


@transaction.atomic
def merge_bought_number(*, location: Location, phone_number: str, seen_at: datetime) -> None:
    """Record a number whose purchase was proved by a reply that has no account state."""
    locked_account(location, seen_at=seen_at)
    merge_numbers(location=location, seen_at=seen_at, columns={phone_number: {}})


@transaction.atomic
def merge_active_numbers(*, location: Location, listed: ActiveNumbers) -> int:
    """Record a full read of the location's list; returns how many numbers it retired."""
    seen_at = listed.read_started_at
    account = locked_account(location, seen_at=seen_at)
    if account.listed_at is None or account.listed_at <= seen_at:
        said = {"account_status": listed.account_status, "under_ghl_account": listed.is_under_ghl}
        known = {name: value for name, value in said.items() if value not in EMPTY}
        for name, value in storable_columns(TwilioAccount, known).items():
            setattr(account, name, value)
        account.listed_at = seen_at
        account.save(update_fields=["account_status", "under_ghl_account", "listed_at"])
    merge_numbers(
        location=location,
        seen_at=seen_at,
        columns={number.phone_number: listed_columns(number) for number in listed.numbers},
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


def locked_account(location: Location, *, seen_at: datetime) -> TwilioAccount:
    """The location's account row, locked where the database can: merges of one location wait for each other."""
    TwilioAccount.objects.bulk_create([TwilioAccount(location=location, synced_at=seen_at)], ignore_conflicts=True)
    return TwilioAccount.objects.select_for_update(of=("self",)).get(location=location)


def account_columns(state: AccountState) -> dict[str, Any]:
    return {
        "remote_id": state.remote_id,
        "account_sid": state.account_sid,
        "new_account_sid": state.new_account_sid,
        "under_ghl_account": state.under_ghl_account,
        "validate_sms": state.validate_sms,
        "migration_status": state.migration_status,
        "migration_numbers": list(state.migration_numbers),
        "raw": dict(state.raw),
    }


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


def merge_numbers(*, location: Location, seen_at: datetime, columns: Mapping[str, Mapping[str, Any]]) -> None:
    """Add numbers that are new; update those that were last seen before ``seen_at``; of newer ones, fill in gaps."""
    wanted = {
        number: storable_columns(PhoneNumber, values) for number, values in sorted(columns.items()) if is_e164(number)
    }
    # Locked in one order, so that merges of two locations that share numbers do not wait for each other.
    rows = PhoneNumber.objects.select_for_update().order_by("phone_number")
    known = rows.in_bulk(list(wanted), field_name="phone_number")
    new = [
        PhoneNumber(location=location, phone_number=number, first_seen_at=seen_at, synced_at=seen_at, **values)
        for number, values in wanted.items()
        if number not in known
    ]
    PhoneNumber.objects.bulk_create(new, ignore_conflicts=True)
    newer = [row for row in known.values() if last_known(row, location) <= seen_at]
    PhoneNumber.objects.filter(pk__in=[row.pk for row in newer]).update(
        location=location, synced_at=seen_at, gone_at=None
    )
    changed = [row for row in newer if update_number(row, wanted[row.phone_number])]
    fresh = {row.pk for row in newer}
    changed += [row for row in known.values() if row.pk not in fresh and fill_gaps(row, wanted[row.phone_number])]
    write_back(changed, columns=sorted({name for values in wanted.values() for name in values}))


def is_e164(number: str) -> bool:
    """Short codes and the like stay in the raw reply."""
    return number.startswith("+") and number[1:].isdecimal() and number.isascii() and len(number) <= LONGEST_NUMBER


def last_known(row: PhoneNumber, location: Location) -> datetime:
    """When ``location`` last said anything of the number; that another one no longer has it is no news here."""
    here = row.location_id == location.pk
    return max(row.synced_at, row.gone_at) if here and row.gone_at else row.synced_at


def update_number(row: PhoneNumber, values: Mapping[str, Any]) -> bool:
    """Whether anything changed. What is left empty wipes nothing out: the provider's views know different things."""
    said = {name: value for name, value in values.items() if value not in EMPTY or name == "assigned_user"}
    return change(row, said)


def fill_gaps(row: PhoneNumber, values: Mapping[str, Any]) -> bool:
    """What an older view knew and the newer one does not say. That nobody is assigned is a saying of its own."""
    gaps = {name: value for name, value in values.items() if getattr(row, name) in EMPTY and name != "assigned_user"}
    return change(row, gaps)


def change(row: PhoneNumber, values: Mapping[str, Any]) -> bool:
    changes = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changes.items():
        setattr(row, name, value)
    return bool(changes)


def write_back(rows: list[PhoneNumber], *, columns: list[str]) -> None:
    """Many rows a statement. Django's `bulk_update` would need seconds for a location of a thousand numbers."""
    if not rows:
        return
    for row in rows:
        row.pk = None  # the number finds the row
    PhoneNumber.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["phone_number"], update_fields=columns
    )


def retire_missing(location: Location, *, present: Iterable[str], read_started_at: datetime) -> int:
    """Mark as gone what a full read did not show; returns how many."""
    settled = read_started_at - timedelta(seconds=settings.PURCHASE_SETTLE_SECONDS)
    shown = set(present)
    # A row that somebody else holds is being seen at this moment; the next read will retire it, if need be.
    rows = PhoneNumber.objects.select_for_update(skip_locked=True).filter(
        location=location, gone_at__isnull=True, synced_at__lt=settled
    )
    missing = [pk for pk, number in rows.values_list("pk", "phone_number") if number not in shown]
    return PhoneNumber.objects.filter(pk__in=missing).update(gone_at=read_started_at)
