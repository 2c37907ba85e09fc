"""How times, money and SIDs are written for people, on every page alike."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString

CENT = Decimal("0.01")
FINEST = Decimal("0.0001")
SHORT_SID = 10  # characters of a SID that a list shows


def show_time(at: datetime | None) -> SafeString | str:
    """A time in UTC; the page's script turns it into the reader's own time zone and language."""
    if at is None:
        return "–"
    utc = at.astimezone(UTC)
    return format_html('<time datetime="{}">{} UTC</time>', utc.isoformat(), utc.strftime("%Y-%m-%d %H:%M:%S"))


def show_price(price: Decimal | None, unit: str) -> str | None:
    """A month's price with its currency, or None where it is not known."""
    return None if price is None else f"{price.normalize():f} {unit}".strip()


def show_sum(amount: Decimal | None, unit: str) -> str | None:
    """What several numbers cost a month together, to the cent or finer; None where it is not known.

    SQLite adds as floats do; prices have four places.
    """
    if amount is None:
        return None
    exact = amount.quantize(FINEST)
    rounded = exact.quantize(CENT)
    return f"{rounded if rounded == exact else exact.normalize():f} {unit}".strip()


def show_sid(sid: str) -> SafeString | str:
    """The beginning of a SID for a list; the whole one is its tooltip and stands on the detail page."""
    if not sid:
        return "–"
    return format_html('<span class="desk-code" title="{}">{}…</span>', sid, sid[:SHORT_SID])
