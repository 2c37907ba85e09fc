"""Tags: their list, and how locations get and lose them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from numbers_app.admin.base import DeskAdmin
from numbers_app.admin.decorators import display
from numbers_app.forms import refuse_control_characters
from numbers_app.models import Location, Tag
from numbers_app.selectors import is_key

MOST_TAGS = 200  # that a list offers
MOST_NAMED = 10  # locations that are named before they get a tag


class TagForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    """A tag is written one way only, whatever its capitals."""

    class Meta:
        model = Tag
        fields = ["name"]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        refuse_control_characters(name)
        same = Tag.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).first()
        if same:
            raise ValidationError(_("There is a tag “%(name)s” already.") % {"name": same.name})
        return name


@admin.register(Tag)
class TagAdmin(DeskAdmin):
    form = TagForm
    list_display = ["name", "location_count"]
    list_per_page = 50
    search_fields = ["name"]
    ordering = ["name"]
    actions = None
    empty_template = "admin/numbers_app/tag/empty.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        seen = Q(locations__in=Location.objects.visible_to(request.user).order_by().values("pk"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(location_count=Count("locations", filter=seen))
        return rows

    @display(description=_("Your locations"), ordering="location_count")
    def location_count(self, tag: Any) -> SafeString:
        url = reverse("admin:numbers_app_location_changelist")
        return format_html('<a href="{}?tag={}">{}</a>', url, tag.pk, tag.location_count)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[Any], dict[str, int], set[str], Any]:
        """The tags alone: locations only lose them, and those of others are nobody's business."""
        return [str(tag) for tag in objs], {str(_("tags")): len(objs)}, set(), []


class TagFilter(DropdownFilter):  # type: ignore[misc]  # Unfold is not typed
    """By tag, of those that the reader's locations have."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(tag.pk), tag.name) for tag in tags_of(Location.objects.visible_to(request.user))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(tags=int(chosen)) if chosen and is_key(chosen) else queryset


def tags_of(locations: QuerySet[Location]) -> QuerySet[Tag]:
    return Tag.objects.filter(locations__in=locations.order_by().values("pk")).distinct()[:MOST_TAGS]


class NewTagForm(forms.Form):
    """A tag to add, by its name."""

    tag = forms.CharField(
        label=_("Tag"),
        max_length=50,
        validators=[refuse_control_characters],
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "list": "known-tags"}),
        help_text=_("One that is there, or a new one."),
    )


class OldTagForm(forms.Form):
    """A tag to remove, of those that the locations have."""

    tag = forms.ModelChoiceField(
        label=_("Tag"),
        queryset=Tag.objects.none(),
        error_messages={"invalid_choice": _("None of the locations has this tag.")},
    )

    def __init__(self, *args: Any, tags: QuerySet[Tag], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["tag"]
        field.widget = UnfoldAdminSelectWidget()
        field.queryset = tags


@admin.action(description=_("Add a tag"), permissions=["change"])
def add_tag(model_admin: Any, request: HttpRequest, queryset: QuerySet[Location]) -> HttpResponse:
    """Asks for the tag first, then gives it to the chosen locations."""
    form = NewTagForm(request.POST if "apply" in request.POST else None)
    places = Location.objects.filter(pk__in=queryset.order_by().values("pk"))
    if not form.is_valid():
        return ask(model_admin, request, form, places, title=_("Add a tag"), action="add_tag")
    tag = named(form.cleaned_data["tag"], may_add=request.user.has_perm("numbers_app.add_tag"))
    if tag is None:
        form.add_error("tag", _("There is no such tag, and you may not make one."))
        return ask(model_admin, request, form, places, title=_("Add a tag"), action="add_tag")
    tag.locations.add(*places)
    many = places.count()
    words = ngettext(
        "%(count)d location has the tag “%(tag)s”.", "%(count)d locations have the tag “%(tag)s”.", many
    )  # fmt: skip
    messages.success(request, words % {"count": many, "tag": tag})
    return HttpResponseRedirect(request.get_full_path())


def named(name: str, *, may_add: bool) -> Tag | None:
    """The tag of that name, whatever its capitals; else a new one, for who may add one."""
    known = Tag.objects.filter(name__iexact=name).first()
    return known or (Tag.objects.get_or_create(name=name)[0] if may_add else None)


@admin.action(description=_("Remove a tag"), permissions=["change"])
def remove_tag(model_admin: Any, request: HttpRequest, queryset: QuerySet[Location]) -> HttpResponse:
    """Asks for the tag first, then takes it from the chosen locations."""
    places = Location.objects.filter(pk__in=queryset.order_by().values("pk"))
    tags = Tag.objects.filter(locations__in=places.order_by().values("pk")).distinct()
    form = OldTagForm(request.POST if "apply" in request.POST else None, tags=tags)
    if not form.is_valid():
        return ask(model_admin, request, form, places, title=_("Remove a tag"), action="remove_tag")
    tag = form.cleaned_data["tag"]
    tag.locations.remove(*places)
    messages.success(request, _("The tag “%(tag)s” was removed.") % {"tag": tag})
    return HttpResponseRedirect(request.get_full_path())


def ask(
    model_admin: Any, request: HttpRequest, form: forms.Form, places: QuerySet[Location], *, title: Any, action: str
) -> HttpResponse:
    """The page between the list and the deed."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "form": form,
        "action": action,
        "count": places.count(),
        "names": list(places.values_list("name", flat=True)[:MOST_NAMED]),
        "chosen": [key for key in request.POST.getlist(ACTION_CHECKBOX_NAME) if is_key(key)],
        "select_across": request.POST.get("select_across") == "1",
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "known": tags_of(Location.objects.visible_to(request.user)),
    }
    return TemplateResponse(request, "admin/numbers_app/tag/choose.html", context)
