"""The pages that begin an order, and that add so many numbers of a kind to it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from numbers_app.admin.choosing import KnownChoices
from numbers_app.admin.drafts import explain, order_for_drafter, page_of
from numbers_app.explanations import SUBSTITUTION_EXPLANATIONS
from numbers_app.models import BEING_DRAFTED, Location, OrderLine, PurchaseOrder, Source, Substitution
from numbers_app.models.permissions import MAY_BUY
from numbers_app.order_forms import OUT_OF_DATE, KeyedForm, NewOrderForm, WantForm
from numbers_app.purchasing.drafting import MOST_LINES, NotDrafted, TooManyLines, add_lines, begin_draft
from numbers_app.purchasing.ordering import KeyUsed

PLACES = ("locations", "tags", "everywhere")
KIND = ("country_code", "number_type", "first_part", "last_part", "anywhere")
ABILITIES = ("sms", "mms", "voice")
RULES = ("address_sid", "bundle_sid", "skip_location_kyc")


def urls(model_admin: Any) -> list[URLPattern]:
    view = model_admin.admin_site.admin_view
    return [
        path("new/", view(NewOrderView.as_view(model_admin=model_admin)), name="numbers_app_purchaseorder_new"),
        path(
            "<path:object_id>/want/",
            view(WantView.as_view(model_admin=model_admin)),
            name="numbers_app_purchaseorder_want",
        ),
        path(
            "<path:object_id>/want-echo/",
            view(require_POST(partial(want_echo, model_admin))),
            name="numbers_app_purchaseorder_want_echo",
        ),
    ]


class KeyedView(UnfoldModelAdminViewMixin, FormView):  # type: ignore[misc, type-arg]  # no generics at run time
    """A form whose second click is known by its key."""

    permission_required = (MAY_BUY,)
    raise_exception = True
    model_admin: Any

    def form_invalid(self, form: KeyedForm) -> HttpResponse:
        """Without a usable key, the next click brings one."""
        if "idempotency_key" in form.errors:
            form.take_new_key()
        return self.render_to_response(self.get_context_data(form=form))


class NewOrderView(KeyedView):
    """Begins a draft."""

    title = gettext_lazy("New order")
    template_name = "admin/numbers_app/order/new.html"
    form_class = NewOrderForm

    def get_form(self, form_class: Any = None) -> NewOrderForm:
        form: NewOrderForm = super().get_form(form_class)
        form.fields["name"].widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "maxlength": 100})
        return form

    def form_valid(self, form: NewOrderForm) -> HttpResponse:
        try:
            order = begin_draft(
                requested_by=self.request.user,
                name=form.cleaned_data["name"],
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        except KeyUsed:
            form.add_error("idempotency_key", OUT_OF_DATE)
            return self.form_invalid(form)
        return HttpResponseRedirect(page_of(order))


class DeskWantForm(WantForm):
    """The want's form in the desk's clothes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].widget = UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric", "min": 1})
        for name in ("first_part", "last_part", "anywhere", "address_sid", "bundle_sid"):
            self.fields[name].widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
        for name in ("country_code", "number_type", "substitution"):
            self.choose_from(name, UnfoldAdminSelectWidget())
        field = OrderLine._meta.get_field("location")
        self.choose_from("locations", KnownChoices(field, admin.site, attrs=search_box(_("Search by name or ID"))))
        self.choose_from("tags", UnfoldAdminSelect2MultipleWidget(attrs={"data-placeholder": _("Choose tags")}))
        for name in ("everywhere", *ABILITIES, "skip_location_kyc"):
            self.fields[name].widget = UnfoldBooleanSwitchWidget()

    def choose_from(self, name: str, widget: Any) -> None:
        field: Any = self.fields[name]
        field.widget = widget
        widget.choices = field.choices

    def group(self, names: tuple[str, ...]) -> list[Any]:
        return [self[name] for name in names]

    @property
    def kind_fields(self) -> list[Any]:
        return self.group(KIND)

    @property
    def ability_fields(self) -> list[Any]:
        return self.group(ABILITIES)

    @property
    def rule_fields(self) -> list[Any]:
        return self.group(RULES)

    @property
    def rules_open(self) -> bool:
        """Whether the folded part has something to show: a mistake, or something that was typed."""
        return any(field.errors or field.value() for field in self.rule_fields)


def search_box(placeholder: str) -> dict[str, str]:
    return {"class": "unfold-admin-autocomplete", "data-placeholder": placeholder}


class WantView(KeyedView):
    """Adds so many numbers of a kind for each of some locations."""

    title = gettext_lazy("Add a want")
    template_name = "admin/numbers_app/order/want.html"
    form_class = DeskWantForm

    @cached_property
    def order(self) -> PurchaseOrder:
        return order_for_drafter(self.model_admin, self.request, self.kwargs["object_id"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.has_permission() and self.order.status not in BEING_DRAFTED:
            messages.error(request, explain(NotDrafted(self.order)))
            return HttpResponseRedirect(page_of(self.order))
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        return {"quantity": 1, "country_code": "US", "number_type": "local", "substitution": Substitution.KIND}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rules = [(rule.label, SUBSTITUTION_EXPLANATIONS[rule]) for rule in Substitution]
        has_locations = Location.objects.visible_to(self.request.user).exists()
        way = {"opts": self.model_admin.opts, "object": self.order, "crumb": self.title}
        return super().get_context_data(**kwargs, **way, order=self.order, rules=rules, has_locations=has_locations)

    def form_valid(self, form: DeskWantForm) -> HttpResponse:
        try:
            added = add_lines(
                self.order.pk,
                form.wishes(),
                source=Source.WANT,
                label=form.words(),
                actor=self.request.user,
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        except TooManyLines as refusal:
            form.add_error("quantity", explain(refusal))
            return self.form_invalid(form)
        except NotDrafted as refusal:
            messages.error(self.request, explain(refusal))
            return HttpResponseRedirect(page_of(self.order))
        words = ngettext("%(count)d line was added.", "%(count)d lines were added.", added.count)
        messages.success(self.request, words % {"count": added.count})
        return HttpResponseRedirect(page_of(self.order))


def want_echo(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """How many lines the want that is being typed will make, and how its digits will be read."""
    order = order_for_drafter(model_admin, request, object_id)
    form = WantForm(request.POST, user=request.user)
    form.is_valid()
    context: dict[str, Any] = {"digits": form.digits_read()}
    if "quantity" in form.cleaned_data and form.places_are_valid():
        count = form.line_count()
        had = order.lines.count()
        context |= {
            "count": count,
            "places": form.chosen_places().count(),
            "quantity": form.cleaned_data["quantity"],
            "too_many": had + count > MOST_LINES,
            "together": had + count,
            "most": MOST_LINES,
        }
    return render(request, "admin/numbers_app/order/want_echo.html", context)
