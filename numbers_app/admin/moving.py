"""The first page's part with the orders that are being carried out, which moves while they do."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET

from numbers_app import first_page
from numbers_app.admin.carrying_out import NO_CHANGE, shown_states
from numbers_app.explanations import ORDER_COLOURS
from numbers_app.first_page import Moving
from numbers_app.models import OrderStatus
from numbers_app.progress import Wanted

PACE = "3s"  # how often the part is asked for while anything moves


def urls(model_admin: Any) -> list[URLPattern]:
    def part(request: HttpRequest) -> HttpResponse:
        if not model_admin.has_view_permission(request):
            raise PermissionDenied
        return moving_part(request)

    view = model_admin.admin_site.admin_view(require_GET(part))
    return [path("in-progress/", view, name="numbers_app_purchaseorder_in_progress")]


def moving_part(request: HttpRequest) -> HttpResponse:
    """The part anew; 204 while the browser's version is the newest."""
    context = moving_context(request)
    if request.GET.get("version") == context["moving_version"]:
        return HttpResponse(status=NO_CHANGE)
    return render(request, "desk/moving.html", context)


def moving_context(request: HttpRequest) -> dict[str, Any]:
    """It is asked for again only while an order runs; one that is paused waits for a person."""
    moving = first_page.orders_under_way(request.user)
    runs = any(order.status == OrderStatus.RUNNING for order, _counted in moving.orders)
    return {
        "moving": [
            {
                "order": order,
                "colour": ORDER_COLOURS[OrderStatus(order.status)],
                "states": shown_states(counted, Wanted()),
                "over": counted.over,
                "total": counted.total,
                "percent": 100 * counted.over // counted.total if counted.total else 0,
            }
            for order, counted in moving.orders
        ],
        "more_moving": moving.more,
        "moving_version": version(moving),
        "moving_pace": PACE if runs else "",
    }


def version(moving: Moving) -> str:
    """Changes with whatever the part shows."""
    shown = [(order.pk, order.status, order.name, list(counted.counts.values())) for order, counted in moving.orders]
    return hashlib.sha256(repr((shown, moving.more)).encode()).hexdigest()[:16]
