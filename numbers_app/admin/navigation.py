"""The sidebar, and what every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _


def stylesheet(request: HttpRequest) -> str:
    return static("numbers_app/desk.css")


def script(request: HttpRequest) -> str:
    return static("numbers_app/desk.js")


def global_context(request: HttpRequest) -> dict[str, Any]:
    return {"sandbox": settings.SANDBOX}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages that the user may open, in the order of the work."""
    may = request.user.has_perm
    groups = [
        (
            "",
            [
                (_("Desk"), "space_dashboard", "admin:index", True),
                (_("Buy a number"), "add_call", "admin:numbers_app_purchase_buy", may("numbers_app.buy_number")),
                (
                    _("Purchases"),
                    "receipt_long",
                    "admin:numbers_app_purchase_changelist",
                    may_view(request, "purchase"),
                ),
                (_("Numbers"), "dialpad", "admin:numbers_app_phonenumber_changelist", may_view(request, "phonenumber")),
                (
                    _("Locations"),
                    "storefront",
                    "admin:numbers_app_location_changelist",
                    may_view(request, "location"),
                ),
            ],
        ),
        (
            _("Administration"),
            [
                (_("API tokens"), "key", "admin:numbers_app_apitoken_changelist", may_view(request, "apitoken")),
                (_("Users"), "person", "admin:auth_user_changelist", may("auth.view_user")),
                (_("Groups"), "groups", "admin:auth_group_changelist", may("auth.view_group")),
            ],
        ),
    ]
    return [
        {
            "title": title,
            "separator": bool(title),
            "items": [
                {"title": label, "icon": icon, "link": reverse(name)} for label, icon, name, allowed in items if allowed
            ],
        }
        for title, items in groups
        if any(allowed for *_rest, allowed in items)
    ]


def may_view(request: HttpRequest, model: str) -> bool:
    return bool(request.user.has_perm(f"numbers_app.view_{model}"))
