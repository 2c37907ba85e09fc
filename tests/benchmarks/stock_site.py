"""Django's own lists and pages of purchases and numbers, with the columns, filters and searches that ours began with.

Left out is the list of all locations beside each page, which Django's own filter by location would draw: the filter
itself is there. So what is measured is the better for it.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path

from numbers_app.models import PhoneNumber, Purchase, PurchaseAttempt, PurchaseEvent
from tests.benchmarks.history_views import PER_PAGE


class ReadOnly:
    """As ours: everybody reads, nobody changes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Attempts(ReadOnly, admin.TabularInline):
    model = PurchaseAttempt


class Events(ReadOnly, admin.TabularInline):
    model = PurchaseEvent


class Purchases(ReadOnly, admin.ModelAdmin):
    list_display = [
        "phone_number",
        "location",
        "status",
        "requested_by",
        "created_at",
        "monthly_price",
        "account_sid",
    ]
    list_filter = ["status", "number_type", "created_at"]
    list_select_related = ["location", "order__requested_by"]
    list_per_page = PER_PAGE
    search_fields = [
        "phone_number",
        "location__name",
        "location__location_id__iexact",
        "account_sid__iexact",
        "number_sid__iexact",
        "fingerprint_id__exact",
    ]
    date_hierarchy = "created_at"
    inlines = [Attempts, Events]

    @admin.display(description="requested by")
    def requested_by(self, purchase: Purchase) -> str:
        return str(purchase.order.requested_by or "")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return True


class Numbers(ReadOnly, admin.ModelAdmin):
    list_display = [
        "phone_number",
        "location",
        "friendly_name",
        "number_type",
        "service",
        "assigned_user",
        "gone_at",
        "synced_at",
    ]
    list_filter = ["number_type"]
    list_select_related = ["location"]
    list_per_page = PER_PAGE
    search_fields = ["phone_number", "friendly_name", "location__name", "location__location_id__iexact", "sid__iexact"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return True


site = admin.AdminSite()
site.register(Purchase, Purchases)
site.register(PhoneNumber, Numbers)
urlpatterns = [path("admin/", site.urls)]
