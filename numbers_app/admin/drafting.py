"""The page on which an order is drafted, and its buttons."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from numbers_app import order_selectors
from numbers_app.admin.drafts import do, may_draft, narrowing, order_for_drafter, page_of, shown_part
from numbers_app.admin.previews import preview_context
from numbers_app.explanations import ORDER_COLOURS, SUBSTITUTION_EXPLANATIONS
from numbers_app.models import BEING_DRAFTED, OrderLine, OrderPart, OrderStatus, Problem, PurchaseOrder, Substitution
from numbers_app.order_forms import CopyForm, NameForm
from numbers_app.purchasing import copying, drafting
from numbers_app.purchasing.ordering import KeyUsed
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.selectors import is_key


class NothingChosen(OrderRefused):
    """No line was ticked, or no rule chosen."""


def urls(model_admin: Any) -> list[URLPattern]:
    posts = {
        "rename": partial(rename_view, model_admin),
        "lines": partial(do, model_admin, change_lines),
        "discard": partial(do, model_admin, discard),
        "copy": partial(copy_view, model_admin),
    }
    view = model_admin.admin_site.admin_view
    return [
        *(
            path(f"<path:object_id>/{name}/", view(require_POST(act)), name=f"numbers_app_purchaseorder_{name}")
            for name, act in posts.items()
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
        **preview_context(request, order),
        "opts": model_admin.opts,
        "object": order,
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


def rename_view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The name; one that can't be taken stays in its field."""
    order = order_for_drafter(model_admin, request, object_id)
    form = NameForm(request.POST)
    if order.status in BEING_DRAFTED and not form.is_valid():
        return draft_page(request, order, model_admin, name_form=form)
    return do(model_admin, rename, request, object_id)


def rename(request: HttpRequest, order: PurchaseOrder) -> str:
    drafting.rename(order.pk, request.POST.get("name", "").strip())
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
        copied = copying.copy_lines(
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
