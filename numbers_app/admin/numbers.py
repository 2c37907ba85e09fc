"""The mirror: the numbers on the provider's books."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from numbers_app import phones
from numbers_app.admin.decorators import display
from numbers_app.admin.exporting import ExportMixin
from numbers_app.admin.filtering import DeskNumberFilters
from numbers_app.admin.keyset_list import KeysetAdmin
from numbers_app.admin.labelling import draw_label
from numbers_app.admin.number_page import number_context
from numbers_app.admin.paging import Order
from numbers_app.exports import Export, export_of_numbers
from numbers_app.finding import numbers_at, search_numbers
from numbers_app.formatting import show_count, show_time
from numbers_app.models import NumberType, PhoneNumber
from numbers_app.narrowing import GONE, in_state


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ExportMixin, KeysetAdmin):
    list_display = [
        "number",
        "place",
        "name",
        "type_name",
        "use",
        "user",
        "state",
        "seen",
    ]
    list_select_related = ["location"]
    page_tells_of = ("location",)
    sortable_by = ["number"]
    filters_class = DeskNumberFilters
    only = (
        "phone_number",
        "friendly_name",
        "number_type",
        "service",
        "assigned_user",
        "gone_at",
        "synced_at",
        "location__name",
    )
    more_than = _("More than %(many)s numbers")
    narrowing_hint = _("Narrow the list, by a location for instance, to see how many there are and how many are gone.")
    search_help_text = _("Number or a part of it, name, location or SID")
    empty_template = "admin/numbers_app/phonenumber/empty.html"

    @display(description=_("Number"), ordering="phone_number")
    def number(self, row: PhoneNumber) -> str:
        return phones.show_phone(row.phone_number)

    @display(description=_("Location"))
    def place(self, row: PhoneNumber) -> str:
        return row.location.name

    @display(description=_("Name"))
    def name(self, row: PhoneNumber) -> str | None:
        return row.friendly_name or None

    @display(description=_("Service"))
    def use(self, row: PhoneNumber) -> str | None:
        return row.service or None

    @display(description=_("Assigned user"))
    def user(self, row: PhoneNumber) -> str | None:
        return row.assigned_user or None

    @display(description=_("Last seen"))
    def seen(self, row: PhoneNumber) -> str:
        return show_time(row.synced_at)

    @display(description=_("Type"))
    def type_name(self, row: PhoneNumber) -> str | None:
        return NumberType.in_words(row.number_type) or None

    @display(description=_("State"))
    def state(self, row: PhoneNumber) -> str:
        return draw_label(gettext("Gone"), "danger") if row.gone_at else draw_label(gettext("Active"), "success")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search_numbers(queryset, search_term), False

    def found_at_least(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return numbers_at(rows, term)

    def order_of(self, chosen: dict[str, Any], *, descending: bool) -> Order:
        return Order(columns=("phone_number",), descending=descending)

    def sum_up(self, rows: QuerySet[Any]) -> int:
        """How many of them are gone."""
        return rows.filter(in_state(GONE)).order_by().count()

    def in_words(self, summary: int) -> list[str]:
        return [ngettext("%(many)s gone", "%(many)s gone", summary) % {"many": show_count(summary)}] if summary else []

    def so_many(self, many: int) -> str:
        return ngettext("%(many)s number", "%(many)s numbers", many)

    def export_of(self, rows: QuerySet[Any]) -> Export:
        return export_of_numbers(rows)

    def get_urls(self) -> list[URLPattern]:
        return [self.export_url(), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The number's page."""
        number = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, number) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        if number is None:
            return self.say_that_it_is_not_there(request, object_id)
        context = {
            **self.page_context(request, title=phones.show_phone(number.phone_number)),
            **number_context(number),
        }
        return TemplateResponse(request, "admin/numbers_app/phonenumber/detail.html", context)
