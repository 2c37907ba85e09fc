"""What people type into the pages of an order, checked before anything is written."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from numbers_app.forms import SID_RULES, country_choices, refuse_control_characters
from numbers_app.models import Location, NumberType, Substitution, Tag
from numbers_app.order_words import KIND, kind_in_words, want_in_words
from numbers_app.patterns import Where, read_pattern
from numbers_app.phones import LONGEST_INPUT, PhoneError
from numbers_app.purchasing.drafting import MOST_LINES, TooManyLines, Wish
from numbers_app.selectors import is_key

OUT_OF_DATE = _("This page was out of date. Press the button once more.")
MOST_OF_A_KIND = 500  # numbers for each location
PATTERNS: dict[str, Where] = {"first_part": "first", "last_part": "last", "anywhere": "anywhere"}
CALL = ("address_sid", "bundle_sid", "skip_location_kyc")


class KeyedForm(forms.Form):
    """A form with a key, by which a second click is known."""

    idempotency_key = forms.UUIDField(
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
        error_messages={"required": OUT_OF_DATE, "invalid": OUT_OF_DATE},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["idempotency_key"].initial = uuid.uuid4

    def take_new_key(self) -> None:
        """What was typed, for another click than the one before."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("idempotency_key")] = str(uuid.uuid4())
        self.data = data


class NameForm(forms.Form):
    """What a draft is called."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        validators=[refuse_control_characters],
        help_text=_("By what you will know it in the list, such as “San Antonio, spring”. It can be changed later."),
    )


class NewOrderForm(NameForm, KeyedForm):
    """A draft to begin."""


class CopyForm(KeyedForm):
    """A draft to copy."""


class KnownRows(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # no generics at run time
    """Rows by their keys; what is no key at all is refused before a database sees it."""

    def clean(self, value: Any) -> Any:
        for key in value or ():
            if not is_key(str(key)):
                raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().clean(value)


class WantForm(KeyedForm):
    """So many numbers of a kind for each of some locations."""

    quantity = forms.IntegerField(
        label=_("Numbers for each location"),
        min_value=1,
        max_value=MOST_OF_A_KIND,
        error_messages={
            "invalid": _("Type a whole number, such as 5."),
            "min_value": _("At least one number for each location."),
            "max_value": _("At most %(limit_value)s numbers for each location."),
        },
    )
    locations = KnownRows(
        label=_("Locations"),
        queryset=Location.objects.none(),
        required=False,
        help_text=_("Search by name or ID. As many as you like."),
        error_messages={"invalid_choice": _("One of the locations does not exist, or is not assigned to you.")},
    )
    tags = KnownRows(
        label=_("… and those with one of these tags"),
        queryset=Tag.objects.none(),
        required=False,
        error_messages={"invalid_choice": _("One of the tags does not exist, or none of your locations has it.")},
    )
    everywhere = forms.BooleanField(label=_("All locations that I see"), required=False)
    country_code = forms.ChoiceField(label=_("Country"), choices=lazy(country_choices, list))
    number_type = forms.ChoiceField(
        label=_("Number type"),
        choices=NumberType.choices,
        error_messages={"invalid_choice": _("“%(value)s” is none of: local, tollFree, mobile.")},
    )
    first_part = forms.CharField(
        label=_("Begins with"), required=False, max_length=LONGEST_INPUT, help_text=_("Such as 830 or (830) 555.")
    )
    last_part = forms.CharField(
        label=_("Ends with"), required=False, max_length=LONGEST_INPUT, help_text=_("Such as 0000, or a word: CALL.")
    )
    anywhere = forms.CharField(label=_("Contains"), required=False, max_length=LONGEST_INPUT)
    sms = forms.BooleanField(label=_("SMS"), required=False)
    mms = forms.BooleanField(label=_("MMS"), required=False)
    voice = forms.BooleanField(label=_("Voice"), required=False)
    substitution = forms.ChoiceField(label=_("If a number is taken"), choices=Substitution.choices)
    address_sid = forms.CharField(
        label=_("Address SID"), required=False, validators=[SID_RULES["address_sid"]],
        help_text=_("Where the country asks for an address: AD and 32 characters."),
    )  # fmt: skip
    bundle_sid = forms.CharField(
        label=_("Bundle SID"), required=False, validators=[SID_RULES["bundle_sid"]],
        help_text=_("Where the country asks for a regulatory bundle: BU and 32 characters."),
    )  # fmt: skip
    skip_location_kyc = forms.BooleanField(
        label=_("Skip the locations' KYC"),
        required=False,
        help_text=_("Only when the agency's own identity check (KYC) has been approved."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visible = Location.objects.visible_to(user)
        self.fields["locations"].queryset = self.visible  # type: ignore[attr-defined]
        theirs = Tag.objects.filter(locations__in=self.visible.order_by().values("pk")).distinct()
        self.fields["tags"].queryset = theirs  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        for name, where in PATTERNS.items():
            if cleaned.get(name) and cleaned.get("country_code"):
                try:
                    cleaned[name] = read_pattern(cleaned[name], country=cleaned["country_code"], where=where)
                except PhoneError as error:
                    self.add_error(name, str(error))
        self.check_places(cleaned)
        return cleaned

    def check_places(self, cleaned: dict[str, Any]) -> None:
        if not self.places_are_valid():
            return
        if not (cleaned["everywhere"] or cleaned["locations"] or cleaned["tags"]):
            self.add_error("locations", _("Choose locations or a tag, or tick “All locations that I see”."))
        elif cleaned["everywhere"] and not self.visible.exists():
            self.add_error("everywhere", _("No location is assigned to you."))

    def places_are_valid(self) -> bool:
        return self.cleaned_data.keys() >= {"locations", "tags", "everywhere"}

    def line_count(self) -> int:
        """How many lines the want makes; call it when its number and its locations are valid."""
        return int(self.cleaned_data["quantity"]) * self.chosen_places().count()

    def chosen_places(self) -> QuerySet[Location]:
        """All locations that were chosen, each once; call it when their fields are valid."""
        if self.cleaned_data["everywhere"]:
            return self.visible.order_by()
        named = self.cleaned_data["locations"].values("pk")
        tagged = Tag.locations.through.objects.filter(tag__in=self.cleaned_data["tags"]).values("location")
        return self.visible.order_by().filter(Q(pk__in=named) | Q(pk__in=tagged))

    def wishes(self) -> list[Wish]:
        """One for each number; call it on a valid form. Raises `TooManyLines` before it makes too many."""
        if self.line_count() > MOST_LINES:
            raise TooManyLines(most=MOST_LINES, wanted=self.line_count())
        asked = {name: self.cleaned_data[name] for name in (*KIND, *CALL)}
        rule = Substitution(self.cleaned_data["substitution"])
        one = Wish(location_id=0, is_want=True, substitution=rule, **asked)
        quantity = range(self.cleaned_data["quantity"])
        places = self.chosen_places().order_by("name", "pk").values_list("pk", flat=True)
        return [replace(one, location_id=place) for place in places for _number in quantity]

    def digits_read(self) -> list[tuple[Any, str]]:
        """The parts of numbers that were typed otherwise than they will be sent: field's label and digits."""
        read = [(name, self.cleaned_data.get(name, "")) for name in PATTERNS]
        return [(self.fields[name].label, text) for name, text in read if text and text != self.data.get(name)]

    def words(self) -> str:
        """The want, as its part is called."""
        quantity, places = self.cleaned_data["quantity"], self.chosen_places().count()
        return want_in_words(kind_in_words({name: self.cleaned_data[name] for name in KIND}), quantity, places)
