"""A running sandbox, and a caller that knows its headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions

LOCATION = "ve9EPM428h8vShlRW1KT"
OTHER_LOCATION = "aa4PBpxnPc9bs4LSdiW7"


@dataclass
class Caller:
    """Speaks to a sandbox as the provider wants to be spoken to."""

    sandbox: Sandbox
    token: str = "sandbox-location"
    timeout: float = 10
    http: requests.Session = field(default_factory=requests.Session)

    def headers(self, **changes: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Version": "2021-07-28", **changes}

    def get(self, path: str, **query: Any) -> requests.Response:
        url = self.sandbox.url + path
        return self.http.get(url, params=query, headers=self.headers(), timeout=self.timeout)

    def post(self, number: Any, location: str = LOCATION, **fields: Any) -> requests.Response:
        url = f"{self.sandbox.url}/phone-system/numbers/location/{location}/purchase"
        body = {"phoneNumber": number, **fields}
        return self.http.post(url, json=body, headers=self.headers(), timeout=self.timeout)

    def active(self, location: str = LOCATION, **query: Any) -> requests.Response:
        return self.get(f"/phone-system/numbers/location/{location}", **query)

    def listed(self, location: str = LOCATION, **query: Any) -> list[str]:
        return [number["phoneNumber"] for number in self.active(location, **query).json()["numbers"]]

    def search(self, location: str = LOCATION, **query: Any) -> requests.Response:
        return self.get(f"/phone-system/numbers/location/{location}/available", **{"countryCode": "US", **query})

    def offered(self, **query: Any) -> list[str]:
        return [number["phoneNumber"] for number in self.search(**query).json()["numbers"]]

    def sold(self) -> list[str]:
        return [sale.phone_number for sale in self.sandbox.ledger.sold()]


@pytest.fixture
def start() -> Iterator[Callable[..., Caller]]:
    """Starts sandboxes that lag, hang and dawdle as little as a test can bear."""
    with ExitStack() as stack:

        def start_one(**changes: Any) -> Caller:
            quick = {"list_lag_seconds": 0.0, "hang_seconds": 0.05, "slow_seconds": 0.05, "limits": False}
            sandbox = stack.enter_context(Sandbox(SandboxOptions(**{**quick, **changes})))
            caller = Caller(sandbox)
            stack.callback(caller.http.close)
            return caller

        yield start_one


@pytest.fixture
def caller(start: Callable[..., Caller]) -> Caller:
    return start()
