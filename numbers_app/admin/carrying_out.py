"""The page of an order that was submitted: how far it has come, what it cost, what failed, and what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy
from django.views.decorators.http import require_GET, require_POST

from numbers_app import progress
from numbers_app.admin.downloading import download
from numbers_app.admin.navigation import site_names
from numbers_app.admin.running import ACTS, act_on, offers
from numbers_app.explanations import (
    ORDER_COLOURS,
    ORDER_EXPLANATIONS,
    ORDER_ICONS,
    STOPPED_EXPLANATIONS,
    SUBSTITUTION_EXPLANATIONS,
)
from numbers_app.formatting import show_price, show_sum, write_label
from numbers_app.models import BEING_DRAFTED, MOVING, OrderHappening, OrderStatus, Problem, PurchaseOrder
from numbers_app.models.permissions import MAY_APPROVE
from numbers_app.progress import Failure, State, Tally, Wanted
from numbers_app.told import told

NO_CHANGE = 204
# A page is refreshed every second at first, and less often when nothing has begun for a while.
PACES = ((timedelta(minutes=2), "1s"), (timedelta(minutes=30), "3s"))
SLOWEST = "10s"
ROWS_AT_ONCE = 500  # of a file, from the database
STILL_MOVING = (OrderStatus.AWAITING_APPROVAL, OrderStatus.RUNNING, OrderStatus.PAUSED)
DECISIONS = (OrderHappening.APPROVED, OrderHappening.DECLINED)
ASKED = ("state", "reason", "q", "lines")


def urls(model_admin: Any) -> list[URLPattern]:
    """The addresses of an order that was submitted."""
    view = model_admin.admin_site.admin_view

    def part(request: HttpRequest, object_id: str) -> HttpResponse:
        return progress_part(request, visible_order(request, object_id, model_admin))

    def result(request: HttpRequest, object_id: str, kind: str) -> HttpResponseBase:
        return result_file(request, visible_order(request, object_id, model_admin), kind)

    def act(request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        return act_on(request, visible_order(request, object_id, model_admin), name)

    acts = [
        path(
            f"<path:object_id>/{name}/",
            view(require_POST(act)),
            {"name": name},
            name=f"numbers_app_purchaseorder_{name}",
        )
        for name in ACTS
    ]
    files = [
        path(
            f"<path:object_id>/result.{kind}",
            view(require_GET(result)),
            {"kind": kind},
            name=f"numbers_app_purchaseorder_{kind}",
        )
        for kind in ("csv", "xlsx")
    ]
    own = path("<path:object_id>/progress/", view(part), name="numbers_app_purchaseorder_progress")
    return [own, *acts, *files]


def visible_order(request: HttpRequest, object_id: str, model_admin: Any) -> PurchaseOrder:
    """One that was submitted, of those that the user sees; raises `Http404` or `PermissionDenied`."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    order: PurchaseOrder | None = model_admin.get_object(request, unquote(object_id))
    if order is None or order.status in BEING_DRAFTED:
        raise Http404
    return order


def progress_page(request: HttpRequest, order: PurchaseOrder, model_admin: Any) -> HttpResponse:
    """The whole page."""
    counted = counted_for(request, order)
    context = {
        **model_admin.admin_site.each_context(request),
        **order_context(request, order, counted, progress.version(order, counted)),
        "opts": model_admin.opts,
        "object": order,
        "title": str(order),
    }
    return TemplateResponse(request, "admin/numbers_app/order/progress.html", context)


def progress_part(request: HttpRequest, order: PurchaseOrder) -> HttpResponse:
    """What of the page changes; 204 while the browser's version is the newest."""
    counted = counted_for(request, order)
    newest = progress.version(order, counted)
    if request.GET.get("version") == newest:
        return HttpResponse(status=NO_CHANGE)
    context = {**site_names(), **order_context(request, order, counted, newest), "is_part": True}
    return render(request, "admin/numbers_app/order/progress_part.html", context)


def counted_for(request: HttpRequest, order: PurchaseOrder) -> Tally:
    return progress.tally(progress.lines_of(order, request.user))


def order_context(request: HttpRequest, order: PurchaseOrder, counted: Tally, version: str) -> dict[str, Any]:
    lines = progress.lines_of(order, request.user)
    wanted = Wanted(
        state=request.GET.get("state", ""),
        reason=request.GET.get("reason", ""),
        term=request.GET.get("q", ""),
        page=request.GET.get("lines", ""),
    )
    was_submitted = order.submitted_at is not None
    reasons = progress.failures(lines) if was_submitted and counted.counts[State.STOPPED] else []
    events = progress.history(order)
    return {
        "order": order,
        "counted": counted,
        **headline(order, counted, user=request.user),
        **money(counted),
        "states": shown_states(counted, wanted),
        "besides": progress.bought_besides(order, request.user),
        "hidden": 0 if request.user.is_superuser else order.lines.count() - counted.total,
        "left": show_left(progress.time_left(order, counted)),
        "stopped": counted.counts[State.STOPPED],
        "failures": [shown_failure(reason) for reason in reasons],
        "rules": [(rule.label, SUBSTITUTION_EXPLANATIONS[rule], many) for rule, many in counted.rules.items()],
        "page": dressed(progress.page_of_lines(lines, wanted, reasons)),
        "decision": next((event for event in events if event.what in DECISIONS), None),
        "wanted": wanted,
        "asked": urlencode({name: request.GET[name] for name in ASKED if request.GET.get(name)}),
        "filters": urlencode({name: request.GET[name] for name in ASKED[:-1] if request.GET.get(name)}),
        "events": events,
        "events_cut": len(events) == progress.MOST_EVENTS,
        "version": version,
        "pace": pace(order, counted, since=events[0].at if events else order.created_at),
        **offers(request.user, order, counted),
    }


def headline(order: PurchaseOrder, counted: Tally, *, user: Any) -> dict[str, Any]:
    status = OrderStatus(order.status)
    if status == OrderStatus.CANCELLED and order.submitted_at is None:
        explanation = _("The draft was thrown away. Nothing was asked for.")
    elif order.cancelled_at:
        explanation = str(ORDER_EXPLANATIONS[OrderStatus.CANCELLED])
    elif status == OrderStatus.AWAITING_APPROVAL and order.requested_by_id != user.pk and user.has_perm(MAY_APPROVE):
        explanation = _("It waits for your decision. Nothing is sent before that.")
    else:
        explanation = str(ORDER_EXPLANATIONS[status])
    percent = 100 * counted.over // counted.total if counted.total else 0
    return {
        "colour": ORDER_COLOURS[status],
        "icon": ORDER_ICONS[status],
        "explanation": explanation,
        "moving": status in MOVING,
        "percent": percent,
        # Read out with every tenth alone, or it would never stop speaking.
        "said": f"{order.get_status_display()}: {percent // 10 * 10} %" if counted.total else "",
    }


def money(counted: Tally) -> dict[str, Any]:
    return {
        "cost": show_amounts(counted.bought),
        "confirmed": show_amounts(counted.confirmed),
        "unpriced": counted.bought_for_unknown,
    }


def show_amounts(amounts: dict[str, Decimal]) -> str:
    return " + ".join(filter(None, (show_sum(amount, unit) for unit, amount in sorted(amounts.items()))))


# As a count of lines has it.
STATES_COUNTED = {
    State.BOUGHT: ngettext_lazy("bought", "bought"),
    State.STOPPED: ngettext_lazy("stopped", "stopped"),
    State.NEEDS_PERSON: ngettext_lazy("needs a person", "need a person"),
    State.UNCERTAIN: ngettext_lazy("uncertain", "uncertain"),
    State.ON_ITS_WAY: ngettext_lazy("on the way", "on the way"),
    State.WAITING: ngettext_lazy("waiting", "waiting"),
}


def shown_states(counted: Tally, wanted: Wanted) -> list[dict[str, Any]]:
    """Each state with its count, its share of the bar, and whether its lines alone are shown."""
    shown = []
    before = 0
    for state in State:
        many = counted.counts[state]
        shown.append(
            {
                "value": state.value,
                "label": STATES_COUNTED[state] % many,
                "many": many,
                "from": f"{100 * before / (counted.total or 1):.3f}",
                "share": f"{100 * many / (counted.total or 1):.3f}",
                "chosen": wanted.state == state,
            }
        )
        before += many
    return shown


def dressed(page: Page[Any]) -> Page[Any]:
    """The lines with what the table says of each."""
    for line in page.object_list:
        purchase = line.purchase
        line.label = State(line.state).label
        priced = purchase or line
        line.price = show_price(priced.monthly_price, priced.price_unit)
        line.said = said_of(line)
    return page


def said_of(line: Any) -> str:
    """Why a line stands as it does; nothing where it was simply bought."""
    if line.state == State.BOUGHT:
        return ""
    problem = str(line.get_problem_display())
    words = line.words or (line.purchase.reason if line.purchase else "")
    return ": ".join(filter(None, (problem, told(words))))


def show_left(left: timedelta | None) -> str:
    """Roughly: nobody needs the seconds of an hour."""
    if left is None:
        return ""
    minutes = round(left.total_seconds() / 60)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 90:
        return ngettext("about %(count)d minute", "about %(count)d minutes", minutes) % {"count": minutes}
    hours = round(minutes / 60)
    return ngettext("about %(count)d hour", "about %(count)d hours", hours) % {"count": hours}


def shown_failure(failure: Failure) -> dict[str, Any]:
    advice = STOPPED_EXPLANATIONS[Problem(failure.problem)] if failure.problem else ""
    return {
        "label": failure.label,
        "words": failure.words,
        "many": failure.many,
        "advice": advice,
        "link": "?" + urlencode({"state": State.STOPPED.value, "reason": failure.key}) + "#lines",
    }


def pace(order: PurchaseOrder, counted: Tally, *, since: Any) -> str:
    """How often the page is refreshed; empty where nothing changes any more."""
    if (
        order.status not in (OrderStatus.AWAITING_APPROVAL, OrderStatus.RUNNING, OrderStatus.PAUSED)
        and not counted.open
    ):
        return ""
    age = timezone.now() - since
    return next((every for until, every in PACES if age < until), SLOWEST)


RESULT_COLUMNS = (
    "location_id", "location", "phone_number", "status", "price_a_month", "currency", "account_sid", "number_sid",
    "instead_of", "reason", "words",
)  # fmt: skip


def result_file(request: HttpRequest, order: PurchaseOrder, kind: str) -> HttpResponseBase:
    """Every line that the user sees, with what became of it."""
    lines = progress.lines_of(order, request.user).select_related("location", "purchase").order_by("pk")
    rows = result_rows(lines.prefetch_related("purchases").iterator(chunk_size=ROWS_AT_ONCE))
    return download(f"order-{order.pk}", RESULT_COLUMNS, rows, kind)


def result_rows(lines: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for line in lines:
        purchase = line.purchase
        number = purchase.phone_number if purchase else line.phone_number
        tried = [one.phone_number for one in line.purchases.all() if one.phone_number != number]
        yield (
            line.location.location_id,
            line.location.name,
            number,
            write_label(State(line.state).label),
            purchase.monthly_price if purchase else line.monthly_price,
            purchase.price_unit if purchase else line.price_unit,
            purchase.account_sid if purchase else "",
            purchase.number_sid if purchase else "",
            ", ".join(dict.fromkeys(tried)),
            write_label(Problem(line.problem).label) if line.problem else "",  # `get_problem_display` is dear
            line.words or (purchase.reason if purchase else ""),
        )
