"""A client, a running sandbox, and servers that answer what a test scripts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from numbers_app.leadconnector import transport
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.payloads import PurchaseRequest
from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions

from .scripted import Answer, Scripted

TOKEN = "sandbox-location-5f1c9a7e2b"
LOCATION = "ve9EPM428h8vShlRW1KT"
NUMBER = "+18305551234"
NOWHERE = "http://[fe80::1%25nowhere]"  # a host that has no address, which is found out without asking the network
REQUEST = PurchaseRequest(phone_number=NUMBER)
STATE: dict[str, Any] = {
    "id": "8xMPW85D2z5jgcTa5L1p",
    "account_sid": "AC" + "0" * 32,
    "under_ghl_account": True,
    "validate_sms": True,
    "location_id": LOCATION,
    "numbers": {NUMBER: "conversation"},
}

Start = Callable[..., Scripted]


def client_of(url: str, *, token: str = TOKEN, connect_timeout: float = 5, read_timeout: float = 5) -> Any:
    return LeadConnectorClient(base_url=url, token=token, connect_timeout=connect_timeout, read_timeout=read_timeout)


@pytest.fixture(autouse=True)
def _own_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No proxy of this machine, and no connection that outlives its test."""
    for name in os.environ:
        if name.lower().endswith("_proxy") or name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
            monkeypatch.delenv(name)
    yield
    transport.thread_session().close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that lags, hangs and dawdles as little as a test can bear."""
    options = SandboxOptions(list_lag_seconds=0, hang_seconds=0.05, slow_seconds=0.05, limits=False, locations=25)
    with Sandbox(options) as running:
        yield running


@pytest.fixture
def scripted() -> Iterator[Start]:
    """Starts servers that answer what they are told; bytes stand for an answer after which the connection stays."""
    with ExitStack() as stack:

        def start(*script: Answer | bytes, **options: Any) -> Scripted:
            answers = [Answer(one) if isinstance(one, bytes) else one for one in script]
            return stack.enter_context(Scripted(answers, **options))

        yield start
