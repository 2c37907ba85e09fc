"""The record of one purchase as JSON, for a dispute with the provider. See docs/record.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from numbers_app.formatting import iso_time, plain_price
from numbers_app.leadconnector.client import numbers_path
from numbers_app.leadconnector.redaction import redact
from numbers_app.models import (
    OrderEvent,
    OrderLine,
    PhoneNumber,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    PurchaseLookUp,
    PurchaseOrder,
    TwilioAccount,
)
from numbers_app.purchasing.recording import REPLY_KEPT
from numbers_app.record import Record, redacted

FORMAT, VERSION = "leadway-numbers/purchase-record", 1
ASKED = (
    "phone_number",
    "country_code",
    "number_type",
    "locality",
    "region",
    "address_sid",
    "bundle_sid",
    "fingerprint_id",
    "skip_location_kyc",
)
WANTED = (
    "row",
    "is_want",
    "country_code",
    "number_type",
    "first_part",
    "anywhere",
    "last_part",
    "sms",
    "mms",
    "voice",
    "substitution",
)
MIRRORED = (
    "phone_number",
    "friendly_name",
    "service",
    "assigned_user",
    "sid",
    "number_type",
    "country_code",
    "capabilities",
    "origin",
    "is_default",
    "forwarding_number",
    "address_sid",
    "bundle_sid",
)
MIRRORED_TIMES = ("date_added", "date_updated", "first_seen_at", "synced_at", "gone_at")


def record_as_data(record: Record, *, made_at: datetime, made_by: str, address: str) -> dict[str, Any]:
    """The record for programs; docs/record.md says what each field means. A change of meaning is a new `VERSION`."""
    purchase = record.purchase
    line = purchase.line
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": iso_time(made_at),
        "made_by": made_by,
        "address": address,
        "provider": settings.LEADCONNECTOR_BASE_URL,
        "purchase": purchase_part(purchase),
        "location": {"location_id": purchase.location.location_id, "name": purchase.location.name},
        "asked": {name: getattr(purchase, name) for name in ASKED},
        "wanted": {name: getattr(line, name) for name in WANTED} if isinstance(line, OrderLine) else None,
        "order": order_part(purchase.order, record.order_events),
        "related": [related_part(other) for other in record.related if other.pk != purchase.pk],
        "attempts": [attempt_part(attempt, purchase) for attempt in reversed(record.detail.attempts)],
        "look_ups": {
            "uncertain_since": iso_time(purchase.uncertain_since),
            "first_absence_at": iso_time(purchase.absent_at),
            "list_last_read_in_full_at": iso_time(record.detail.account.listed_at) if record.detail.account else None,
            "events": [event.pk for event in reversed(record.looks)],
            "reads": [look_up_part(look_up) for look_up in reversed(record.look_ups)],
        },
        "events": [event_part(event) for event in reversed(record.detail.events)],
        "provider_now": {"number": mirror_part(record.mirror), "account": account_part(record.detail.account)},
    }


def purchase_part(purchase: Purchase) -> dict[str, Any]:
    return {
        "id": purchase.pk,
        "sandbox": purchase.sandbox,
        "status": purchase.status,
        "final": purchase.is_final,
        "reason": purchase.reason,
        "confirmed_by": purchase.confirmed_by,
        "account_sid": purchase.account_sid,
        "number_sid": purchase.number_sid,
        "monthly_price": plain_price(purchase.monthly_price),
        "currency": purchase.price_unit,
        "asked_at": iso_time(purchase.created_at),
        "finished_at": iso_time(purchase.finished_at),
        "attempt_count": purchase.attempt_count,
    }


def order_part(order: PurchaseOrder, events: Sequence[OrderEvent]) -> dict[str, Any]:
    return {
        "id": order.pk,
        "name": order.name,
        "via": order.via,
        "status": order.status,
        "requested_by": name_of(order.requested_by),
        "begun_at": iso_time(order.created_at),
        "submitted_at": iso_time(order.submitted_at),
        "decided_by": name_of(order.decided_by),
        "decided_at": iso_time(order.decided_at),
        "events": [
            {
                "at": iso_time(event.at),
                "what": event.what,
                "because": redact(event.because),
                "actor": name_of(event.actor),
            }
            for event in reversed(events)
        ],
    }


def related_part(purchase: Purchase) -> dict[str, Any]:
    return {
        "id": purchase.pk,
        "phone_number": purchase.phone_number,
        "status": purchase.status,
        "substitute_of": purchase.substitute_of_id,
        "again_of": purchase.again_of_id,
        "asked_at": iso_time(purchase.created_at),
    }


def attempt_part(attempt: PurchaseAttempt, purchase: Purchase) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "answer": attempt.answer,
        "words": attempt.words,
        "worker": attempt.worker,
        "started_at": iso_time(attempt.started_at),
        "finished_at": iso_time(attempt.finished_at),
        "duration_ms": attempt.duration_ms,
        "request": {
            "method": "POST",
            "path": f"{numbers_path(purchase.location.location_id)}/purchase",
            "body": attempt.request_body,
        },
        "reply": {
            "status": attempt.status_code,
            "trace_id": attempt.trace_id,
            "headers": attempt.reply_headers,
            "body": attempt.reply_body,
            "body_is_cut": len(attempt.reply_body) >= REPLY_KEPT,
        }
        if attempt.status_code is not None
        else None,
    }


def look_up_part(look_up: PurchaseLookUp) -> dict[str, Any]:
    return {
        "at": iso_time(look_up.at),
        "duration_ms": look_up.duration_ms,
        "result": look_up.result,
        "numbers_listed": look_up.listed,
        "words": look_up.words,
        "status": look_up.status_code,
        "trace_id": look_up.trace_id,
    }


def event_part(event: PurchaseEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "at": iso_time(event.at),
        "from": event.from_status,
        "to": event.to_status,
        "because": event.because,
        "actor": name_of(event.actor),
        "attempt": event.attempt.number if event.attempt else None,
    }


def mirror_part(number: PhoneNumber | None) -> dict[str, Any] | None:
    if number is None:
        return None
    times = {name: iso_time(getattr(number, name)) for name in MIRRORED_TIMES}
    return {name: getattr(number, name) for name in MIRRORED} | times | {"provider_record": redacted(number.raw)}


def account_part(account: TwilioAccount | None) -> dict[str, Any] | None:
    if account is None:
        return None
    return {
        "account_sid": account.account_sid,
        "account_status": account.account_status,
        "under_ghl_account": account.under_ghl_account,
        "synced_at": iso_time(account.synced_at),
        "listed_at": iso_time(account.listed_at),
    }


def name_of(user: Any) -> str | None:
    return user.get_username() if user else None
