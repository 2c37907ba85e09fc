"""The filters of the lists of purchases and numbers: what an address or a form asks for, checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from numbers_app.filter_fields import Person, choice, day, location_choice, people, person_choice, price
from numbers_app.forms import country_choices
from numbers_app.models import Evidence, Location, NumberType, Purchase, Status
from numbers_app.narrowing import ACTIVE, GONE, OTHER, REPLACED, SUBSTITUTE
from numbers_app.selectors import is_key

ANY = ("", _("Any"))
SELECTED = SafeString(" selected")
# Names that addresses have had before.
OLD_NAMES = {
    "status__exact": "status",
    "location__id__exact": "location",
    "number_type__exact": "number_type",
    "created_at_from": "first_day",
    "created_at_to": "last_day",
}


class ListFilters(forms.Form):
    """Filters that an address carries. One that is wrong is told of and left out; the others hold."""

    def __init__(self, asked: Mapping[str, Any], *, user: Any) -> None:
        super().__init__({**asked})
        self.user = user
        for name, field in self.fields.items():
            if isinstance(field, Person):
                field.queryset = people(user)
            elif name == "location":
                field.queryset = Location.objects.visible_to(user)  # type: ignore[attr-defined]
        self.full_clean()
        for name in self.errors:
            # A picker shows nothing where it can't read what was typed.
            if isinstance(self.fields.get(name), forms.DateField):
                self.fields[name].widget.input_type = "text"

    @property
    def chosen(self) -> dict[str, Any]:
        """What the list is narrowed by."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def in_words(self, name: str) -> str:
        """What was chosen under a filter, for people."""
        field, value = self.fields[name], self.cleaned_data[name]
        if isinstance(field, forms.ModelChoiceField):
            return str(field.label_from_instance(value))
        if isinstance(field, forms.ChoiceField):
            return str(dict(flat(field.choices)).get(value, value))
        return str(self[name].value())


def flat(choices: Any) -> list[tuple[str, Any]]:
    """The choices of a list, those in its groups too."""
    found: list[tuple[str, Any]] = []
    for value, label in choices:
        found += flat(label) if isinstance(label, list | tuple) else [(value, label)]
    return found


STATUSES = [
    ANY,
    (
        _("Groups"),
        [
            ("in_progress", _("In progress")),
            ("bought", pgettext_lazy("purchases", "Bought")),
            ("not_bought", _("Not bought")),
            ("needs_person", _("Needs a person")),
        ],
    ),
    (_("Single statuses"), Status.choices),
]
PERIODS = [
    ANY,
    ("today", _("Today")),
    ("yesterday", _("Yesterday")),
    ("last_7_days", _("Last 7 days")),
    ("last_30_days", _("Last 30 days")),
    ("this_month", _("This month")),
    ("last_month", _("Last month")),
    ("this_year", _("This year")),
]


def days_of(period: str, today: date) -> tuple[date, date]:
    """The first and the last day of a period; the last 7 days are today and the six before."""
    first_of_month = today.replace(day=1)
    last_of_last_month = first_of_month - timedelta(days=1)
    yesterday = today - timedelta(days=1)
    return {
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "last_7_days": (today - timedelta(days=6), today),
        "last_30_days": (today - timedelta(days=29), today),
        "this_month": (first_of_month, today),
        "last_month": (last_of_last_month.replace(day=1), last_of_last_month),
        "this_year": (today.replace(month=1, day=1), today),
    }[period]


class PurchaseFilters(ListFilters):
    """The filters of the history."""

    status = choice(_("Status"), STATUSES)
    location = location_choice()
    period = choice(_("Asked for"), PERIODS)
    first_day = day(_("From day"))
    last_day = day(_("To day"))
    requester = person_choice(_("Requested by"))
    approver = person_choice(_("Approver"))
    order = forms.CharField(
        label=_("Order"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"placeholder": "#12", "size": 8}),
    )
    number_type = choice(_("Number type"), [ANY, *NumberType.choices])
    country = choice(_("Country"), lazy(lambda: [ANY, *country_choices()[1:]], list))
    region = forms.CharField(
        label=_("Region"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "TX", "size": 8}),
    )
    price_from = price(_("Price from"))
    price_to = price(_("Price to"))
    confirmed = choice(_("Confirmed by"), [ANY, *Evidence.choices])
    substituted = choice(
        _("Substitution"), [ANY, (REPLACED, _("Was replaced by another")), (SUBSTITUTE, _("Stands in for another"))]
    )
    adopted = choice(_("Orphans"), [ANY, ("yes", _("Adopted: not bought through this desk"))])

    def clean_order(self) -> int | None:
        typed = self.cleaned_data["order"].removeprefix("#").strip()
        if not typed:
            return None
        if not is_key(typed):
            raise ValidationError(_("An order is found by its number, such as 12 or #12."))
        if not Purchase.objects.visible_to(self.user).filter(order=int(typed)).exists():
            raise ValidationError(_("There is no order of this number with purchases that you may see."))
        return int(typed)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        refuse_reversed(self, "first_day", "last_day", _("The first day must not be after the last."))
        refuse_reversed(self, "price_from", "price_to", _("The lower price must not be above the upper one."))
        if cleaned.get("period") and (cleaned.get("first_day") or cleaned.get("last_day")):
            self.add_error("period", _("Choose either a period or days of your own; the days are used."))
        return cleaned

    @property
    def chosen(self) -> dict[str, Any]:
        chosen = super().chosen
        if period := chosen.pop("period", ""):
            chosen["first_day"], chosen["last_day"] = days_of(period, timezone.localdate())
        return chosen


def refuse_reversed(form: forms.Form, lower: str, upper: str, words: Any) -> None:
    """A range whose ends are the wrong way round is left out as a whole."""
    low, high = form.cleaned_data.get(lower), form.cleaned_data.get(upper)
    if low is not None and high is not None and low > high:
        form.add_error(lower, words)
        form.cleaned_data.pop(upper)


class NumberFilters(ListFilters):
    """The filters of the mirror."""

    state = choice(_("State"), [ANY, (ACTIVE, _("Active")), (GONE, _("Gone"))])
    location = location_choice()
    number_type = choice(_("Number type"), [ANY, *NumberType.choices, (OTHER, _("Other, or not stated"))])
    country = choice(_("Country"), lazy(lambda: [ANY, *country_choices()[1:]], list))
    unexplained = choice(_("Orphans"), [ANY, ("yes", _("No purchase explains it"))])
