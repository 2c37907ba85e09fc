"""The page of the rows that could not be read: mended in place, left out, or downloaded."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from numbers_app.admin.downloading import download
from numbers_app.admin.drafts import explain, page_of
from numbers_app.admin.importing import is_partial, own_order, page, say_submitted
from numbers_app.files.columns import COLUMNS
from numbers_app.files.handing_out import rejected_header, rejected_rows
from numbers_app.files.mending import mend
from numbers_app.models import BEING_DRAFTED, OrderPart, PurchaseOrder, RejectedRow
from numbers_app.purchasing.mending import dismiss_rows
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.selectors import is_key
from numbers_app.told import told

ROWS_A_PAGE = 50
ALWAYS_SHOWN = ("phone_number",)
CELL = "cell-"


def urls(model_admin: Any) -> list[URLPattern]:
    view = model_admin.admin_site.admin_view
    rejected = "<path:object_id>/parts/<int:part_id>/rejected/"
    return [
        path(rejected, view(partial(rejected_view, model_admin)), name="numbers_app_purchaseorder_rejected"),
        path(
            f"{rejected}rows.<str:kind>",
            view(require_GET(download_view)),
            name="numbers_app_purchaseorder_rejected_file",
        ),
    ]


def rejected_view(model_admin: Any, request: HttpRequest, object_id: str, part_id: int) -> HttpResponse:
    """The rejected rows of a part, and their buttons."""
    order = own_order(request, object_id)
    if order.status not in BEING_DRAFTED:
        return say_submitted(request, order)
    part = order.parts.filter(pk=part_id).first()
    if part is None:
        messages.info(request, _("What you looked for was taken out of this order."))
        return HttpResponseRedirect(page_of(order))
    if request.method == "POST":
        return changed(model_admin, request, order, part)
    rows = page_of_rows(request, part)
    context = {
        "title": _("Rows that could not be read"),
        "part": part,
        "page": rows,
        "cards": [card(row) for row in rows],
        "section": "page",
    }
    return page(request, model_admin, "admin/numbers_app/order/rejected.html", order, context)


def page_of_rows(request: HttpRequest, part: OrderPart) -> Page[RejectedRow]:
    return Paginator(part.rejected_rows.order_by("row"), ROWS_A_PAGE).get_page(request.GET.get("page"))


def card(row: RejectedRow) -> dict[str, Any]:
    """The row's cells as fields, the empty ones apart."""
    fields = [
        {
            "name": f"{CELL}{name}",
            "column": name,
            "text": row.cells.get(name, ""),
            "error": told(row.errors.get(name, "")),
        }
        for name in COLUMNS
    ]
    shown = [field for field in fields if field["error"] or field["text"] or field["column"] in ALWAYS_SHOWN]
    return {
        "row": row,
        "error": told(row.errors.get("", "")),
        "fields": shown,
        "more": [field for field in fields if field not in shown],
        "unknown": [(name, text) for name, text in row.cells.items() if name not in COLUMNS],
    }


def changed(model_admin: Any, request: HttpRequest, order: PurchaseOrder, part: OrderPart) -> HttpResponse:
    """One of the page's buttons; what is refused is said, and nothing was written."""
    here = reverse("admin:numbers_app_purchaseorder_rejected", args=[order.pk, part.pk])
    back = f"{here}?page={request.GET['page']}" if is_key(request.GET.get("page", "")) else here
    key = request.POST.get("row", "")
    row = part.rejected_rows.select_related("part").filter(pk=key).first() if is_key(key) else None
    try:
        said, row = act(request, part, row)
    except RejectedRow.DoesNotExist:
        said, row = _("Somebody was faster: this row is no longer here."), None
    except OrderRefused as refusal:
        messages.error(request, explain(refusal))
        return HttpResponse(headers={"HX-Redirect": back}) if is_partial(request) else HttpResponseRedirect(back)
    if is_partial(request):
        context = {"card": card(row) if row else None, "said": said, "part": part}
        return page(request, model_admin, "admin/numbers_app/order/rejected_row.html", order, context)
    if said:
        messages.success(request, said)
    return HttpResponseRedirect(f"{back}#row-{row.pk}" if row else back)


def act(request: HttpRequest, part: OrderPart, row: RejectedRow | None) -> tuple[str, RejectedRow | None]:
    """What was done, in words, and the row where it is still there. Raises `RejectedRow.DoesNotExist`."""
    wanted = request.POST.get("do")
    if wanted == "dismiss_all":
        return said_dismissed(dismiss_rows(part, actor=request.user)), None
    if row is None:
        raise RejectedRow.DoesNotExist
    if wanted == "dismiss":
        dismiss_rows(part, actor=request.user, rows=[row.pk])
        return _("Row %(row)s was left out.") % {"row": row.row}, None
    typed = {name: request.POST.get(f"{CELL}{name}", "") for name in COLUMNS}
    added = mend(row, typed, actor=request.user)
    if added is None:
        return "", row
    words = ngettext(
        "Row %(row)s: %(count)d number was added.", "Row %(row)s: %(count)d numbers were added.", added.count
    )
    return words % {"row": row.row, "count": added.count}, None


def said_dismissed(many: int) -> str:
    return ngettext("%(count)d row was left out.", "%(count)d rows were left out.", many) % {"count": many}


def download_view(request: HttpRequest, object_id: str, part_id: int, kind: str) -> StreamingHttpResponse:
    """The rejected rows as a file that can be mended and uploaded again."""
    order = own_order(request, object_id)
    part = get_object_or_404(order.parts, pk=part_id)
    rows = part.rejected_rows.order_by("row")
    header = rejected_header(rows)
    return download(f"rejected-rows-{part.pk}", header, rejected_rows(rows, header), kind)
