"""The page *Search*: what the provider has on offer for a location, chosen and put into an order."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from numbers_app.admin.choosing import KnownChoice
from numbers_app.admin.found import as_link, explain_refusal, outcome_of, rows_of
from numbers_app.models import Location, NumberType, Purchase, Substitution
from numbers_app.models.permissions import MAY_BUY
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.results import Found, Ordered, StaleResults, add_to_draft, seal, unseal
from numbers_app.search_forms import PARTS, ChosenForm, SearchForm, draft_choices
from numbers_app.searching import ABILITIES, TYPES, SearchFailed, filters_of, in_words, search, ways_out

RESULTS = "admin:numbers_app_purchase_search_results"
FIELDS = ("location", "country_code", TYPES, *PARTS, *ABILITIES)


class DeskSearchForm(SearchForm):
    """The search in the desk's clothes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PARTS:
            self.fields[name].widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
        country: Any = self.fields["country_code"]
        country.widget = UnfoldAdminSelectWidget()
        country.widget.choices = country.choices
        types: Any = self.fields[TYPES]
        types.widget = CheckboxSelectMultiple(attrs={"class": "desk-check"}, choices=NumberType.choices)
        location: Any = self.fields["location"]
        location.widget = KnownChoice(
            Purchase._meta.get_field("location"),
            admin.site,
            attrs={"class": "unfold-admin-autocomplete", "data-placeholder": _("Search by name or ID")},
        )
        location.widget.choices = location.choices
        for name in ABILITIES:
            self.fields[name].widget.attrs["class"] = "desk-check"

    @property
    def parts(self) -> list[Any]:
        return [self[name] for name in PARTS]

    @property
    def abilities(self) -> list[Any]:
        return [self[name] for name in reversed(ABILITIES)]


class SearchView(UnfoldModelAdminViewMixin, TemplateView):  # type: ignore[misc]  # Unfold is not typed
    """The form. Its address carries the search; what is found comes by itself, so a slow provider holds nothing up."""

    title = gettext_lazy("Search numbers")
    permission_required = (MAY_BUY,)
    raise_exception = True
    http_method_names = ["get", "head"]
    template_name = "admin/numbers_app/search/page.html"
    model_admin: Any

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        return super().get_context_data(
            **kwargs,
            form=DeskSearchForm(user=self.request.user, initial=typed(asked)),
            has_locations=Location.objects.visible_to(self.request.user).exists(),
            results_address=f"{reverse(RESULTS)}?{asked.urlencode()}" if "location" in asked else "",
        )


class ResultsView(UnfoldModelAdminViewMixin, TemplateView):  # type: ignore[misc]  # Unfold is not typed
    """The part of the page that a search fills (GET), and that says what was put into an order (POST)."""

    title = gettext_lazy("Search numbers")
    permission_required = (MAY_BUY,)
    raise_exception = True
    model_admin: Any

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = SearchForm(request.GET, user=request.user)
        if not form.is_valid():
            return show(request, "problem", form=form, said=_("Nothing was searched: look at the form."))
        location, query = form.cleaned_data["location"], form.query()
        began = time.monotonic()
        try:
            found = search(location, query)
        except SearchFailed as failure:
            return show(request, "problem", failure=str(failure), said=_("The search failed."))
        if not found.numbers:
            ways = [as_link(way, request.GET) for way in ways_out(location, query, began=began)]
            lonely = not filters_of(query)
            return show(request, "nothing", ways=ways, lonely=lonely, sent=in_words(query), said=_("Nothing found."))
        return show_found(request, found, location=location)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            found = unseal(request.POST.get("found", ""))
        except StaleResults:
            failure = _("These results are too old to order from: prices and offers change. Search again.")
            return show(request, "problem", failure=failure, said=failure)
        location = Location.objects.visible_to(request.user).filter(pk=found.location_id).first()
        if location is None:
            raise PermissionDenied
        form = ChosenForm(request.POST, user=request.user)
        chosen = request.POST.getlist("number")
        problem = problem_of(form, chosen)
        if problem:
            return show_found(request, found, location=location, chosen=chosen, problem=problem)
        try:
            ordered = add_to_draft(found, chosen, actor=request.user, **form.cleaned_data)
        except OrderRefused as refusal:
            problem = explain_refusal(refusal)
            return show_found(request, found, location=location, chosen=chosen, problem=problem, fresh_key=True)
        if ordered is None:
            problem = _("Nothing was added: what was ticked is owned, or being bought by now.")
            return show_found(request, found, location=location, problem=problem)
        return show_found(request, found, location=location, ordered=ordered, fresh_key=True)


def urls(model_admin: Any) -> list[URLPattern]:
    view = model_admin.admin_site.admin_view
    return [
        path("search/", view(SearchView.as_view(model_admin=model_admin)), name="numbers_app_purchase_search"),
        path(
            "search/results/",
            view(ResultsView.as_view(model_admin=model_admin)),
            name="numbers_app_purchase_search_results",
        ),
    ]


def typed(asked: QueryDict) -> dict[str, Any]:
    """What the form begins with: what the address carries, else local numbers of the US."""
    if not any(name in asked for name in FIELDS):
        return {"country_code": "US", TYPES: ["local"]}
    first = {name: asked[name] for name in FIELDS if name in asked}
    return {"country_code": "US", **first, TYPES: asked.getlist(TYPES)}


def problem_of(form: ChosenForm, chosen: Sequence[str]) -> str:
    """What is wrong with what was sent, in a sentence; empty where nothing is."""
    if not form.is_valid():
        return " ".join(str(error) for errors in form.errors.values() for error in errors)
    return "" if chosen else _("Tick the numbers that you want first.")


def show_found(
    request: HttpRequest,
    found: Found,
    *,
    location: Location,
    chosen: Sequence[str] = (),
    problem: str = "",
    ordered: Ordered | None = None,
    fresh_key: bool = False,
) -> HttpResponse:
    """The numbers, what became of those that were chosen, and the next choice; nothing is asked of the provider."""
    rows = rows_of(found, user=request.user, chosen=set(chosen))
    sent = request.POST
    count = ngettext("%(count)s number found.", "%(count)s numbers found.", len(rows)) % {"count": len(rows)}
    return show(
        request,
        "found",
        rows=rows,
        count=count,
        found=found,
        location=location,
        sealed=seal(found) if request.method == "GET" else sent["found"],
        problem=problem,
        outcome=outcome_of(ordered) if ordered else "",
        drafts=draft_choices(request.user),
        draft=str(ordered.order.pk) if ordered else sent.get("order", ""),
        rules=Substitution.choices,
        rule=sent.get("substitution", Substitution.NONE),
        key=uuid.uuid4() if fresh_key or "idempotency_key" not in sent else sent["idempotency_key"],
        said=problem or (outcome_of(ordered) if ordered else count),
    )


def show(request: HttpRequest, part: str, **context: Any) -> HttpResponse:
    return render(request, "admin/numbers_app/search/results.html", {"part": part, **context})
