"""Every status and every kind of body, sorted into the three answers."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numbers_app.leadconnector.client import Bought
from numbers_app.leadconnector.errors import LeadConnectorError, NotSent, OutcomeUnknown, Refused, Reply

from .conftest import LOCATION, NUMBER, REQUEST, STATE, Start, client_of
from .scripted import Answer, Scripted, Then, reply

REFUSED = (400, 401, 402, 403, 404, 405, 410, 411, 413, 414, 415, 422, 431, 451)
UNKNOWN = (
    *(300, 301, 302, 303, 307, 308, 304),
    *(406, 407, 408, 409, 412, 418, 423, 424, 425, 426, 428, 499),
    *(500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 522, 523, 524, 525, 526, 530, 599, 999),
)
ANSWERS: dict[int, type[LeadConnectorError]] = {
    **dict.fromkeys(REFUSED, Refused),
    429: NotSent,
    **dict.fromkeys(UNKNOWN, OutcomeUnknown),
}
PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>"
UNSAID = "The provider answered with status {} and no explanation."
UNREADABLE = "The provider's reply can't be read: it is not JSON."

# The body, and the words that the exception takes from it; None: it has none.
BODIES: dict[str, tuple[bytes, str | None]] = {
    "message": (b'{"message": "Phone number is no longer available", "error": "Bad Request"}', "Phone number is no"),
    "message list": (b'{"message": ["region is wrong", "locality is wrong"]}', "region is wrong; locality is wrong"),
    "msg": (b'{"msg": "Internal server error", "accountStatus": "suspended"}', "Internal server error"),
    "error": (b'{"error": "Unauthorized"}', "Unauthorized"),
    "message object": (b'{"message": {"code": 21422, "text": "taken"}}', '{"code": 21422, "text": "taken"}'),
    "list of objects": (b'{"message": [{"property": "region"}, null, ""]}', "{'property': 'region'}"),
    "message number": (b'{"message": 21422}', "21422"),
    "no message": (b'{"statusCode": 500}', None),
    "empty message": (b'{"message": "", "msg": "", "error": null}', None),
    "blank message": (b'{"message": "  "}', None),
    "empty list": (b'{"message": [[], ""]}', None),
    "html": (PAGE.encode(), None),
    "empty": (b"", None),
    "text": (b"upstream connect error or disconnect/reset before headers", None),
    "half JSON": (b'{"message": "Phone num', None),
    "NaN": (b'{"message": "no", "x": NaN}', None),
    "overflow": (b'{"message": "no", "x": 1e999}', None),
    "huge int": (b'{"message": "no", "x": %s}' % (b"9" * 5000), None),
    "large int": (b'{"message": "no", "x": %s}' % (b"9" * 4000), "no"),
    "deep": (b'{"message": %s1%s}' % (b"[" * 60, b"]" * 60), None),
    "bomb": (b"[" * 100_000 + b"]" * 100_000, None),
    "invalid UTF-8": (b'{"message": "caf\xe9 \xff"}', "caf\ufffd \ufffd"),
    "NUL bytes": (b"\x00\x00\x00", None),
    "escaped NUL": (b'{"message": "a\\u0000b"}', "a\ufffdb"),
    "half a letter": (b'{"message": "\\ud83d"}', "\ufffd"),
    "null": (b"null", None),
    "list": (b'["message"]', None),
    "text as JSON": (b'"message"', None),
    "long message": (json.dumps({"message": "x" * 5000}).encode(), "x" * 2048),
}


def refusal(server: Scripted) -> LeadConnectorError:
    """What comes of a purchase that must not end well, and must be sent just once."""
    with pytest.raises(LeadConnectorError) as caught:
        client_of(server.url).purchase(LOCATION, REQUEST)
    assert len(server.requests) == 1, (caught.value, server.requests)
    return caught.value


def answer(server: Scripted) -> Any:
    """What comes of a purchase, good or bad."""
    try:
        return client_of(server.url).purchase(LOCATION, REQUEST)
    except LeadConnectorError as error:
        return error


@pytest.mark.parametrize("status", ANSWERS)
def test_status_decides_the_answer_whatever_the_body(scripted: Start, status: int) -> None:
    bodies = [("empty", BODIES["empty"])] if status == 304 else [*BODIES.items()]  # a 304 has none by definition
    server = scripted(*[reply(status, body) for _, (body, _) in bodies])

    errors = [answer(server) for _ in bodies]

    for error, (name, (_, words)) in zip(errors, bodies, strict=True):
        assert type(error) is ANSWERS[status], name
        assert error.status == status, name
        assert error.words.startswith(UNSAID.format(status) if words is None else words), name
        assert len(error.words) <= 2048, name


@pytest.mark.parametrize("body", [body for body, _ in BODIES.values()], ids=BODIES.keys())
@pytest.mark.parametrize("status", [200, 201, 299])
def test_success_with_any_such_body_is_unknown(scripted: Start, status: int, body: bytes) -> None:
    error = refusal(scripted(reply(status, body)))

    assert type(error) is OutcomeUnknown
    assert error.status == status
    assert error.words.startswith(("The provider's reply is no proof", UNREADABLE))


def test_success_without_a_body_is_unknown(scripted: Start) -> None:
    error = refusal(scripted(b"HTTP/1.1 204 No Content\r\n\r\n"))

    assert type(error) is OutcomeUnknown
    assert error.words == UNREADABLE
    assert error.body == ""


@pytest.mark.parametrize("extra", [b'"x": NaN', b'"x": -Infinity', b'"x": 1e400', b'"x": ' + b"[" * 60 + b"]" * 60])
def test_proof_that_no_database_can_keep_is_unknown(scripted: Start, extra: bytes) -> None:
    state = json.dumps(STATE)[:-1].encode()

    error = refusal(scripted(reply(201, state + b"," + extra + b"}")))

    assert type(error) is OutcomeUnknown
    assert NUMBER in error.body


def test_proof_with_numbers_that_can_be_kept_is_a_purchase(scripted: Start) -> None:
    more = {"float": 1.5, "int": 10**40, "list": [[[]]], "zero": -0.0}
    server = scripted(reply(201, {**STATE, **more}))

    bought = client_of(server.url).purchase(LOCATION, REQUEST)

    assert {name: bought.account.raw[name] for name in more} == more


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed_and_the_token_stays_here(scripted: Start, status: int) -> None:
    elsewhere = scripted()
    server = scripted(reply(status, b"", {"Location": f"{elsewhere.url}/x"}))

    error = refusal(server)

    assert type(error) is OutcomeUnknown
    assert elsewhere.accepted == 0


@pytest.mark.parametrize(
    "location",
    ["http://[::1", "http://a..b/", "//", "http://", "/caf\xe9\xff", "http://x:99999999/", "ht!tp://", "\xff\xfe", ""],
)
@pytest.mark.parametrize("status", [201, 302])
def test_location_header_that_is_no_address_stays_unknown(scripted: Start, status: int, location: str) -> None:
    error = refusal(scripted(reply(status, b"{}", {"Location": location})))

    assert type(error) is OutcomeUnknown


@pytest.mark.parametrize("status", [102, 103])
def test_reply_that_comes_after_a_hint_does_not_answer_the_next_request(scripted: Start, status: int) -> None:
    late = reply(400, {"message": "Phone number is no longer available"})
    server = scripted(Answer(f"HTTP/1.1 {status} Wait\r\n\r\n".encode(), late=late), reply(201, STATE))
    client = client_of(server.url)

    with pytest.raises(OutcomeUnknown) as caught:
        client.purchase(LOCATION, REQUEST)
    bought = client.purchase(LOCATION, REQUEST)

    assert caught.value.status == status
    assert bought.reply.status == 201
    assert server.accepted == 2


def test_request_to_go_on_is_not_the_reply(scripted: Start) -> None:
    server = scripted(b"HTTP/1.1 100 Continue\r\n\r\n" + reply(201, STATE))

    assert client_of(server.url).purchase(LOCATION, REQUEST).reply.status == 201


def test_compressed_reply_is_read(scripted: Start) -> None:
    body = gzip.compress(json.dumps(STATE).encode())
    server = scripted(reply(201, body, {"Content-Encoding": "gzip"}))

    assert client_of(server.url).purchase(LOCATION, REQUEST).account.numbers == STATE["numbers"]


def test_error_carries_what_support_asks_for(scripted: Start) -> None:
    server = scripted(reply(422, {"message": ["a", "b"]}, {"X-Trace-Id": "trace-1", "X-Secret": "x"}))

    error = refusal(server)

    assert str(error) == "a; b (status 422) (trace trace-1)"
    assert error.trace_id == "trace-1"
    assert error.body == '{"message": ["a", "b"]}'
    assert error.args == ("a; b",)
    assert "x-secret" not in error.reply.headers
    assert error.reply.headers["content-type"].startswith("application/json")
    assert error.reply.duration_seconds >= 0
    assert abs((datetime.now(UTC) - error.reply.received_at).total_seconds()) < 60


@pytest.mark.parametrize("name", ["X-Trace-Id", "traceId", "x-request-id", "CF-Ray"])
def test_trace_is_found_under_any_of_its_names(scripted: Start, name: str) -> None:
    assert refusal(scripted(reply(500, b"", {name: "abc"}))).trace_id == "abc"


def test_error_without_a_reply_has_no_status() -> None:
    error = NotSent("nothing left")

    assert (error.status, error.trace_id, error.body, str(error)) == (None, "", "", "nothing left")


def test_error_without_a_trace_says_nothing_of_it(scripted: Start) -> None:
    assert str(refusal(scripted(reply(500)))) == f"{UNSAID.format(500)} (status 500)"


@pytest.mark.parametrize(("letter", "kept"), [("x", 2048), ("é", 1024), ("🌵", 512)])
def test_error_shows_two_kibibytes_of_the_body_and_keeps_all(scripted: Start, letter: str, kept: int) -> None:
    error = refusal(scripted(reply(502, letter * 5000)))

    assert error.body == letter * kept
    assert error.reply.text == letter * 5000


def test_nul_in_a_header_is_replaced(scripted: Start) -> None:
    error = refusal(scripted(reply(500, b"", {"X-Trace-Id": "a\x00b"})))

    assert "\x00" not in error.trace_id


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("2", 2),
        ("0", 0),
        ("  7 ", 7),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 +0200", 0),
        ("86401", 86_400),
        ("9" * 400, 86_400),
        ("9" * 5000, 86_400),
        ("Wed, 21 Oct 9999 07:28:00 GMT", 86_400),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 86_400),
    ],
    ids=lambda value: str(value)[:30],
)
def test_wait_that_the_provider_asks_for_is_at_most_a_day(scripted: Start, raw: str, seconds: float) -> None:
    error = refusal(scripted(reply(429, {"message": "Too Many Requests"}, {"Retry-After": raw})))

    assert type(error) is NotSent
    assert error.retry_after == seconds


@pytest.mark.parametrize("usegmt", [True, False])
def test_wait_until_a_date_is_told_in_seconds(scripted: Start, usegmt: bool) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=usegmt)

    error = refusal(scripted(reply(429, b"", {"Retry-After": date})))

    assert 3000 < error.retry_after <= 3600


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "-1",
        "1.5",
        "1e3",
        "+5",
        "5, 5",
        "soon",
        "\xb2",
        "NaN",
        "inf",
        "Wed, 21 Oct 2015 07:28:00",
        "Wed, 21 Oct 2015 07:28:00 -0000",
        "Wed, 41 Oct 2015 07:28:00 GMT",
        "Wed, 21 Oct 2015 07:28:00 +99999999999999999",
        "Wed, 21 Oct 99999999999999999999 07:28:00 GMT",
    ],
)
def test_wait_that_makes_no_sense_is_none(scripted: Start, raw: str) -> None:
    error = refusal(scripted(reply(429, {"message": "Too Many Requests"}, {"Retry-After": raw})))

    assert type(error) is NotSent
    assert error.retry_after is None


def test_wait_that_is_missing_is_none(scripted: Start) -> None:
    assert refusal(scripted(reply(429))).retry_after is None


def test_wait_is_not_taken_from_an_unknown_answer(scripted: Start) -> None:
    assert refusal(scripted(reply(503, b"", {"Retry-After": "5"}))).retry_after is None


PARTS = (
    st.text(max_size=5),
    st.integers(),
    st.sampled_from(["Oct", "", "x"]),
    st.integers(),
    st.text(":019", max_size=9),
)
DATES = st.tuples(*PARTS, st.sampled_from(["GMT", "+", "-", ""]), st.integers() | st.just("")).map(
    lambda parts: "{}, {} {} {} {} {}{}".format(*parts)
)


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(raw=st.text(max_size=60) | st.text("0123456789\u0663\xb2 +-:.", max_size=40) | DATES)
def test_no_wait_at_all_raises(raw: str) -> None:
    got = Reply(status=429, headers={"retry-after": raw}, text="", received_at=datetime.now(UTC), duration_seconds=0)

    wait = got.retry_after_seconds()

    assert wait is None or 0 <= wait <= 86_400


def broken(raw: bytes, chance: random.Random) -> bytes:
    """The bytes with a few of them changed, lost, added or cut off."""
    data = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randrange(1, 20)]
            case 2:
                data[at:at] = chance.choice((b"\r\n", b"\x00", b"\xff", b"\r\n\r\n", b": ", b"\n "))
            case 3:
                data[at:at] = chance.randbytes(4)
            case 4:
                data = data[: max(at, 1)]
    return bytes(data)


def chunked(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (status, len(body), body)


STATE_BYTES = json.dumps(STATE).encode()
WHOLE: dict[str, Callable[[int], bytes]] = {
    "plain": lambda status: reply(status, STATE_BYTES, {"Retry-After": "5", "X-Trace-Id": "abc"}),
    "chunked": lambda status: chunked(status, STATE_BYTES),
    "compressed": lambda status: reply(status, gzip.compress(STATE_BYTES, mtime=0), {"Content-Encoding": "gzip"}),
    "moved": lambda status: reply(status, STATE_BYTES, {"Location": "http://127.0.0.1:1/x"}),
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("status", [201, 302, 500])
def test_reply_with_broken_bytes_is_believed_only_as_far_as_it_can_be_read(
    scripted: Start, status: int, kind: str
) -> None:
    chance = random.Random(f"{status} {kind}")
    replies = [broken(WHOLE[kind](status), chance) for _ in range(40)]
    server = scripted(*[Answer(one, Then.CLOSE) for one in replies])

    answers = []
    for _ in replies:
        answers.append(answer(server))
        server.wait_for_hangup()

    for one, got in zip(replies, answers, strict=True):
        if isinstance(got, Bought):
            assert f'"{NUMBER}": "'.encode() in one or kind == "compressed"
        else:
            assert type(got) is ANSWERS.get(got.status or 0, OutcomeUnknown), one
