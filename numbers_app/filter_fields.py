"""The fields of the lists' filters, and what they say of what can't be meant."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from numbers_app.models import Location

SELECTED = SafeString(" selected")
NO_CHOICE = {"invalid_choice": _("Choose one of the list.")}
NO_DATE = {"invalid": _("Write a day as year, month and day: 2026-03-31.")}
NO_PRICE = {
    "invalid": _("Write a price in digits, 1.15 or 1,15, and with no comma between thousands."),
    "min_value": _("A price is 0 or more."),
    "max_digits": _("A price has no more than six digits before the point."),
    "max_whole_digits": _("A price has no more than six digits before the point."),
    "max_decimal_places": _("A price has no more than four digits after the point."),
}
WITH_COMMA = re.compile(r"(\d*),(\d{1,2}|\d{4})")


def people(user: Any) -> QuerySet[Any]:
    """Whom a user may choose as requester or approver: all for a superuser, else those of the same locations."""
    everybody = get_user_model().objects.order_by("username")
    if user.is_superuser:
        return everybody
    together = Location.users.through.objects.filter(location__in=user.assigned_locations.values("pk"))
    return everybody.filter(Q(pk=user.pk) | Q(is_superuser=True) | Q(pk__in=together.values("user")))


def name_of(user: Any) -> str:
    return str(user.get_full_name() or user.get_username())


class Person(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Somebody who asks for purchases, or decides on them."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class Select(forms.Select):
    """Drawn without a template: by one, the countries take longer than all else on the page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        given = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>{}</select>', name, given, draw_options(self.choices, chosen))


def draw_options(choices: Any, chosen: list[str]) -> SafeString:
    """The options of a list; those of a group lie in it."""
    drawn = []
    for value, text in choices:
        if isinstance(text, list | tuple):
            drawn.append(format_html('<optgroup label="{}">{}</optgroup>', value, draw_options(text, chosen)))
        else:
            selected = SELECTED if str(value) in chosen else ""
            drawn.append(format_html('<option value="{}"{}>{}</option>', value, selected, text))
    return mark_safe("".join(drawn))  # noqa: S308 - each is escaped already


def choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, error_messages=NO_CHOICE, widget=Select)


def location_choice() -> Any:
    return forms.ModelChoiceField(
        label=_("Location"),
        queryset=Location.objects.none(),
        required=False,
        error_messages={"invalid_choice": _("There is no such location, or it is not assigned to you.")},
    )


def person_choice(label: Any) -> Person:
    return Person(
        label=label,
        queryset=get_user_model().objects.none(),
        required=False,
        error_messages={"invalid_choice": _("There is nobody of this key whom you may choose.")},
    )


def day(label: Any) -> forms.DateField:
    picker = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(
        label=label, required=False, input_formats=["%Y-%m-%d"], error_messages=NO_DATE, widget=picker
    )


class Price(forms.DecimalField):
    """Takes 1.15 and 1,15 in every language: an address goes to readers of both, and some keyboards have no point.

    Three digits after a comma are refused: they may be thousands.
    """

    def to_python(self, value: Any) -> Any:
        found = WITH_COMMA.fullmatch(value.strip()) if isinstance(value, str) else None
        return super().to_python(".".join(found.groups()) if found else value)


def price(label: Any) -> Price:
    return Price(
        label=label,
        required=False,
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=4,
        error_messages=NO_PRICE,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 8}),
    )
