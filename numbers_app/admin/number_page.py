"""What one number's page shows: what the provider says of it, and the purchase that bought it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from numbers_app import phones
from numbers_app.formatting import show_time
from numbers_app.models import NumberType, PhoneNumber, Purchase, Status

NOTHING = "–"
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


class Fact(NamedTuple):
    """One field of the mirror's row, as it is read."""

    name: str
    label: str
    value: str

    @property
    def is_code(self) -> bool:
        return self.name in CODES and self.value != NOTHING


def number_context(number: PhoneNumber) -> dict[str, Any]:
    bought = Purchase.objects.filter(
        location=number.location_id, phone_number=number.phone_number, status=Status.PURCHASED
    )
    return {
        "number": number,
        "at_provider": [fact(number, name) for name in AT_PROVIDER],
        "in_mirror": [fact(number, name) for name in IN_MIRROR],
        "bought_by": bought.only("pk", "created_at").order_by("pk").first(),
    }


def fact(number: PhoneNumber, name: str) -> Fact:
    return Fact(name, capfirst(str(LABELS[name])), in_words(name, getattr(number, name)) or NOTHING)


def in_words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return show_time(value)
    if isinstance(value, dict):
        return ", ".join(sorted(ability for ability, able in value.items() if able))
    if name == "number_type":
        return NumberType.in_words(value)
    return phones.show_phone(value) if name == "forwarding_number" and value else value or ""
