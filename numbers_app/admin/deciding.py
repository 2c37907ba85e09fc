"""One purchase's evidence, both sides next to each other, and the decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from numbers_app import phones, review
from numbers_app.admin.reviewing import REVIEW
from numbers_app.explanations import STATUS_COLOURS
from numbers_app.forms import ReasonForm
from numbers_app.models import Purchase, Status
from numbers_app.models.permissions import MAY_REVIEW
from numbers_app.purchasing.deciding import (
    DOUBTFUL,
    DecisionRefused,
    decide_bought,
    decide_not_bought,
    facts,
    look_again,
)

DECISIONS = {
    "look": (look_again, gettext_lazy("The provider's list is being read for {}.")),
    "bought": (decide_bought, gettext_lazy("{} is on our books as bought.")),
    "not_bought": (decide_not_bought, gettext_lazy("{} is on our books as not bought.")),
}


class DecisionView(UnfoldModelAdminViewMixin, TemplateView):  # type: ignore[misc]  # Unfold is not typed
    """Shows the evidence, and takes a decision with its reason."""

    title = gettext_lazy("Evidence and decision")
    permission_required = (MAY_REVIEW,)
    raise_exception = True
    template_name = "admin/numbers_app/review/decision.html"
    model_admin: Any
    purchase: Purchase

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if not self.has_permission():
            return self.handle_no_permission()
        purchase = self.model_admin.get_object(request, self.kwargs["object_id"])
        if purchase is None:
            return self.model_admin.say_that_it_is_not_there(request, self.kwargs["object_id"])
        self.purchase = purchase
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        purchase = self.purchase
        status = Status(purchase.status)
        return {
            **super().get_context_data(**kwargs),
            "title": phones.show_phone(purchase.phone_number),
            "opts": self.model_admin.opts,
            "purchase": purchase,
            "sides": review.both_sides(purchase, user=self.request.user),
            "colour": STATUS_COLOURS[status],
            "seen": facts(purchase),
            "open": status in DOUBTFUL,
            "may_deny": status == Status.NEEDS_REVIEW,
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return self.decide(request)
        except DecisionRefused as refusal:
            self.purchase.refresh_from_db()
            typed = {"problem": str(refusal), "reason": request.POST.get("reason", "")}
            return self.render_to_response(self.get_context_data(typed=typed))

    def decide(self, request: HttpRequest) -> HttpResponse:
        form = ReasonForm(request.POST)
        wanted = request.POST.get("decision", "")
        if wanted not in DECISIONS:
            raise DecisionRefused(_("Press one of the buttons."))
        if not form.is_valid():
            raise DecisionRefused(form.errors["reason"][0])
        carry_out, words = DECISIONS[wanted]
        carry_out(
            self.purchase.pk,
            because=form.cleaned_data["reason"],
            actor=request.user,
            seen=request.POST.get("seen", ""),
        )
        page = reverse("admin:numbers_app_purchase_change", args=[self.purchase.pk])
        link = format_html('<a href="{}">{}</a>', page, phones.show_phone(self.purchase.phone_number))
        messages.success(request, format_html(str(words), link))
        return HttpResponseRedirect(page if wanted == "look" else reverse(REVIEW))
