"""What people type into the pages of an order, checked before anything is written."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from numbers_app.forms import refuse_control_characters

OUT_OF_DATE = _("This page was out of date. Press the button once more.")


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
