"""The three answers of a call that may spend money, less the good one.

An exception is named after what is known about the money, because that alone decides what may be done next. There is no
fourth branch: anything else that is raised is a bug and is loud.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

BODY_LIMIT = 2048  # bytes of a reply's body that an error carries
LONGEST_WAIT = 86_400.0  # seconds; the provider's longest limit is a day's


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One HTTP reply as evidence: redacted, and without the headers that nobody needs."""

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)
    received_at: datetime
    duration_seconds: float

    @property
    def trace_id(self) -> str:
        """The provider's name for this exchange, which its support asks for; empty where there is none."""
        for name in ("x-trace-id", "traceid", "x-request-id", "cf-ray"):
            if value := self.headers.get(name):
                return value
        return ""

    def retry_after_seconds(self) -> float | None:
        """``Retry-After`` in seconds, at most a day: a number or a date (RFC 9110); None where it is missing or odd."""
        raw = self.headers.get("retry-after", "").strip()
        try:
            wait = float(raw) if raw.isdecimal() else (parsedate_to_datetime(raw) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
        return min(max(wait, 0.0), LONGEST_WAIT)


class LeadConnectorError(Exception):
    """A call that did not end well; ``words`` are the provider's own, or ours where it said nothing."""

    def __init__(self, words: str, *, reply: Reply | None = None, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.reply = reply
        self.retry_after = retry_after
        """Seconds that the provider asked us to wait, or None."""

    @property
    def status(self) -> int | None:
        return self.reply.status if self.reply else None

    @property
    def trace_id(self) -> str:
        return self.reply.trace_id if self.reply else ""

    @property
    def body(self) -> str:
        """The first 2 KiB of the reply, redacted."""
        return self.reply.text.encode()[:BODY_LIMIT].decode(errors="ignore") if self.reply else ""

    def __str__(self) -> str:
        parts = [self.words]
        if self.status is not None:
            parts.append(f"(status {self.status})")
        if self.trace_id:
            parts.append(f"(trace {self.trace_id})")
        return " ".join(parts)


class Refused(LeadConnectorError):
    """Not bought: the provider said no."""


class NotSent(LeadConnectorError):
    """Not bought: the request never reached the provider, or was turned away before it was looked at."""


class OutcomeUnknown(LeadConnectorError):
    """It was sent, and no usable word came back: the number may have been bought, and billed."""
