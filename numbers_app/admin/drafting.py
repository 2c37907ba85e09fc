"""The pages on which an order is drafted."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextInputWidget

from numbers_app.models import PurchaseOrder
from numbers_app.order_forms import OUT_OF_DATE, NewOrderForm
from numbers_app.purchasing.drafting import begin_draft
from numbers_app.purchasing.ordering import KeyUsed


def urls(model_admin: Any) -> list[URLPattern]:
    view = model_admin.admin_site.admin_view
    return [
        path("new/", view(NewOrderView.as_view(model_admin=model_admin)), name="numbers_app_purchaseorder_new"),
    ]


class NewOrderView(UnfoldModelAdminViewMixin, FormView):  # type: ignore[misc, type-arg]  # no generics at run time
    """Begins a draft."""

    title = gettext_lazy("New order")
    permission_required = ("numbers_app.buy_number",)
    raise_exception = True
    template_name = "admin/numbers_app/order/new.html"
    form_class = NewOrderForm
    model_admin: Any

    def get_form(self, form_class: Any = None) -> NewOrderForm:
        form: NewOrderForm = super().get_form(form_class)
        form.fields["name"].widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "maxlength": 100})
        return form

    def form_valid(self, form: NewOrderForm) -> HttpResponse:
        try:
            order = begin_draft(
                requested_by=self.request.user,
                name=form.cleaned_data["name"],
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        except KeyUsed:
            form.add_error("idempotency_key", OUT_OF_DATE)
            return self.form_invalid(form)
        return HttpResponseRedirect(page_of(order))

    def form_invalid(self, form: NewOrderForm) -> HttpResponse:
        """Without a usable key, the next click brings one."""
        if "idempotency_key" in form.errors:
            form.take_new_key()
        return self.render_to_response(self.get_context_data(form=form))


def page_of(order: PurchaseOrder) -> str:
    return reverse("admin:numbers_app_purchaseorder_change", args=[order.pk])


def draft_page(request: HttpRequest, order: PurchaseOrder, model_admin: Any) -> HttpResponse:
    """The draft's page."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": str(order),
        "order": order,
    }
    return TemplateResponse(request, "admin/numbers_app/order/draft.html", context)
