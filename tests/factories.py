"""Rows and payloads for tests: plain functions, each with what is usual unless told otherwise."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from numbers_app.leadconnector.errors import NotSent, OutcomeUnknown, Refused, Reply
from numbers_app.leadconnector.payloads import (
    AccountState,
    ActiveNumber,
    ActiveNumbers,
    LocationRecord,
    PurchaseRequest,
)
from numbers_app.models import (
    FINAL,
    TIMED,
    Answer,
    ApiToken,
    Evidence,
    Location,
    LookUpResult,
    PhoneNumber,
    Purchase,
    PurchaseAttempt,
    PurchaseLookUp,
    PurchaseOrder,
    Status,
)

LOCATION_ID = "ve9EPM428h8vShlRW1KT"  # the sandbox's first demo location
OTHER_LOCATION_ID = "aa4PBpxnPc9bs4LSdiW7"
NUMBER = "+18305550123"
ACCOUNT_SID = "AC" + "0" * 32

_names = itertools.count(1)


def make_user(**columns: Any) -> Any:
    return get_user_model().objects.create_user(**{"username": f"user{next(_names)}", **columns})


def make_location(location_id: str = LOCATION_ID, **columns: Any) -> Location:
    defaults = {"name": f"Location {location_id[:6]}", **columns}
    return Location.objects.get_or_create(location_id=location_id, defaults=defaults)[0]


def make_token(token: str, *, location: Location | None = None) -> ApiToken:
    return ApiToken.objects.create(location=location, token=token, last_four=token[-4:])


def make_request(phone_number: str = NUMBER, **fields: Any) -> PurchaseRequest:
    return PurchaseRequest(**{"phone_number": phone_number, "country_code": "US", "number_type": "local", **fields})


def make_purchase(phone_number: str = NUMBER, *, status: Status = Status.QUEUED, **columns: Any) -> Purchase:
    """A purchase in any status, with the columns that the database asks of that status."""
    now = timezone.now()
    order = columns.get("order") or PurchaseOrder.objects.create()
    defaults: dict[str, Any] = {
        "order": order,
        "requested_by_id": order.requested_by_id,
        "location": columns.get("location") or make_location(),
        "sandbox": True,
        "country_code": "US",
        "number_type": "local",
        "fingerprint_id": uuid.uuid4().hex,
        "next_action_at": now if status in TIMED else None,
        "finished_at": now if status in FINAL else None,
        "confirmed_by": Evidence.REPLY if status == Status.PURCHASED else "",
        "uncertain_since": now if status in (Status.UNCERTAIN, Status.NEEDS_REVIEW) else None,
    }
    return Purchase.objects.create(phone_number=phone_number, status=status, **{**defaults, **columns})


def make_attempt(purchase: Purchase, *, answer: Answer = Answer.PENDING, **columns: Any) -> PurchaseAttempt:
    """An attempt of ``purchase``, numbered by its count of attempts, or one higher where that one is there."""
    now = timezone.now()
    number = columns.pop("number", purchase.attempts.count() + 1)
    defaults = {"started_at": now, "finished_at": None if answer == Answer.PENDING else now}
    attempt = PurchaseAttempt.objects.create(purchase=purchase, number=number, answer=answer, **{**defaults, **columns})
    if purchase.attempt_count < number:
        purchase.attempt_count = number
        purchase.save(update_fields=["attempt_count"])
    return attempt


def make_uncertain(phone_number: str = NUMBER, *, ago: float = 0, **columns: Any) -> Purchase:
    """An uncertain purchase whose one attempt ended without an answer ``ago`` seconds ago."""
    then = timezone.now() - timedelta(seconds=ago)
    purchase = make_purchase(phone_number, status=Status.UNCERTAIN, **{"uncertain_since": then, **columns})
    make_attempt(purchase, answer=Answer.UNKNOWN, started_at=then, finished_at=then)
    return purchase


def make_look_up(
    purchase: Purchase, result: LookUpResult = LookUpResult.ABSENT, *, at: datetime | None = None, **columns: Any
) -> PurchaseLookUp:
    listed = None if result == LookUpResult.UNREADABLE else 3
    defaults = {"at": at or timezone.now(), "listed": listed, "duration_ms": 210}
    return PurchaseLookUp.objects.create(purchase=purchase, result=result, **{**defaults, **columns})


def make_number(phone_number: str = NUMBER, *, seen: datetime | None = None, **columns: Any) -> PhoneNumber:
    at = seen or timezone.now()
    defaults = {"location": columns.get("location") or make_location(), "first_seen_at": at, "synced_at": at}
    return PhoneNumber.objects.create(phone_number=phone_number, **{**defaults, **columns})


def make_state(*numbers: str, location_id: str = LOCATION_ID, **fields: Any) -> AccountState:
    """The account state that a purchase answers."""
    raw = {
        "id": "account1",
        "account_sid": ACCOUNT_SID,
        "under_ghl_account": True,
        "validate_sms": True,
        "location_id": location_id,
        "numbers": dict.fromkeys(numbers, "conversation"),
        **fields,
    }
    return AccountState.parse(raw)


def make_active(phone_number: str = NUMBER, **fields: Any) -> ActiveNumber:
    """One number of the list of active numbers, from the provider's JSON."""
    sid = "PN" + phone_number[1:].rjust(32, "0")
    return ActiveNumber.parse({"phoneNumber": phone_number, "sid": sid, "type": "local", **fields})


def make_list(*numbers: ActiveNumber | str, at: datetime | None = None, **columns: Any) -> ActiveNumbers:
    """A full read of the list."""
    found = tuple(make_active(number) if isinstance(number, str) else number for number in numbers)
    defaults = {"account_status": "active", "is_under_ghl": True}
    return ActiveNumbers(numbers=found, read_started_at=at or timezone.now(), **{**defaults, **columns})


def make_record(location_id: str = LOCATION_ID, **fields: Any) -> LocationRecord:
    return LocationRecord.parse({"id": location_id, **fields})


def make_reply(status: int = 201, *, text: str = "{}", **columns: Any) -> Reply:
    defaults = {"headers": {}, "received_at": datetime.now(UTC), "duration_seconds": 0.1}
    return Reply(status=status, text=text, **{**defaults, **columns})


def refused(words: str = "Phone number is no longer available", *, status: int = 400) -> Refused:
    return Refused(words, reply=make_reply(status))


def not_sent(words: str = "Too Many Requests", *, retry_after: float | None = None) -> NotSent:
    return NotSent(words, reply=make_reply(429), retry_after=retry_after)


def unknown(words: str = "The connection broke") -> OutcomeUnknown:
    return OutcomeUnknown(words)
