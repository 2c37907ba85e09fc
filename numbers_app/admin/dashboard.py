"""The first page after sign-in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from numbers_app import progress, selectors
from numbers_app.admin.navigation import waiting
from numbers_app.models import Location, Purchase
from numbers_app.models.permissions import MAY_BUY, MAY_REVIEW


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's hook: adds the overview, scoped to the user's locations."""
    user = request.user
    context["may_buy"] = user.has_perm(MAY_BUY)
    context["has_locations"] = Location.objects.visible_to(user).exists()
    context["awaiting"] = progress.count_awaiting(user)
    context["title"] = ""
    if user.has_perm("numbers_app.view_purchase"):
        overview = context["overview"] = selectors.desk_overview(Purchase.objects.visible_to(user))
        # Who may review is led to the review desk, which has more that needs a person than purchases.
        context["needs_person"] = waiting(request) or 0 if user.has_perm(MAY_REVIEW) else overview.needs_person
    return context
