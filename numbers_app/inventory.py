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


@transaction.atomic
def merge_account_state(*, location: Location, state: AccountState, seen_at: datetime) -> TwilioAccount:
    """Record what a purchase's reply says of the location's account and numbers; adds and updates only."""
    account = locked_account(location, seen_at=seen_at)
    if account.synced_at <= seen_at:
        account.remote_id = state.remote_id
        account.account_sid = state.account_sid
        account.new_account_sid = state.new_account_sid
        account.under_ghl_account = state.under_ghl_account
        account.validate_sms = state.validate_sms
        account.migration_status = state.migration_status
        account.migration_numbers = list(state.migration_numbers)
        account.raw = dict(state.raw)
        account.synced_at = seen_at
        account.save()
    merge_numbers(
        location=location,
        seen_at=seen_at,
        columns={
            number: {
                "service": service,
                "friendly_name": state.number_name.get(number, ""),
                "assigned_user": state.assigned_to_numbers.get(number, ""),
            }
            for number, service in state.numbers.items()
        },
    )
    return account


@transaction.atomic
def merge_active_numbers(*, location: Location, listed: ActiveNumbers) -> int:
    """Record a full read of the location's list; returns how many numbers it retired."""
    seen_at = listed.read_started_at
    account = locked_account(location, seen_at=seen_at)
    account.account_status = listed.account_status or account.account_status
    if listed.is_under_ghl is not None:
        account.under_ghl_account = listed.is_under_ghl
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
        "company_id": record.company_id,
        "city": record.city,
        "state": record.state,
        "country": record.country,
        "timezone": record.timezone,
    }
    columns: dict[str, Any] = {name: value for name, value in known.items() if value}
    columns |= {"raw": dict(record.raw), "synced_at": seen_at, "sync_error": ""}
    columns["name"] = record.name or record.location_id
    location, _created = Location.objects.update_or_create(location_id=record.location_id, defaults=columns)
    return location


def locked_account(location: Location, *, seen_at: datetime) -> TwilioAccount:
    """The location's account row, locked where the database can: merges of one location wait for each other."""
    TwilioAccount.objects.bulk_create([TwilioAccount(location=location, synced_at=seen_at)], ignore_conflicts=True)
    return TwilioAccount.objects.select_for_update(of=("self",)).get(location=location)


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
    """Add numbers that are new; update those that were last seen before ``seen_at``; leave newer knowledge alone."""
    known = PhoneNumber.objects.in_bulk(sorted(columns), field_name="phone_number")
    new = [
        PhoneNumber(location=location, phone_number=number, first_seen_at=seen_at, synced_at=seen_at, **values)
        for number, values in sorted(columns.items())
        if number not in known
    ]
    PhoneNumber.objects.bulk_create(new, ignore_conflicts=True)
    stale = [row for number, row in sorted(known.items()) if row.synced_at <= seen_at]
    for row in stale:
        update_number(row, location=location, seen_at=seen_at, values=columns[row.phone_number])
    names = sorted({name for values in columns.values() for name in values})
    if stale:
        PhoneNumber.objects.bulk_update(stale, ["location", "synced_at", "gone_at", *names], batch_size=500)


def update_number(row: PhoneNumber, *, location: Location, seen_at: datetime, values: Mapping[str, Any]) -> None:
    """What the provider left empty does not wipe out what it said before: its two views know different things."""
    row.location = location
    row.synced_at = seen_at
    row.gone_at = None
    for name, value in values.items():
        if value not in ("", None, {}) or name == "assigned_user":
            setattr(row, name, value)


def retire_missing(location: Location, *, present: Iterable[str], read_started_at: datetime) -> int:
    """Mark as gone what a full read did not show; returns how many."""
    settled = read_started_at - timedelta(seconds=settings.PURCHASE_SETTLE_SECONDS)
    shown = set(present)
    missing = [
        pk
        for pk, number in PhoneNumber.objects.filter(
            location=location, gone_at__isnull=True, synced_at__lt=settled
        ).values_list("pk", "phone_number")
        if number not in shown
    ]
    return PhoneNumber.objects.filter(pk__in=missing, synced_at__lt=settled).update(gone_at=read_started_at)
