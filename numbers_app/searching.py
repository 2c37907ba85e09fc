"""Searches the provider's inventory for a location, and finds out why nothing was found."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from numbers_app import clock
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError, NotSent, OutcomeUnknown
from numbers_app.leadconnector.payloads import AvailableQuery
from numbers_app.models import Location, NumberType
from numbers_app.provider import NoToken, client_for
from numbers_app.results import Found

MOST_TRIES = 3  # searches that look for the filter which leaves nothing over ...
TRY_SECONDS = 8.0  # ... and how long after the first one began another may still begin
PARTS = ("anywhere", "last_part", "first_part")
ABILITIES = ("mms", "sms", "voice")
TYPES = "number_types"
ALL = "all"


class SearchFailed(Exception):
    """The provider could not be asked, or did not answer; the message says what it means and what to do."""


@dataclass(frozen=True, kw_only=True)
class WayOut:
    """The search without one of its filters (`ALL`: without any); ``count`` is what it finds, None if not tried."""

    leaves_out: str
    words: str
    count: int | None


def search(location: Location, query: AvailableQuery) -> Found:
    """What the provider offers now. Raises `SearchFailed`."""
    at = clock.now()
    try:
        found = reader(location).search_available(location.location_id, query)
    except LeadConnectorError as error:
        raise SearchFailed(explain(error)) from error
    return Found.read(found, location=location, query=query, words=in_words(query), at=at)


def reader(location: Location) -> LeadConnectorClient:
    """A client that gives up sooner than a purchase's: somebody is waiting, and a search costs nothing."""
    try:
        return client_for(location, read_timeout=settings.SEARCH_TIMEOUT_SECONDS)
    except NoToken as error:
        raise SearchFailed(str(error)) from error


def explain(error: LeadConnectorError) -> str:
    """What an answer that brought no numbers means, in plain words."""
    if isinstance(error, NotSent):
        return explain_not_sent(error)
    if isinstance(error, OutcomeUnknown):
        if error.status is None:
            return _("The provider did not answer in time. It may be slow or down; try again in a moment.")
        return _("The provider is in trouble (status %(status)s). Try again in a moment.") % {"status": error.status}
    if error.status in (401, 403):
        return _(
            "The provider did not accept the API token of this location (status %(status)s): it may have run out, or "
            "lack the right to read phone numbers. Somebody who manages tokens can enter another."
        ) % {"status": error.status}
    if error.status == 404:
        return _("This location has no phone system yet. Set it up in the location's own settings first.")
    return _("The provider refused the search: “%(words)s”") % {"words": error.words}


def explain_not_sent(error: NotSent) -> str:
    if error.reply is None and error.retry_after is None:
        return _("The provider can't be reached at the moment. Try again in a moment.")
    seconds = max(1, round(error.retry_after or 1))
    return ngettext(
        "Too many requests were sent for this location. Try again in a second.",
        "Too many requests were sent for this location. Try again in %(seconds)s seconds.",
        seconds,
    ) % {"seconds": seconds}


def ways_out(location: Location, query: AvailableQuery, *, began: float) -> Sequence[WayOut]:
    """Which filter leaves nothing over: the search without each, tried within reason. ``began`` is monotonic.

    Those that find something come first; those that find nothing are left out.
    """
    found: list[WayOut] = []
    tries = MOST_TRIES
    for name, looser in looser_searches(query):
        count: int | None = None
        if tries and time.monotonic() - began < TRY_SECONDS:
            tries -= 1
            try:
                count = len(search(location, looser).numbers)
            except SearchFailed:
                tries = 0  # it is no time to ask for more
        found.append(WayOut(leaves_out=name, words=filter_words(query, name), count=count))
    return sorted((way for way in found if way.count != 0), key=lambda way: way.count is None)


def looser_searches(query: AvailableQuery) -> Iterator[tuple[str, AvailableQuery]]:
    """The search without each of its filters, the likeliest culprit first: the longest part of a number."""
    parts = [name for name in PARTS if getattr(query, name)]
    for name in sorted(parts, key=lambda part: -len(getattr(query, part))):
        yield name, without(query, name)
    for name in ABILITIES:
        if getattr(query, name):
            yield name, without(query, name)
    if len(query.number_types) < len(NumberType.values):
        yield TYPES, without(query, TYPES)
    if len(filters_of(query)) > 1:
        yield ALL, AvailableQuery(country_code=query.country_code, number_types=tuple(NumberType.values))


def without(query: AvailableQuery, name: str) -> AvailableQuery:
    nothing: dict[str, Any] = {TYPES: tuple(NumberType.values), **dict.fromkeys(PARTS, ""), **dict.fromkeys(ABILITIES)}
    return replace(query, **{name: nothing[name]})


def filters_of(query: AvailableQuery) -> list[str]:
    """The names of what narrows the search within its country."""
    narrow = [TYPES] if len(query.number_types) < len(NumberType.values) else []
    return [name for name in (*PARTS, *ABILITIES) if getattr(query, name)] + narrow


def filter_words(query: AvailableQuery, name: str) -> str:
    """One filter as people would say it."""
    said = {
        "first_part": _("begins with %(digits)s"),
        "last_part": _("ends with %(digits)s"),
        "anywhere": _("contains %(digits)s"),
    }
    if name in said:
        return said[name] % {"digits": getattr(query, name)}
    if name == TYPES:
        return ", ".join(str(NumberType(kind).label).lower() for kind in query.number_types)
    return {"sms": _("SMS"), "mms": _("MMS"), "voice": _("voice")}.get(name, "")


def in_words(query: AvailableQuery) -> str:
    """What was sent: “US, local, begins with 830, with SMS”."""
    parts = [filter_words(query, name) for name in ("first_part", "anywhere", "last_part") if getattr(query, name)]
    able = [filter_words(query, name) for name in reversed(ABILITIES) if getattr(query, name)]
    with_them = [_("with %(abilities)s") % {"abilities": ", ".join(able)}] if able else []
    return ", ".join([query.country_code, filter_words(query, TYPES), *parts, *with_them])
