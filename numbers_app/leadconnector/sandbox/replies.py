"""The shapes of the sandbox's replies, as contract 2021-07-28 has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

JSON = "application/json; charset=utf-8"
HTML = "text/html"


class Cut(StrEnum):
    """What happens to the connection instead of, or in the middle of, the reply."""

    NONE = "none"
    HANG = "hang"
    RESET = "reset"
    HALF = "half"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What goes back to the caller, and the word for it in the ledger."""

    status: int
    outcome: str
    body: bytes = b""
    content_type: str = JSON
    retry_after: str | None = None
    delay_seconds: float = 0.0
    cut: Cut = Cut.NONE

    @property
    def seen_status(self) -> int | None:
        """The status as far as the caller gets to see one."""
        return None if self.cut in (Cut.HANG, Cut.RESET) else self.status


def json_reply(status: int, payload: Mapping[str, Any], *, outcome: str, retry_after: str | None = None) -> Reply:
    body = json.dumps(payload, separators=(",", ":")).encode()
    return Reply(status=status, outcome=outcome, body=body, retry_after=retry_after)


def error(
    status: int, message: str | tuple[str, ...] | list[str], *, outcome: str, retry_after: str | None = None
) -> Reply:
    """An error in the documented shape: the words, the status and its name."""
    words = message if isinstance(message, str) else list(message)
    payload = {"message": words, "error": HTTPStatus(status).phrase, "statusCode": status}
    return json_reply(status, payload, outcome=outcome, retry_after=retry_after)


def gateway_page(status: int, *, outcome: str) -> Reply:
    """What a proxy in front of the provider says when the provider does not."""
    title = f"{status} {HTTPStatus(status).phrase}"
    head = f"<html>\r\n<head><title>{title}</title></head>\r\n"
    page = f"{head}<body><center><h1>{title}</h1></center></body>\r\n</html>\r\n"
    return Reply(status=status, outcome=outcome, body=page.encode(), content_type=HTML)


class AccountState:
    """The whole account of a location, ready to send.

    The maps grow as text: rendering them anew for each sale would make the thousandth sale a thousand times as dear.
    """

    __slots__ = ("_head", "_names", "_numbers", "account_id", "account_sid", "location_id")

    def __init__(self, *, location_id: str, account_id: str, account_sid: str) -> None:
        self.location_id = location_id
        self.account_id = account_id
        self.account_sid = account_sid
        self._numbers = bytearray()
        self._names = bytearray()
        head = {
            "id": account_id,
            "account_sid": account_sid,
            "under_ghl_account": True,
            "validate_sms": True,
            "location_id": location_id,
            "migration_status": None,
            "migration_numbers": [],
            "assigned_to_numbers": {},
            "new_account_sid": "",
        }
        self._head = json.dumps(head, separators=(",", ":")).encode()[:-1]

    def add(self, *, phone_number: str, name: str) -> None:
        comma = "," if self._numbers else ""
        self._numbers += f'{comma}"{phone_number}":"conversation"'.encode()
        self._names += f'{comma}"{phone_number}":{json.dumps(name)}'.encode()

    def render(self) -> bytes:
        return b"".join((self._head, b',"numbers":{', self._numbers, b'},"number_name":{', self._names, b"}}"))


def contract_v3(*, phone_number: str, location_id: str, account_id: str) -> dict[str, Any]:
    """The newer contract's answer to a purchase (FACTS 12)."""
    data = {"number": phone_number, "locationId": location_id, "id": account_id, "underLcAccount": True}
    return {"status": "success", "statusCode": 201, "message": "The number was purchased", "data": data}
