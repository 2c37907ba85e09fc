"""The history: the list of purchases, and one purchase's page, which follows its life by itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from numbers_app import phones
from numbers_app.admin.buying import BuyView, explain_refusal, number_echo
from numbers_app.admin.deciding import DecisionView
from numbers_app.admin.decorators import action, display
from numbers_app.admin.exporting import ExportMixin
from numbers_app.admin.filtering import DeskPurchaseFilters, people_view
from numbers_app.admin.keyset_list import KeysetAdmin
from numbers_app.admin.labelling import draw_label
from numbers_app.admin.navigation import site_names
from numbers_app.admin.paging import Order
from numbers_app.admin.purchase_page import page_of, progress_context, requester
from numbers_app.admin.records import permanent_address, record_file
from numbers_app.admin.reviewing import ReviewDeskView
from numbers_app.admin.searching import urls as search_urls
from numbers_app.explanations import STATUS_COLOURS
from numbers_app.exports import Export, export_of_purchases
from numbers_app.finding import purchases_that_begin_so, search_purchases
from numbers_app.formatting import show_count, show_price, show_sid, show_sum, show_time
from numbers_app.models import Purchase, Status
from numbers_app.models.permissions import MAY_BUY
from numbers_app.narrowing import Summary, sum_up
from numbers_app.purchasing.buying_again import buy_again
from numbers_app.purchasing.cancelling import TooLate, cancel
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.record import record_of

NO_CHANGE = 204
PRICED = "monthly_price"


@admin.register(Purchase)
class PurchaseAdmin(ExportMixin, KeysetAdmin):
    list_display = ["number", "place", "state", "asked_by", "asked_for", "price", "short_sid"]
    list_select_related = ["location", "order", "requested_by"]
    # Not of its line: with that, every purchase waits longer than those that have one do for a question of its own.
    page_tells_of = ("location", "requested_by", "order__decided_by")
    sortable_by = ["asked_for"]
    filters_class = DeskPurchaseFilters
    newest_first = True
    own_orders = {PRICED: _("The dearest first.")}
    only = (
        "phone_number",
        "status",
        "created_at",
        "monthly_price",
        "price_unit",
        "account_sid",
        "location__name",
        "order__via",
        "requested_by__username",
        "requested_by__first_name",
        "requested_by__last_name",
    )
    more_than = _("More than %(many)s purchases")
    narrowing_hint = _(
        "Narrow the list, by days or by a location for instance, to see it added up: how many of them were bought, and"
        " what they cost a month."
    )
    search_help_text = _("Number or a part of it, location, SID or fingerprint")
    empty_template = "admin/numbers_app/purchase/empty.html"
    actions_list = ["go_buying"]

    @display(description=_("Number"))
    def number(self, purchase: Purchase) -> str:
        return phones.show_phone(purchase.phone_number)

    @display(description=_("Location"))
    def place(self, purchase: Purchase) -> str:
        return purchase.location.name

    @display(description=_("Asked for"), ordering="id")
    def asked_for(self, purchase: Purchase) -> str:
        return show_time(purchase.created_at)

    @display(description=_("Account SID"))
    def short_sid(self, purchase: Purchase) -> str:
        return show_sid(purchase.account_sid)

    @display(description=_("Status"))
    def state(self, purchase: Purchase) -> str:
        return draw_label(str(Status(purchase.status).label), STATUS_COLOURS[Status(purchase.status)])

    @display(description=_("Requested by"))
    def asked_by(self, purchase: Purchase) -> str:
        return requester(purchase)

    @display(description=_("A month"), empty_value=_("not known"))
    def price(self, purchase: Purchase) -> str | None:
        return show_price(purchase.monthly_price, purchase.price_unit)

    @action(description=_("Buy a number"), url_path="buy-redirect", icon="add_call", permissions=["buy_number"])
    def go_buying(self, request: HttpRequest) -> HttpResponse:
        """The list's button. Unfold names the address after the method, so it must not be the form's own name."""
        return HttpResponseRedirect(reverse("admin:numbers_app_purchase_buy"))

    def has_buy_number_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(MAY_BUY))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search_purchases(queryset, search_term), False

    def found_at_least(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return purchases_that_begin_so(rows, term)

    def order_of(self, chosen: dict[str, Any], *, descending: bool) -> Order:
        """By key, which is by time; days and prices have an order of their own, in which theirs lie side by side."""
        if "first_day" in chosen or "last_day" in chosen:
            return Order(columns=("created_at", "id"), descending=descending)
        if "price_from" in chosen or "price_to" in chosen:
            return Order(columns=(PRICED, "id"), descending=True)
        return Order(columns=("id",), descending=descending)

    def sum_up(self, rows: QuerySet[Any]) -> Summary:
        return sum_up(rows)

    def in_words(self, summary: Summary) -> list[str]:
        """How many were bought, and what they cost a month."""
        bought = summary.bought
        parts = [ngettext("%(many)s bought", "%(many)s bought", bought) % {"many": show_count(bought)}]
        parts += [gettext("%(sum)s a month") % {"sum": show_sum(each, unit)} for unit, each in summary.monthly.items()]
        if many := summary.unpriced:
            words = ngettext("%(many)s of unknown price", "%(many)s of unknown price", many)
            parts.append(words % {"many": show_count(many)})
        return parts

    def so_many(self, many: int) -> str:
        return ngettext("%(many)s purchase", "%(many)s purchases", many)

    def export_of(self, rows: QuerySet[Any]) -> Export:
        return export_of_purchases(rows)

    def get_urls(self) -> list[URLPattern]:
        """Only what this screen has: no add, change, delete or history pages."""
        view = self.admin_site.admin_view
        own = [
            path("buy/", view(BuyView.as_view(model_admin=self)), name="numbers_app_purchase_buy"),
            *search_urls(self),
            self.export_url(),
            path("people/", view(people_view), name="numbers_app_purchase_people"),
            path("number-echo/", view(number_echo), name="numbers_app_purchase_number_echo"),
            path("review/", view(ReviewDeskView.as_view(model_admin=self)), name="numbers_app_purchase_review_desk"),
            path(
                "<path:object_id>/review/",
                view(DecisionView.as_view(model_admin=self)),
                name="numbers_app_purchase_review",
            ),
            path("<path:object_id>/cancel/", view(require_POST(self.cancel_view)), name="numbers_app_purchase_cancel"),
            path("<path:object_id>/again/", view(require_POST(self.again_view)), name="numbers_app_purchase_again"),
            path(
                "<path:object_id>/record.json", view(require_safe(self.record_view)), name="numbers_app_purchase_record"
            ),
            path("<path:object_id>/progress/", view(self.progress_view), name="numbers_app_purchase_progress"),
            path("<path:object_id>/change/", view(self.change_view), name="numbers_app_purchase_change"),
        ]
        kept = [
            url
            for url in super().get_urls()
            if not str(url.pattern).startswith("<path:") and url.name != "numbers_app_purchase_add"
        ]
        return own + kept

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The purchase's page."""
        purchase = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, purchase):
            raise PermissionDenied
        if purchase is None:
            return self.say_that_it_is_not_there(request, object_id)
        context = {
            **self.page_context(request, title=phones.show_phone(purchase.phone_number)),
            **progress_context(purchase, user=request.user),
            "address": permanent_address(request, page_of(purchase)),
        }
        return TemplateResponse(request, "admin/numbers_app/purchase/detail.html", context)

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button *Cancel*; a second click finds it cancelled."""
        purchase = self.purchase_for_buyer(request, object_id)
        try:
            cancel(purchase.pk, because="Cancelled by hand.", actor=request.user)
        except TooLate as refusal:
            words = _("It can't be cancelled any more: it is “%(status)s”. What stands below is what became of it.")
            messages.error(request, words % {"status": refusal.purchase.get_status_display()})
        else:
            messages.success(request, _("The purchase is cancelled. Nothing is sent for it."))
        return HttpResponseRedirect(page_of(purchase))

    def again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button *Buy again*; a second click leads to what the first one ordered."""
        purchase = self.purchase_for_buyer(request, object_id)
        try:
            again = buy_again(purchase.pk, requested_by=request.user)
        except OrderRefused as refusal:
            messages.error(request, explain_refusal(refusal, user=request.user))
            return HttpResponseRedirect(page_of(purchase))
        return HttpResponseRedirect(page_of(again))

    def purchase_for_buyer(self, request: HttpRequest, object_id: str) -> Purchase:
        if not self.has_buy_number_permission(request):
            raise PermissionDenied
        purchase: Purchase | None = self.get_object(request, unquote(object_id))
        if purchase is None:
            raise Http404
        return purchase

    def record_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Everything about it as a file, for a dispute with the provider."""
        purchase = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, purchase):
            raise PermissionDenied
        if purchase is None:
            raise Http404
        address = permanent_address(request, page_of(purchase))
        return record_file(record_of(purchase), user=request.user, address=address)

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The part of the page that changes; 204 while the browser's version is the newest."""
        purchase = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, purchase):
            raise PermissionDenied
        if purchase is None:
            raise Http404
        context = progress_context(purchase, user=request.user)
        if request.GET.get("version") == context["version"]:
            return HttpResponse(status=NO_CHANGE)
        return render(request, "admin/numbers_app/purchase/progress_part.html", {**site_names(), **context})
