"""What goes out to the provider and what comes back, as frozen dataclasses.

Source: the provider's OpenAPI files for version 2021-07-28, and what is known of its traps (docs/provider.md). Unknown
fields are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from numbers_app.leadconnector import readers

BODY_NAMES = {
    "phone_number": "phoneNumber",
    "country_code": "countryCode",
    "number_type": "numberType",
    "address_sid": "addressSid",
    "bundle_sid": "bundleSid",
    "locality": "locality",
    "region": "region",
    "fingerprint_id": "fingerprintId",
    "skip_location_kyc": "skipLocationKYC",
}
TYPES = ("local", "tollFree", "mobile")
LISTED_TYPES = {"toll-free": "tollFree"}  # the list writes the type in another way than the purchase
MOST_MONTHLY = Decimal(100_000)  # a price that is more, or less than nothing, is a mistake and says nothing
PRICE_PLACES = Decimal("0.0001")


@dataclass(frozen=True, kw_only=True)
class PurchaseRequest:
    """The nine fields of a purchase; what is empty is left out of the body."""

    phone_number: str
    country_code: str = ""
    number_type: str = ""
    address_sid: str = ""
    bundle_sid: str = ""
    locality: str = ""
    region: str = ""
    fingerprint_id: str = ""
    skip_location_kyc: bool = False

    def body(self) -> dict[str, Any]:
        values = {BODY_NAMES[field.name]: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, kw_only=True)
class AccountState:
    """The whole state of a location's Twilio account, which a purchase answers instead of a receipt."""

    remote_id: str
    account_sid: str
    under_ghl_account: bool
    validate_sms: bool
    location_id: str
    numbers: Mapping[str, str]
    number_name: Mapping[str, str]
    assigned_to_numbers: Mapping[str, str]
    migration_status: str
    migration_numbers: tuple[str, ...]
    new_account_sid: str
    raw: Mapping[str, Any]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Raises `readers.Unreadable`."""
        return cls(
            remote_id=readers.text(data, "id"),
            account_sid=readers.text(data, "account_sid"),
            under_ghl_account=readers.flag(data, "under_ghl_account"),
            validate_sms=readers.flag(data, "validate_sms"),
            location_id=readers.text(data, "location_id"),
            numbers=readers.texts_by_text(data, "numbers"),
            number_name=readers.optional_texts_by_text(data, "number_name"),
            assigned_to_numbers=readers.optional_texts_by_text(data, "assigned_to_numbers"),
            migration_status=readers.optional_text(data, "migration_status"),
            migration_numbers=readers.optional_texts(data, "migration_numbers"),
            new_account_sid=readers.optional_text(data, "new_account_sid"),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True)
class ActiveNumber:
    """One number of a location as the list shows it; ``number_type`` is in the purchase's words."""

    phone_number: str
    sid: str
    friendly_name: str
    country_code: str
    number_type: str
    capabilities: Mapping[str, bool]
    is_default: bool | None
    linked_user: str
    forwarding_number: str
    address_sid: str
    bundle_sid: str
    origin: str
    date_added: datetime | None
    date_updated: datetime | None
    raw: Mapping[str, Any]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Raises `readers.Unreadable`."""
        listed_type = readers.optional_text(data, "type")
        return cls(
            phone_number=readers.text(data, "phoneNumber"),
            sid=readers.optional_text(data, "sid"),
            friendly_name=readers.optional_text(data, "friendlyName"),
            country_code=readers.optional_text(data, "countryCode"),
            number_type=LISTED_TYPES.get(listed_type, listed_type),
            capabilities=readers.optional_flags_by_text(data, "capabilities"),
            is_default=readers.optional_flag(data, "isDefaultNumber"),
            linked_user=readers.optional_text(data, "linkedUser"),
            forwarding_number=readers.optional_text(data, "forwardingNumber"),
            address_sid=readers.optional_text(data, "addressSid"),
            bundle_sid=readers.optional_text(data, "bundleSid"),
            origin=readers.optional_text(data, "origin"),
            date_added=readers.optional_time(data, "dateAdded"),
            date_updated=readers.optional_time(data, "dateUpdated"),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True)
class ActivePage:
    """One page of the list; the size that counts is the one that the reply says it used."""

    numbers: tuple[ActiveNumber, ...]
    page_size: int
    total: int
    account_status: str
    is_under_ghl: bool | None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Raises `readers.Unreadable`."""
        listed = readers.as_list(data.get("numbers"), "numbers")
        return cls(
            numbers=tuple(ActiveNumber.parse(readers.as_mapping(item, "a number")) for item in listed),
            page_size=readers.optional_whole(data, "pageSize") or 0,
            total=readers.optional_whole(data, "total") or 0,
            account_status=readers.optional_text(data, "accountStatus"),
            is_under_ghl=readers.optional_flag(data, "isUnderGhl"),
        )

    def ends_list(self, *, seen: int, asked: int) -> bool:
        """Whether nothing can come after this page, of which ``asked`` numbers were wanted; ``seen`` counts all pages.

        A page that does not say its size may have been cut to one that we don't know: only an empty page ends that.
        """
        count = len(self.numbers)
        return seen >= self.total and (count == 0 or count < min(self.page_size, asked))


@dataclass(frozen=True, kw_only=True)
class ActiveNumbers:
    """All active numbers of a location, every page read to the end."""

    numbers: tuple[ActiveNumber, ...]
    account_status: str
    is_under_ghl: bool | None
    read_started_at: datetime
    trace_id: str = ""
    """The provider's name for the exchange in which the list ended."""


@dataclass(frozen=True, kw_only=True)
class AvailableQuery:
    """A search of the provider's inventory. The types are always sent: without them the answer is an empty list."""

    country_code: str
    number_types: tuple[str, ...] = TYPES
    first_part: str = ""
    last_part: str = ""
    anywhere: str = ""
    sms: bool | None = None
    mms: bool | None = None
    voice: bool | None = None

    def parameters(self) -> dict[str, str]:
        wishes = {"smsEnabled": self.sms, "mmsEnabled": self.mms, "voiceEnabled": self.voice}
        parameters = {
            "countryCode": self.country_code,
            "numberTypes": ",".join(self.number_types),
            "firstPart": self.first_part,
            "lastPart": self.last_part,
            "anywhere": self.anywhere,
            **{name: str(wish).lower() for name, wish in wishes.items() if wish is not None},
        }
        return {name: value for name, value in parameters.items() if value}


@dataclass(frozen=True, kw_only=True)
class AvailableNumber:
    """One number on offer; ``price`` is a month's, in ``price_unit``. The type is one of `TYPES`, or empty."""

    phone_number: str
    friendly_name: str
    country_code: str
    locality: str
    region: str
    postal_code: str
    address_requirements: str
    capabilities: Mapping[str, bool]
    number_type: str
    price: Decimal | None
    price_unit: str

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Raises `readers.Unreadable`."""
        price = readers.optional_mapping(data, "price")
        number_type = readers.optional_text(price, "number_type")
        return cls(
            phone_number=readers.text(data, "phoneNumber"),
            friendly_name=readers.optional_text(data, "friendlyName"),
            country_code=readers.optional_text(data, "isoCountry"),
            locality=readers.optional_text(data, "locality"),
            region=readers.optional_text(data, "region"),
            postal_code=readers.optional_text(data, "postalCode"),
            address_requirements=readers.optional_text(data, "addressRequirements"),
            capabilities=readers.optional_flags_by_text(data, "capabilities"),
            number_type=number_type if number_type in TYPES else "",
            price=plausible(readers.optional_money(price, "price")),
            price_unit=readers.optional_text(price, "price_unit"),
        )


def plausible(price: Decimal | None) -> Decimal | None:
    """A price that a number can have, to four places; None for any other."""
    if price is None or not 0 <= price < MOST_MONTHLY:
        return None
    return price.quantize(PRICE_PLACES)


@dataclass(frozen=True, kw_only=True)
class AvailableNumbers:
    """What a search found; the fingerprint is the whole search's, not one number's."""

    fingerprint_id: str
    numbers: tuple[AvailableNumber, ...]


@dataclass(frozen=True, kw_only=True)
class LocationRecord:
    """A sub-account as the provider knows it."""

    location_id: str
    name: str
    company_id: str
    city: str
    state: str
    country: str
    timezone: str
    raw: Mapping[str, Any]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Raises `readers.Unreadable`."""
        return cls(
            location_id=readers.text(data, "id"),
            name=readers.optional_text(data, "name"),
            company_id=readers.optional_text(data, "companyId"),
            city=readers.optional_text(data, "city"),
            state=readers.optional_text(data, "state"),
            country=readers.optional_text(data, "country"),
            timezone=readers.optional_text(data, "timezone"),
            raw=data,
        )
