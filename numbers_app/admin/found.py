"""What the page *Search* says of what was found, what was not, and what became of the numbers that were chosen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from numbers_app.admin.drafts import page_of
from numbers_app.formatting import show_price
from numbers_app.models import NumberType, PurchaseOrder
from numbers_app.purchasing.checking import Finding, known_problems
from numbers_app.purchasing.drafting import NotDrafted, TooManyLines
from numbers_app.purchasing.ordering import KeyUsed
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.results import Found, FoundNumber, Ordered, drafted_among
from numbers_app.search_forms import PARTS
from numbers_app.searching import ABILITIES, ALL, TYPES, WayOut

SEARCH = "admin:numbers_app_purchase_search"
ADDRESS_WORDS = {
    "none": gettext_lazy("None"),
    "any": gettext_lazy("Any address"),
    "local": gettext_lazy("A local address"),
    "foreign": gettext_lazy("A foreign address"),
}
ADDRESS_RANKS = {"none": 0, "any": 1, "local": 2, "foreign": 3}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One number of the results, as the page shows it."""

    number: FoundNumber
    held: str
    draft: PurchaseOrder | None
    is_chosen: bool
    price: str
    address: Any
    address_rank: int
    buy_address: str

    @property
    def place(self) -> str:
        return ", ".join(part for part in (self.number.locality, self.number.region) if part)

    @property
    def ability_count(self) -> int:
        return self.number.voice + self.number.sms + self.number.mms


def rows_of(found: Found, *, user: Any, chosen: Collection[str]) -> list[Row]:
    numbers = [number.phone_number for number in found.numbers]
    held, drafted = known_problems(numbers), drafted_among(numbers, user=user)
    return [
        Row(
            number=number,
            held=problem_words(held.get(number.phone_number)),
            draft=drafted.get(number.phone_number),
            is_chosen=number.phone_number in chosen,
            price=show_price(number.monthly_price, number.price_unit) or _("not known"),
            address=ADDRESS_WORDS.get(number.address_requirements, number.address_requirements or _("not known")),
            address_rank=ADDRESS_RANKS.get(number.address_requirements, len(ADDRESS_RANKS)),
            buy_address=buy_address(number, found=found),
        )
        for number in found.numbers
    ]


def problem_words(finding: Finding | None) -> str:
    """Why a number can't be ordered; empty where it can."""
    return str(finding.problem.label) if finding and finding.problem else ""


def buy_address(number: FoundNumber, *, found: Found) -> str:
    """The page *Buy a number*, filled in."""
    known = {
        "location": found.location_id,
        "phone_number": number.phone_number,
        "country_code": number.country_code,
        "number_type": number.number_type,
        "locality": number.locality,
        "region": number.region,
        "fingerprint_id": found.fingerprint_id,
    }
    return f"{reverse('admin:numbers_app_purchase_buy')}?{urlencode({k: v for k, v in known.items() if v})}"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A way out of an empty result, for one click."""

    address: str
    words: str
    count: int | None


def as_link(way: WayOut, asked: QueryDict) -> Link:
    looser = asked.copy()
    for name in (*PARTS, *ABILITIES) if way.leaves_out == ALL else (way.leaves_out,):
        looser.pop(name, None)
    if way.leaves_out in (TYPES, ALL):
        looser.setlist(TYPES, NumberType.values)
    words = _("Search without any filter") if way.leaves_out == ALL else _("Search without “%(filter)s”")
    if way.leaves_out == TYPES:
        words = _("Search all types, not “%(filter)s” alone")
    return Link(address=f"{reverse(SEARCH)}?{looser.urlencode()}", words=words % {"filter": way.words}, count=way.count)


def outcome_of(ordered: Ordered) -> SafeString:
    """What was added and what was not, with a link to the draft."""
    count, there, held = ordered.added.count, len(ordered.added.there_already), len(ordered.held)
    said = [ngettext("%(n)s number added to {}.", "%(n)s numbers added to {}.", count) % {"n": count}] if count else []
    if there:
        words = ngettext("%(n)s was in {} already.", "%(n)s were in {} already.", there)
        said.append(words % {"n": there})
    if held:
        words = ngettext("%(n)s left out: owned or being bought.", "%(n)s left out: owned or being bought.", held)
        said.append(words % {"n": held})
    link = format_html('<a href="{}">{}</a>', page_of(ordered.order), ordered.order)
    return format_html(" ".join(said), *[link] * 2)


def explain_refusal(refusal: OrderRefused) -> str:
    if isinstance(refusal, NotDrafted):
        return _("%(order)s is no draft any more. Choose another.") % {"order": refusal.order}
    if isinstance(refusal, TooManyLines):
        return _("An order has at most %(most)s numbers; this would be %(wanted)s.") % {
            "most": refusal.most,
            "wanted": refusal.wanted,
        }
    if isinstance(refusal, KeyUsed):
        return _("This page was out of date. Press the button once more.")
    return str(refusal)
