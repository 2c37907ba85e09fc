"""What one number's page shows: what the provider says of it, and the purchase that bought it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from numbers_app import phones
from numbers_app.formatting import NOTHING, show_time
from numbers_app.models import NumberType, PhoneNumber, Purchase, Status

AT_PROVIDER = (
    "sid",
    "number_type",
    "country_code",
    "capabilities",
    "origin",
    "is_default",
    "forwarding_number",
    "address_sid",
    "bundle_sid",
    "date_added",
    "date_updated",
)
IN_MIRROR = ("first_seen_at", "synced_at", "gone_at", "gone_noted_at")
LABELS = {field.name: field.verbose_name for field in PhoneNumber._meta.fields}
CODES = {"sid", "address_sid", "bundle_sid"}
ABILITIES = {"voice": gettext_lazy("Voice"), "sms": gettext_lazy("SMS"), "mms": gettext_lazy("MMS")}
CODE = format_html(' class="{}"', "desk-code")


def number_context(number: PhoneNumber) -> dict[str, Any]:
    bought = Purchase.objects.filter(
        location=number.location_id, phone_number=number.phone_number, status=Status.PURCHASED
    )
    return {
        "number": number,
        "at_provider": draw_facts(number, AT_PROVIDER),
        "in_mirror": draw_facts(number, IN_MIRROR),
        "bought_by": bought.values("pk", "created_at").order_by("pk").first(),
    }


def draw_facts(number: PhoneNumber, names: Iterable[str]) -> SafeString:
    """Fields of the mirror's row, as they are read."""
    facts = [(name, in_words(name, getattr(number, name))) for name in names]
    return format_html_join(
        "\n",
        "<div><dt>{}</dt><dd{}>{}</dd></div>",
        (
            (capfirst(str(LABELS[name])), CODE if name in CODES and said else "", said or NOTHING)
            for name, said in facts
        ),
    )


def in_words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return show_time(value)
    if isinstance(value, dict):
        return ", ".join(
            sorted(str(ABILITIES.get(ability.lower(), ability)) for ability, able in value.items() if able)
        )
    if name == "number_type":
        return NumberType.in_words(value)
    return phones.show_phone(value) if name == "forwarding_number" and value else value or ""
