"""The lists' filters in the desk's clothes, and the people that two of them offer."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.forms import BoundField, ModelChoiceField
from django.http import HttpRequest, JsonResponse
from django.urls import get_script_prefix, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from numbers_app.admin.choosing import KnownChoice
from numbers_app.filter_fields import Person, name_of, people
from numbers_app.history_forms import ListFilters, NumberFilters, PurchaseFilters
from numbers_app.models import Purchase, PurchaseOrder
from numbers_app.models.permissions import SEE_PURCHASES
from numbers_app.selectors import clean_term, is_key

PEOPLE_A_PAGE = 20
FARTHEST_PAGE = 1000
FIELD = '<div class="desk-field{}"><label for="{}">{}</label>{}{}</div>'
MISTAKE = '<p class="desk-error" id="mistake-{}">{}</p>'
_untouched: dict[tuple[Any, ...], SafeString] = {}


class PersonChoice(KnownChoice):
    """Offers those whom the reader may choose, also where the reader may not see the list of users."""

    def get_url(self) -> str:
        return reverse("admin:numbers_app_purchase_people")


def dress(form: ListFilters) -> None:
    for name, field in form.fields.items():
        if isinstance(field, ModelChoiceField):
            model, column, widget = (
                (PurchaseOrder, "requested_by", PersonChoice)
                if isinstance(field, Person)
                else (Purchase, "location", KnownChoice)
            )
            remote = model._meta.get_field(column)
            attrs = {"class": "unfold-admin-autocomplete", "data-placeholder": _("Search by name")}
            field.widget = widget(remote, admin.site, attrs=attrs)
            field.widget.choices = field.choices
        else:
            field.widget.attrs["class"] = "desk-input"
        if form.has_error(name):
            field.widget.attrs.update({"aria-invalid": "true", "aria-describedby": f"mistake-{name}"})


def draw_fields(form: ListFilters) -> SafeString:
    """All fields with their labels and what is wrong with them.

    One that nobody touched looks the same to every reader of a language, and nearly all are so on nearly every page: to
    draw them took a third of a list's time, so each is drawn once.
    """
    about = (type(form), get_language(), get_script_prefix())
    return format_html_join("\n", "{}", ((draw_known(form, name, (name, *about)),) for name in form.fields))


def draw_known(form: ListFilters, name: str, key: tuple[Any, ...]) -> SafeString:
    if form.data.get(name) or form.has_error(name):
        return draw_field(form[name])
    if key not in _untouched:
        _untouched[key] = draw_field(form[name])
    return _untouched[key]


def draw_field(field: BoundField) -> SafeString:
    wrong, mistake = "", SafeString()
    if field.errors:
        wrong, mistake = " desk-field-error", format_html(MISTAKE, field.name, field.errors[0])
    return format_html(FIELD, wrong, field.id_for_label, field.label, field, mistake)


class DeskPurchaseFilters(PurchaseFilters):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class DeskNumberFilters(NumberFilters):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


def people_view(request: HttpRequest) -> JsonResponse:
    """A page of people for a choice, as Django's own autocompletes answer; only those whom the reader may choose."""
    if not request.user.has_perm(SEE_PURCHASES):
        raise PermissionDenied
    term = clean_term(request.GET.get("term", ""))
    asked = request.GET.get("page", "")
    page = min(int(asked), FARTHEST_PAGE) if is_key(asked) else 1
    named = Q()
    for word in term.split():
        # Only by what is shown: who may not see users could else find out their addresses, letter by letter.
        named &= Q(username__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word)
    start = (max(page, 1) - 1) * PEOPLE_A_PAGE
    found = list(people(request.user).filter(named)[start : start + PEOPLE_A_PAGE + 1])
    return JsonResponse(
        {
            "results": [{"id": str(user.pk), "text": name_of(user)} for user in found[:PEOPLE_A_PAGE]],
            "pagination": {"more": len(found) > PEOPLE_A_PAGE},
        }
    )
