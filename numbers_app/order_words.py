"""How wants are told in words, as their parts are called and as pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from numbers_app.models import NumberType

# What makes two wants the same kind.
KIND = ("country_code", "number_type", "first_part", "last_part", "anywhere", "sms", "mms", "voice")


def kind_in_words(kind: Mapping[str, Any]) -> str:
    """The kind of number that is wanted: “US local, begins with 830, SMS”."""
    name = NumberType.in_words(kind["number_type"])
    words = [f"{kind['country_code']} {name}".strip() or _("any")]
    patterns = (
        (_("begins with %(digits)s"), kind["first_part"]),
        (_("contains %(digits)s"), kind["anywhere"]),
        (_("ends with %(digits)s"), kind["last_part"]),
    )
    words += [text % {"digits": digits} for text, digits in patterns if digits]
    able = [label for name, label in (("sms", _("SMS")), ("mms", _("MMS")), ("voice", _("voice"))) if kind[name]]
    return ", ".join([*words, *able])


def want_in_words(kind: str, each: int, places: int) -> str:
    """So many of a kind for each of some locations."""
    words = ngettext(
        "%(each)d × %(kind)s for %(places)d location",
        "%(each)d × %(kind)s for each of %(places)d locations",
        places,
    )
    return words % {"each": each, "kind": kind, "places": places}


def lines_in_words(lines: int, places: int) -> str:
    """Lines that are not all alike."""
    numbers = ngettext("%(lines)d number", "%(lines)d numbers", lines) % {"lines": lines}
    return ngettext(
        "%(numbers)s for %(places)d location", "%(numbers)s for %(places)d locations", places
    ) % {"numbers": numbers, "places": places}  # fmt: skip
