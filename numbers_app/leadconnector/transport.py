"""One HTTP exchange with the provider, sorted into the three answers."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from numbers_app.leadconnector.errors import NotSent, OutcomeUnknown, Refused, Reply
from numbers_app.leadconnector.redaction import redact

API_VERSION = "2021-07-28"
USER_AGENT = "LeadwayNumbers/1.0"
POOL_SIZE = 4  # connections a thread and host keeps; a thread does one call at a time

# Only what the provider answers before it buys. 408, 409 and 425 may answer a twin of ours that is still under way.
REFUSALS = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431, 451})
TOO_MANY_REQUESTS = 429

KEPT_HEADERS = frozenset(
    {"content-type", "date", "retry-after", "x-trace-id", "traceid", "x-request-id", "cf-ray"}
    | {f"x-ratelimit-{name}" for name in ("limit-daily", "daily-remaining", "max", "remaining")}
    | {"x-ratelimit-interval-milliseconds"}
)
HANDSHAKE_REASONS = frozenset(
    {
        "CERTIFICATE_VERIFY_FAILED",
        "NO_PROTOCOLS_AVAILABLE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "TLSV1_UNRECOGNIZED_NAME",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)


class Bearer(AuthBase):
    """Puts the token on the request; an ``auth`` object also keeps a .netrc file from replacing it."""

    def __init__(self, token: str) -> None:
        # http.client would name a bad header's value in its error, and so the token.
        if not token.isascii() or not token.isprintable() or " " in token or not token:
            raise ValueError("The API token has a space, a line break or a letter that no token has.")
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def redact(self, text: str) -> str:
        return redact(text, token=self._token)

    def __repr__(self) -> str:
        return "Bearer(...)"


_local = threading.local()


def thread_session() -> requests.Session:
    """This thread's session: its connections are reused, and nothing is ever sent twice or elsewhere by itself."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = requests.Session()
        adapter = HTTPAdapter(pool_connections=POOL_SIZE, pool_maxsize=POOL_SIZE, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        _local.session = session
    return session


@dataclass(frozen=True, kw_only=True)
class Transport:
    """Sends one request; ``connect_timeout`` and ``read_timeout`` are seconds."""

    base_url: str
    auth: Bearer = field(repr=False)
    connect_timeout: float
    read_timeout: float

    def get(self, path: str, parameters: Mapping[str, str]) -> tuple[Any, Reply]:
        """The JSON of a 2xx reply; raises `Refused`, `NotSent` or `OutcomeUnknown`."""
        return self.send("GET", path, parameters=parameters)

    def post(self, path: str, body: Mapping[str, Any]) -> tuple[Any, Reply]:
        """The JSON of a 2xx reply; raises `Refused`, `NotSent` or `OutcomeUnknown`. Never sends twice."""
        return self.send("POST", path, body=body)

    def send(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> tuple[Any, Reply]:
        started = time.monotonic()
        try:
            response = thread_session().request(
                method,
                self.base_url + path,
                params=dict(parameters or {}),
                json=None if body is None else dict(body),
                auth=self.auth,
                headers={"Version": API_VERSION, "Accept": "application/json", "User-Agent": USER_AGENT},
                timeout=(self.connect_timeout, self.read_timeout),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # `from None`: the original carries the request, and so the token.
            raise self._broken(error, seconds=time.monotonic() - started) from None
        reply = Reply(
            status=response.status_code,
            headers={name.lower(): text for name, text in response.headers.items() if name.lower() in KEPT_HEADERS},
            text=self.auth.redact(response.content.decode("utf-8", "replace")),
            received_at=datetime.now(UTC),
            duration_seconds=time.monotonic() - started,
        )
        return read_reply(reply)

    def _broken(self, error: requests.RequestException, *, seconds: float) -> NotSent | OutcomeUnknown:
        words = self.auth.redact(describe(error))
        if never_sent(error):
            return NotSent(f"The provider could not be reached: {words}")
        return OutcomeUnknown(f"The connection broke after {seconds:.1f} s, before a reply came: {words}")


def describe(error: requests.RequestException) -> str:
    """A short word for people; the long one would name objects and addresses in memory."""
    if isinstance(error, requests.Timeout):
        return "timed out"
    text = str(error)
    for pattern, words in (
        ("NameResolution", "its name was not found"),
        ("Connection refused", "connection refused"),
        ("Connection reset", "connection reset"),
        ("RemoteDisconnected", "closed without a reply"),
        ("IncompleteRead", "cut off in the middle"),
        ("certificate", "its certificate was not accepted"),
    ):
        if pattern.lower() in text.lower():
            return words
    return type(error).__name__


def never_sent(error: requests.RequestException) -> bool:
    """Whether it is certain that no byte of the request went out: no connection, no name, or no TLS."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, urllib3.exceptions.ProxyError):
        reason = reason.original_error
    if isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError):
        return True
    cause = reason.args[0] if isinstance(reason, urllib3.exceptions.SSLError) and reason.args else None
    return isinstance(cause, ssl.SSLError) and cause.reason in HANDSHAKE_REASONS


def read_reply(reply: Reply) -> tuple[Any, Reply]:
    """The JSON of a 2xx reply; anything else raises one of the three answers."""
    data = parse_json(reply.text)
    if 200 <= reply.status < 300:
        if data is None:
            raise OutcomeUnknown("The provider's reply can't be read: it is not JSON.", reply=reply)
        return data, reply
    words = provider_words(data) or f"The provider answered with status {reply.status} and no explanation."
    if reply.status == TOO_MANY_REQUESTS:
        raise NotSent(words, reply=reply, retry_after=retry_after_seconds(reply))
    if reply.status in REFUSALS:
        raise Refused(words, reply=reply)
    raise OutcomeUnknown(words, reply=reply)


def parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def provider_words(data: Any) -> str:
    """The provider's explanation: a text or a list of texts, under ``message`` or (its list call) ``msg``."""
    if not isinstance(data, dict):
        return ""
    said = data.get("message") or data.get("msg") or data.get("error") or ""
    if isinstance(said, list):
        return "; ".join(str(word) for word in said)
    return said if isinstance(said, str) else json.dumps(said)


def retry_after_seconds(reply: Reply) -> float | None:
    """``Retry-After`` in seconds, which may be a number or a date (RFC 9110); None where it is missing or odd."""
    raw = reply.headers.get("retry-after", "")
    if raw.isdecimal():
        return float(raw)
    try:
        return max(0.0, (parsedate_to_datetime(raw) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
