"""Names for the tables that only link two others: Django has none but English ones for them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from numbers_app.models import Location

NAMES = (
    (Location.users.through, gettext_lazy("assigned location"), gettext_lazy("Assigned locations")),
    (Location.tags.through, gettext_lazy("location's tag"), gettext_lazy("locations' tags")),
    (User.groups.through, gettext_lazy("user's group"), gettext_lazy("users' groups")),
    (User.user_permissions.through, gettext_lazy("user's permission"), gettext_lazy("users' permissions")),
    (Group.permissions.through, gettext_lazy("group's permission"), gettext_lazy("groups' permissions")),
)
ACTIONS = {
    "add": gettext_lazy("Can add: %(what)s"),
    "change": gettext_lazy("Can change: %(what)s"),
    "delete": gettext_lazy("Can delete: %(what)s"),
    "view": gettext_lazy("Can view: %(what)s"),
}


def name_links() -> None:
    """Once, for all pages that show a link."""
    for model, name, names in NAMES:
        model._meta.verbose_name, model._meta.verbose_name_plural = name, names
        model.__str__ = in_words  # type: ignore[method-assign]
        for field in model._meta.fields:
            if field.remote_field:
                field.verbose_name = field.remote_field.model._meta.verbose_name or ""


def in_words(link: Any) -> str:
    ends = [getattr(link, field.name) for field in link._meta.fields if field.remote_field]
    return " · ".join(permission_in_words(end) if isinstance(end, Permission) else str(end) for end in ends)


def permission_in_words(permission: Permission) -> str:
    """A permission in the reader's language; the database has its English name."""
    model = permission.content_type.model_class()
    action, _line, of_model = permission.codename.partition("_")
    if model is None or action not in ACTIONS or of_model != model._meta.model_name:
        return _(permission.name)
    return str(ACTIONS[action] % {"what": model._meta.verbose_name})
