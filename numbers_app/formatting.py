"""How times, money, counts and SIDs are written for people, on every page alike and in their language.

What is written into the books or into a file is the same in every language.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import formats, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = "–"  # where there is nothing to say
CENT = Decimal("0.01")
FINEST = Decimal("0.0001")
SHORT_SID = 10  # characters of a SID that a list shows


def show_time(at: datetime | None) -> SafeString | str:
    """A time in UTC; the page's script turns it into the reader's own time zone and language."""
    if at is None:
        return NOTHING
    utc = at.astimezone(UTC)
    return format_html('<time datetime="{}">{} UTC</time>', utc.isoformat(), utc.strftime("%Y-%m-%d %H:%M:%S"))


def show_price(price: Decimal | None, unit: str) -> str | None:
    """A month's price with its currency, in the reader's language, or None where it is not known."""
    return as_read(write_price(price, unit))


def show_sum(amount: Decimal | None, unit: str) -> str | None:
    """What several numbers cost a month together, in the reader's language; None where it is not known."""
    return as_read(write_sum(amount, unit))


def write_price(price: Decimal | None, unit: str) -> str | None:
    """The same in any language, for the books and for files."""
    return None if price is None else f"{price.normalize():f} {unit}".strip()


def write_sum(amount: Decimal | None, unit: str) -> str | None:
    """To the cent or finer, the same in any language. SQLite adds as floats do; prices have four places."""
    if amount is None:
        return None
    exact = amount.quantize(FINEST)
    rounded = exact.quantize(CENT)
    return f"{rounded if rounded == exact else exact.normalize():f} {unit}".strip()


def as_read(amount: str | None) -> str | None:
    """A written amount as the reader's language writes numbers, its thousands apart."""
    if amount is None:
        return None
    figure, space, unit = amount.partition(" ")
    return f"{formats.number_format(figure, force_grouping=True)}{space}{unit}"


def write_label(label: Any) -> str:
    """The word for a status or a rule as the books and files have it."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(label)


def show_count(many: int) -> str:
    """A large number with its thousands apart, as the reader's language does it."""
    return formats.number_format(many, force_grouping=True)


def show_rounded(number: float, *, digits: int) -> str:
    """What was measured, with so many digits as say something, in the reader's language; never as a power of ten."""
    return formats.number_format(Decimal(f"{number:.{digits}g}"), force_grouping=True)


def show_sid(sid: str) -> SafeString | str:
    """The beginning of a SID for a list; the whole one is its tooltip and stands on the detail page."""
    if not sid:
        return NOTHING
    return format_html('<span class="desk-code" title="{}">{}…</span>', sid, sid[:SHORT_SID])


def iso_time(at: datetime | None) -> str | None:
    """A time for programs: ISO 8601, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def to_the_cent(price: Decimal | None) -> Decimal | None:
    """A price with two places, or more where it is finer."""
    if price is None:
        return None
    rounded = price.quantize(CENT)
    return rounded if rounded == price else price.normalize()


def plain_price(price: Decimal | None) -> str | None:
    """A price for programs: digits alone, as text, so that none is lost."""
    shown = to_the_cent(price)
    return None if shown is None else f"{shown:f}"
