"""The page *My mails*: which mails somebody wants. Everybody has their own alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView
from unfold.widgets import UnfoldBooleanSwitchWidget

from numbers_app.admin.base import ReadOnlyAdmin
from numbers_app.models import MailPreference
from numbers_app.models.permissions import MAY_APPROVE

SWITCHES = ["approval_wanted", "decided", "finished", "needs_review"]
KEPT_IN_FILES = "django.core.mail.backends.filebased.EmailBackend"


class MailsForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    """Four switches. A switch that is off sends nothing, so the form says that it was sent at all."""

    whole = forms.BooleanField(widget=forms.HiddenInput, initial=True)

    class Meta:
        model = MailPreference
        fields = SWITCHES
        widgets = {name: UnfoldBooleanSwitchWidget() for name in SWITCHES}


class MyMailsView(FormView):  # type: ignore[type-arg]  # no generics at run time
    """Shows the switches as they are, and keeps what is chosen. Whoever has signed in may open it."""

    template_name = "admin/numbers_app/mailpreference/mine.html"
    form_class = MailsForm
    model_admin: Any = None

    def get_form_kwargs(self) -> dict[str, Any]:
        user: Any = self.request.user
        own = MailPreference.objects.filter(user=user).first()
        return {**super().get_form_kwargs(), "instance": own or MailPreference(user=user)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            **self.model_admin.admin_site.each_context(self.request),
            "title": _("My mails"),
            "address": getattr(self.request.user, "email", ""),
            "kept_in_files": settings.EMAIL_BACKEND == KEPT_IN_FILES,
            "may_approve": self.request.user.has_perm(MAY_APPROVE),
        }

    def form_valid(self, form: MailsForm) -> HttpResponse:
        """Two clicks at once must not end as two rows, so the second changes what the first made."""
        user: Any = self.request.user
        MailPreference.objects.update_or_create(
            user=user, defaults={name: form.cleaned_data[name] for name in SWITCHES}
        )
        messages.success(self.request, _("It is kept. Mails that were written before are still sent."))
        return HttpResponseRedirect(reverse("admin:numbers_app_mailpreference_mine"))


@admin.register(MailPreference)
class MailPreferenceAdmin(ReadOnlyAdmin):
    """Only the page of one's own; nobody has others' to look at."""

    def get_urls(self) -> list[URLPattern]:
        mine = self.admin_site.admin_view(MyMailsView.as_view(model_admin=self))
        return [path("mine/", mine, name="numbers_app_mailpreference_mine")]

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: Any) -> bool:
        return False
