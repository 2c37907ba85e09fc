"""One HTTP exchange with the provider, sorted into the three answers."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.poolmanager import PoolManager

from numbers_app.leadconnector.errors import BODY_LIMIT, NotSent, OutcomeUnknown, Refused, Reply
from numbers_app.leadconnector.readers import parse_json, storable_text
from numbers_app.leadconnector.redaction import redact

API_VERSION = "2021-07-28"
USER_AGENT = "LeadwayNumbers/1.0"
POOL_SIZE = 4  # connections a thread and host keeps; a thread does one call at a time

# Only what the provider answers before it buys. 408, 409 and 425 may answer a twin of ours that is still under way,
# and 406 is about the reply: it may come when the work is done.
REFUSALS = frozenset({400, 401, 402, 403, 404, 405, 410, 411, 413, 414, 415, 422, 431, 451})
TOO_MANY_REQUESTS = 429

KEPT_HEADERS = frozenset(
    {"content-type", "date", "retry-after", "x-trace-id", "traceid", "x-request-id", "cf-ray"}
    | {f"x-ratelimit-{name}" for name in ("limit-daily", "daily-remaining", "max", "remaining")}
    | {"x-ratelimit-interval-milliseconds"}
)
# What comes up from below when a request breaks. Not all of it is wrapped by requests: a Location header that is not
# UTF-8, for one, is a bare UnicodeDecodeError, after the reply.
BREAKAGES = (OSError, HTTPError, HTTPException, ValueError)  # OSError: also requests' own


# It quotes the header lines that can't be read, which nobody has redacted.
logging.getLogger("urllib3.connection").addFilter(lambda record: "Failed to parse headers" not in record.msg)

OnReply = Callable[[Reply], object]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One exchange, for who watches; ``status`` is None where no reply came."""

    method: str
    path: str
    seconds: float
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Watch = Callable[[Call], object]


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


class ThisThread(threading.local):
    """What a thread has for itself."""

    session: requests.Session | None = None
    process_id = 0
    may_have_left = True
    """Whether a byte of the request under way can have reached the provider."""


_this = ThisThread()


class PlainConnection(HTTPConnection):
    """Notes that nothing can have left before the connection stands."""

    def connect(self) -> None:
        _this.may_have_left = False
        super().connect()
        _this.may_have_left = True


class SecureConnection(HTTPSConnection):
    """As above; TLS is part of it. What TLS says later, the request may have left."""

    def connect(self) -> None:
        _this.may_have_left = False
        super().connect()
        _this.may_have_left = True


class PlainPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection


class SecurePool(HTTPSConnectionPool):
    ConnectionCls = SecureConnection


class Once(HTTPAdapter):
    """Sends each request once, and keeps track of how far it came.

    Where a connection does not tell (another kind of proxy), the request counts as one that left.
    """

    def __init__(self) -> None:
        super().__init__(pool_connections=POOL_SIZE, pool_maxsize=POOL_SIZE, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        watch(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        watch(manager)
        return manager

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        _this.may_have_left = True
        return super().send(*args, **kwargs)


def watch(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


def thread_session() -> requests.Session:
    """This thread's session: its connections are reused, and nothing is ever sent twice or elsewhere by itself.

    A process that was forked begins anew: two on one connection would read each other's replies.
    """
    if _this.session is None or _this.process_id != os.getpid():
        session = requests.Session()
        session.mount("https://", Once())
        session.mount("http://", Once())
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        _this.session, _this.process_id = session, os.getpid()
    return _this.session


@dataclass(frozen=True, kw_only=True)
class Transport:
    """Sends one request; ``connect_timeout`` and ``read_timeout`` are seconds."""

    base_url: str
    auth: Bearer = field(repr=False)
    connect_timeout: float
    read_timeout: float
    watch: Watch | None = None
    """Is told of every call, and changes nothing: what it raises is logged."""

    def get(self, path: str, parameters: Mapping[str, str], *, on_reply: OnReply) -> tuple[Any, Reply]:
        """The JSON of a 2xx reply; raises `Refused`, `NotSent` or `OutcomeUnknown`."""
        return self.send("GET", path, parameters=parameters, on_reply=on_reply)

    def post(self, path: str, body: Mapping[str, Any], *, on_reply: OnReply) -> tuple[Any, Reply]:
        """The JSON of a 2xx reply; raises `Refused`, `NotSent` or `OutcomeUnknown`. Never sends twice."""
        return self.send("POST", path, body=body, on_reply=on_reply)

    def send(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        on_reply: OnReply,
    ) -> tuple[Any, Reply]:
        """Whatever it says, every reply goes to ``on_reply`` first."""
        started = time.monotonic()
        response = self._exchange(method, path, parameters=parameters, body=body)
        seconds = time.monotonic() - started
        if isinstance(response, Exception):  # raised here: the original carries the request, and so the token
            self._tell(Call(method=method, path=path, seconds=seconds))
            raise self._broken(response, seconds=seconds)
        kept = {name.lower(): text for name, text in response.headers.items() if name.lower() in KEPT_HEADERS}
        reply = Reply(
            status=response.status_code,
            headers={name: storable_text(self.auth.redact(text)) for name, text in kept.items()},
            text=storable_text(self.auth.redact(response.content.decode("utf-8-sig", "replace"))),
            received_at=datetime.now(UTC),
            duration_seconds=seconds,
        )
        on_reply(reply)
        self._tell(Call(method=method, path=path, seconds=seconds, status=reply.status, headers=reply.headers))
        return read_reply(reply)

    def _tell(self, call: Call) -> None:
        if self.watch is None:
            return
        try:
            self.watch(call)
        except Exception:
            logger.exception("A bug, while a call was being counted")

    def _exchange(
        self, method: str, path: str, *, parameters: Mapping[str, str] | None, body: Mapping[str, Any] | None
    ) -> requests.Response | Exception:
        session = thread_session()
        _this.may_have_left = False
        try:
            response = session.request(
                method,
                self.base_url + path,
                params=dict(parameters or {}),
                json=None if body is None else dict(body),
                auth=self.auth,
                headers={"Version": API_VERSION, "Accept": "application/json", "User-Agent": USER_AGENT},
                timeout=(self.connect_timeout, self.read_timeout),
                allow_redirects=False,
            )
        except BREAKAGES as error:
            return error
        if response.status_code < 200:  # the real reply is still to come: it must not answer the next request
            session.close()
        return response

    def _broken(self, error: Exception, *, seconds: float) -> NotSent | OutcomeUnknown:
        words = self.auth.redact(describe(error))
        if _this.may_have_left:
            return OutcomeUnknown(f"The connection broke after {seconds:.1f} s, before a reply came: {words}")
        return NotSent(f"The provider could not be reached: {words}")


def describe(error: Exception) -> str:
    """A short word for people; the long one would name objects and addresses in memory."""
    text = str(error).lower()
    for pattern, words in (
        ("timed out", "timed out"),
        ("nameresolution", "its name was not found"),
        ("connection refused", "connection refused"),
        ("connection reset", "connection reset"),
        ("remotedisconnected", "closed without a reply"),
        ("incompleteread", "cut off in the middle"),
        ("certificate", "its certificate was not accepted"),
        ("ssl", "no secure connection"),
    ):
        if pattern in text:
            return words
    return type(error).__name__


def read_reply(reply: Reply) -> tuple[Any, Reply]:
    """The JSON of a 2xx reply; anything else raises one of the three answers."""
    data = parse_json(reply.text)
    if 200 <= reply.status < 300:
        if data is None:
            raise OutcomeUnknown("The provider's reply can't be read: it is not JSON.", reply=reply)
        return data, reply
    words = provider_words(data) or f"The provider answered with status {reply.status} and no explanation."
    if reply.status == TOO_MANY_REQUESTS:
        raise NotSent(words, reply=reply, retry_after=reply.retry_after_seconds())
    if reply.status in REFUSALS:
        raise Refused(words, reply=reply)
    raise OutcomeUnknown(words, reply=reply)


def provider_words(data: Any) -> str:
    """The provider's explanation: a text or a list of texts, under ``message`` or (its list call) ``msg``."""
    if not isinstance(data, dict):
        return ""
    said = data.get("message") or data.get("msg") or data.get("error") or ""
    if isinstance(said, list):
        said = "; ".join(str(word) for word in said if word)
    words = said if isinstance(said, str) else json.dumps(said)
    return words.strip()[:BODY_LIMIT]
