"""The provider's phone system over HTTP: one method an endpoint, frozen results, the three answers as errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from numbers_app.leadconnector import readers
from numbers_app.leadconnector.budget import Budget, Purpose
from numbers_app.leadconnector.errors import OutcomeUnknown, Reply
from numbers_app.leadconnector.payloads import (
    AccountState,
    ActiveNumber,
    ActiveNumbers,
    ActivePage,
    AvailableNumber,
    AvailableNumbers,
    AvailableQuery,
    LocationRecord,
    PurchaseRequest,
)
from numbers_app.leadconnector.transport import Bearer, Transport, Watch

ACTIVE_PAGE_SIZE = 1000  # the most that the list gives at once; always sent, for its default is stated in two ways
LOCATION_PAGE_SIZE = 100
MOST_PAGES = 1000  # a list that never ends is not a list
AGENCY = ""  # the budget of what belongs to no location


@dataclass(frozen=True, kw_only=True)
class Bought:
    """Proof of a purchase: the number is a key of the reply's numbers map. A v3 reply has no account state."""

    phone_number: str
    account: AccountState | None
    reply: Reply


class LeadConnectorClient:
    """Speaks for one token. Every method raises `Refused`, `NotSent` or `OutcomeUnknown`."""

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        connect_timeout: float = 5.0,
        read_timeout: float = 60.0,
        budget: Budget | None = None,
        purpose: Purpose = Purpose.READING,
        watch: Watch | None = None,
    ) -> None:
        """Timeouts in seconds; raises ValueError on a token that can't be a header. ``watch`` is told of every call.

        Reads are paid for from ``budget``, as ``purpose``. A purchase's POST is not: who claims it has paid before.
        """
        self._budget = budget
        self._purpose = purpose
        self._http = Transport(
            base_url=base_url.rstrip("/"),
            auth=Bearer(token),
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            watch=watch,
        )

    def purchase(self, location_id: str, request: PurchaseRequest) -> Bought:
        """Buy one number: one POST, never repeated here.

        A 2xx alone is not success; the number being in the numbers map is. A 2xx without it is `OutcomeUnknown`.
        """
        path = f"{numbers_path(location_id)}/purchase"
        data, reply = self._http.post(path, request.body(), on_reply=partial(self._learn, location_id))
        with unreadable_as_unknown(reply):
            account = read_purchase(data, location_id=location_id, phone_number=request.phone_number)
        return Bought(phone_number=request.phone_number, account=account, reply=reply)

    def search_available(self, location_id: str, query: AvailableQuery) -> AvailableNumbers:
        """The numbers on offer for a location."""
        data, reply = self._get(location_id, f"{numbers_path(location_id)}/available", query.parameters())
        with unreadable_as_unknown(reply):
            body = readers.as_mapping(data, "the reply")
            return AvailableNumbers(
                fingerprint_id=readers.optional_text(body, "fingerprintId"),
                numbers=tuple(
                    AvailableNumber.parse(readers.as_mapping(item, "a number"))
                    for item in readers.as_list(body.get("numbers"), "numbers")
                ),
            )

    def list_active(self, location_id: str) -> ActiveNumbers:
        """All active numbers of a location, pooled ones too, every page to the end."""
        read_started_at = datetime.now(UTC)
        found: dict[str, ActiveNumber] = {}
        account_status, is_under_ghl, seen = "", None, 0
        for index in range(MOST_PAGES):
            page, reply = self._active_page(location_id, index)
            account_status = page.account_status or account_status
            is_under_ghl = is_under_ghl if page.is_under_ghl is None else page.is_under_ghl
            known, seen = len(found), seen + len(page.numbers)
            found.update({number.phone_number: number for number in page.numbers})
            if page.ends_list(seen=seen, asked=ACTIVE_PAGE_SIZE):
                return ActiveNumbers(
                    numbers=tuple(found.values()),
                    account_status=account_status,
                    is_under_ghl=is_under_ghl,
                    read_started_at=read_started_at,
                    trace_id=reply.trace_id,
                )
            if len(found) == known:  # absence from a list that was not read in full would prove nothing
                raise OutcomeUnknown(f"The list of active numbers stopped at {known} without an end.", reply=reply)
        raise OutcomeUnknown(f"The list of active numbers did not end after {MOST_PAGES} pages.")

    def _active_page(self, location_id: str, page: int) -> tuple[ActivePage, Reply]:
        parameters = {"pageSize": str(ACTIVE_PAGE_SIZE), "page": str(page), "skipNumberPool": "false"}
        data, reply = self._get(location_id, numbers_path(location_id), parameters)
        with unreadable_as_unknown(reply):
            return ActivePage.parse(readers.as_mapping(data, "the reply")), reply

    def list_locations(self, company_id: str = "") -> tuple[LocationRecord, ...]:
        """All locations of an agency; read until a page brings nothing new, as the limit is the provider's to cap."""
        found: dict[str, LocationRecord] = {}
        for _ in range(MOST_PAGES):
            parameters = {"skip": str(len(found)), "limit": str(LOCATION_PAGE_SIZE)}
            if company_id:
                parameters["companyId"] = company_id
            data, reply = self._get(AGENCY, "/locations/search", parameters)
            with unreadable_as_unknown(reply):
                items = readers.as_list(readers.as_mapping(data, "the reply").get("locations"), "locations")
                records = [LocationRecord.parse(readers.as_mapping(item, "a location")) for item in items]
            before = len(found)
            found.update({record.location_id: record for record in records})
            if len(found) == before:
                return tuple(found.values())
        raise OutcomeUnknown(f"The list of locations did not end after {MOST_PAGES} pages.")

    def get_location(self, location_id: str) -> LocationRecord:
        """One location."""
        data, reply = self._get(location_id, f"/locations/{quote(location_id, safe='')}", {})
        with unreadable_as_unknown(reply):
            return LocationRecord.parse(
                readers.as_mapping(readers.as_mapping(data, "the reply").get("location"), "location")
            )

    def _get(self, location_id: str, path: str, parameters: dict[str, str]) -> tuple[Any, Reply]:
        """One read, within the location's budget."""
        if self._budget:
            self._budget.spend(location_id, purpose=self._purpose)
        return self._http.get(path, parameters, on_reply=partial(self._learn, location_id))

    def _learn(self, location_id: str, reply: Reply) -> None:
        if self._budget:
            self._budget.learn(location_id, reply)


@contextmanager
def unreadable_as_unknown(reply: Reply) -> Iterator[None]:
    """Turns `readers.Unreadable` into `OutcomeUnknown`, with the reply as evidence."""
    try:
        yield
    except readers.Unreadable as error:
        raise OutcomeUnknown(f"The provider's reply is no proof: {error}.", reply=reply) from None


def numbers_path(location_id: str) -> str:
    return f"/phone-system/numbers/location/{quote(location_id, safe='')}"


def read_purchase(data: Any, *, location_id: str, phone_number: str) -> AccountState | None:
    """The account state of a reply that proves the purchase; raises `readers.Unreadable` where it proves nothing.

    A reply of contract v3 names the number and the location, and has no account state: None.
    """
    body = readers.as_mapping(data, "the reply")
    if isinstance(body.get("data"), dict) and "account_sid" not in body:
        newer = body["data"]
        said = (readers.text(newer, "number"), readers.text(newer, "locationId"))
        if said != (phone_number, location_id):
            raise readers.Unreadable("it is about another number or location")
        if (readers.optional_whole(body, "statusCode") or 0) >= 400:
            raise readers.Unreadable("it says of itself that it failed")
        return None
    account = AccountState.parse(body)
    if account.location_id != location_id:
        raise readers.Unreadable("it is about another location")
    if phone_number not in account.numbers:
        raise readers.Unreadable("the number is not in the numbers map")
    return account
