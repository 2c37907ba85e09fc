"""The mirror: the numbers on the provider's books."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AllValuesCheckboxFilter

from numbers_app import phones, selectors
from numbers_app.admin.base import ReadOnlyAdmin
from numbers_app.admin.choosing import LocationFilter
from numbers_app.admin.decorators import display
from numbers_app.formatting import show_time
from numbers_app.models import NumberType, PhoneNumber


class GoneFilter(admin.SimpleListFilter):
    """Both unless told: what was bought never drops out of sight, and a number that is gone says so."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("active", _("Active")), ("gone", _("Gone"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PhoneNumber]) -> QuerySet[PhoneNumber]:
        if self.value() == "active":
            return queryset.filter(gone_at__isnull=True)
        if self.value() == "gone":
            return queryset.filter(gone_at__isnull=False)
        return queryset


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ReadOnlyAdmin):
    list_display = [
        "number",
        "place",
        "friendly_name",
        "type_name",
        "service",
        "assigned_user",
        "state",
        "seen",
    ]
    list_filter = [GoneFilter, ("location", LocationFilter), ("number_type", AllValuesCheckboxFilter)]
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ["location"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["phone_number"]  # shows the box; `get_search_results` does the search
    search_help_text = _("Number in any notation, name, location or SID")
    empty_template = "admin/numbers_app/phonenumber/empty.html"
    actions = None
    fieldsets = [
        (None, {"fields": ["phone_number", "location", "friendly_name", "service", "assigned_user"]}),
        (
            _("At the provider"),
            {
                "fields": [
                    "sid",
                    "number_type",
                    "country_code",
                    "able_to",
                    "origin",
                    "is_default",
                    "forwarding_number",
                    "address_sid",
                    "bundle_sid",
                    "date_added",
                    "date_updated",
                ]
            },
        ),
        (_("In the mirror"), {"fields": ["first_seen_at", "synced_at", "gone_at", "gone_noted_at"]}),
    ]
    readonly_fields = ["able_to"]

    @display(description=_("Number"), ordering="phone_number")
    def number(self, row: PhoneNumber) -> str:
        return phones.show_phone(row.phone_number)

    @display(description=_("Location"), ordering="location__name")
    def place(self, row: PhoneNumber) -> str:
        return row.location.name

    @display(description=_("Last seen"), ordering="synced_at")
    def seen(self, row: PhoneNumber) -> str:
        return show_time(row.synced_at)

    @display(description=_("Type"), ordering="number_type")
    def type_name(self, row: PhoneNumber) -> str:
        return str(dict(NumberType.choices).get(row.number_type, row.number_type))

    @display(description=_("State"), label={"active": "success", "gone": "danger"})
    def state(self, row: PhoneNumber) -> tuple[str, Any]:
        return ("gone", _("Gone")) if row.gone_at else ("active", _("Active"))

    @display(description=_("Capabilities"))
    def able_to(self, row: PhoneNumber) -> str:
        return ", ".join(sorted(name for name, able in row.capabilities.items() if able))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return selectors.search_numbers(queryset, search_term), False
