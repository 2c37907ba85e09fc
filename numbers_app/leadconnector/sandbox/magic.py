"""The magic numbers: +1 500 555 FFNN, where FF chooses what happens and NN is free.

This table is the only one: the server acts on it, random faults are drawn from it, and a test holds docs/sandbox.md to
it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

PREFIX = "+1500555"
NUMBERS_PER_CODE = 100
_MAGIC_NUMBER = re.compile(r"\+1500555(\d\d)\d\d")


class Kind(StrEnum):
    """How the reply to a purchase is spoilt, if it is."""

    PLAIN = "plain"
    SLOW = "slow"
    REFUSED = "refused"
    LIMITED = "limited"
    HANG = "hang"
    RESET = "reset"
    ERROR = "error"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    CONTRACT_V3 = "contract-v3"


@dataclass(frozen=True, kw_only=True, slots=True)
class Magic:
    """One row of the table."""

    code: str
    slug: str
    does: str
    kind: Kind
    desk: str
    """The state in which the desk should end: purchased, rejected, failed, or queued."""
    status: int | None = 201
    """None where no status is ever sent."""
    sold: bool = False
    once: bool = False
    """Strikes at the first attempt only; later attempts are plain sales."""
    pooled: bool = False
    retry_after: str | None = None
    """Seconds, or "date" for the same two seconds written as an HTTP date."""
    message: str | tuple[str, ...] = ""

    @property
    def sale(self) -> str:
        """Whether the number is sold, in the words of the docs."""
        if self.once:
            return "at the second attempt"
        return "yes" if self.sold else "no"


def _sold(code: str, slug: str, kind: Kind, does: str, status: int | None = 201, *, pooled: bool = False) -> Magic:
    return Magic(code=code, slug=slug, kind=kind, does=does, status=status, sold=True, pooled=pooled, desk="purchased")


def _refused(code: str, slug: str, status: int, message: str | tuple[str, ...], does: str) -> Magic:
    return Magic(code=code, slug=slug, kind=Kind.REFUSED, does=does, status=status, message=message, desk="rejected")


def _limited(code: str, slug: str, does: str, *, retry_after: str | None, once: bool = True) -> Magic:
    return Magic(
        code=code,
        slug=slug,
        kind=Kind.LIMITED,
        does=does,
        status=429,
        once=once,
        retry_after=retry_after,
        desk="purchased" if once else "failed",
    )


def _lost(code: str, slug: str, kind: Kind, does: str, status: int | None, *, once: bool = False) -> Magic:
    return Magic(
        code=code,
        slug=slug,
        kind=kind,
        does=does,
        status=status,
        once=once,
        desk="purchased" if once else "failed",
    )


NO_LONGER_AVAILABLE = "Phone number is no longer available"
KYC_MISSING = "KYC is not complete for this location, so numbers can't be bought yet"
ADDRESS_REQUIRED = "This number can only be bought with an address: addressSid is missing"
BUNDLE_REQUIRED = "This number can only be bought with an approved regulatory bundle: bundleSid is missing"

MAGIC: tuple[Magic, ...] = (
    _sold("00", "success", Kind.PLAIN, "Is sold like any other number."),
    _sold("01", "slow", Kind.SLOW, "Is sold; the reply takes three seconds (`slow_seconds`)."),
    _sold(
        "02",
        "pooled",
        Kind.PLAIN,
        "Is sold into a number pool: listed only with `skipNumberPool=false`.",
        pooled=True,
    ),
    _sold(
        "03",
        "contract-v3",
        Kind.CONTRACT_V3,
        "Is sold; the reply is shaped like contract v3, without a numbers map.",
    ),
    _refused("10", "no-longer-available", 400, NO_LONGER_AVAILABLE, "400: somebody else has it."),
    _refused("11", "kyc-missing", 400, KYC_MISSING, "400: the location has not been through KYC."),
    _refused("12", "address-required", 400, ADDRESS_REQUIRED, "400: an address is missing."),
    _refused("13", "bundle-required", 400, BUNDLE_REQUIRED, "400: a regulatory bundle is missing."),
    # A refused token stops the location's queue: the purchase waits until somebody has mended it.
    replace(
        _refused("14", "unauthorized", 401, "Invalid token: it has run out", "401: the token has run out."),
        desk="queued",
    ),
    _refused(
        "15",
        "payment-required",
        402,
        "The wallet's balance is too low for this number",
        "402: no money left.",
    ),
    replace(
        _refused(
            "16",
            "forbidden",
            403,
            "The token does not have access to this location",
            "403: not for this location.",
        ),
        desk="queued",
    ),
    _refused("17", "not-connected", 404, "Phone system is not connected to this account", "404: no phone system."),
    # 409 may answer a twin of the request that is still under way, so the desk looks before it believes.
    replace(
        _refused("18", "conflict", 409, "Another change to this account is under way", "409: the account is busy."),
        desk="failed",
    ),
    _refused(
        "19",
        "unprocessable",
        422,
        ("addressSid does not belong to this account", "region is not where this number is"),
        "422: `message` is a list of two sentences.",
    ),
    _limited("20", "limited-once", "First attempt: 429 with `Retry-After: 2`.", retry_after="2"),
    _limited("21", "limited-once-no-hint", "First attempt: 429 without `Retry-After`.", retry_after=None),
    _limited(
        "22",
        "limited-once-date",
        "First attempt: 429 with `Retry-After` as an HTTP date.",
        retry_after="date",
    ),
    _limited("23", "limited-always", "429 with `Retry-After: 2`, every time.", retry_after="2", once=False),
    _lost("30", "timeout-before", Kind.HANG, "No reply ever comes.", None),
    _lost("31", "reset-before", Kind.RESET, "The connection is reset.", None),
    _lost("32", "error-500-before", Kind.ERROR, "500, JSON without a `message`.", 500),
    _lost("33", "error-502-before", Kind.ERROR, "502, a gateway's HTML page.", 502),
    _lost("34", "error-503-before", Kind.ERROR, "503, a gateway's HTML page.", 503),
    _lost("35", "missing-before", Kind.MISSING, "201, but the number is not in the numbers map.", 201),
    _sold("40", "timeout-after", Kind.HANG, "Is sold; no reply ever comes.", None),
    _sold("41", "reset-after", Kind.RESET, "Is sold; the connection is reset.", None),
    _sold("42", "error-500-after", Kind.ERROR, "Is sold; 500, JSON without a `message`.", 500),
    _sold("43", "error-502-after", Kind.ERROR, "Is sold; 502, a gateway's HTML page.", 502),
    _sold("44", "error-503-after", Kind.ERROR, "Is sold; 503, a gateway's HTML page.", 503),
    _sold("45", "missing-after", Kind.MISSING, "Is sold; 201, but the number is not in the numbers map."),
    _sold("46", "unreadable-after", Kind.UNREADABLE, "Is sold; 201 whose body is not JSON."),
    _sold("47", "truncated-after", Kind.TRUNCATED, "Is sold; 201 whose body breaks off half way."),
    _sold(
        "48",
        "reset-after-pooled",
        Kind.RESET,
        "Is sold into a pool; the connection is reset.",
        None,
        pooled=True,
    ),
    _lost("50", "timeout-once", Kind.HANG, "First attempt: no reply ever comes.", None, once=True),
    _lost("51", "reset-once", Kind.RESET, "First attempt: the connection is reset.", None, once=True),
    _lost("52", "error-500-once", Kind.ERROR, "First attempt: 500, JSON without a `message`.", 500, once=True),
    _lost("53", "error-502-once", Kind.ERROR, "First attempt: 502, a gateway's HTML page.", 502, once=True),
    _lost("54", "error-503-once", Kind.ERROR, "First attempt: 503, a gateway's HTML page.", 503, once=True),
    _lost(
        "55",
        "missing-once",
        Kind.MISSING,
        "First attempt: 201 without the number in the map.",
        201,
        once=True,
    ),
)

BY_CODE = {magic.code: magic for magic in MAGIC}
BY_SLUG = {magic.slug: magic for magic in MAGIC}

# Random faults leave the other 4xx out: those are statements about the number, and chance would make them false.
FAULTS_BEFORE_SALE = tuple(
    BY_SLUG[slug]
    for slug in (
        "timeout-before",
        "reset-before",
        "error-500-before",
        "error-502-before",
        "error-503-before",
        "missing-before",
        "limited-once",
        "limited-once-no-hint",
    )
)
FAULTS_AFTER_SALE = tuple(
    BY_SLUG[slug]
    for slug in (
        "timeout-after",
        "reset-after",
        "error-500-after",
        "error-502-after",
        "error-503-after",
        "missing-after",
        "unreadable-after",
        "truncated-after",
        "reset-after-pooled",
        "contract-v3",
    )
)


def magic_for(phone_number: str) -> Magic | None:
    """The row for a number in E.164, or None for a number without magic."""
    if not phone_number.startswith(PREFIX):
        return None
    match = _MAGIC_NUMBER.fullmatch(phone_number)
    return BY_CODE.get(match[1]) if match else None


def number_for(slug: str, nn: int = 0) -> str:
    """The magic number that brings ``slug`` about; ``nn``, 0 to 99, chooses among a hundred. Raises ValueError."""
    if slug not in BY_SLUG:
        raise ValueError(f"There is no magic number for '{slug}'.")
    if not 0 <= nn < NUMBERS_PER_CODE:
        raise ValueError(f"nn must be between 0 and {NUMBERS_PER_CODE - 1}, not {nn}.")
    return f"{PREFIX}{BY_SLUG[slug].code}{nn:02d}"
