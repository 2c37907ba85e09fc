"""What people type to search for numbers and to put them into an order, checked before anything is asked or written."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from numbers_app.forms import country_choices
from numbers_app.leadconnector.payloads import AvailableQuery
from numbers_app.models import Location, NumberType, PurchaseOrder, Substitution
from numbers_app.patterns import Where, read_pattern
from numbers_app.phones import LONGEST_INPUT, PhoneError
from numbers_app.results import DRAFTS_OFFERED, drafts_of

PARTS: dict[str, Where] = {"first_part": "first", "last_part": "last", "anywhere": "anywhere"}
NEW = ""  # the choice of a draft that is yet to be begun


class SearchForm(forms.Form):
    """A search of the provider's inventory."""

    location = forms.ModelChoiceField(
        label=_("Location"),
        queryset=Location.objects.none(),
        help_text=_("The sub-account that the numbers are for. Search by name or ID."),
        error_messages={
            "required": _("Choose a location: the provider answers for one at a time."),
            "invalid_choice": _("There is no such location, or it is not assigned to you."),
        },
    )
    country_code = forms.ChoiceField(
        label=_("Country"),
        choices=lazy(lambda: country_choices()[1:], list),
        error_messages={"invalid_choice": _("“%(value)s” is no country that has phone numbers.")},
    )
    number_types = forms.MultipleChoiceField(
        label=_("Types"),
        choices=NumberType.choices,
        error_messages={
            "required": _("Choose at least one type; without one the provider finds nothing."),
            "invalid_choice": _("“%(value)s” is none of: local, tollFree, mobile."),
        },
    )
    first_part = forms.CharField(
        label=_("Begins with"),
        required=False,
        max_length=LONGEST_INPUT,
        help_text=_("Such as (830), +1 830 or 1-830."),
    )
    last_part = forms.CharField(
        label=_("Ends with"), required=False, max_length=LONGEST_INPUT, help_text=_("Digits or letters: CALL-NOW.")
    )
    anywhere = forms.CharField(
        label=_("Contains"), required=False, max_length=LONGEST_INPUT, help_text=_("In any place of the number.")
    )
    sms = forms.BooleanField(label=_("SMS"), required=False)
    mms = forms.BooleanField(label=_("MMS"), required=False)
    voice = forms.BooleanField(label=_("Voice"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = Location.objects.visible_to(user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        for name, where in PARTS.items():
            if "country_code" not in cleaned or not cleaned.get(name):
                continue
            try:
                cleaned[name] = read_pattern(cleaned[name], country=cleaned["country_code"], where=where)
            except PhoneError as error:
                self.add_error(name, str(error))
        return cleaned

    def query(self) -> AvailableQuery:
        """What is sent; call it on a valid form. An ability that is not ticked is left out, not asked to be absent."""
        typed = self.cleaned_data
        return AvailableQuery(
            country_code=typed["country_code"],
            number_types=tuple(typed["number_types"]),
            first_part=typed["first_part"],
            last_part=typed["last_part"],
            anywhere=typed["anywhere"],
            sms=typed["sms"] or None,
            mms=typed["mms"] or None,
            voice=typed["voice"] or None,
        )


def draft_choices(user: Any) -> list[tuple[str, Any]]:
    """A new draft, and the user's latest."""
    return [(NEW, _("A new draft"))] + [(str(order.pk), str(order)) for order in drafts_of(user)[:DRAFTS_OFFERED]]


class ChosenForm(forms.Form):
    """Numbers of a search, and the draft that they go into."""

    order = forms.ModelChoiceField(
        label=_("Into"),
        queryset=PurchaseOrder.objects.none(),
        required=False,
        error_messages={"invalid_choice": _("This is no draft of yours any more. Choose another.")},
    )
    substitution = forms.ChoiceField(
        label=_("If a number is taken"), choices=Substitution.choices, initial=Substitution.NONE
    )
    idempotency_key = forms.UUIDField(
        error_messages={"required": _("This page was out of date. Press the button once more.")}
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["order"].queryset = drafts_of(user)  # type: ignore[attr-defined]
        self.fields["idempotency_key"].initial = uuid.uuid4
