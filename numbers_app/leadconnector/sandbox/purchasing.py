"""The purchase endpoint: sells a number at most once, and spoils the reply where magic or chance say so."""

from __future__ import annotations

import time
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus

from . import demo, magic
from .catalogue import country_of, friendly_name, type_of
from .faults import Faults
from .ledger import Ledger
from .magic import Kind, Magic, magic_for
from .places import address_requirements
from .replies import Cut, Reply, contract_v3, error, gateway_page, json_reply
from .validation import Invalid, PurchaseBody, check_purchase, parse_json

CUTS = {Kind.HANG: Cut.HANG, Kind.RESET: Cut.RESET, Kind.TRUNCATED: Cut.HALF}


class Purchasing:
    """Decides one purchase at a time. The decision and the call are committed before the reply leaves."""

    def __init__(self, *, ledger: Ledger, faults: Faults, slow_seconds: float) -> None:
        self._ledger = ledger
        self._faults = faults
        self._slow_seconds = slow_seconds

    def answer(self, *, location_id: str, raw: bytes) -> Reply:
        try:
            body = check_purchase(parse_json(raw))
        except Invalid as invalid:
            reply = error(422, invalid.messages, outcome="invalid")
            self._record(reply, location_id=location_id, raw=raw, body=None, attempt=None)
            return reply
        with self._ledger.transaction():
            attempt = self._ledger.next_attempt(body.phone_number)
            reply = self._decide(body, location_id=location_id, attempt=attempt)
            self._record(reply, location_id=location_id, raw=raw, body=body, attempt=attempt)
        return reply

    def _record(
        self, reply: Reply, *, location_id: str, raw: bytes, body: PurchaseBody | None, attempt: int | None
    ) -> None:
        self._ledger.record(
            method="POST",
            path="purchase",
            location_id=location_id,
            phone_number=body.phone_number if body else "",
            status=reply.seen_status,
            outcome=reply.outcome,
            attempt=attempt,
            fingerprint=body.fingerprint if body else "",
            body=raw.decode(errors="replace"),
        )

    def _decide(self, body: PurchaseBody, *, location_id: str, attempt: int) -> Reply:
        row = magic_for(body.phone_number)
        fault = None if row and row.once and attempt > 1 else row
        if row is None:
            fault = self._faults.draw_for_purchase()
            if refusal := _refusal(body, location_id) or self._taken(body.phone_number, fault):
                return refusal
        elif location_id == demo.SUSPENDED.id:
            return _suspended()
        if fault is None:
            return self._sell(body, location_id=location_id, attempt=attempt, fault=magic.BY_SLUG["success"])
        if fault.sold:
            return self._sell(body, location_id=location_id, attempt=attempt, fault=fault)
        return self._spoil(fault, body=body, location_id=location_id, account=b"")

    def _taken(self, phone_number: str, fault: Magic | None) -> Reply | None:
        """No, where somebody else has the number; a call that is lost on its way finds nothing out."""
        lost = fault is not None and not fault.sold
        if lost or not (self._faults.is_taken(phone_number) or self._ledger.gone_among([phone_number])):
            return None
        self._ledger.note_taken(phone_number)
        return error(400, magic.NO_LONGER_AVAILABLE, outcome="taken")

    def _sell(self, body: PurchaseBody, *, location_id: str, attempt: int, fault: Magic) -> Reply:
        sold = self._ledger.sell(
            location_id=location_id,
            phone_number=body.phone_number,
            number_type=body.number_type or type_of(body.phone_number),
            country_code=body.country_code or country_of(body.phone_number),
            name=friendly_name(body.phone_number),
            attempt=attempt,
            in_pool=fault.pooled,
            address_sid=body.address_sid,
            bundle_sid=body.bundle_sid,
            fingerprint=body.fingerprint,
        )
        if not sold:
            return error(400, magic.NO_LONGER_AVAILABLE, outcome="taken")
        account = self._ledger.account_state(location_id).render()
        return self._spoil(fault, body=body, location_id=location_id, account=account)

    def _spoil(self, fault: Magic, *, body: PurchaseBody, location_id: str, account: bytes) -> Reply:
        """The reply as ``fault`` leaves it; ``account`` is the honest body of a sale, empty where there was none."""
        reply = Reply(
            status=fault.status or 201, outcome="sold" if fault.slug == "success" else fault.slug, body=account
        )
        if fault.kind in CUTS:
            return replace(reply, cut=CUTS[fault.kind])
        match fault.kind:
            case Kind.SLOW:
                return replace(reply, delay_seconds=self._slow_seconds)
            case Kind.UNREADABLE:
                return replace(reply, body=b"<!-- upstream: " + account[:40])
            case Kind.MISSING:
                state = self._ledger.account_state_without(location_id, phone_number=body.phone_number)
                return replace(reply, body=state.render())
            case Kind.CONTRACT_V3:
                account_id = self._ledger.account_state(location_id).account_id
                payload = contract_v3(phone_number=body.phone_number, location_id=location_id, account_id=account_id)
                return json_reply(reply.status, payload, outcome=reply.outcome)
        return _error_of(fault, reply=reply) if fault.kind in (Kind.ERROR, Kind.REFUSED, Kind.LIMITED) else reply


def _error_of(fault: Magic, *, reply: Reply) -> Reply:
    if fault.kind is Kind.REFUSED:
        return error(reply.status, fault.message, outcome=reply.outcome)
    if fault.kind is Kind.LIMITED:
        return error(429, "Too Many Requests", outcome=reply.outcome, retry_after=_retry_after(fault))
    if reply.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return json_reply(500, {"statusCode": 500}, outcome=reply.outcome)  # the provider's own, without a message
    return gateway_page(reply.status, outcome=reply.outcome)


def _refusal(body: PurchaseBody, location_id: str) -> Reply | None:
    """What stands in the way of an ordinary number at this location, if anything does."""
    if location_id == demo.SUSPENDED.id:
        return _suspended()
    if location_id == demo.KYC_MISSING.id and not body.skip_kyc:
        return error(400, magic.KYC_MISSING, outcome="kyc-missing")
    if body.phone_number.startswith("+1") or body.address_sid or body.bundle_sid:
        return None
    if address_requirements(body.country_code or country_of(body.phone_number)) == "none":
        return None
    return error(400, magic.ADDRESS_REQUIRED, outcome="address-required")


def _suspended() -> Reply:
    return error(400, "This account is suspended", outcome="suspended")


def _retry_after(fault: Magic) -> str | None:
    return formatdate(time.time() + 2, usegmt=True) if fault.retry_after == "date" else fault.retry_after
