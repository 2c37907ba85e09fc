"""The preview of a draft: begun, followed, looked at and confirmed."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from numbers_app import order_selectors
from numbers_app.admin.drafts import MOST_CAPS, do
from numbers_app.explanations import PROBLEM_EXPLANATIONS
from numbers_app.models import OrderStatus, PurchaseOrder
from numbers_app.purchasing import confirming, previewing
from numbers_app.purchasing.limits import explain_cap, limits_report
from numbers_app.selectors import WORKER_PATIENCE_SECONDS

NO_CHANGE = 204


def urls(model_admin: Any) -> list[URLPattern]:
    view = model_admin.admin_site.admin_view
    return [
        path(
            "<path:object_id>/preview/",
            view(require_POST(partial(do, model_admin, begin))),
            name="numbers_app_purchaseorder_preview",
        ),
        path(
            "<path:object_id>/preview-progress/",
            view(require_GET(partial(progress_view, model_admin))),
            name="numbers_app_purchaseorder_preview_progress",
        ),
        path(
            "<path:object_id>/submit/",
            view(require_POST(partial(do, model_admin, submit))),
            name="numbers_app_purchaseorder_submit",
        ),
    ]


def begin(request: HttpRequest, order: PurchaseOrder) -> str:
    previewing.begin_preview(order.pk, actor=request.user)
    return _("The preview has begun. Nothing is bought by it.")


def submit(request: HttpRequest, order: PurchaseOrder) -> str:
    """The button that confirms what was previewed; a second click finds it done."""
    sent = confirming.submit(order.pk, actor=request.user, seen=request.POST.get("seen", ""))
    if sent.status == OrderStatus.AWAITING_APPROVAL:
        return _("Sent for approval. Nothing is bought before somebody else approves it.")
    return _("Submitted. This page follows the order by itself, and can be closed.")


def progress_view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """How far the preview is; 204 while the browser's version is the newest, and the whole page when it is over."""
    order = model_admin.get_object(request, unquote(object_id))
    if not model_admin.has_view_permission(request, order):
        raise PermissionDenied
    if order is None:
        raise Http404
    if order.status != OrderStatus.PREVIEWING:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = running_context(order)
    if request.GET.get("version") == context["version"]:
        return HttpResponse(status=NO_CHANGE)
    return render(request, "admin/numbers_app/order/preview_progress.html", context)


def preview_context(request: HttpRequest, order: PurchaseOrder) -> dict[str, Any]:
    """What the draft's page shows of its preview."""
    if order.status == OrderStatus.PREVIEWING:
        return running_context(order)
    if order.status == OrderStatus.PREVIEWED:
        return result_context(request, order)
    return {"has_lines": order.lines.exists()}


def running_context(order: PurchaseOrder) -> dict[str, Any]:
    totals = order_selectors.preview_totals(order)
    lonely = waits_for_worker(order)
    return {"order": order, "totals": totals, "lonely": lonely, "version": f"{totals.looked_at}-{lonely:d}"}


def waits_for_worker(order: PurchaseOrder) -> bool:
    """Whether the order has been due for so long that no worker seems to be running."""
    now = timezone.now()
    claimed = order.claimed_until is not None and order.claimed_until > now
    due = order.next_action_at
    return not claimed and due is not None and due < now - timedelta(seconds=WORKER_PATIENCE_SECONDS)


def result_context(request: HttpRequest, order: PurchaseOrder) -> dict[str, Any]:
    report = limits_report(order)
    lines = order.lines.visible_to(request.user)
    found = order_selectors.problems_of(order)
    mine = order.requested_by_id == request.user.pk
    return {
        "totals": order_selectors.preview_totals(order),
        "places": order_selectors.places_of(lines, request.GET.get("places")),
        "unread": order_selectors.unread_rows(order),
        "found": [(row, row.problem.label, PROBLEM_EXPLANATIONS[row.problem]) for row in found],
        "report": report,
        "caps": [explain_cap(hit) for hit in report.caps[:MOST_CAPS]],
        "more_caps": len(report.caps[MOST_CAPS:]),
        "seen": previewing.preview_version(order),
        "mine": mine,
        "may_submit": mine and bool(report.total_numbers) and not report.caps,
    }
