"""The site that all the desk's pages belong to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class DeskSite(UnfoldAdminSite):  # type: ignore[misc]  # Unfold is not typed
    """Unfold's, but for what it makes ready for every page and nearly none shows."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """The list of all models, made when somebody looks at it; the sidebar is one of ours."""
        listed = super().get_app_list
        return SimpleLazyObject(lambda: listed(request, app_label))

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        from numbers_app.admin import navigation  # the admin's modules ask for this site while they are loaded

        return navigation.sidebar(request)
