"""The pages that add numbers to a draft: from a file, and from what was pasted."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from numbers_app import phones
from numbers_app.admin.choosing import KnownChoice
from numbers_app.admin.downloading import downloaded
from numbers_app.admin.drafts import explain, may_draft, page_of
from numbers_app.files.columns import COLUMNS
from numbers_app.files.forms import ImportForm, PasteForm
from numbers_app.files.handing_out import template_pieces
from numbers_app.files.pasted import Pasted, read_pasted
from numbers_app.files.tables import FileRefused
from numbers_app.files.uploads import Upload, UploadedBefore, add_file
from numbers_app.models import BEING_DRAFTED, Purchase, PurchaseOrder, Source
from numbers_app.purchasing.drafting import Added, NotDrafted, add_lines
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.selectors import is_key

PAGE = "admin/numbers_app/order/import.html"
NOTES = "admin/numbers_app/order/import_notes.html"
MOST_NAMED = 5  # numbers, or earlier uploads, that a message names


def urls(model_admin: Any) -> list[URLPattern]:
    view = model_admin.admin_site.admin_view
    return [
        path(
            "<path:object_id>/import/",
            view(partial(import_view, model_admin)),
            name="numbers_app_purchaseorder_import",
        ),
        path(
            "<path:object_id>/import/template.<str:kind>",
            view(require_GET(template_view)),
            name="numbers_app_purchaseorder_template",
        ),
        path("<path:object_id>/paste/", view(partial(paste_view, model_admin)), name="numbers_app_purchaseorder_paste"),
    ]


def own_order(request: HttpRequest, object_id: str) -> PurchaseOrder:
    """The order, for whoever began it and for superusers; others' drafts are nobody's business."""
    if not may_draft(request.user):
        raise PermissionDenied
    if not is_key(object_id):
        raise Http404
    own = Q() if request.user.is_superuser else Q(requested_by=request.user.pk)
    return get_object_or_404(PurchaseOrder.objects.visible_to(request.user).filter(own), pk=object_id)


def say_submitted(request: HttpRequest, order: PurchaseOrder) -> HttpResponse:
    """Back to the page of an order that is no longer a draft."""
    messages.error(request, explain(NotDrafted(order)))
    return HttpResponseRedirect(page_of(order))


def page(
    request: HttpRequest, model_admin: Any, template: str, order: PurchaseOrder, context: dict[str, Any]
) -> HttpResponse:
    each = model_admin.admin_site.each_context(request)
    shared = {**each, "opts": model_admin.opts, "object": order, "order": order, "crumb": context.get("title")}
    return TemplateResponse(request, template, {**shared, **context})


def is_partial(request: HttpRequest) -> bool:
    """Whether the page's script asks, which changes a part of the page: so the chosen file stays chosen."""
    return request.headers.get("HX-Request") == "true"


def import_view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """*Add from a file*."""
    order = own_order(request, object_id)
    if order.status not in BEING_DRAFTED:
        return say_submitted(request, order)
    context: dict[str, Any] = {"title": _("Add from a file"), "form": ImportForm(), "columns": COLUMNS.values()}
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
        context["form"] = form
        if form.is_valid():
            done = upload(request, order, form, context)
            if done:
                return done
    return page(request, model_admin, NOTES if is_partial(request) else PAGE, order, context)


def upload(
    request: HttpRequest, order: PurchaseOrder, form: ImportForm, context: dict[str, Any]
) -> HttpResponse | None:
    """Where the file's lines went in, the way to the draft; otherwise why not, in the context."""
    file = form.cleaned_data["file"]
    try:
        found = add_file(order, file.read(), name=file.name, seen=form.cleaned_data["seen"], actor=request.user)
    except UploadedBefore as known:
        context |= {"earlier": known.parts[:MOST_NAMED], "token": known.token, "file_name": file.name}
        return None
    except FileRefused as refusal:
        form.add_error("file", str(refusal))
        return None
    except OrderRefused as refusal:
        form.add_error("file", explain(refusal))
        return None
    say_uploaded(request, order, file.name, found)
    if is_partial(request):
        return HttpResponse(headers={"HX-Redirect": page_of(order)})
    return HttpResponseRedirect(page_of(order))


def say_uploaded(request: HttpRequest, order: PurchaseOrder, name: str, found: Upload) -> None:
    say_added(request, found.added)
    if found.rejected and found.added.part:
        words = ngettext(
            "%(count)d row of %(file)s could not be read.",
            "%(count)d rows of %(file)s could not be read.",
            found.rejected,
        ) % {"count": found.rejected, "file": name}
        url = reverse("admin:numbers_app_purchaseorder_rejected", args=[order.pk, found.added.part.pk])
        messages.warning(
            request, format_html('{} <a class="underline" href="{}">{}</a>', words, url, _("Mend or download them"))
        )
    for words in found.words:
        messages.info(request, words)


def say_added(request: HttpRequest, added: Added) -> None:
    if added.count:
        words = ngettext("%(count)d number was added.", "%(count)d numbers were added.", added.count)
        messages.success(request, words % {"count": added.count})
    if added.there_already:
        messages.info(request, words_for_known(added))


def words_for_known(added: Added) -> str:
    many = len(added.there_already)
    words = ngettext(
        "%(count)d number was in this order already, and was left out: %(numbers)s",
        "%(count)d numbers were in this order already, and were left out: %(numbers)s",
        many,
    )
    shown = ", ".join(map(phones.show_phone, added.there_already[:MOST_NAMED]))
    return words % {"count": many, "numbers": f"{shown} …" if many > MOST_NAMED else shown}


def template_view(request: HttpRequest, object_id: str, kind: str) -> StreamingHttpResponse:
    """An empty file to fill in."""
    own_order(request, object_id)
    return downloaded("order-template", template_pieces, kind)


class DressedPasteForm(PasteForm):
    """The form in the desk's clothes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = KnownChoice(
            Purchase._meta.get_field("location"),
            admin.site,
            attrs={"class": "unfold-admin-autocomplete", "data-placeholder": _("Search by name or ID")},
        )
        self.dress("location", choice)
        for name in ("country_code", "number_type", "substitution"):
            self.dress(name, UnfoldAdminSelectWidget())
        self.fields["numbers"].widget = UnfoldAdminTextareaWidget(
            attrs={"rows": 10, "autocomplete": "off", "spellcheck": "false", "placeholder": "(830) 555-1234"}
        )

    def dress(self, name: str, widget: Any) -> None:
        field: Any = self.fields[name]
        field.widget = widget
        widget.choices = field.choices


def paste_view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """*Paste numbers*. What can't be read stays in the field, with the reasons below."""
    order = own_order(request, object_id)
    if order.status not in BEING_DRAFTED:
        return say_submitted(request, order)
    form = DressedPasteForm(request.POST or None, user=request.user)
    pasted: Pasted | None = None
    if request.method == "POST" and form.is_valid():
        pasted = read_pasted(
            form.cleaned_data["numbers"],
            country=form.cleaned_data["country_code"],
            number_type=form.cleaned_data["number_type"],
            fields={
                "location_id": form.cleaned_data["location"].pk,
                "substitution": form.cleaned_data["substitution"],
            },
        )
        if add_pasted(request, order, form, pasted) and not pasted.unread:
            return HttpResponseRedirect(page_of(order))
    context = {"title": _("Paste numbers"), "form": form, "unread": pasted.unread if pasted else ()}
    return page(request, model_admin, "admin/numbers_app/order/paste.html", order, context)


def add_pasted(request: HttpRequest, order: PurchaseOrder, form: PasteForm, pasted: Pasted) -> bool:
    """Whether the numbers that could be read are in the draft now."""
    label = _("For %(location)s") % {"location": form.cleaned_data["location"].name}
    try:
        added = add_lines(order.pk, pasted.wishes, source=Source.PASTED, label=label, actor=request.user)
    except OrderRefused as refusal:
        form.add_error("numbers", explain(refusal))
        return False
    say_added(request, added)
    if pasted.unread:
        data = form.data.copy()  # type: ignore[attr-defined]
        data["numbers"] = "\n".join(unread.whole for unread in pasted.unread)
        form.data = data
    return True
