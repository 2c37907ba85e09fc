"""Takes secrets out of what is kept, logged or shown."""

from __future__ import annotations

import re

MASK = "[redacted]"
BEARER = re.compile(r"(?i)\bbearer\s+[^\s\"',;]+")
JSON_WEB_TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
SECRET_FIELD = re.compile(
    r'(?i)("[\w-]*(?:token|secret|password|authorization|api_?key)"\s*:\s*)"(?:[^"\\]|\\.)*"',
)


def redact(text: str, *, token: str = "") -> str:
    """``text`` without ``token``, bearer tokens, JSON web tokens and the values of fields named like a secret."""
    if token:
        text = text.replace(token, MASK)
    text = BEARER.sub(f"Bearer {MASK}", text)
    text = JSON_WEB_TOKEN.sub(MASK, text)
    return SECRET_FIELD.sub(rf'\1"{MASK}"', text)
