"""Connections that fail: what never left is not sent, what may have left is unknown, and nothing is sent twice."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
from collections.abc import Iterator

import pytest

from numbers_app.leadconnector.errors import LeadConnectorError, NotSent, OutcomeUnknown

from .certificates import Authority, new_authority
from .conftest import LOCATION, NOWHERE, REQUEST, STATE, Start, client_of
from .scripted import Answer, Then, reply

BODY = json.dumps(STATE).encode()
WHOLE = reply(201, BODY)
HALF = WHOLE[:-20]
CHUNKED = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
GZIP = {"Content-Encoding": "gzip"}
SHORT = 0.2  # seconds


def failure(url: str, *, connect_timeout: float = 5, read_timeout: float = 5) -> LeadConnectorError:
    """What comes of a purchase whose connection fails."""
    client = client_of(url, connect_timeout=connect_timeout, read_timeout=read_timeout)
    with pytest.raises(LeadConnectorError) as caught:
        client.purchase(LOCATION, REQUEST)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None  # it would carry the request, and so the token
    return caught.value


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def _trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, so that nobody else takes it, and does not listen."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full: the kernel lets further callers wait."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_refused_connection_is_not_sent(closed_port: int) -> None:
    error = failure(f"http://127.0.0.1:{closed_port}")

    assert type(error) is NotSent
    assert str(error) == "The provider could not be reached: connection refused"


def test_connection_that_does_not_come_about_in_time_is_not_sent(full_port: int) -> None:
    error = failure(f"http://127.0.0.1:{full_port}", connect_timeout=SHORT)

    assert type(error) is NotSent
    assert str(error) == "The provider could not be reached: timed out"


def test_unknown_host_is_not_sent() -> None:
    error = failure(NOWHERE)

    assert type(error) is NotSent
    assert str(error) == "The provider could not be reached: its name was not found"


@pytest.mark.parametrize(
    "url",
    [
        "http://a..b",
        f"http://{'a' * 70}.example",
        "http://",
        "services.example",
        "ftp://services.example",
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://caf\xe9\ud800.example",
    ],
)
def test_address_that_is_none_is_not_sent(url: str) -> None:
    error = failure(url)

    assert type(error) is NotSent
    assert error.words.startswith("The provider could not be reached: ")


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_connection_that_ends_before_a_reply_is_unknown(scripted: Start, then: Then) -> None:
    server = scripted(Answer(b"", then))

    error = failure(server.url)

    assert type(error) is OutcomeUnknown
    assert error.words.startswith("The connection broke after 0.")
    assert error.reply is None
    assert len(server.requests) == 1


def test_reply_that_does_not_come_in_time_is_unknown(scripted: Start) -> None:
    server = scripted(Answer(b"", Then.HANG))

    error = failure(server.url, read_timeout=SHORT)
    server.wait_for_requests(1)

    assert type(error) is OutcomeUnknown
    assert str(error).endswith("before a reply came: timed out")
    assert len(server.requests) == 1


BROKEN = {
    "half a status line": Answer(b"HTTP/1.1 2", Then.CLOSE),
    "half a head": Answer(b"HTTP/1.1 201 Created\r\nContent-", Then.CLOSE),
    "half a body": Answer(HALF, Then.CLOSE),
    "no body": Answer(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n", Then.CLOSE),
    "half a body, reset": Answer(HALF, Then.RESET),
    "half a body, silence": Answer(HALF, Then.HANG),
    "half a head, silence": Answer(b"HTTP/1.1 201 Created\r\n", Then.HANG),
    "half a refusal": Answer(reply(400, b'{"message": "no longer available"}')[:-5], Then.CLOSE),
    "half a chunk": Answer(CHUNKED + b"%x\r\n%s" % (len(BODY), BODY[:50]), Then.CLOSE),
    "no last chunk": Answer(CHUNKED + b"%x\r\n%s\r\n" % (len(BODY), BODY), Then.CLOSE),
    "no last chunk, reset": Answer(CHUNKED + b"%x\r\n%s\r\n" % (len(BODY), BODY), Then.RESET),
    "chunk of no size": Answer(CHUNKED + b"xyz\r\n" + BODY, Then.CLOSE),
    "chunk of negative size": Answer(CHUNKED + b"-5\r\n" + BODY, Then.CLOSE),
    "compressed garbage": Answer(reply(201, b"\x1f\x8b garbage", GZIP), Then.CLOSE),
    "not compressed at all": Answer(reply(201, BODY, GZIP), Then.CLOSE),
    "half compressed": Answer(reply(201, gzip.compress(BODY)[:60], GZIP), Then.CLOSE),
    "compressed too often": Answer(reply(201, BODY, {"Content-Encoding": ", ".join(["gzip"] * 9)}), Then.CLOSE),
    "compressed in a way nobody knows": Answer(reply(201, b"\xff\xfe", {"Content-Encoding": "x-own"}), Then.CLOSE),
    "two lengths": Answer(reply(201, BODY, {"Content-Length": "5, 6"}), Then.CLOSE),
    "not HTTP": Answer(b"SSH-2.0-OpenSSH_9.6\r\n", Then.CLOSE),
    "no status": Answer(b"HTTP/1.1 abc Created\r\n\r\n", Then.CLOSE),
    "status of five digits": Answer(b"HTTP/1.1 20100 Created\r\n\r\n", Then.CLOSE),
    "endless line": Answer(b"HTTP/1.1 201 " + b"x" * 70_000 + b"\r\n\r\n", Then.CLOSE),
    "endless header": Answer(b"HTTP/1.1 201 C\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", Then.CLOSE),
    "too many headers": Answer(b"HTTP/1.1 201 C\r\n" + b"X: y\r\n" * 200 + b"\r\n", Then.CLOSE),
    "binary": Answer(bytes(range(256)), Then.CLOSE),
    "line breaks": Answer(b"\r\n\r\n\r\n", Then.CLOSE),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_reply_that_breaks_off_or_is_none_is_unknown(scripted: Start, answer: Answer) -> None:
    server = scripted(answer)

    error = failure(server.url, read_timeout=SHORT if answer.then is Then.HANG else 5)
    server.wait_for_requests(1)

    assert type(error) is OutcomeUnknown
    assert len(server.requests) == 1


def test_connection_that_dies_while_it_waits_is_replaced_and_nothing_sent_twice(scripted: Start) -> None:
    server = scripted(Answer(WHOLE, Then.CLOSE), WHOLE)
    client = client_of(server.url)

    client.purchase(LOCATION, REQUEST)
    server.wait_for_hangup()
    client.purchase(LOCATION, REQUEST)

    assert len(server.requests) == 2
    assert server.accepted == 2


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_reused_connection_that_dies_under_the_request_is_unknown_and_not_sent_twice(
    scripted: Start, then: Then
) -> None:
    server = scripted(WHOLE, Answer(b"", then))
    client_of(server.url).purchase(LOCATION, REQUEST)

    error = failure(server.url)

    assert type(error) is OutcomeUnknown
    assert len(server.requests) == 2
    assert [request.connection for request in server.requests] == [1, 1]


def test_reused_connection_to_a_server_that_is_gone_is_not_sent(scripted: Start) -> None:
    server = scripted(Answer(WHOLE, Then.CLOSE))
    client_of(server.url).purchase(LOCATION, REQUEST)
    server.stop()

    error = failure(server.url)

    assert type(error) is NotSent


def test_connection_after_a_broken_one_works(scripted: Start) -> None:
    server = scripted(Answer(HALF, Then.HANG), WHOLE)
    failure(server.url, read_timeout=SHORT)
    server.wait_for_requests(1)

    bought = client_of(server.url).purchase(LOCATION, REQUEST)

    assert bought.reply.status == 201
    assert server.accepted == 2


@pytest.mark.usefixtures("_trusted")
def test_purchase_over_tls_works_and_keeps_its_connection(scripted: Start, authority: Authority) -> None:
    server = scripted(WHOLE, WHOLE, tls=authority.server())
    client = client_of(server.url)

    for _ in range(2):
        assert client.purchase(LOCATION, REQUEST).reply.status == 201

    assert server.accepted == 1


def test_certificate_of_a_stranger_is_not_sent(scripted: Start, authority: Authority) -> None:
    server = scripted(tls=authority.server())

    error = failure(server.url)

    assert type(error) is NotSent
    assert str(error) == "The provider could not be reached: its certificate was not accepted"
    assert server.requests == []


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize(("address", "days"), [("127.0.0.2", 1), ("127.0.0.1", -1)], ids=["another's", "outdated"])
def test_certificate_that_does_not_fit_is_not_sent(
    scripted: Start, authority: Authority, address: str, days: int
) -> None:
    server = scripted(tls=authority.server(address, days=days))

    error = failure(server.url)

    assert type(error) is NotSent
    assert "certificate was not accepted" in str(error)
    assert server.requests == []


BEFORE_TLS = {
    "plain HTTP": Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n", Then.CLOSE, before_request=True),
    "nothing": Answer(b"", Then.CLOSE, before_request=True),
    "reset": Answer(b"", Then.RESET, before_request=True),
    "silence": Answer(b"", Then.HANG, before_request=True),
    "refusal": Answer(b"\x15\x03\x03\x00\x02\x02\x28", Then.CLOSE, before_request=True),
    "unknown name": Answer(b"\x15\x03\x03\x00\x02\x02\x70", Then.CLOSE, before_request=True),
}


@pytest.mark.parametrize("answer", BEFORE_TLS.values(), ids=BEFORE_TLS.keys())
def test_server_that_does_not_come_to_tls_is_not_sent(scripted: Start, answer: Answer) -> None:
    server = scripted(answer)

    error = failure(server.url.replace("http:", "https:"), connect_timeout=SHORT if answer.then is Then.HANG else 5)

    assert type(error) is NotSent
    assert error.words.startswith("The provider could not be reached: ")


@pytest.mark.usefixtures("_trusted")
def test_caller_whose_certificate_is_wanted_in_the_handshake_is_not_sent(scripted: Start, authority: Authority) -> None:
    server = scripted(tls=authority.demanding(ssl.TLSVersion.TLSv1_2))

    error = failure(server.url)

    assert type(error) is NotSent
    assert server.requests == []


@pytest.mark.usefixtures("_trusted")
def test_caller_whose_certificate_is_wanted_after_the_handshake_is_unknown(
    scripted: Start, authority: Authority
) -> None:
    server = scripted(tls=authority.demanding(ssl.TLSVersion.TLSv1_3))

    error = failure(server.url)

    assert type(error) is OutcomeUnknown  # TLS 1.3 lets the request leave before the server has looked


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"\x15\x03\x03\x00\x02\x02\x46",
        b"\x16\x03\x03\x00\x04\x00\x00\x00\x00",
        b"",
    ],
    ids=["plain HTTP", "handshake failure", "protocol version", "renegotiation", "nothing"],
)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_that_breaks_after_the_request_is_unknown(
    scripted: Start, authority: Authority, version: ssl.TLSVersion, data: bytes
) -> None:
    tls = authority.server()
    tls.minimum_version = tls.maximum_version = version
    server = scripted(Answer(data, Then.CLOSE, outside_tls=True), tls=tls)

    error = failure(server.url)

    assert type(error) is OutcomeUnknown
    assert len(server.requests) == 1


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_tls_that_breaks_in_the_middle_of_the_reply_is_unknown(
    scripted: Start, authority: Authority, then: Then
) -> None:
    server = scripted(Answer(HALF, then), tls=authority.server())

    error = failure(server.url)

    assert type(error) is OutcomeUnknown


def test_plain_request_to_a_server_that_wants_tls_is_unknown(scripted: Start, authority: Authority) -> None:
    server = scripted(tls=authority.server())

    error = failure(server.url.replace("https:", "http:"))

    assert type(error) is OutcomeUnknown  # it did leave, whoever read it


def test_request_through_a_proxy_arrives(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = scripted(WHOLE)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)

    bought = client_of("http://provider.invalid").purchase(LOCATION, REQUEST)

    assert bought.reply.status == 201
    assert proxy.requests[0].target.startswith("http://provider.invalid/phone-system/")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_that_is_not_there_is_not_sent(closed_port: int, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://127.0.0.1:{closed_port}")

    assert type(failure(f"{scheme}://provider.invalid")) is NotSent


def test_proxy_that_opens_no_tunnel_is_not_sent(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = scripted(Answer(reply(407), Then.CLOSE))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)

    error = failure("https://provider.invalid")

    assert type(error) is NotSent
    assert [request.method for request in proxy.requests] == ["CONNECT"]
    assert "Authorization" not in proxy.requests[0].headers


def test_proxy_that_dies_under_the_request_is_unknown(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = scripted(Answer(b"", Then.RESET))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)

    assert type(failure("http://provider.invalid")) is OutcomeUnknown
