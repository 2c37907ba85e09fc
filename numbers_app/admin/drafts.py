"""What the pages of a draft have in common: who may change it, where it leads back to, and how a refusal is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from numbers_app import order_selectors
from numbers_app.models import Problem, PurchaseOrder
from numbers_app.models.permissions import MAY_BUY
from numbers_app.purchasing.confirming import NothingToBuy, NotPreviewed, NotYours, PreviewChanged, PreviewTooOld
from numbers_app.purchasing.drafting import NotDrafted, TooManyLines
from numbers_app.purchasing.limits import OverCap, explain_cap
from numbers_app.purchasing.previewing import NothingWanted
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.selectors import is_key

FILTERS = ("part", "location", "problem", "page", "parts", "places")  # what the address says of what is shown
MOST_CAPS = 10  # caps that would be broken, told one by one
NARROWING = ("part", "location", "problem")
Act = Callable[[HttpRequest, PurchaseOrder], str]

WHAT_TO_DO = {
    NothingWanted: gettext_lazy("There is nothing in this order yet. Add something first."),
    NotPreviewed: gettext_lazy(
        "Nothing was submitted: the order was changed, or never previewed. Preview it, and look at the result."
    ),
    PreviewChanged: gettext_lazy(
        "Nothing was submitted: the order is no longer what you saw. Look at what stands here now, and press the "
        "button again."
    ),
    PreviewTooOld: gettext_lazy("Nothing was submitted: the preview is more than a day old. Preview it again."),
    NothingToBuy: gettext_lazy(
        "Nothing was submitted: none of the numbers can be bought. What to do about it stands below."
    ),
    NotYours: gettext_lazy("Nothing was submitted: only who began a draft can submit it. Copy it to order the same."),
}


def may_draft(user: Any) -> bool:
    return bool(user.has_perm(MAY_BUY))


def page_of(order: PurchaseOrder) -> str:
    return reverse("admin:numbers_app_purchaseorder_change", args=[order.pk])


def order_for_drafter(model_admin: Any, request: HttpRequest, object_id: str) -> PurchaseOrder:
    """The order, for somebody who may change it while it is a draft."""
    if not may_draft(request.user):
        raise PermissionDenied
    order: PurchaseOrder | None = model_admin.get_object(request, unquote(object_id))
    if order is None:
        raise Http404
    return order


def do(model_admin: Any, act: Act, request: HttpRequest, object_id: str) -> HttpResponse:
    """One of the buttons: what it did, or why it did nothing, is said on the page to which it leads back."""
    order = order_for_drafter(model_admin, request, object_id)
    try:
        said = act(request, order)
    except OrderRefused as refusal:
        messages.error(request, explain(refusal))
    else:
        messages.success(request, said)
    back = urlencode(shown_part(request))
    return HttpResponseRedirect(f"{page_of(order)}?{back}#lines" if back else page_of(order))


def explain(refusal: OrderRefused) -> str:
    """Why nothing was done, and what to do."""
    if isinstance(refusal, NotDrafted):
        words = _("Nothing was changed: the order is no longer a draft, it is “%(status)s”.")
        return words % {"status": refusal.order.get_status_display()}
    if isinstance(refusal, TooManyLines):
        words = _(
            "An order has at most %(most)d numbers; with these it would have %(wanted)d. Make another order of the "
            "rest."
        )
        return words % {"most": refusal.most, "wanted": refusal.wanted}
    if isinstance(refusal, OverCap):
        words = _("Nothing was submitted. %(caps)s Take lines out, or ask somebody who may change the limits.")
        return words % {"caps": " ".join(map(explain_cap, refusal.caps[:MOST_CAPS]))}
    return str(WHAT_TO_DO.get(type(refusal), refusal))


def shown_part(request: HttpRequest) -> dict[str, str]:
    """What the address says of the part of the draft that is looked at; a form sends it along."""
    given = request.GET or request.POST
    known = {name: given.get(name, "") for name in FILTERS}
    return {name: text for name, text in known.items() if is_key(text) or (name == "problem" and known_problem(text))}


def narrowing(asked: dict[str, str]) -> str:
    """The beginning of a link to another page of the same lines."""
    kept = {name: text for name, text in asked.items() if name in NARROWING}
    return f"{urlencode(kept)}&" if kept else ""


def known_problem(text: str) -> bool:
    return text == order_selectors.ANY_PROBLEM or text in Problem.values
