"""The buttons of an order that was submitted: who has which, what each does, and what is said then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from numbers_app.forms import ReasonForm
from numbers_app.models import (
    BEING_CARRIED_OUT,
    BEING_DRAFTED,
    LineStatus,
    OrderLine,
    OrderStatus,
    PurchaseOrder,
    Source,
)
from numbers_app.models.permissions import MAY_APPROVE, MAY_BUY, MAY_REVIEW
from numbers_app.progress import State, Tally
from numbers_app.purchasing.approving import NotWaiting, OwnOrder, approve, decline
from numbers_app.purchasing.copying import copy_lines
from numbers_app.purchasing.drafting import locked_order
from numbers_app.purchasing.holding import NotCarriedOut, cancel_order, pause_order, resume_order
from numbers_app.purchasing.limits import OverCap, explain_cap
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.purchasing.retrying import UNDER_WAY_OR_OVER, retriable, try_again

BY_HAND = "Cancelled by hand."
LONGEST_NAME = 100


class NoReason(OrderRefused):
    """What was typed as the reason is not one; the message is the form's."""


def may_run(user: Any, order: PurchaseOrder) -> bool:
    """Buyers their own orders; managers and superusers also others'."""
    return bool(user.has_perm(MAY_BUY) and (order.requested_by_id == user.pk or user.has_perm(MAY_REVIEW)))


def may_approve(user: Any, order: PurchaseOrder) -> bool:
    """Whoever has the permission, their own orders too: those are refused with the reason."""
    return bool(user.has_perm(MAY_APPROVE))


def reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise NoReason(form.errors["reason"][0])
    return str(form.cleaned_data["reason"])


def optional_reason(request: HttpRequest) -> str:
    return reason(request) if request.POST.get("reason", "").strip() else ""


def pause(request: HttpRequest, order: PurchaseOrder) -> str:
    pause_order(order.pk, actor=request.user)
    return _("The order is paused. What had been sent is still brought to its end.")


def resume(request: HttpRequest, order: PurchaseOrder) -> str:
    resume_order(order.pk, actor=request.user)
    return _("The order goes on.")


def cancel(request: HttpRequest, order: PurchaseOrder) -> str:
    cancel_order(order.pk, actor=request.user, because=optional_reason(request) or BY_HAND)
    return _("What had not been sent is cancelled. What had been sent is still brought to its end.")


def retry(request: HttpRequest, order: PurchaseOrder) -> str:
    many = try_again(order.pk, actor=request.user)
    if not many:
        return _("There is nothing that could be tried again.")
    return ngettext("%(count)d number is asked for again.", "%(count)d numbers are asked for again.", many) % {
        "count": many
    }


def approve_it(request: HttpRequest, order: PurchaseOrder) -> str:
    approve(order.pk, actor=request.user, because=optional_reason(request))
    return _("The order is approved. Its numbers are bought from now on.")


def decline_it(request: HttpRequest, order: PurchaseOrder) -> str:
    decline(order.pk, actor=request.user, because=reason(request))
    return _("The order is declined. Nothing is bought.")


def order_anew(request: HttpRequest, order: PurchaseOrder) -> str:
    """A draft of what was stopped; a second click leads to the draft that the first one made."""
    draft = anew(order, user=request.user)
    if draft is None:
        return _("Nothing of this order was stopped.")
    page = reverse("admin:numbers_app_purchaseorder_change", args=[draft.pk])
    return format_html(
        '{} <a href="{}">{}</a>', _("It stands in a new draft, to be looked at and previewed:"), page, draft
    )


@transaction.atomic
def anew(order: PurchaseOrder, *, user: Any) -> PurchaseOrder | None:
    """The order's lock lets one click at a time look for the draft, and make it."""
    locked_order(order.pk)
    stopped = OrderLine.objects.visible_to(user).filter(order=order, status=LineStatus.STOPPED).order_by("pk")
    many = stopped.count()
    if not many:
        return None
    name = (_("%(count)d of %(order)s anew") % {"count": many, "order": order})[:LONGEST_NAME]
    there = PurchaseOrder.objects.filter(
        requested_by=user, status__in=BEING_DRAFTED, name=name, parts__source=Source.COPY
    )
    return there.first() or copy_lines(stopped, name=name, requested_by=user)


class Act(NamedTuple):
    """What a button does; it returns what to say, or raises `OrderRefused`."""

    carry_out: Callable[[HttpRequest, PurchaseOrder], str]
    allowed: Callable[[Any, PurchaseOrder], bool]


# By the last part of their addresses.
ACTS = {
    "pause": Act(pause, may_run),
    "resume": Act(resume, may_run),
    "cancel": Act(cancel, may_run),
    "retry": Act(retry, may_run),
    "anew": Act(order_anew, may_run),
    "approve": Act(approve_it, may_approve),
    "decline": Act(decline_it, may_approve),
}


def act_on(request: HttpRequest, order: PurchaseOrder, name: str) -> HttpResponse:
    """Do what the button says, and go back to the order's page, which tells how it stands."""
    act = ACTS[name]
    if not act.allowed(request.user, order):
        raise PermissionDenied
    try:
        said = act.carry_out(request, order)
    except OrderRefused as refusal:
        messages.error(request, explain(refusal))
    else:
        messages.success(request, said)
    return HttpResponseRedirect(reverse("admin:numbers_app_purchaseorder_change", args=[order.pk]))


def explain(refusal: OrderRefused) -> str:
    """Why nothing was done."""
    if isinstance(refusal, OwnOrder):
        return _("You submitted this order yourself: somebody else has to approve or decline it.")
    if isinstance(refusal, NotWaiting):
        words = _("It does not wait for approval any more: it is “%(status)s”. Somebody was faster.")
        return words % {"status": refusal.order.get_status_display()}
    if isinstance(refusal, NotCarriedOut):
        words = _("Nothing was done: the order is “%(status)s” meanwhile.")
        return words % {"status": refusal.order.get_status_display()}
    if isinstance(refusal, OverCap):
        return " ".join(explain_cap(hit) for hit in refusal.caps)
    return str(refusal)


def may_be_tried_again(order: PurchaseOrder) -> bool:
    return order.status in UNDER_WAY_OR_OVER and not order.cancelled_at and retriable(order).exists()


def offers(user: Any, order: PurchaseOrder, counted: Tally) -> dict[str, Any]:
    """The buttons that the order has for the user now."""
    runs = may_run(user, order)
    waits = order.status == OrderStatus.AWAITING_APPROVAL
    stopped = counted.counts[State.STOPPED]
    approves = waits and may_approve(user, order)
    is_own = order.requested_by_id == user.pk
    unsent = counted.counts[State.WAITING]
    return {
        "may_pause": runs and order.status == OrderStatus.RUNNING,
        "may_resume": runs and order.status == OrderStatus.PAUSED,
        "may_cancel": runs and not order.cancelled_at and (waits or (order.status in BEING_CARRIED_OUT and unsent)),
        "may_retry": runs and stopped and may_be_tried_again(order),
        "may_order_anew": runs and stopped and order.submitted_at is not None,
        "may_approve": approves and not is_own,
        "own_waits": waits and is_own,
        "waits_for_others": waits and not is_own and not approves,
    }
