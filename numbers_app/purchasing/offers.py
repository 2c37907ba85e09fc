"""What the provider has on offer: whether one number still is, and which others would do in its place.

Every call here is one over HTTP, paid for from the request budget; none is made in a transaction.
"""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import phonenumbers

from numbers_app import clock
from numbers_app.inventory import is_e164
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.leadconnector.payloads import AvailableNumber, AvailableNumbers, AvailableQuery
from numbers_app.models import NumberType, OrderLine, Substitution

logger = logging.getLogger(__name__)

MOST_SEARCHES = 15  # calls that one look for candidates may cost
MORE_BEHIND = 10  # a reply with so many numbers may have left others out; fewer are all there are
SAME_DIGITS = 4  # of a given number's end, by the rule "same digits"
AREA_CODE = 3  # digits; outside of +1 a number's place is less exactly known by them
NATIONAL_DIGITS = 10  # the longest prefix worth searching for


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One number on offer; ``price`` is a month's, None where the provider did not say."""

    phone_number: str
    locality: str
    region: str
    number_type: str
    price: Decimal | None
    price_unit: str
    address_requirements: str
    fingerprint_id: str
    searched_at: datetime


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What kind of number will do."""

    country_code: str
    number_types: tuple[str, ...]
    first_part: str = ""
    last_part: str = ""
    anywhere: str = ""
    sms: bool = False
    mms: bool = False
    voice: bool = False
    locality: str = ""
    region: str = ""

    def query(self, first_part: str) -> AvailableQuery:
        return AvailableQuery(
            country_code=self.country_code,
            number_types=self.number_types,
            first_part=first_part,
            last_part=self.last_part,
            anywhere=self.anywhere,
            sms=self.sms or None,
            mms=self.mms or None,
            voice=self.voice or None,
        )

    def fits(self, offer: Offer) -> bool:
        """What a search can't be asked for: the place."""
        return not (self.locality or self.region) or (self.locality, self.region) == (offer.locality, offer.region)


def wanted_kind(line: OrderLine) -> Kind:
    """What a want asks for."""
    return Kind(
        country_code=line.country_code or "US",
        number_types=(line.number_type,) if line.number_type else tuple(NumberType.values),
        first_part=line.first_part,
        last_part=line.last_part,
        anywhere=line.anywhere,
        sms=line.sms,
        mms=line.mms,
        voice=line.voice,
    )


def substitute_kind(line: OrderLine) -> Kind | None:
    """What may be bought in place of the line's number, by its rule; None where nothing may."""
    kind = wanted_kind(line)
    national = national_digits(line.phone_number)
    match Substitution(line.substitution):
        case Substitution.NONE:
            return None
        case Substitution.DIGITS:
            return kind if line.is_want else replace(kind, last_part=national[-SAME_DIGITS:])
        case Substitution.PLACE:
            area = national[:AREA_CODE]
            return replace(kind, first_part=area, locality=line.locality, region=line.region)
        case Substitution.KIND:
            return kind


def national_digits(e164: str) -> str:
    """The digits that a search takes: without the country code."""
    return phonenumbers.national_significant_number(phonenumbers.parse(e164))


def costs_more(offer: Offer, line: OrderLine) -> bool:
    """Whether the offer's price is more than the line's, or in another currency: then nobody has agreed to it."""
    if offer.price is None or line.monthly_price is None:
        return False
    other_currency = bool(offer.price_unit and line.price_unit) and offer.price_unit != line.price_unit
    return other_currency or offer.price > line.monthly_price


def find_offer(client: LeadConnectorClient, location_id: str, line: OrderLine) -> Offer | None:
    """The offer of exactly the line's number, or None. Raises `LeadConnectorError`."""
    kind = Kind(country_code=line.country_code or "US", number_types=wanted_kind(line).number_types)
    found = client.search_available(location_id, kind.query(national_digits(line.phone_number)))
    return next((offer for offer in read_offers(found) if offer.phone_number == line.phone_number), None)


def find_candidates(
    client: LeadConnectorClient,
    location_id: str,
    kind: Kind,
    *,
    most: int,
    taken: Callable[[Collection[str]], Collection[str]],
) -> list[Offer]:
    """Up to ``most`` different offers that fit; ``taken`` tells which of some numbers can't be had.

    A reply shows only some of what there is, so what begins alike is asked for digit by digit. Raises
    `LeadConnectorError` where a search fails before anything was found.
    """
    found: dict[str, Offer] = {}
    try:
        for offers in searches(client, location_id, kind):
            fitting = {offer.phone_number: offer for offer in offers if kind.fits(offer)}
            for number in taken(fitting):
                fitting.pop(number, None)
            found.update(fitting)
            if len(found) >= most:
                break
    except LeadConnectorError as error:
        if not found:
            raise
        logger.info("A search for %s ended early, with %d numbers found: %s", location_id, len(found), error)
    offers = list(found.values())
    random.shuffle(offers)  # no secret: of those who look at once, each should try another first
    return offers[:most]


def searches(client: LeadConnectorClient, location_id: str, kind: Kind) -> Iterator[list[Offer]]:
    """The replies to a search and to the narrower ones behind it."""
    prefixes = deque([kind.first_part])
    for _search in range(MOST_SEARCHES):
        if not prefixes:
            return
        prefix = prefixes.popleft()
        offers = read_offers(client.search_available(location_id, kind.query(prefix)))
        yield offers
        if len(offers) >= MORE_BEHIND and len(prefix) < NATIONAL_DIGITS:
            digits = list("0123456789")
            random.shuffle(digits)  # no secret: so that locations that search alike find different numbers
            prefixes.extend(prefix + digit for digit in digits)


def read_offers(found: AvailableNumbers) -> list[Offer]:
    at = clock.now()
    return [
        as_offer(number, fingerprint_id=found.fingerprint_id, searched_at=at)
        for number in found.numbers
        if is_e164(number.phone_number)
    ]


def as_offer(number: AvailableNumber, *, fingerprint_id: str, searched_at: datetime) -> Offer:
    return Offer(
        phone_number=number.phone_number,
        locality=number.locality,
        region=number.region,
        number_type=number.number_type,
        price=number.price,
        price_unit=number.price_unit,
        address_requirements=number.address_requirements,
        fingerprint_id=fingerprint_id,
        searched_at=searched_at,
    )
