"""The page *Buy a number*."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from numbers_app import phones
from numbers_app.admin.choosing import KnownChoice
from numbers_app.forms import PurchaseForm
from numbers_app.models import Location, Purchase, Status
from numbers_app.models.permissions import MAY_BUY
from numbers_app.purchasing.buying_again import NotOver, Rehearsed
from numbers_app.purchasing.limits import OverCap, explain_cap
from numbers_app.purchasing.ordering import AlreadyLive, AlreadyOwned, KeyUsed, place_order
from numbers_app.purchasing.refusals import OrderRefused

PREFILLED = ("location", "phone_number", "country_code", "number_type", "locality", "region", "fingerprint_id")
MAIN_FIELDS = ("location", "phone_number", "country_code", "number_type")
PLACE_FIELDS = ("locality", "region")
RULE_FIELDS = ("address_sid", "bundle_sid", "fingerprint_id", "skip_location_kyc")


class BuyForm(PurchaseForm):
    """The purchase form in the desk's clothes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("phone_number", "address_sid", "bundle_sid", "locality", "region", "fingerprint_id"):
            self.fields[name].widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
        self.fields["phone_number"].widget.attrs |= {"inputmode": "tel", "placeholder": "(830) 555-1234"}
        for name in ("country_code", "number_type"):
            self.choose_from(name, UnfoldAdminSelectWidget())
        self.choose_from(
            "location",
            KnownChoice(
                Purchase._meta.get_field("location"),
                admin.site,
                attrs={"class": "unfold-admin-autocomplete", "data-placeholder": _("Search by name or ID")},
            ),
        )
        self.fields["skip_location_kyc"].widget = UnfoldBooleanSwitchWidget()

    def choose_from(self, name: str, widget: Any) -> None:
        field: Any = self.fields[name]
        field.widget = widget
        widget.choices = field.choices

    @property
    def main_fields(self) -> list[Any]:
        return [self[name] for name in MAIN_FIELDS]

    @property
    def place_fields(self) -> list[Any]:
        return [self[name] for name in PLACE_FIELDS]

    @property
    def rule_fields(self) -> list[Any]:
        return [self[name] for name in RULE_FIELDS]

    @property
    def rules_open(self) -> bool:
        """Whether the folded part has something to show: a mistake, or something that was typed."""
        return any(self[name].errors or self[name].value() for name in (*PLACE_FIELDS, *RULE_FIELDS))


class BuyView(UnfoldModelAdminViewMixin, FormView):  # type: ignore[misc, type-arg]  # no generics at run time
    """Asks for one number, and queues it."""

    title = gettext_lazy("Buy a number")
    permission_required = (MAY_BUY,)
    raise_exception = True
    template_name = "admin/numbers_app/purchase/buy.html"
    form_class = BuyForm
    model_admin: Any

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        asked = {name: self.request.GET[name] for name in PREFILLED if self.request.GET.get(name)}
        return {"country_code": "US", "number_type": "local", **asked}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["has_locations"] = Location.objects.visible_to(self.request.user).exists()
        return context

    def form_valid(self, form: BuyForm) -> HttpResponse:
        try:
            purchase = place_order(
                location=form.cleaned_data["location"],
                request=form.purchase_request(),
                requested_by=self.request.user,
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        except KeyUsed as refusal:
            return self.ask_again(form, refusal)
        except OrderRefused as refusal:
            form.add_error("phone_number", explain_refusal(refusal, user=self.request.user))
            return self.form_invalid(form)
        if purchase.status == Status.AWAITING_APPROVAL:
            words = _("Nothing is bought yet: somebody else has to approve it first. They have been told.")
            messages.warning(self.request, words)
        return HttpResponseRedirect(reverse("admin:numbers_app_purchase_change", args=[purchase.pk]))

    def form_invalid(self, form: BuyForm) -> HttpResponse:
        """Without a usable key, the next click brings one."""
        if "idempotency_key" in form.errors:
            form.data = with_new_key(form)
        return self.render_to_response(self.get_context_data(form=form))

    def ask_again(self, form: BuyForm, refusal: KeyUsed) -> HttpResponse:
        """The form had been sent before, with other content: keep what was typed, and let the person confirm it."""
        if refusal.purchase:
            words = _("This form was sent before, for {}. Press Buy once more to buy this number as well.")
            messages.warning(self.request, format_html(words, purchase_link(refusal.purchase)))
        else:
            messages.warning(self.request, _("This form was sent before. Press Buy once more to buy this number."))
        fresh = BuyForm(with_new_key(form), user=self.request.user)
        fresh.is_valid()
        return self.render_to_response(self.get_context_data(form=fresh))


def with_new_key(form: BuyForm) -> Any:
    """What was typed, for another order."""
    data = form.data.copy()  # type: ignore[attr-defined]
    data["idempotency_key"] = str(form.fields["idempotency_key"].initial())
    return data


def explain_refusal(refusal: OrderRefused, *, user: Any) -> SafeString | str:
    """Why the number can't be bought, with a link where the user may follow it, and nothing of others' locations."""
    if isinstance(refusal, AlreadyLive):
        if Purchase.objects.visible_to(user).filter(pk=refusal.purchase.pk).exists():
            return format_html(_("This number is being bought already: {}."), purchase_link(refusal.purchase))
        return _("This number is being bought for another location already.")
    if isinstance(refusal, AlreadyOwned):
        number = refusal.number
        if Location.objects.visible_to(user).filter(pk=number.location_id).exists():
            url = reverse("admin:numbers_app_phonenumber_change", args=[number.pk])
            words = _('You own this number already: <a href="{}">{}</a> belongs to {}.')
            return format_html(words, url, phones.show_phone(number.phone_number), number.location.name)
        return _("This number belongs to another location already.")
    if isinstance(refusal, NotOver):
        return _("It can't be bought again: the purchase is “%(status)s”.") % {
            "status": refusal.purchase.get_status_display()
        }
    if isinstance(refusal, Rehearsed):
        return _("It can't be bought again from this desk: rehearsal and reality never mix. Order the number anew.")
    if isinstance(refusal, OverCap):
        return " ".join(explain_cap(hit) for hit in refusal.caps)
    return str(refusal)


def purchase_link(purchase: Purchase) -> SafeString:
    url = reverse("admin:numbers_app_purchase_change", args=[purchase.pk])
    return format_html(
        '<a href="{}">{} ({})</a>',
        url,
        _("purchase #%(id)s") % {"id": purchase.pk},
        phones.show_phone(purchase.phone_number),
    )


def number_echo(request: HttpRequest) -> HttpResponse:
    """How the number that is being typed will be read: formatted, or what is wrong with it."""
    raw = request.GET.get("phone_number", "").strip()
    country = request.GET.get("country_code", "")
    context: dict[str, Any] = {}
    if raw:
        try:
            e164 = phones.read_phone(raw, country if country.isalpha() and len(country) == len("US") else "")
            context = {"shown": phones.show_phone(e164), "e164": e164, "country": phones.country_of(e164)}
        except phones.PhoneError as error:
            context = {"error": str(error)}
    return render(request, "admin/numbers_app/purchase/number_echo.html", context)
