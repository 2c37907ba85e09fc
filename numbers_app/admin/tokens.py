"""API tokens: written once, shown only by their last four characters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminPasswordWidget

from numbers_app import review
from numbers_app.admin.base import ScopedAdmin
from numbers_app.admin.decorators import display
from numbers_app.admin.reviewing import REVIEW
from numbers_app.leadconnector.transport import Bearer
from numbers_app.models import ApiToken, Location
from numbers_app.models.permissions import MAY_REVIEW

SHORTEST_TOKEN = 12
SANDBOX_PREFIX = "sandbox-"


class ApiTokenForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    """A token is typed once; what was typed is never sent back to the browser."""

    token = forms.CharField(
        label=_("Token"),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "A private integration token made in the location, or a location's OAuth access token, with the scopes "
            "phonenumbers.read and phonenumbers.write. An agency's private token can't buy."
        ),
    )

    class Meta:
        model = ApiToken
        fields = ["location", "token"]

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"].strip().removeprefix("Bearer ")
        if len(token) < SHORTEST_TOKEN:
            raise ValidationError(_("A token has at least %(least)d characters.") % {"least": SHORTEST_TOKEN})
        try:
            Bearer(token)
        except ValueError:
            raise ValidationError(_("A token has no spaces, line breaks or special letters.")) from None
        if settings.SANDBOX and not token.startswith(SANDBOX_PREFIX):
            raise ValidationError(
                _("This desk talks to the sandbox, where tokens begin with “sandbox-”; keep real ones out.")
            )
        if not settings.SANDBOX and token.startswith(SANDBOX_PREFIX):
            raise ValidationError(_("This desk talks to the provider. A sandbox token opens nothing there."))
        return token

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        location = self.cleaned_data.get("location")
        if location is None and "location" not in self.errors and ApiToken.objects.filter(location=None).exists():
            self.add_error("location", _("There is a default token already. Delete it first to enter another."))
        return cleaned


@admin.register(ApiToken)
class ApiTokenAdmin(ScopedAdmin):
    form = ApiTokenForm
    list_display = ["opens", "shown", "created_by", "created_at"]
    list_select_related = ["location", "created_by"]
    search_fields = ["location__name", "location__location_id"]
    autocomplete_fields = ["location"]
    empty_template = "admin/numbers_app/apitoken/empty.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the tokens themselves: no page shows them, and one that no key decrypts can still be deleted."""
        return super().get_queryset(request).defer("token")

    @display(description=_("Opens"), ordering="location__name")
    def opens(self, token: ApiToken) -> Any:
        return token.location or _("Every location without a token of its own")

    @display(description=_("Token"))
    def shown(self, token: ApiToken) -> str:
        return f"…{token.last_four}"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:
        return ["location", "token"] if obj is None else ["opens", "shown", "created_by", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:
        return [] if obj is None else ["opens", "shown", "created_by", "created_at"]

    def get_form(self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None and not request.user.is_superuser:
            location = form.base_fields["location"]
            location.required = True  # the default token opens locations that are not theirs
            location.help_text = _("The location that the token opens.")
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "location":
            kwargs["queryset"] = Location.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        obj.last_four = obj.token[-4:]
        obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        self.tell_what_is_stopped(request, obj)

    def tell_what_is_stopped(self, request: HttpRequest, token: ApiToken) -> None:
        """A new token does not let a queue go on by itself: somebody says when."""
        opened = review.stopped(request.user)
        opened = opened.filter(pk=token.location.pk) if token.location else opened.filter(api_token__isnull=True)
        many = opened.count()
        if not many:
            return
        words = ngettext(
            "The queue of %(count)d location that this token opens is still stopped.",
            "The queues of %(count)d locations that this token opens are still stopped.",
            many,
        )
        link = format_html('<a href="{}#stopped">{}</a>', reverse(REVIEW), _("Let them go on at the review desk."))
        may_review = request.user.has_perm(MAY_REVIEW)
        messages.warning(request, format_html("{} {}", words % {"count": many}, link if may_review else ""))
