"""The orders: their list, and the page of each, which is another one while the order is being drafted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from numbers_app import order_selectors
from numbers_app.admin import carrying_out, drafting, importing, mending, moving, previews, wanting
from numbers_app.admin.base import ReadOnlyAdmin
from numbers_app.admin.choosing import AwaitingFilter
from numbers_app.admin.decorators import action, display
from numbers_app.explanations import ORDER_COLOURS
from numbers_app.formatting import show_count, show_sum, show_time
from numbers_app.models import BEING_DRAFTED, OrderStatus, PurchaseOrder
from numbers_app.models.permissions import MAY_BUY, SEE_PURCHASES
from numbers_app.selectors import is_key

MOST_REQUESTERS = 100  # that the filter offers
# The addresses of an order, by module.
PAGES = (moving.urls, wanting.urls, importing.urls, mending.urls, drafting.urls, previews.urls, carrying_out.urls)


class OrderStatusFilter(ChoicesDropdownFilter):  # type: ignore[misc]  # Unfold is not typed
    """By status, without that of purchases that were asked for at once."""

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            field = choice["form"].fields[self.lookup_kwarg]
            field.choices = [(value, label) for value, label in field.choices if value != OrderStatus.DIRECT]
            yield choice


class RequesterFilter(DropdownFilter):  # type: ignore[misc]  # Unfold is not typed
    """By who began the order, of those whose orders the reader sees."""

    title = _("requested by")
    parameter_name = "requester"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = order_selectors.requesters(model_admin.get_queryset(request))[:MOST_REQUESTERS]
        return [(str(user.pk), str(user.get_full_name() or user.get_username())) for user in people]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(requested_by=int(chosen)) if chosen and is_key(chosen) else queryset


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ReadOnlyAdmin):
    list_display = ["title", "state", "requester", "lines_wanted", "lines_bought", "cost", "begun"]
    list_filter = [("status", OrderStatusFilter), RequesterFilter, AwaitingFilter]
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ["requested_by"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["name"]  # shows the box; `get_search_results` does the search
    search_help_text = _("Name, or number of the order")
    empty_template = "admin/numbers_app/order/empty.html"
    actions = None
    actions_list = ["go_drafting"]

    @display(description=_("Order"), ordering="pk")
    def title(self, order: PurchaseOrder) -> str:
        return str(order)

    @display(description=_("Status"), ordering="status", label=ORDER_COLOURS)
    def state(self, order: PurchaseOrder) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @display(description=_("Requested by"))
    def requester(self, order: PurchaseOrder) -> str:
        user = order.requested_by
        return str(user.get_full_name() or user.get_username()) if user else str(order.get_via_display())

    @display(description=_("Numbers"))
    def lines_wanted(self, order: Any) -> str:
        return show_count(order.line_count)

    @display(description=_("Bought"))
    def lines_bought(self, order: Any) -> str:
        return show_count(order.bought_count)

    @display(description=_("A month"), empty_value=_("not known"))
    def cost(self, order: Any) -> str | None:
        return show_sum(order.monthly, "USD")

    @display(description=_("Begun"), ordering="created_at")
    def begun(self, order: PurchaseOrder) -> str:
        return show_time(order.created_at)

    @action(description=_("New order"), url_path="new-redirect", icon="add", permissions=["draft"])
    def go_drafting(self, request: HttpRequest) -> HttpResponse:
        """The list's button. Unfold names the address after the method, so it must not be the form's own name."""
        return HttpResponseRedirect(reverse("admin:numbers_app_purchaseorder_new"))

    def has_draft_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(MAY_BUY))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who sees purchases sees what asked for them."""
        return bool(request.user.has_perm(SEE_PURCHASES))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return order_selectors.orders_with_lines(super().get_queryset(request))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The totals are counted for the page's rows alone."""
        changes = super().get_changelist_instance(request)
        order_selectors.add_totals(list(changes.result_list), user=request.user)
        return changes

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return order_selectors.search_orders(queryset, search_term), False

    def get_urls(self) -> list[URLPattern]:
        """Only what orders have: no add, delete or history pages."""
        change = self.admin_site.admin_view(self.change_view)
        own = [path("<path:object_id>/change/", change, name="numbers_app_purchaseorder_change")]
        kept = [
            url
            for url in super().get_urls()
            if not str(url.pattern).startswith("<path:") and url.name != "numbers_app_purchaseorder_add"
        ]
        return [*(url for urls in PAGES for url in urls(self)), *own, *kept]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The order's page: of the draft, or of what is being carried out."""
        order = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        if order is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        if order.status in BEING_DRAFTED:
            return drafting.draft_page(request, order, self)
        return carrying_out.progress_page(request, order, self)
