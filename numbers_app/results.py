"""Numbers that a search found: as they are shown, carried by the page under seal, and put into a draft."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core import signing

from numbers_app.inventory import is_e164
from numbers_app.leadconnector.payloads import AvailableNumber, AvailableNumbers, AvailableQuery
from numbers_app.models import (
    BEING_DRAFTED,
    Location,
    OrderLine,
    PurchaseOrder,
    Source,
    Substitution,
)
from numbers_app.purchasing.checking import known_problems
from numbers_app.purchasing.drafting import Added, Wish, add_lines, begin_draft

SEAL = "numbers_app.results"
GOOD_FOR = timedelta(hours=12)  # a page that was open for longer shows what may be gone
DRAFTS_OFFERED = 10


class StaleResults(Exception):
    """What a page carried of a search is too old, or not as we sent it."""


@dataclass(frozen=True, kw_only=True)
class FoundNumber:
    """One number on offer, as far as a line of an order keeps it, and what it can do."""

    phone_number: str
    country_code: str
    number_type: str
    locality: str
    region: str
    address_requirements: str
    voice: bool
    sms: bool
    mms: bool
    monthly_price: Decimal | None
    price_unit: str

    @classmethod
    def read(cls, number: AvailableNumber, *, query: AvailableQuery) -> FoundNumber:
        """What the provider leaves out is what was asked for, where that is one thing."""
        sure = query.number_types[0] if len(query.number_types) == 1 else ""
        able = {name.lower(): has for name, has in number.capabilities.items()}
        return cls(
            phone_number=number.phone_number,
            country_code=number.country_code or query.country_code,
            number_type=number.number_type or sure,
            locality=number.locality,
            region=number.region,
            address_requirements=number.address_requirements,
            voice=able.get("voice", False),
            sms=able.get("sms", False),
            mms=able.get("mms", False),
            monthly_price=number.price,
            price_unit=number.price_unit,
        )


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one search found for a location (its key), and what was sent, in words."""

    location_id: int
    words: str
    fingerprint_id: str
    searched_at: datetime
    numbers: Sequence[FoundNumber]

    @classmethod
    def read(
        cls, found: AvailableNumbers, *, location: Location, query: AvailableQuery, words: str, at: datetime
    ) -> Found:
        """Each number once, and none that nobody could order."""
        usable = {one.phone_number: one for one in found.numbers if is_e164(one.phone_number)}
        return cls(
            location_id=location.pk,
            words=words,
            fingerprint_id=found.fingerprint_id,
            searched_at=at,
            numbers=tuple(FoundNumber.read(number, query=query) for number in usable.values()),
        )


def seal(found: Found) -> str:
    """The search for the page to carry: any of the web processes can read it, and nobody can change a price in it."""
    plain = {
        **asdict(found),
        "searched_at": found.searched_at.isoformat(),
        "numbers": [
            [str(value) if isinstance(value, Decimal) else value for value in asdict(number).values()]
            for number in found.numbers
        ],
    }
    return signing.dumps(plain, salt=SEAL, compress=True)


def unseal(sealed: str) -> Found:
    """Raises `StaleResults`."""
    try:
        plain = signing.loads(sealed, salt=SEAL, max_age=GOOD_FOR)
    except signing.BadSignature as error:
        raise StaleResults from error
    names = FoundNumber.__dataclass_fields__
    rows = [dict(zip(names, row, strict=True)) for row in plain["numbers"]]
    for row in rows:
        row["monthly_price"] = row["monthly_price"] and Decimal(row["monthly_price"])
    at = datetime.fromisoformat(plain["searched_at"])
    return Found(**{**plain, "searched_at": at, "numbers": [FoundNumber(**row) for row in rows]})


def drafts_of(user: Any) -> Any:
    """The user's own drafts, the latest first."""
    return PurchaseOrder.objects.filter(requested_by=user, status__in=BEING_DRAFTED, sandbox=settings.SANDBOX).order_by(
        "-id"
    )


def drafted_among(phone_numbers: Collection[str], *, user: Any) -> Mapping[str, PurchaseOrder]:
    """The numbers that are in one of the user's drafts, with the draft."""
    lines = OrderLine.objects.filter(order__in=drafts_of(user), phone_number__in=phone_numbers)
    return {line.phone_number: line.order for line in lines.select_related("order").order_by("order_id")}


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """What came of putting numbers into a draft; ``held`` were left out: they are ours or being bought by now."""

    order: PurchaseOrder
    added: Added
    held: Sequence[str]


def add_to_draft(
    found: Found,
    phone_numbers: Iterable[str],
    *,
    order: PurchaseOrder | None,
    substitution: Substitution,
    actor: Any,
    idempotency_key: uuid.UUID,
) -> Ordered | None:
    """Put the chosen numbers into a draft, a new one where there is no ``order``; the same key again finds that one.

    None where nothing that was chosen can be ordered. Raises `OrderRefused`; then nothing was added.
    """
    chosen = {number.phone_number: number for number in found.numbers if number.phone_number in set(phone_numbers)}
    held = known_problems(chosen.keys())
    wishes = [as_wish(number, found=found, substitution=substitution) for number in chosen.values()]
    wishes = [wish for wish in wishes if wish.phone_number not in held]
    if not wishes:
        return None
    if order is None:
        order = begin_draft(requested_by=actor, name=found.words, idempotency_key=idempotency_key)
    added = add_lines(order.pk, wishes, source=Source.SEARCH, label=found.words, actor=actor)
    return Ordered(order=order, added=added, held=tuple(held))


def as_wish(number: FoundNumber, *, found: Found, substitution: Substitution) -> Wish:
    return Wish(
        location_id=found.location_id,
        substitution=substitution,
        country_code=number.country_code,
        number_type=number.number_type,
        phone_number=number.phone_number,
        locality=number.locality,
        region=number.region,
        fingerprint_id=found.fingerprint_id,
        searched_at=found.searched_at,
        monthly_price=number.monthly_price,
        price_unit=number.price_unit,
        address_requirements=number.address_requirements,
    )
