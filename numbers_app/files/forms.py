"""What people choose and type to add numbers from a file or from what they pasted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from numbers_app.files.pasted import LONGEST_TEXT
from numbers_app.files.reading import MOST_BYTES, too_big
from numbers_app.forms import country_choices
from numbers_app.models import Location, NumberType, Substitution


class ImportForm(forms.Form):
    """A file, and the token of its earlier uploads that the user knows of."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # the reading says what is wrong with it
        error_messages={"required": _("Choose a file."), "invalid": _("Choose a file.")},
    )
    seen = forms.CharField(required=False, max_length=100)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(too_big(file.size))
        return file


class PasteForm(forms.Form):
    """Numbers, and what holds for all of them."""

    location = forms.ModelChoiceField(
        label=_("Location"),
        queryset=Location.objects.none(),
        help_text=_("The sub-account that gets the numbers. Search by name or ID."),
        error_messages={
            "required": _("Choose a location."),
            "invalid_choice": _("There is no such location, or it is not assigned to you."),
        },
    )
    numbers = forms.CharField(
        label=_("Numbers"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea,
        error_messages={"required": _("Paste at least one number.")},
        help_text=_("In any usual notation, with anything between them: lines, commas, spaces, bullets."),
    )
    country_code = forms.ChoiceField(
        label=_("Country"),
        choices=lazy(country_choices, list),
        required=False,
        initial="US",
        help_text=_("Completes numbers that are written without their country code."),
    )
    number_type = forms.ChoiceField(
        label=_("Number type"), choices=[("", _("Not stated")), *NumberType.choices], required=False
    )
    substitution = forms.ChoiceField(
        label=_("If a number is taken"), choices=Substitution.choices, initial=Substitution.NONE
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = Location.objects.visible_to(user)  # type: ignore[attr-defined]
