"""The page on which an order is drafted, and its buttons."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from numbers_app import order_selectors
from numbers_app.admin.choosing import is_key
from numbers_app.explanations import ORDER_COLOURS, SUBSTITUTION_EXPLANATIONS
from numbers_app.models import BEING_DRAFTED, OrderLine, OrderPart, OrderStatus, Problem, PurchaseOrder, Substitution
from numbers_app.order_forms import CopyForm, NameForm
from numbers_app.purchasing import drafting
from numbers_app.purchasing.ordering import KeyUsed, OrderRefused

FILTERS = ("part", "location", "problem", "page", "parts")  # what the page's address may say of what is shown
Act = Callable[[HttpRequest, PurchaseOrder], str]


class NothingChosen(OrderRefused):
    """No line was ticked, or no rule chosen."""


def urls(model_admin: Any) -> list[URLPattern]:
    acts = {"rename": rename, "lines": change_lines, "discard": discard}
    view = model_admin.admin_site.admin_view
    return [
        *(
            path(
                f"<path:object_id>/{name}/",
                view(require_POST(partial(do, model_admin, act))),
                name=f"numbers_app_purchaseorder_{name}",
            )
            for name, act in acts.items()
        ),
        path(
            "<path:object_id>/copy/",
            view(require_POST(partial(copy_view, model_admin))),
            name="numbers_app_purchaseorder_copy",
        ),
        path(
            "<path:object_id>/parts/<int:part_id>/",
            view(require_POST(partial(part_view, model_admin))),
            name="numbers_app_purchaseorder_part",
        ),
        path(
            "<path:object_id>/parts/<int:part_id>/places/",
            view(require_GET(partial(places_view, model_admin))),
            name="numbers_app_purchaseorder_part_places",
        ),
    ]


def draft_page(
    request: HttpRequest, order: PurchaseOrder, model_admin: Any, *, name_form: NameForm | None = None
) -> HttpResponse:
    """The draft's page."""
    context = {
        **model_admin.admin_site.each_context(request),
        **draft_context(request, order),
        "opts": model_admin.opts,
        "title": str(order),
        "name_form": name_form or NameForm(initial={"name": order.name}),
    }
    return TemplateResponse(request, "admin/numbers_app/order/draft.html", context)


def draft_context(request: HttpRequest, order: PurchaseOrder) -> dict[str, Any]:
    user = request.user
    parts = order_selectors.part_page(order, request.GET.get("parts"))
    lines = order_selectors.line_page(order, request.GET, user=user)
    asked = shown_part(request)
    return {
        "order": order,
        "colour": ORDER_COLOURS[OrderStatus(order.status)],
        "may_draft": may_draft(user),
        "parts": parts,
        "lines": lines,
        "hidden_lines": order_selectors.hidden_lines(order, user=user),
        "rules": [(rule, rule.label, SUBSTITUTION_EXPLANATIONS[rule]) for rule in Substitution],
        "problems": Problem,
        "copy_key": uuid.uuid4(),
        "asked": asked,
        "narrowed": any(asked.get(name) for name in ("part", "location", "problem")),
        "narrowing": narrowing(asked),
    }


def shown_part(request: HttpRequest) -> dict[str, str]:
    """What the address says of the part of the draft that is looked at; a form sends it along."""
    given = request.GET or request.POST
    known = {name: given.get(name, "") for name in FILTERS}
    return {name: text for name, text in known.items() if is_key(text) or (name == "problem" and known_problem(text))}


def narrowing(asked: dict[str, str]) -> str:
    """The beginning of a link to another page of the same lines."""
    kept = {name: text for name, text in asked.items() if name in ("part", "location", "problem")}
    return f"{urlencode(kept)}&" if kept else ""


def known_problem(text: str) -> bool:
    return text == order_selectors.ANY_PROBLEM or text in Problem.values


def may_draft(user: Any) -> bool:
    return bool(user.has_perm("numbers_app.buy_number"))


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
    except BadName as refusal:
        return draft_page(request, order, model_admin, name_form=refusal.form)
    except OrderRefused as refusal:
        messages.error(request, explain(refusal))
    else:
        messages.success(request, said)
    back = urlencode(shown_part(request))
    return HttpResponseRedirect(f"{page_of(order)}?{back}#lines" if back else page_of(order))


def explain(refusal: OrderRefused) -> str:
    """Why a draft was not changed, and what to do."""
    if isinstance(refusal, drafting.NotDrafted):
        words = _("Nothing was changed: the order is no longer a draft, it is “%(status)s”.")
        return words % {"status": refusal.order.get_status_display()}
    return str(refusal)


class BadName(Exception):
    """A name that can't be taken; the form says why."""

    def __init__(self, form: NameForm) -> None:
        super().__init__("The name can't be taken.")
        self.form = form


def rename(request: HttpRequest, order: PurchaseOrder) -> str:
    if order.status not in BEING_DRAFTED:
        raise drafting.NotDrafted(order)
    form = NameForm(request.POST)
    if not form.is_valid():
        raise BadName(form)
    drafting.rename(order.pk, form.cleaned_data["name"])
    return _("The name was changed.")


def change_lines(request: HttpRequest, order: PurchaseOrder) -> str:
    """The buttons below the lines, for those that were ticked."""
    ticked = [int(key) for key in request.POST.getlist("chosen") if is_key(key)]
    if not ticked:
        raise NothingChosen(_("Tick at least one line."))
    lines = OrderLine.objects.visible_to(request.user).filter(pk__in=ticked)
    if request.POST.get("do") == "remove":
        return said_removed(drafting.remove_lines(order.pk, lines, actor=request.user))
    return said_ruled(drafting.set_substitution(order.pk, lines, chosen_rule(request), actor=request.user))


def said_removed(many: int) -> str:
    words = ngettext("%(count)d line was taken out.", "%(count)d lines were taken out.", many)
    return words % {"count": many}


def said_ruled(many: int) -> str:
    words = ngettext("The rule of %(count)d line was changed.", "The rule of %(count)d lines was changed.", many)
    return words % {"count": many}


def chosen_rule(request: HttpRequest) -> Substitution:
    text = request.POST.get("substitution", "")
    if text not in Substitution.values:
        raise NothingChosen(_("Choose what may be bought if a number is taken."))
    return Substitution(text)


def discard(request: HttpRequest, order: PurchaseOrder) -> str:
    drafting.discard(order.pk, actor=request.user)
    return _("The draft was thrown away. Nothing was bought.")


def part_view(model_admin: Any, request: HttpRequest, object_id: str, part_id: int) -> HttpResponse:
    """The buttons of what came in together; one that somebody has taken out already is out."""

    def act(request: HttpRequest, order: PurchaseOrder) -> str:
        part = order.parts.filter(pk=part_id).first()
        if request.POST.get("do") == "remove":
            if part:
                drafting.remove_part(part, actor=request.user)
            return _("It was taken out.")
        lines = OrderLine.objects.filter(part=part_id)
        return said_ruled(drafting.set_substitution(order.pk, lines, chosen_rule(request), actor=request.user))

    refuse_huge(part_id)
    return do(model_admin, act, request, object_id)


def refuse_huge(key: int) -> None:
    """No database holds a key of so many digits."""
    if not is_key(str(key)):
        raise Http404


def places_view(model_admin: Any, request: HttpRequest, object_id: str, part_id: int) -> HttpResponse:
    """How many lines of a part each location has; the page asks for it when the part is unfolded."""
    refuse_huge(part_id)
    order = order_for_drafter(model_admin, request, object_id)
    part = get_object_or_404(OrderPart, pk=part_id, order=order)
    lines = part.lines.visible_to(request.user)
    context = {"order": order, "part": part, "places": order_selectors.places_of(lines, request.GET.get("page"))}
    return render(request, "admin/numbers_app/order/part_places.html", context)


def copy_view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """A new draft that asks for the same once more; a second click leads to the same one."""
    order = order_for_drafter(model_admin, request, object_id)
    form = CopyForm(request.POST)
    lines = order.lines.visible_to(request.user).order_by("pk")
    if not form.is_valid():
        messages.error(request, str(form.errors["idempotency_key"][0]))
        return HttpResponseRedirect(page_of(order))
    try:
        copied = drafting.copy_lines(
            lines,
            name=_("Copy of %(order)s") % {"order": order},
            requested_by=request.user,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except KeyUsed:
        messages.error(request, _("Nothing was copied: press the button once more."))
        return HttpResponseRedirect(page_of(order))
    messages.success(request, _("This is the copy. It is previewed and submitted by itself."))
    return HttpResponseRedirect(page_of(copied))
