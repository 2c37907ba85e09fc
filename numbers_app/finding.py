"""Finds purchases and numbers by what is typed into their lists' search: the shape of the term says where to look.

Whatever is looked at has an index that holds it, so that a search costs the same whatever the books hold. For a part of
a number PostgreSQL has an index of three digits each; SQLite reads all numbers for it.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from numbers_app.models import Location, PhoneNumber, Purchase
from numbers_app.phones import search_digits
from numbers_app.selectors import clean_term

SID = re.compile(r"(AC|PN)[0-9a-f]{3,32}", re.IGNORECASE)  # of an account, of a number
PLUS = ("+", "\uff0b")
WHOLE_NUMBER = 10  # digits; so many may be all of a number, with or without the country code 1
MOST_OF_A_SID = 1000  # numbers that are looked up by the beginning of a SID
HEX_AFTER = dict(zip("0123456789abcde", "123456789abcdef", strict=True))
DIGIT_AFTER = dict(zip("012345678", "123456789", strict=True))


def search_purchases(purchases: QuerySet[Purchase], term: str) -> QuerySet[Purchase]:
    """By number in any notation or a part of it, location's name or ID, SID or its beginning, or fingerprint."""
    term = clean_term(term)
    if not term:
        return purchases
    found = []
    if digits := search_digits(term):
        found.append(numbers_with(Purchase, term, digits))
    elif sids := sids_beginning(term):
        found.append(sids)
    if Purchase.objects.filter(fingerprint_id=term).exists():
        found.append(Q(fingerprint_id=term))
    return purchases.filter(any_of([*found, *places_called(term)]))


def purchases_that_begin_so(purchases: QuerySet[Purchase], term: str) -> QuerySet[Any]:
    """Of `search_purchases` those whose number, after the country code, or account begins with the term.

    They are counted in an index alone; where something else narrows them they would not be, and none are told of.
    """
    term = clean_term(term)
    if purchases.query.has_filters():
        return purchases.none()
    if digits := search_digits(term):
        beginning = f"+{digits}" if term.startswith(PLUS) else f"+1{digits}"
        return purchases.filter(begins_with("phone_number", beginning, DIGIT_AFTER)).values("phone_number")
    if SID.fullmatch(term) and term[:2].upper() == "AC":
        return purchases.filter(begins_with("account_sid", as_sid(term), HEX_AFTER)).values("account_sid")
    return purchases.none()


def search_numbers(numbers: QuerySet[PhoneNumber], term: str) -> QuerySet[PhoneNumber]:
    """By number in any notation or a part of it, name, location's name or ID, or SID or its beginning."""
    term = clean_term(term)
    if not term:
        return numbers
    found = []
    named = Q(friendly_name__icontains=term)
    # Names are asked for only where there are such: beside a large location's rows they would all be read for nothing.
    if PhoneNumber.objects.filter(named).exists():
        found.append(named)
    if digits := search_digits(term):
        found.append(numbers_with(PhoneNumber, term, digits))
    elif SID.fullmatch(term):
        found.append(begins_with("sid", as_sid(term), HEX_AFTER))
    return numbers.filter(any_of([*found, *places_called(term)]))


def numbers_at(numbers: QuerySet[PhoneNumber], term: str) -> QuerySet[PhoneNumber]:
    """Of `search_numbers` those at locations that are called so: found in an index alone, as names are not."""
    return numbers.filter(any_of(places_called(clean_term(term))))


def any_of(conditions: list[Q]) -> Q:
    """Any of the conditions; of none, nothing."""
    return reduce(or_, conditions, Q(pk__in=[]))


def numbers_with(model: Any, term: str, digits: str) -> Q:
    """A whole number that is on the books is that one alone; what begins with + begins with the country code."""
    whole = [f"+{digits}", f"+1{digits}"]
    if len(digits) >= WHOLE_NUMBER and model.objects.filter(phone_number__in=whole).exists():
        return Q(phone_number__in=whole)
    if term.startswith(PLUS):
        return begins_with("phone_number", f"+{digits}", DIGIT_AFTER)
    return Q(phone_number__icontains=digits)  # the index is one of UPPER, which no `=` asks for


def sids_beginning(term: str) -> Q | None:
    """Purchases of the account or number; None where the term is no SID, or nothing has it: it may be a name."""
    if not SID.fullmatch(term):
        return None
    sid = as_sid(term)
    name = "account_sid" if sid.startswith("AC") else "number_sid"
    match = begins_with(name, sid, HEX_AFTER)
    if name == "number_sid":
        # A purchase that the reply confirmed was told no SID; the mirror was, later.
        numbers = PhoneNumber.objects.filter(begins_with("sid", sid, HEX_AFTER)).values_list("phone_number", flat=True)
        match |= Q(phone_number__in=list(numbers[:MOST_OF_A_SID]))
    return match if Purchase.objects.filter(match).exists() else None


def as_sid(term: str) -> str:
    """As the provider writes them: two capitals, then small letters."""
    return term[:2].upper() + term[2:].lower()


def begins_with(name: str, beginning: str, after: dict[str, str]) -> Q:
    """As a range, which every index serves, whatever order the database's language gives to letters."""
    stem = beginning
    while stem and stem[-1] not in after and stem[-1] in {*after.values()}:
        stem = stem[:-1]
    match = Q(**{f"{name}__gte": beginning})
    if stem and stem[-1] in after:
        match &= Q(**{f"{name}__lt": stem[:-1] + after[stem[-1]]})
    return match


def places_called(term: str) -> list[Q]:
    """The locations are few and looked up first; their rows are then read by key."""
    called = Location.objects.filter(Q(name__icontains=term) | Q(location_id__iexact=term))
    keys = list(called.order_by().values_list("pk", flat=True))
    return [Q(location__in=keys)] if keys else []
