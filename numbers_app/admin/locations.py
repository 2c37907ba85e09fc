"""Locations: added by hand, or read from the provider."""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from numbers_app import syncing
from numbers_app.admin.base import ScopedAdmin
from numbers_app.admin.decorators import action, display
from numbers_app.admin.reviewing import resume_from_banner
from numbers_app.admin.tagging import TagFilter, add_tag, remove_tag
from numbers_app.formatting import show_sid, show_time
from numbers_app.models import Location
from numbers_app.told import told_in_html

BY_HAND = ["location_id", "name", "city", "state", "country", "timezone", "tags", "monthly_cap"]
BROKER_AWAY = _("The work could not be handed to the workers: the broker does not answer. Try again in a minute.")


@admin.register(Location)
class LocationAdmin(ScopedAdmin):
    list_display = ["name", "location_id", "number_count", "short_sid", "synced", "last_sync"]
    list_filter = [TagFilter]
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    search_fields = ["name", "location_id"]
    search_help_text = _("Name or location ID")
    ordering = ["name", "location_id"]
    autocomplete_fields = ["users", "tags"]
    readonly_fields = ["account_sid", "number_count", "last_sync", "sync_words"]
    empty_template = "admin/numbers_app/location/empty.html"
    actions = ["sync_selected", add_tag, remove_tag]
    actions_list = ["sync_all"]

    def get_urls(self) -> list[URLPattern]:
        resume = self.admin_site.admin_view(require_POST(resume_from_banner))
        own = [path("<path:object_id>/resume/", resume, name="numbers_app_location_resume")]
        return own + list(super().get_urls())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        active = Count("phone_numbers", filter=Q(phone_numbers__gone_at__isnull=True))
        rows: QuerySet[Any] = super().get_queryset(request).select_related("account").annotate(numbers=active)
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: Location | None = None) -> Any:
        by_hand = [*BY_HAND, "users"] if request.user.is_superuser else BY_HAND
        if obj is None:
            return [(None, {"fields": by_hand})]
        mirror = ["account_sid", "number_count", "last_sync", "sync_words"]
        return [(None, {"fields": by_hand}), (_("At the provider"), {"fields": mirror})]

    def get_readonly_fields(self, request: HttpRequest, obj: Location | None = None) -> list[str]:
        # The ID is what purchases are sent to: a typing mistake is mended by a new location.
        fixed = [*self.readonly_fields, *(["location_id"] if obj else [])]
        return fixed if request.user.has_perm("numbers_app.change_limits") else [*fixed, "monthly_cap"]

    @display(description=_("Numbers"), ordering="numbers")
    def number_count(self, location: Any) -> int:
        return int(location.numbers)

    @display(description=_("Account SID"))
    def account_sid(self, location: Location) -> str:
        account = getattr(location, "account", None)
        return account.account_sid if account else ""

    @display(description=_("Account SID"))
    def short_sid(self, location: Location) -> str:
        return show_sid(self.account_sid(location))

    @display(description=_("Last sync"), ordering="synced_at")
    def last_sync(self, location: Location) -> str:
        return show_time(location.synced_at)

    @display(description=_("last sync's error"))
    def sync_words(self, location: Location) -> str:
        return told_in_html(location.sync_error)

    @display(
        description=pgettext_lazy("column", "Sync"),
        label={"never": "neutral", "waits": "info", "error": "danger", "done": "success"},
    )
    def synced(self, location: Location) -> tuple[str, Any]:
        if location.sync_error:
            return "error", _("Error")
        if location.sync_due_at:
            return "waits", _("Waiting")
        return ("done", _("Synced")) if location.synced_at else ("never", _("Never"))

    def save_model(self, request: HttpRequest, obj: Location, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change and not request.user.is_superuser:
            obj.users.add(request.user)  # type: ignore[arg-type]  # else they could not see what they added

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Purchases and numbers hang on a location; it stays."""
        return False

    def has_sync_location_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("numbers_app.sync_location"))

    @admin.action(description=_("Sync from the provider"), permissions=["sync_location"])
    def sync_selected(self, request: HttpRequest, queryset: QuerySet[Location]) -> None:
        # By key: what is counted and sorted for the list can't be updated.
        count = syncing.sync_soon(Location.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))))
        words = ngettext(
            "%(count)d location is being synced. Reload the page to see how far it is.",
            "%(count)d locations are being synced. Reload the page to see how far they are.",
            count,
        )
        messages.success(request, words % {"count": count})

    @action(
        description=_("Get locations from the provider"),
        url_path="sync-all",
        icon="sync",
        permissions=["sync_location"],
    )
    def sync_all(self, request: HttpRequest) -> HttpResponse:
        try:
            current_app.send_task("numbers_app.sync_locations")
        except OperationalError:
            messages.error(request, BROKER_AWAY)
        else:
            messages.success(request, _("The locations are being read from the provider. Reload the page in a moment."))
        return HttpResponseRedirect(reverse("admin:numbers_app_location_changelist"))
