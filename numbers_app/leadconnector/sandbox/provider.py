"""What the provider answers: each endpoint, and the gates before it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from threading import Lock
from urllib.parse import parse_qsl, unquote, urlsplit

from . import demo, replies
from .catalogue import PRICES, offer
from .faults import Faults, ListFault
from .ledger import Ledger, Sale
from .limits import Allowance, Limits
from .options import SandboxOptions
from .purchasing import Purchasing
from .replies import Cut, Reply, error, json_reply
from .series import Wanted, capabilities
from .validation import COUNTRY, Invalid, check_list, is_count

API_VERSION = "2021-07-28"
TOKEN_PREFIX = "Bearer sandbox-"  # opens nothing
AGENCY_TOKEN_PREFIX = "Bearer sandbox-agency"
PHONE_ENDPOINTS = ("purchase", "available", "active", "pools")
LIST_TYPES = {"tollFree": "toll-free"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request as far as the provider looks at it."""

    method: str
    target: str
    authorization: str
    version: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request with its endpoint and parameters found."""

    request: Request
    endpoint: str
    location_id: str
    query: dict[str, str]


def find_endpoint(method: str, path: str) -> tuple[str, str]:  # a table, a row each
    """The endpoint's name and the location id in the path; ("unknown", "") for anything that is not documented."""
    match (method, path.strip("/").split("/")):
        case "POST", ["phone-system", "numbers", "location", location_id, "purchase"]:
            return "purchase", unquote(location_id)
        case "GET", ["phone-system", "numbers", "location", location_id, "available"]:
            return "available", unquote(location_id)
        case "GET", ["phone-system", "numbers", "location", location_id]:
            return "active", unquote(location_id)
        case "GET", ["phone-system", "number-pools"]:
            return "pools", ""
        case "GET", ["locations", "search"]:
            return "locations", ""
        case "GET", ["locations", location_id]:
            return "location", unquote(location_id)
        case _:
            return "unknown", ""


class Provider:
    """Answers requests from any number of threads."""

    def __init__(self, *, options: SandboxOptions, ledger: Ledger) -> None:
        self._options = options
        self._ledger = ledger
        self._limits = Limits(enabled=options.limits)
        self._faults = Faults(
            seed=options.seed,
            rate=options.fault_rate,
            list_rate=options.list_fault_rate,
            after_sale_share=options.faults_after_sale_share,
            taken_rate=options.taken_rate,
        )
        self._purchasing = Purchasing(ledger=ledger, faults=self._faults, slow_seconds=options.slow_seconds)
        self._catalogue_lock = Lock()
        self._endpoints = {
            "available": self._available,
            "active": self._active,
            "pools": self._pools,
            "locations": self._locations,
            "location": self._location,
        }

    def answer(self, request: Request) -> tuple[Reply, Allowance]:
        """The reply, already written into the ledger, and what the limits leave."""
        url = urlsplit(request.target)
        endpoint, location_id = find_endpoint(request.method, url.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        call = Call(request=request, endpoint=endpoint, location_id=location_id, query=query)
        allowance = self._limits.take(location_id)
        reply = self._refusal(call, allowance)
        if reply is None and endpoint == "purchase":
            return self._purchasing.answer(location_id=location_id, raw=request.body), allowance
        reply = reply or self._endpoints[endpoint](call)
        self._record(call, reply)
        return reply, allowance

    def _record(self, call: Call, reply: Reply) -> None:
        self._ledger.record(
            method=call.request.method,
            path=call.endpoint,
            location_id=call.location_id,
            status=reply.seen_status,
            outcome=reply.outcome,
            body=call.request.body.decode(errors="replace"),
        )

    def _refusal(self, call: Call, allowance: Allowance) -> Reply | None:  # a gate, a return
        """The answer of the gates before the endpoint, or None where they let the call through."""
        request = call.request
        if call.endpoint == "unknown":
            return error(404, f"Cannot {request.method} {urlsplit(request.target).path}", outcome="no such endpoint")
        is_phone = call.endpoint in PHONE_ENDPOINTS
        if not request.authorization.startswith(TOKEN_PREFIX):
            return error(401, "Invalid token: it must begin with sandbox-", outcome="unauthorized")
        if is_phone and request.authorization.startswith(AGENCY_TOKEN_PREFIX):
            return error(401, "Invalid token: an agency's can't be used for phones", outcome="unauthorized")
        if request.version != API_VERSION:
            return error(400, f"The header Version must be {API_VERSION}", outcome="wrong version")
        if not allowance.allowed:
            return error(429, "Too Many Requests", outcome="over the limit", retry_after=str(allowance.retry_after))
        if is_phone and call.location_id == demo.NOT_CONNECTED.id:
            return error(404, "Phone system is not connected to this account", outcome="not connected")
        return None

    def _available(self, call: Call) -> Reply:
        country = call.query.get("countryCode", "")
        if not COUNTRY.fullmatch(country):
            words = "countryCode must be two capital letters" if country else "countryCode is missing"
            return error(400, words, outcome="invalid")
        types = dict.fromkeys(call.query.get("numberTypes", "").split(","))
        wanted = [_wanted(call.query, country, one) for one in types if one in PRICES]
        with self._catalogue_lock:
            numbers = offer(wanted, gone_among=self._ledger.gone_among)
        fingerprint = str(time.time_ns() // 1_000_000)
        return json_reply(200, {"fingerprintId": fingerprint, "numbers": numbers}, outcome="searched")

    def _active(self, call: Call) -> Reply:
        try:
            wanted = check_list(call.query)
        except Invalid as invalid:
            return error(400, invalid.messages[0], outcome="invalid")
        sales = self._ledger.active(
            call.location_id,
            lag_seconds=self._options.list_lag_seconds,
            search=wanted.search,
            skip_pool=wanted.skip_pool,
            page=wanted.page,
            page_size=wanted.page_size,
        )
        default = self._ledger.first_number(call.location_id)
        status = "suspended" if call.location_id == demo.SUSPENDED.id else "active"
        payload = {
            "numbers": [active_number(sale, is_default=sale.phone_number == default) for sale in sales],
            "isUnderGhl": True,
            "pageSize": wanted.page_size,
            "page": wanted.page,
            "accountStatus": status,
        }
        if not sales:
            payload["total"] = 0  # the one case in which the provider's documentation shows a total
        reply = json_reply(200, payload, outcome="listed")
        fault = self._faults.draw_for_list()
        return spoil_list(reply, fault, account_status=status) if fault else reply

    def _pools(self, call: Call) -> Reply:
        pools: dict[str, list[Sale]] = {}
        for sale in self._ledger.pooled(call.query.get("locationId", "")):
            pools.setdefault(sale.location_id, []).append(sale)
        data = [
            {
                "id": f"pool{location_id}"[:20],
                "name": "Sandbox pool",
                "locationId": location_id,
                "numbers": [{"phoneNumber": sale.phone_number, "friendlyName": sale.name} for sale in sales],
                "whisper": False,
                "callRecording": False,
                "isActive": True,
                "inboundCallService": None,
            }
            for location_id, sales in pools.items()
        ]
        return json_reply(200, {"success": True, "data": data, "total": len(data)}, outcome="listed")

    def _locations(self, call: Call) -> Reply:
        skip, limit = call.query.get("skip", "0"), call.query.get("limit", "10")
        wrong = [f"{n} must be a whole number" for n, text in (("skip", skip), ("limit", limit)) if not is_count(text)]
        if wrong:
            return error(422, wrong, outcome="invalid")
        locations = demo.demo_locations(self._options.locations)
        if call.query.get("order") == "desc":
            locations = locations[::-1]
        page = locations[int(skip) : int(skip) + int(limit)]
        return json_reply(200, {"locations": list(page)}, outcome="listed")

    def _location(self, call: Call) -> Reply:
        location = demo.find_location(call.location_id, count=self._options.locations)
        if location is None:
            return error(400, f"There is no location with the id {call.location_id}", outcome="no such location")
        return json_reply(200, {"location": location}, outcome="found")


def _wanted(query: dict[str, str], country: str, number_type: str) -> Wanted:
    return Wanted(
        country_code=country,
        number_type=number_type,
        first=query.get("firstPart", ""),
        last=query.get("lastPart", ""),
        anywhere=query.get("anywhere", ""),
        voice=query.get("voiceEnabled") == "true",
        sms=query.get("smsEnabled") == "true",
        mms=query.get("mmsEnabled") == "true",
    )


def active_number(sale: Sale, *, is_default: bool) -> dict[str, object]:
    """A number as the list of active numbers shows it."""
    voice, sms, mms = capabilities(sale.phone_number, number_type=sale.number_type, country_code=sale.country_code)
    added = sale.sold_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "phoneNumber": sale.phone_number,
        "friendlyName": sale.name,
        "sid": sale.number_sid,
        "countryCode": sale.country_code,
        "capabilities": {"voice": voice, "sms": sms, "mms": mms, "fax": False},
        "type": LIST_TYPES.get(sale.number_type, sale.number_type),
        "isDefaultNumber": is_default,
        "linkedUser": None,
        "linkedRingAllUsers": [],
        "inboundCallService": None,
        "forwardingNumber": None,
        "isGroupConversationEnabled": sms and sale.country_code in ("US", "CA"),
        "addressSid": sale.address_sid or None,
        "bundleSid": sale.bundle_sid or None,
        "dateAdded": added,
        "dateUpdated": added,
        "origin": "twilio",
    }


def spoil_list(reply: Reply, fault: ListFault, *, account_status: str) -> Reply:
    """The reply of a list read with a random fault."""
    match fault:
        case ListFault.TIMEOUT:
            return replace(reply, outcome=fault, cut=Cut.HANG)
        case ListFault.RESET:
            return replace(reply, outcome=fault, cut=Cut.RESET)
        case ListFault.TRUNCATED:
            return replace(reply, outcome=fault, cut=Cut.HALF)
        case ListFault.ERROR_500:
            payload = {"msg": "Internal server error", "accountStatus": account_status}
            return json_reply(500, payload, outcome=fault)
        case ListFault.ERROR_502:
            return replies.gateway_page(502, outcome=fault)
        case ListFault.LIMITED:
            return error(429, "Too Many Requests", outcome=fault, retry_after="2")
