"""The gates, the headers, the connections; starting, stopping and starting again."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions, number_for
from numbers_app.leadconnector.sandbox.limits import Limits

from .conftest import LOCATION, Caller

NUMBER = "+18305551234"


@pytest.mark.parametrize("authorization", [None, "", "Bearer pit-1234", "Basic sandbox-1", "sandbox-1"])
def test_call_without_sandbox_token_gets_401(caller: Caller, authorization: str | None) -> None:
    headers = {**caller.headers(), "Authorization": authorization}

    reply = requests.get(f"{caller.sandbox.url}/locations/search", headers=headers, timeout=5)

    assert reply.status_code == 401
    assert reply.json()["error"] == "Unauthorized"


def test_agency_token_lists_locations_but_does_not_phone(caller: Caller) -> None:
    caller.token = "sandbox-agency-1"

    assert caller.get("/locations/search").status_code == 200
    assert caller.get(f"/locations/{LOCATION}").status_code == 200
    assert caller.post(NUMBER).status_code == 401
    assert caller.active().status_code == caller.search().status_code == 401
    assert caller.sold() == []


@pytest.mark.parametrize("version", [None, "2021-04-15", "v3"])
def test_wrong_version_gets_400(caller: Caller, version: str | None) -> None:
    headers = {**caller.headers(), "Version": version}

    reply = requests.get(f"{caller.sandbox.url}/locations/search", headers=headers, timeout=5)

    assert reply.status_code == 400
    assert "Version" in reply.json()["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("DELETE", f"/phone-system/numbers/location/{LOCATION}"),
        ("POST", "/locations/search"),
        ("GET", f"/phone-system/numbers/location/{LOCATION}/purchase"),
        ("PUT", "/"),
    ],
)
def test_undocumented_endpoint_gets_404_in_json(caller: Caller, method: str, path: str) -> None:
    reply = requests.request(method, caller.sandbox.url + path, headers=caller.headers(), timeout=5)

    assert reply.status_code == 404
    assert reply.json()["statusCode"] == 404


def test_body_without_a_usable_length_is_refused(caller: Caller) -> None:
    url = f"{caller.sandbox.url}/phone-system/numbers/location/{LOCATION}/purchase"

    reply = requests.post(url, data=iter([b"{}"]), headers=caller.headers(), timeout=5)

    assert reply.status_code == 413


def test_every_reply_carries_limits_and_a_trace(start: Callable[..., Caller]) -> None:
    caller = start(limits=True)

    replies = [caller.active(), caller.active(), caller.get("/nothing"), caller.active("elsewhere")]

    assert [reply.headers["X-RateLimit-Remaining"] for reply in replies] == ["99", "98", "99", "99"]
    assert replies[1].headers["X-RateLimit-Daily-Remaining"] == "199998"
    assert replies[0].headers["X-RateLimit-Limit-Daily"] == "200000"
    assert replies[0].headers["X-RateLimit-Interval-Milliseconds"] == "10000"
    assert replies[0].headers["X-RateLimit-Max"] == "100"
    assert len({reply.headers["X-Trace-Id"] for reply in replies}) == 4


def test_request_over_the_limit_gets_429_and_sells_nothing(start: Callable[..., Caller]) -> None:
    caller = start(limits=True)
    for _ in range(100):
        caller.sandbox._server.provider._limits.take(LOCATION)

    reply = caller.post(NUMBER)

    assert reply.status_code == 429
    assert 1 <= int(reply.headers["Retry-After"]) <= 10
    assert caller.sold() == []
    assert caller.post(NUMBER, "elsewhere").status_code == 201


def test_limits_make_room_again_when_their_time_is_over() -> None:
    now = 0.0
    limits = Limits(clock=lambda: now)

    burst = [limits.take("a").allowed for _ in range(101)]
    waits = limits.take("a").retry_after
    now = 10.0
    later = limits.take("a")

    assert burst == [True] * 100 + [False]
    assert waits == 10
    assert (later.allowed, later.remaining, later.daily_remaining) == (True, 99, 199_899)


def test_daily_limit_holds_until_the_day_is_over() -> None:
    now = 0.0
    limits = Limits(clock=lambda: now)
    for _ in range(2000):
        now += 10
        for _ in range(100):
            limits.take("a")

    refused = limits.take("a")
    now = 86_410.0

    assert (refused.allowed, refused.daily_remaining, refused.retry_after) == (False, 0, 66_410)
    assert limits.take("a").allowed


def test_connection_is_kept_alive_between_calls(caller: Caller) -> None:
    caller.active()

    caller.active()

    assert len(caller.sandbox._server.connections) == 1


def test_reset_reaches_the_caller_as_a_reset(caller: Caller) -> None:
    with pytest.raises(requests.ConnectionError, match=r"[Rr]eset by peer"):
        caller.post(number_for("reset-after"))


def test_latency_holds_the_reply_but_not_the_sale(start: Callable[..., Caller]) -> None:
    caller = start(latency_seconds=60)
    caller.timeout = 0.3

    with pytest.raises(requests.ReadTimeout):
        caller.post(NUMBER)

    assert caller.sold() == [NUMBER]


@pytest.mark.parametrize("slug", ["timeout-after", "slow"])
def test_stop_returns_at_once_while_a_call_waits(start: Callable[..., Caller], slug: str) -> None:
    caller = start(hang_seconds=3600, slow_seconds=3600)
    failures: list[Exception] = []

    def call() -> None:
        try:
            caller.post(number_for(slug))
        except requests.ConnectionError as cut:
            failures.append(cut)

    thread = threading.Thread(target=call)
    thread.start()
    while not caller.sold():
        threading.Event().wait(0.01)

    caller.sandbox.stop()
    thread.join(timeout=5)

    assert not thread.is_alive()
    assert len(failures) == 1
    with pytest.raises(requests.ConnectionError):
        requests.get(caller.sandbox.url, timeout=1)


def test_serve_forever_ends_with_stop_and_stop_may_come_twice() -> None:
    sandbox = Sandbox(SandboxOptions())
    thread = threading.Thread(target=sandbox.serve_forever)
    thread.start()
    assert requests.get(sandbox.url, timeout=5).status_code == 200

    sandbox.stop()
    sandbox.stop()
    thread.join(timeout=5)

    assert not thread.is_alive()
    assert not sandbox.state.exists()


def test_sandbox_that_never_served_can_be_stopped() -> None:
    sandbox = Sandbox(SandboxOptions())

    sandbox.stop()

    assert not sandbox.state.exists()


def test_state_survives_a_restart(start: Callable[..., Caller], tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state.sqlite3"
    before = start(state=state)
    before.post(NUMBER)
    sid = before.post(number_for("limited-once")).headers.get("Retry-After")
    before.sandbox.stop()

    after = start(state=state)

    assert sid == "2"
    assert after.sold() == before.sold() == [NUMBER]
    assert after.post(NUMBER).status_code == 400
    assert list(after.post(number_for("limited-once")).json()["numbers"]) == [NUMBER, number_for("limited-once")]
    assert len(after.sandbox.ledger.calls()) == 4


def test_number_freed_by_hand_can_be_sold_again_while_it_runs(start: Callable[..., Caller], tmp_path: Path) -> None:
    caller = start(state=tmp_path / "state")
    for number in (NUMBER, "+12105550177"):
        caller.post(number)
    with sqlite3.connect(tmp_path / "state") as db:
        db.execute("DELETE FROM sale WHERE phone_number = ?", (NUMBER,))
    db.close()

    reply = caller.post(NUMBER)

    assert list(reply.json()["numbers"]) == ["+12105550177", NUMBER]


def test_busy_port_is_an_error(caller: Caller) -> None:
    port = int(caller.sandbox.url.rpartition(":")[2])

    with pytest.raises(OSError, match="in use"):
        Sandbox(SandboxOptions(port=port))


def test_state_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a database at all, but a text that is long enough to be looked at")

    with pytest.raises(ValueError, match="can't be used"):
        Sandbox(SandboxOptions(state=tmp_path / "state"))


@pytest.mark.parametrize(
    "changes",
    [
        {"fault_rate": 1.1},
        {"fault_rate": float("nan")},
        {"list_fault_rate": -0.1},
        {"faults_after_sale_share": 2},
        {"hang_seconds": -1},
        {"list_lag_seconds": float("nan")},
        {"port": 65_536},
        {"locations": -1},
        {"host": ""},
    ],
)
def test_option_out_of_range_is_named(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        SandboxOptions(**changes)


def test_caller_that_hangs_up_leaves_the_server_well(caller: Caller, capfd: pytest.CaptureFixture[str]) -> None:
    port = int(caller.sandbox.url.rpartition(":")[2])
    for words in (b"", b"GET / HT", b"\x00\xff\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nhalf"):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(words)

    assert caller.active().status_code == 200
    assert "Traceback" not in capfd.readouterr().err
