"""Reads what callers send, and says in a list of sentences what is wrong with it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

E164 = re.compile(r"\+[1-9]\d{6,14}")
COUNTRY = re.compile(r"[A-Z]{2}")
NUMBER_TYPES = ("local", "tollFree", "mobile")
TEXTS = ("countryCode", "numberType")
NULLABLE_TEXTS = ("addressSid", "bundleSid", "locality", "region", "fingerprintId")
FIELDS = frozenset(("phoneNumber", *TEXTS, *NULLABLE_TEXTS, "skipLocationKYC"))
LARGEST_PAGE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class PurchaseBody:
    """What a purchase asks for; empty strings stand for what was left out."""

    phone_number: str
    country_code: str
    number_type: str
    address_sid: str
    bundle_sid: str
    fingerprint: str
    skip_kyc: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ListQuery:
    """What a read of the active numbers asks for."""

    page: int
    page_size: int
    search: str
    skip_pool: bool


class Invalid(Exception):  # reads as it is raised: invalid
    """What was sent can't be used; the sentences say why."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = list(messages)


def parse_json(raw: bytes) -> Any:
    """Whatever JSON is in a request's body, or None where there is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def check_purchase(body: Any) -> PurchaseBody:
    """Raises Invalid with a sentence for each field that is wrong."""
    if not isinstance(body, dict):
        raise Invalid("body must be a JSON object")
    wrong = _wrong_fields(body)
    if wrong:
        raise Invalid(*wrong)
    return PurchaseBody(
        phone_number=body["phoneNumber"],
        country_code=body.get("countryCode", ""),
        number_type=body.get("numberType", ""),
        address_sid=body.get("addressSid") or "",
        bundle_sid=body.get("bundleSid") or "",
        fingerprint=body.get("fingerprintId") or "",
        skip_kyc=bool(body.get("skipLocationKYC")),
    )


def _wrong_fields(body: dict[str, Any]) -> list[str]:
    number = body.get("phoneNumber")
    wrong = []
    if not isinstance(number, str):
        wrong.append("phoneNumber must be a string")
    elif not E164.fullmatch(number):
        wrong.append("phoneNumber must be in E.164 format")
    wrong += [f"{name} must be a string" for name in TEXTS if not isinstance(body.get(name, ""), str)]
    wrong += [f"{n} must be a string" for n in NULLABLE_TEXTS if not isinstance(body.get(n), str | None)]
    country, number_type = body.get("countryCode"), body.get("numberType")
    if isinstance(country, str) and not COUNTRY.fullmatch(country):
        wrong.append("countryCode must be two capital letters")
    if isinstance(number_type, str) and number_type not in NUMBER_TYPES:
        wrong.append(f"numberType must be one of {', '.join(NUMBER_TYPES)}")
    if not isinstance(body.get("skipLocationKYC"), bool | None):
        wrong.append("skipLocationKYC must be true or false")
    wrong += [f"{name} is not a field of a purchase" for name in body if name not in FIELDS]
    return wrong


def check_list(query: dict[str, str]) -> ListQuery:
    """Raises Invalid."""
    page, page_size = query.get("page", "0"), query.get("pageSize", "50")
    if not is_count(page):
        raise Invalid("page must be a whole number of 0 or more")
    if not (is_count(page_size) and 1 <= int(page_size) <= LARGEST_PAGE):
        raise Invalid(f"pageSize must be between 1 and {LARGEST_PAGE}")
    skip_pool = query.get("skipNumberPool", "true")
    if skip_pool not in ("true", "false"):
        raise Invalid("skipNumberPool must be true or false")
    return ListQuery(
        page=int(page),
        page_size=int(page_size),
        search=query.get("searchFilter", ""),
        skip_pool=skip_pool == "true",
    )


def is_count(text: str) -> bool:
    """Whether it is a whole number of at most nine digits."""
    return text.isascii() and text.isdigit() and len(text) <= len("999999999")
