"""Looks at an order's lines as a dry run does: the location, its account, and each number. Nothing is bought.

What is found is saved as it is found; a process that dies in between has lost only what it had not looked at.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from numbers_app import clock
from numbers_app.inventory import merge_active_numbers
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError, NotSent
from numbers_app.models import (
    LIVE,
    LineStatus,
    Location,
    OrderLine,
    OrderStatus,
    PhoneNumber,
    Problem,
    Purchase,
    PurchaseOrder,
    TwilioAccount,
)
from numbers_app.models.batches import update_each
from numbers_app.models.storing import storable_columns
from numbers_app.provider import NoToken, client_for
from numbers_app.purchasing.drafting import locked_order
from numbers_app.purchasing.hands import Busy
from numbers_app.purchasing.lifecycle import TOKEN_REFUSED
from numbers_app.purchasing.offers import Kind, Offer, find_candidates, find_offer, wanted_kind
from numbers_app.purchasing.reconciliation import by_our_clock, settle_listed

GOOD_FOR = timedelta(minutes=15)  # how long what the provider said of an account or a number is relied on
ROUNDS = 10  # of looking for candidates, where other locations were faster ...
SPARE = 20  # ... and candidates more than are wanted
NO_SYSTEM = 404
CLOSED = frozenset({"suspended", "closed"})
NO_ADDRESS = frozenset({"", "none"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found of a line: its offer, or what is wrong with it."""

    offer: Offer | None = None
    problem: Problem | None = None
    words: str = ""


def unchecked(order: PurchaseOrder) -> QuerySet[OrderLine]:
    """The draft's lines that nobody has looked at since they were changed."""
    return order.lines.filter(status=LineStatus.DRAFT, checked_at__isnull=True)


def check_location(order: PurchaseOrder, location: Location, *, until: float) -> None:
    """Look at the unchecked lines of the order for the location, until then. Raises `Busy`."""
    lines = list(unchecked(order).filter(location=location).order_by("pk"))
    client = visit(location)
    if isinstance(client, Finding):
        save([(line, client) for line in lines])
        return
    wants = [line for line in lines if not line.phone_number]
    wants += check_given(client, location, [line for line in lines if line.phone_number], until=until)
    find_for_wants(order, client, location, wants)


def visit(location: Location) -> LeadConnectorClient | Finding:
    """The client for a location that can buy, or what keeps it from buying. Raises `Busy`."""
    if location.paused_at:
        words = _("Its queue is stopped: %(because)s Resume it first.") % {"because": location.paused_because}
        return Finding(problem=Problem.NO_TOKEN, words=words)
    try:
        client = client_for(location)
        status = account_status(client, location)
    except NoToken as error:
        return Finding(problem=Problem.NO_TOKEN, words=str(error))
    except LeadConnectorError as error:
        return finding_of(error)
    if status in CLOSED:
        return Finding(problem=Problem.SUSPENDED, words=_("The account is %(status)s.") % {"status": status})
    return client


def account_status(client: LeadConnectorClient, location: Location) -> str:
    """From the mirror where that is fresh, else from a full read of the list. Raises `LeadConnectorError`."""
    account = TwilioAccount.objects.filter(location=location).first()
    if account is None or account.listed_at is None or account.listed_at < clock.now() - GOOD_FOR:
        listed = by_our_clock(client.list_active(location.location_id))
        merge_active_numbers(location=location, listed=listed)
        settle_listed(location=location, listed=listed)
        return listed.account_status
    return account.account_status


def finding_of(error: LeadConnectorError) -> Finding:
    """What an error says of a line. Raises `Busy` where it only says "later"."""
    if isinstance(error, NotSent) and error.retry_after is not None:
        raise Busy(error.retry_after) from error
    if error.status == NO_SYSTEM:
        return Finding(problem=Problem.NOT_CONNECTED, words=error.words)
    if error.status in TOKEN_REFUSED:
        return Finding(problem=Problem.NO_TOKEN, words=error.words)
    return Finding(problem=Problem.NOT_CHECKED, words=error.words)


def check_given(
    client: LeadConnectorClient, location: Location, lines: Sequence[OrderLine], *, until: float
) -> list[OrderLine]:
    """Look at lines that have a number; returns the wants among them whose number can't be had any more.

    Each costs a call, and the order is in this worker's hands only for so long: what is left is the next slice's.
    """
    known = known_problems([line.phone_number for line in lines])
    others: list[OrderLine] = []
    for at, line in enumerate(lines):
        if time.monotonic() >= until:
            break
        try:
            finding = known.get(line.phone_number) or offer_or_problem(
                line, find_offer(client, location.location_id, line)
            )
        except LeadConnectorError as error:
            # Whatever it is, the next call would meet it too.
            save([(rest, finding_of(error)) for rest in lines[at:]])
            return others
        if line.is_want and finding.problem in (Problem.OWNED, Problem.IN_ANOTHER_ORDER, Problem.NOT_OFFERED):
            others.append(line)
        else:
            save([(line, finding)])
    return others


def offer_or_problem(line: OrderLine, offer: Offer | None) -> Finding:
    if offer is None:
        return Finding(problem=Problem.NOT_OFFERED, words=_("The provider's search does not show it."))
    if offer.address_requirements not in NO_ADDRESS and not (line.address_sid or line.bundle_sid):
        words = _("The provider asks for an address: %(kind)s.") % {"kind": offer.address_requirements}
        return Finding(offer=offer, problem=Problem.ADDRESS_NEEDED, words=words)
    return Finding(offer=offer)


def known_problems(phone_numbers: Collection[str]) -> dict[str, Finding]:
    """What our own books say against these numbers."""
    owned = PhoneNumber.objects.filter(phone_number__in=phone_numbers, gone_at__isnull=True)
    live = Purchase.objects.filter(phone_number__in=phone_numbers, status__in=LIVE)
    return {
        **dict.fromkeys(owned.values_list("phone_number", flat=True), Finding(problem=Problem.OWNED)),
        **dict.fromkeys(live.values_list("phone_number", flat=True), Finding(problem=Problem.IN_ANOTHER_ORDER)),
    }


def find_for_wants(
    order: PurchaseOrder, client: LeadConnectorClient, location: Location, wants: Sequence[OrderLine]
) -> None:
    """Find a number for each want; what can't be found is said. Raises `Busy`."""
    kinds: dict[Kind, list[OrderLine]] = defaultdict(list)
    for line in wants:
        kinds[wanted_kind(line)].append(line)
    for kind, lines in kinds.items():
        try:
            without = find_for_kind(order, client, location, kind, lines)
        except LeadConnectorError as error:
            save([(line, finding_of(error)) for line in unchecked_of(lines)])
        else:
            words = _("%(found)d of %(wanted)d found at this location.") % {
                "found": len(lines) - len(without),
                "wanted": len(lines),
            }
            save([(line, Finding(problem=Problem.NOTHING_FOUND, words=words)) for line in without])


def find_for_kind(
    order: PurchaseOrder, client: LeadConnectorClient, location: Location, kind: Kind, lines: list[OrderLine]
) -> list[OrderLine]:
    """Returns the lines without a number; raises `LeadConnectorError`."""
    for _round in range(ROUNDS):
        taken = partial(taken_numbers, order=order)
        offers = find_candidates(client, location.location_id, kind, most=len(lines) + SPARE, taken=taken)
        lines = assign(order, lines, offers)
        if not lines or not offers:
            break
    return lines


def taken_numbers(phone_numbers: Collection[str], *, order: PurchaseOrder) -> set[str]:
    """Those of the numbers that are ours, or in a purchase that is not over, or wanted by a line of the order."""
    wanted = order.lines.filter(phone_number__in=phone_numbers).values_list("phone_number", flat=True)
    return {*known_problems(phone_numbers), *wanted}


@transaction.atomic
def assign(order: PurchaseOrder, lines: list[OrderLine], offers: Iterable[Offer]) -> list[OrderLine]:
    """Give each line one of the offers; returns the lines that got none.

    Under the order's lock: locations that search alike are shown the same numbers.
    """
    if locked_order(order.pk).status != OrderStatus.PREVIEWING:
        return []
    found = list(offers)
    taken = taken_numbers([offer.phone_number for offer in found], order=order)
    free = [offer for offer in found if offer.phone_number not in taken]
    save([(line, offer_or_problem(line, offer)) for line, offer in zip(lines, free, strict=False)])
    return lines[len(free) :]


def unchecked_of(lines: Iterable[OrderLine]) -> list[OrderLine]:
    keys = [line.pk for line in lines]
    return list(OrderLine.objects.filter(pk__in=keys, status=LineStatus.DRAFT, checked_at__isnull=True))


@transaction.atomic
def save(findings: Iterable[tuple[OrderLine, Finding]]) -> None:
    """Write down what was found; a line that was taken out meanwhile is left alone.

    Nothing is written once the preview is over: what a person sees, and confirms, must not change behind the page.
    """
    found = list(findings)
    if not found or locked_order(found[0][0].order_id).status != OrderStatus.PREVIEWING:
        return
    now = clock.now()
    update_each(
        OrderLine,
        (
            ({"id": line.pk, "status": LineStatus.DRAFT}, {**columns_of(line, finding), "checked_at": now})
            for line, finding in found
        ),
    )


def columns_of(line: OrderLine, finding: Finding) -> dict[str, Any]:
    said = {"problem": finding.problem or "", "words": finding.words}
    return storable_columns(OrderLine, {**said, **(offered(line, finding.offer) if finding.offer else {})})


def offered(line: OrderLine, offer: Offer) -> dict[str, Any]:
    """What a line keeps of an offer."""
    return {
        "phone_number": offer.phone_number,
        "locality": offer.locality or line.locality,
        "region": offer.region or line.region,
        "number_type": line.number_type or offer.number_type,
        "fingerprint_id": offer.fingerprint_id,
        "searched_at": offer.searched_at,
        "monthly_price": offer.price,
        "price_unit": offer.price_unit,
        "address_requirements": offer.address_requirements,
    }
