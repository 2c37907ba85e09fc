"""Users and groups, with the locations that a user sees."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from numbers_app.admin.base import PlainTitle
from numbers_app.admin.links import name_links, permission_in_words
from numbers_app.models import Location

admin.site.unregister(User)
admin.site.unregister(Group)
name_links()


class AssignedLocationInline(TabularInline):  # type: ignore[misc]  # Unfold is not typed
    model = Location.users.through
    autocomplete_fields = ["location"]
    extra = 0
    verbose_name = _("assigned location")
    verbose_name_plural = _("Assigned locations")


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # no generics at run time
    """Names each permission in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.content_type} | {permission_in_words(obj)}"


class DeskUserCreationForm(UserCreationForm):  # type: ignore[misc]  # Unfold is not typed
    """Every user of the desk signs in to the admin, so every user is staff."""

    def save(self, commit: bool = True) -> Any:
        self.instance.is_staff = True
        return super().save(commit)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, PlainTitle):  # type: ignore[type-arg]  # no generics at run time
    form = UserChangeForm
    add_form = DeskUserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = [AssignedLocationInline]
    list_display = ["username", "first_name", "last_name", "email", "is_active", "is_superuser"]
    list_filter = ["is_active", "is_superuser", "groups"]
    filter_horizontal = []
    # What a user may do comes from groups alone, so that it can be told at a glance.
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Access"), {"fields": ["is_active", "is_superuser", "groups"]}),
    ]

    def get_inlines(self, request: Any, obj: Any) -> Any:
        return self.inlines if obj else []

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
            return db_field.formfield(
                **kwargs,
                help_text=_(
                    "Viewer sees, Buyer also buys, Approver sees and approves orders, Manager does everything."
                ),
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, PlainTitle):
    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            kwargs["form_class"] = PermissionsField
        return super().formfield_for_manytomany(db_field, request, **kwargs)
