"""The limits: one page, which says what each of them does and what counts against it now."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext_lazy as _

from numbers_app import order_selectors
from numbers_app.admin.base import DeskAdmin
from numbers_app.models import Limits
from numbers_app.purchasing.limits import current_limits

CAPS = ["monthly_cap", "location_monthly_cap", "numbers_a_day", "assumed_monthly_price"]
APPROVAL = ["approval_over_numbers", "approval_over_amount"]


@admin.register(Limits)
class LimitsAdmin(DeskAdmin):
    fieldsets = [
        (_("Caps: an order that would break one is not taken"), {"fields": CAPS}),
        (_("Approval: an order over one of these waits for a second person"), {"fields": APPROVAL}),
    ]
    change_form_before_template = "admin/numbers_app/limits/use.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        """Only what one row needs: no add and no delete pages."""
        dropped = ("numbers_app_limits_add", "numbers_app_limits_delete", None)
        return [url for url in super().get_urls() if url.name not in dropped]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is but one row."""
        return HttpResponseRedirect(reverse("admin:numbers_app_limits_change", args=[Limits.ONLY]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        kept = current_limits()  # also writes the row where nobody has; a bad form changes the page's own object
        context = {**(extra_context or {}), "title": _("Limits"), "subtitle": None, "kept": kept}
        if self.has_view_permission(request):
            context["use"] = order_selectors.limits_use(user=request.user)
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page
