"""The token, and other secrets, in nothing that is kept, logged or shown."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numbers_app.leadconnector.errors import LeadConnectorError, NotSent, OutcomeUnknown, Refused
from numbers_app.leadconnector.payloads import AvailableQuery
from numbers_app.leadconnector.redaction import MASK, redact
from numbers_app.leadconnector.transport import Bearer

from .conftest import LOCATION, NOWHERE, NUMBER, REQUEST, STATE, Start, client_of
from .scripted import Answer, Then, reply

TOKEN = "pit-4f/1d+c2.9b_a7~33-e=="  # every kind of letter that a token may have
ESCAPED = TOKEN.replace("/", "\\/")
SPELLED = "".join(f"\\u{ord(letter):04x}" for letter in TOKEN)
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r"
SECRET = "s3cr3t-v4lu3"


def everything(error: BaseException) -> Iterator[str]:
    """All that can be read off an exception, down the whole chain."""
    seen: BaseException | None = error
    while seen is not None:
        yield from (str(seen), repr(seen), repr(seen.args), repr(vars(seen)))
        seen = seen.__cause__ or seen.__context__
    yield "".join(traceback.format_exception(error))
    if isinstance(error, LeadConnectorError):
        yield from (error.words, error.body, error.trace_id)
        if error.reply:
            yield from (repr(error.reply), error.reply.text, repr(error.reply.headers))


ECHO = f'{{"message": "Bearer {TOKEN} may not; {ESCAPED} {SPELLED}", "token": "{TOKEN}"}}'
FAILURES = {
    "refused": Answer(reply(400, ECHO, {"X-Trace-Id": TOKEN})),
    "limited": Answer(reply(429, ECHO, {"Retry-After": TOKEN, "X-Request-Id": f"Bearer {TOKEN}"})),
    "unknown": Answer(reply(500, ECHO)),
    "page": Answer(reply(502, f"<html>Authorization: Bearer {TOKEN} {ESCAPED} {SPELLED}</html>")),
    "success": Answer(reply(201, ECHO)),
    "half a success": Answer(reply(201, ECHO[:-3])),
    "unreadable field": Answer(reply(201, {**STATE, "numbers": {TOKEN: 1}})),
    "redirect": Answer(reply(302, ECHO, {"Location": f"http://[{TOKEN}"})),
    "status line": Answer(f"HTTP/1.1 {TOKEN} x\r\n\r\n".encode(), Then.CLOSE),
    "odd header": Answer(f"HTTP/1.1 500 x\r\n{TOKEN}\r\n\r\n".encode(), Then.CLOSE),
    "lengths": Answer(f"HTTP/1.1 500 x\r\nContent-Length: {TOKEN}, 2\r\n\r\n".encode(), Then.CLOSE),
    "half a reply": Answer(reply(201, ECHO)[:-5], Then.CLOSE),
    "reset": Answer(b"", Then.RESET),
}


@pytest.mark.parametrize("answer", FAILURES.values(), ids=FAILURES.keys())
def test_token_is_in_no_failure_and_no_log(scripted: Start, caplog: pytest.LogCaptureFixture, answer: Answer) -> None:
    caplog.set_level(logging.DEBUG)
    server = scripted(answer)

    with pytest.raises(LeadConnectorError) as caught:
        client_of(server.url, token=TOKEN).purchase(LOCATION, REQUEST)
    logging.getLogger("desk").error("It failed", exc_info=caught.value)

    assert server.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
    for text in (*everything(caught.value), caplog.text, *[repr(vars(one)) for one in caplog.records]):
        assert TOKEN not in text
        assert ESCAPED not in text
        assert SPELLED not in text
    assert "desk" in caplog.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://a..b", "ftp://x", NOWHERE])
def test_token_is_in_no_failure_to_connect(caplog: pytest.LogCaptureFixture, url: str) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(NotSent) as caught:
        client_of(url, token=TOKEN).purchase(LOCATION, REQUEST)

    assert TOKEN not in "".join(everything(caught.value)) + caplog.text


def test_token_is_in_no_result_and_no_log(scripted: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {"note": f"Bearer {TOKEN}", "access_token": TOKEN, TOKEN: [TOKEN, {"x": f"a{TOKEN}b"}]}
    server = scripted(
        reply(201, {**STATE, **echo, "number_name": {NUMBER: TOKEN}}, {"X-Trace-Id": TOKEN}),
        reply(200, {"numbers": [{"phoneNumber": NUMBER, "friendlyName": TOKEN, **echo}], "pageSize": 9}),
        reply(200, {"numbers": [{"phoneNumber": NUMBER, "friendlyName": TOKEN}], "fingerprintId": TOKEN}),
        reply(200, {"location": {"id": LOCATION, **echo}}),
        reply(200, {"locations": [{"id": LOCATION, "name": TOKEN}]}),
        reply(200, {"locations": []}),
    )
    client = client_of(server.url, token=TOKEN)

    results = (
        client.purchase(LOCATION, REQUEST),
        client.list_active(LOCATION),
        client.search_available(LOCATION, AvailableQuery(country_code="US")),
        client.get_location(LOCATION),
        client.list_locations(),
    )

    bought = results[0]
    for text in (*map(repr, results), bought.reply.text, bought.reply.trace_id, caplog.text):
        assert TOKEN not in text
    assert bought.account.numbers == STATE["numbers"]
    assert bought.account.raw["note"] == f"Bearer {MASK}"
    assert "urllib3" in caplog.text


def test_token_is_in_no_representation_of_the_client() -> None:
    client = client_of("http://127.0.0.1:1", token=TOKEN)

    shown = [repr(client), repr(vars(client)), repr(client._http), repr(Bearer(TOKEN)), str(Bearer(TOKEN))]

    assert all(TOKEN not in text for text in shown)


@pytest.mark.parametrize(
    "token",
    ["", " ", "two words", "line\nbreak", "line\r\nX-Other: 1", "tab\tbed", "caf\xe9", "\u2028", "nul\x00", "emoji🌵"],
)
def test_bad_token_is_refused_and_not_named(token: str) -> None:
    with pytest.raises(ValueError, match="API token") as caught:
        client_of("http://127.0.0.1:1", token=token)

    if token.strip():
        assert token not in "".join(everything(caught.value)).replace(repr(token), "")
    assert caught.value.args == ("The API token has a space, a line break or a letter that no token has.",)


def test_netrc_file_does_not_replace_the_token(
    scripted: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\ndefault login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = scripted(reply(201, STATE), reply(302, b"", {"Location": "/elsewhere"}))
    client = client_of(server.url, token=TOKEN)

    client.purchase(LOCATION, REQUEST)
    with pytest.raises(OutcomeUnknown):
        client.purchase(LOCATION, REQUEST)

    assert [request.headers["Authorization"] for request in server.requests] == [f"Bearer {TOKEN}"] * 2


def test_name_and_password_in_the_address_do_not_replace_the_token(scripted: Start) -> None:
    server = scripted(reply(201, STATE))

    client_of(server.url.replace("//", "//user:pass@"), token=TOKEN).purchase(LOCATION, REQUEST)

    assert server.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("status", [201, 302, 400])
def test_cookies_are_not_sent_back(scripted: Start, status: int) -> None:
    cookie = {"Set-Cookie": "session=abc; Path=/; Max-Age=3600", "Location": "/"}
    server = scripted(reply(status, STATE, cookie), reply(201, STATE))
    client = client_of(server.url)

    try:
        client.purchase(LOCATION, REQUEST)
    except (OutcomeUnknown, Refused):
        assert status != 201
    client.purchase(LOCATION, REQUEST)

    assert "Cookie" not in server.requests[1].headers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nothing to hide", "nothing to hide"),
        (f"x{TOKEN}y", f"x{MASK}y"),
        (f"Authorization: bearer {SECRET}, and more", f"Authorization: Bearer {MASK}, and more"),
        (f"the JWT {JWT} ran out", f"the JWT {MASK} ran out"),
        (f'broken {{"access_token": "{SECRET}"', f'broken {{"access_token": "{MASK}"'),
        (f'broken {{"a": "{ESCAPED}"', f'broken {{"a": "{MASK}"'),
        (f'broken {{"a": "{SPELLED.upper().replace("U", "u")}"', f'broken {{"a": "{MASK}"'),
        (f'{{"access_token": "{SECRET}"}}', f'{{"access_token": "{MASK}"}}'),
        (f'{{"refreshToken" : "{SECRET}"}}', f'{{"refreshToken" : "{MASK}"}}'),
        (f'{{"x-api-key":"{SECRET}","apiKey":"{SECRET}"}}', f'{{"x-api-key":"{MASK}","apiKey":"{MASK}"}}'),
        (f'{{"Authorization": "Basic {SECRET}"}}', f'{{"Authorization": "{MASK}"}}'),
        (f'{{"client_secret": "a\\"{SECRET}"}}', f'{{"client_secret": "{MASK}"}}'),
        (f'[{{"a": [{{"password": "{SECRET}"}}]}}]', f'[{{"a": [{{"password": "{MASK}"}}]}}]'),
        (f'{{"m": "say \\"bearer {SECRET}\\""}}', f'{{"m": "say \\"Bearer {MASK}\\""}}'),
        (f'{{"m": "\\\\bearer {SECRET}"}}', f'{{"m": "\\\\Bearer {MASK}"}}'),
        (f'{{"m": "{JWT}", "n": 1.50}}', f'{{"m": "{MASK}", "n": 1.50}}'),
        (f'{{"{ESCAPED}": "{SPELLED}"}}', f'{{"{MASK}": "{MASK}"}}'),
        ('{"token": null, "tokens": 3, "more": "token"}', '{"token": null, "tokens": 3, "more": "token"}'),
        ('{"token": ""}', f'{{"token": "{MASK}"}}'),
        ('{"name":  "Bearer\\n", "e": 1E5, "e": 2}', '{"name":  "Bearer\\n", "e": 1E5, "e": 2}'),
        ('{"a": "caf\\u00e9 \\/ \\ud83d"}', '{"a": "caf\\u00e9 \\/ \\ud83d"}'),
    ],
)
def test_secrets_are_masked_and_the_rest_stays_as_it_was(text: str, expected: str) -> None:
    assert redact(text, token=TOKEN) == expected


def test_json_in_a_string_of_json_is_redacted_too() -> None:
    text = json.dumps({"message": json.dumps({"inner": json.dumps({"access_token": SECRET, "b": TOKEN})})})

    redacted = redact(text, token=TOKEN)

    inner = json.loads(json.loads(json.loads(redacted)["message"])["inner"])
    assert inner == {"access_token": MASK, "b": MASK}


def test_without_a_token_the_other_secrets_are_masked() -> None:
    assert redact(f"bearer {SECRET}") == f"Bearer {MASK}"
    assert redact("") == ""


TOKENS = st.text("abcdefXYZ0189-._~+/=", min_size=12, max_size=40).map("pit-".__add__)
SAMPLE = st.sampled_from(
    [
        *("bearer ", "Bearer\t", "eyJ", JWT, '"', "\\", "\\\\", '\\"', "/", "token", '{"token": "', '"}', ": "),
        *("\\u0070", "caf\xe9", "\ud83d", "\x00", "\n", "[redacted]", "password", "🌵"),
    ]
)


def decoded(value: Any) -> Iterator[str]:
    """Every string in JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from decoded(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from (name, *decoded(item))


def mixed(token: str) -> st.SearchStrategy[str]:
    """Text in which the token turns up in any surroundings, whole, escaped and nested."""
    pieces = st.one_of(st.just(token), st.just(token.replace("/", "\\/")), SAMPLE, st.text(max_size=8))
    return st.lists(pieces, max_size=8).map("".join)


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(data=st.data(), token=TOKENS)
def test_redacted_text_holds_no_token_and_redacting_again_changes_nothing(data: st.DataObject, token: str) -> None:
    text = data.draw(mixed(token))

    redacted = redact(text, token=token)

    assert token not in redacted
    assert token.replace("/", "\\/") not in redacted
    assert redact(redacted, token=token) == redacted


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(data=st.data(), token=TOKENS, ascii_only=st.booleans())
def test_redacted_json_is_json_without_the_token(data: st.DataObject, token: str, ascii_only: bool) -> None:
    words = mixed(token)
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words
    value = data.draw(
        st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))
    )
    text = json.dumps(value, ensure_ascii=ascii_only)

    redacted = redact(text, token=token)

    assert token not in redacted
    assert all(token not in word for word in decoded(json.loads(redacted)))
    assert redact(redacted, token=token) == redacted
