"""What people type, checked before anything is written."""

from __future__ import annotations

import re
import uuid
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from numbers_app import phones
from numbers_app.leadconnector.payloads import BODY_NAMES, PurchaseRequest
from numbers_app.models import Location, NumberType

SID_RULES = {
    "address_sid": RegexValidator(
        r"^AD[0-9a-fA-F]{32}$", _("An address SID is AD followed by 32 digits or letters from a to f.")
    ),
    "bundle_sid": RegexValidator(
        r"^BU[0-9a-fA-F]{32}$", _("A bundle SID is BU followed by 32 digits or letters from a to f.")
    ),
}
CONTROL_CHARACTERS = re.compile(r"[\x01-\x1f\x7f-\x9f\u2028\u2029]")  # of NUL, Django itself complains


def country_choices() -> list[tuple[str, Any]]:
    """The countries that have phone numbers, by their names in the reader's language."""
    return [("", _("Not stated"))] + [
        (code, name) for code, name in countries if code in phonenumbers.SUPPORTED_REGIONS
    ]


def refuse_control_characters(value: str) -> None:
    if CONTROL_CHARACTERS.search(value):
        raise ValidationError(_("Line breaks and control characters can't be sent."))


class ReasonForm(forms.Form):
    """Why a person decides as they do; it goes into the history."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        error_messages={"required": _("Say why in a few words: it goes into the history.")},
    )


class PurchaseForm(forms.Form):
    """The nine fields of a purchase, and the location; the same rules for the page and for the command line."""

    location = forms.ModelChoiceField(
        label=_("Location"),
        queryset=Location.objects.none(),
        help_text=_("The sub-account that gets the number. Search by name or ID."),
        error_messages={"invalid_choice": _("There is no such location, or it is not assigned to you.")},
    )
    phone_number = forms.CharField(
        label=_("Phone number"),
        max_length=phones.LONGEST_INPUT,
        help_text=_("In any usual notation, such as (830) 555-1234 or +1 830 555 1234."),
    )
    country_code = forms.ChoiceField(
        label=_("Country"),
        choices=lazy(country_choices, list),
        required=False,
        help_text=_("Completes a number that is written without its country code."),
    )
    number_type = forms.ChoiceField(
        label=_("Number type"),
        choices=[("", _("Not stated")), *NumberType.choices],
        required=False,
        error_messages={"invalid_choice": _("“%(value)s” is none of: local, tollFree, mobile.")},
    )
    address_sid = forms.CharField(
        label=_("Address SID"),
        required=False,
        validators=[SID_RULES["address_sid"]],
        help_text=_("Where the country asks for an address: AD and 32 characters."),
    )
    bundle_sid = forms.CharField(
        label=_("Bundle SID"),
        required=False,
        validators=[SID_RULES["bundle_sid"]],
        help_text=_("Where the country asks for a regulatory bundle: BU and 32 characters."),
    )
    locality = forms.CharField(
        label=_("Locality"), required=False, max_length=100, help_text=_("City or town, such as San Antonio.")
    )
    region = forms.CharField(
        label=_("Region"), required=False, max_length=100, help_text=_("State or province, such as TX.")
    )
    fingerprint_id = forms.CharField(
        label=_("Fingerprint"),
        required=False,
        max_length=100,
        validators=[RegexValidator(r"^[\x21-\x7e]*$", _("A fingerprint has no spaces and no special letters."))],
        help_text=_("The search's fingerprint for a number that came from a search. Empty: made for you."),
    )
    skip_location_kyc = forms.BooleanField(
        label=_("Skip the location's KYC"),
        required=False,
        help_text=_("Only when the agency's own identity check (KYC) has been approved."),
    )
    idempotency_key = forms.UUIDField(
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("This page was out of date. Press Buy once more."),
            "invalid": _("This page was out of date. Press Buy once more."),
        },
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        locations = Location.objects.all() if user is None else Location.objects.visible_to(user)
        self.fields["location"].queryset = locations  # type: ignore[attr-defined]
        self.fields["idempotency_key"].initial = uuid.uuid4
        for name in ("locality", "region", "phone_number"):
            self.fields[name].validators.append(refuse_control_characters)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        raw = cleaned.get("phone_number")
        if raw and "country_code" in cleaned:
            try:
                cleaned["phone_number"] = phones.read_phone(raw, cleaned["country_code"])
            except phones.PhoneError as error:
                self.add_error("phone_number", str(error))
            else:
                self.check_type(cleaned)
        return cleaned

    def check_type(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("number_type"):
            return
        try:
            phones.refuse_wrong_type(cleaned["phone_number"], cleaned["number_type"])
        except phones.PhoneError as error:
            self.add_error("number_type", str(error))

    def purchase_request(self) -> PurchaseRequest:
        """What is to be bought; call it on a valid form."""
        return PurchaseRequest(**{name: self.cleaned_data[name] for name in BODY_NAMES})
