"""Takes secrets out of what is kept, logged or shown."""

from __future__ import annotations

import json
import re
from functools import lru_cache

MASK = "[redacted]"
BEARER = re.compile(r"(?i)\bbearer\s+[^\s\"',;]+")
JSON_WEB_TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
SECRET_NAME = r"[\w-]*(?:token|secret|password|authorization|api[_-]?key)"
SECRET_FIELD = re.compile(rf'(?i)("{SECRET_NAME}"\s*:\s*)"(?:[^"\\]|\\.)*"')
SUSPECT = re.compile(r"(?i)bearer|eyJ|token|secret|password|authorization|api[_-]?key|\\")
JSON_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
JSON_PAIR = re.compile(rf"(?:({JSON_STRING})(\s*:\s*))?({JSON_STRING})")


def redact(text: str, *, token: str = "") -> str:
    """``text`` without ``token``, bearer tokens, JSON web tokens and the values of fields named like a secret.

    JSON stays JSON: its strings are decoded first, so a token that is spelled with escapes is found too.
    """
    if is_harmless(text, token):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return redact_words(text, token)
    return JSON_PAIR.sub(lambda pair: redact_pair(pair, token), text)


def is_harmless(text: str, token: str) -> bool:
    """Whether nothing in it can be a secret: nearly all replies, so the work is saved."""
    return not (token and token in text) and not SUSPECT.search(text)


def redact_words(text: str, token: str) -> str:
    """Redacts what is not JSON, or a string out of it."""
    if token:
        text = spellings(token).sub(MASK, text)
    text = BEARER.sub(f"Bearer {MASK}", text)
    text = JSON_WEB_TOKEN.sub(MASK, text)
    return SECRET_FIELD.sub(rf'\1"{MASK}"', text)


def redact_pair(pair: re.Match[str], token: str) -> str:
    """A JSON string, or a field whose value is one."""
    name, colon, value = pair.groups()
    if name is None:
        return redact_string(value, token)
    is_secret = re.fullmatch(SECRET_NAME, json.loads(name), re.IGNORECASE)
    return redact_string(name, token) + colon + (f'"{MASK}"' if is_secret else redact_string(value, token))


def redact_string(quoted: str, token: str) -> str:
    """A JSON string in its quotes; one that holds no secret stays as it was written."""
    if is_harmless(quoted, token):
        return quoted
    said = json.loads(quoted)
    kept = redact(said, token=token)
    return quoted if kept == said else json.dumps(kept)


@lru_cache(maxsize=16)
def spellings(token: str) -> re.Pattern[str]:
    """The token as it is, and with JSON's escapes, which broken JSON holds."""
    return re.compile("".join(rf"(?:\\?{re.escape(letter)}|(?i:\\u{ord(letter):04x}))" for letter in token))
