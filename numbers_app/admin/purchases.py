"""The history: the list of purchases, and one purchase's page, which follows its life by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from numbers_app import phones, selectors
from numbers_app.admin.base import ReadOnlyAdmin
from numbers_app.admin.buying import BuyView, explain_refusal, number_echo
from numbers_app.admin.choosing import DaysFilter, LocationFilter, OrderFilter
from numbers_app.admin.deciding import DecisionView
from numbers_app.admin.decorators import action, display
from numbers_app.admin.reviewing import ReviewDeskView
from numbers_app.admin.searching import urls as search_urls
from numbers_app.explanations import EXPLANATIONS, STATUS_COLOURS, STATUS_ICONS
from numbers_app.formatting import show_price, show_sid, show_time
from numbers_app.models import FINAL, NOT_SENT_YET, OrderStatus, Purchase, Status
from numbers_app.models.permissions import MAY_BUY, MAY_REVIEW
from numbers_app.purchasing.buying_again import CAME_TO_NOTHING, buy_again, is_left_to_its_order
from numbers_app.purchasing.cancelling import TooLate, cancel
from numbers_app.purchasing.deciding import DOUBTFUL
from numbers_app.purchasing.refusals import OrderRefused

FOLLOW_CLOSELY = timedelta(minutes=2)  # a page that has been open for longer asks less often
NO_CHANGE = 204


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyAdmin):
    list_display = ["number", "place", "state", "requested_by", "asked_for", "price", "short_sid"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("location", LocationFilter),
        ("number_type", ChoicesDropdownFilter),
        ("created_at", DaysFilter),
        OrderFilter,
    ]
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ["location", "order__requested_by"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["phone_number"]  # shows the box; `get_search_results` does the search
    search_help_text = _("Number in any notation, location, SID or fingerprint")
    empty_template = "admin/numbers_app/purchase/empty.html"
    actions = None
    actions_list = ["go_buying"]

    @display(description=_("Number"), ordering="phone_number")
    def number(self, purchase: Purchase) -> str:
        return phones.show_phone(purchase.phone_number)

    @display(description=_("Location"), ordering="location__name")
    def place(self, purchase: Purchase) -> str:
        return purchase.location.name

    @display(description=_("Asked for"), ordering="created_at")
    def asked_for(self, purchase: Purchase) -> str:
        return show_time(purchase.created_at)

    @display(description=_("Account SID"), ordering="account_sid")
    def short_sid(self, purchase: Purchase) -> str:
        return show_sid(purchase.account_sid)

    @display(description=_("Status"), ordering="status", label=STATUS_COLOURS)
    def state(self, purchase: Purchase) -> tuple[str, str]:
        return purchase.status, purchase.get_status_display()

    @display(description=_("Requested by"))
    def requested_by(self, purchase: Purchase) -> str:
        return requester(purchase)

    @display(description=_("A month"), ordering="monthly_price", empty_value=_("not known"))
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
        return selectors.search_purchases(queryset, search_term), False

    def get_urls(self) -> list[URLPattern]:
        """Only what this screen has: no add, change, delete or history pages."""
        view = self.admin_site.admin_view
        own = [
            path("buy/", view(BuyView.as_view(model_admin=self)), name="numbers_app_purchase_buy"),
            *search_urls(self),
            path("number-echo/", view(number_echo), name="numbers_app_purchase_number_echo"),
            path("review/", view(ReviewDeskView.as_view(model_admin=self)), name="numbers_app_purchase_review_desk"),
            path(
                "<path:object_id>/review/",
                view(DecisionView.as_view(model_admin=self)),
                name="numbers_app_purchase_review",
            ),
            path("<path:object_id>/cancel/", view(require_POST(self.cancel_view)), name="numbers_app_purchase_cancel"),
            path("<path:object_id>/again/", view(require_POST(self.again_view)), name="numbers_app_purchase_again"),
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
            **self.admin_site.each_context(request),
            **progress_context(purchase, user=request.user),
            "opts": self.opts,
            "title": phones.show_phone(purchase.phone_number),
        }
        return TemplateResponse(request, "admin/numbers_app/purchase/detail.html", context)

    def say_that_it_is_not_there(self, request: HttpRequest, object_id: str) -> HttpResponse:
        missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return missing

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
        return render(request, "admin/numbers_app/purchase/progress.html", context)


def progress_context(purchase: Purchase, *, user: Any) -> dict[str, Any]:
    detail = selectors.purchase_detail(purchase)
    status = Status(purchase.status)
    stopped = status == Status.QUEUED and purchase.location.paused_at is not None
    lonely = selectors.waits_for_worker(purchase) and not stopped
    last_event = detail.events[0].pk if detail.events else 0
    return {
        "detail": detail,
        "purchase": purchase,
        "explanation": EXPLANATIONS[status],
        "colour": STATUS_COLOURS[status],
        "icon": STATUS_ICONS[status],
        "requester": requester(purchase),
        "price": show_price(purchase.monthly_price, purchase.price_unit),
        "waits_for_worker": lonely,
        "queue_stopped": stopped,
        "moving": status not in FINAL and status != Status.NEEDS_REVIEW,
        "pace": "1s" if timezone.now() - purchase.created_at < FOLLOW_CLOSELY else "5s",
        "version": f"{last_event}-{purchase.next_action_at or ''}-{lonely:d}-{stopped:d}",
        **offers(purchase, user=user),
    }


def offers(purchase: Purchase, *, user: Any) -> dict[str, Any]:
    """The buttons that the purchase has for the user, and the purchases it is tied to."""
    may_buy = user.has_perm(MAY_BUY)
    later = Purchase.objects.filter(Q(again_of=purchase) | Q(substitute_of=purchase)).only(
        "pk", "phone_number", "again_of"
    )
    found = list(later)
    again = next((one for one in found if one.again_of_id), None)
    return {
        "may_buy": may_buy,
        "may_cancel": may_buy and purchase.status in NOT_SENT_YET,
        "may_buy_again": may_buy
        and purchase.status in CAME_TO_NOTHING
        and again is None
        and not is_left_to_its_order(purchase),
        "may_decide": user.has_perm(MAY_REVIEW) and purchase.status in DOUBTFUL,
        "again": again,
        "substitute": next((one for one in found if one is not again), None),
        "order": purchase.order if purchase.order.status != OrderStatus.DIRECT else None,
    }


def page_of(purchase: Purchase) -> str:
    return reverse("admin:numbers_app_purchase_change", args=[purchase.pk])


def requester(purchase: Purchase) -> str:
    user = purchase.order.requested_by
    return str(user.get_full_name() or user.get_username()) if user else str(purchase.order.get_via_display())
