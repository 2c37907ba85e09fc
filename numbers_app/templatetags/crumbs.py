"""The way to a page, at its head."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

register = template.Library()

LINK = '<a href="{}" class="leading-5 min-w-0 truncate tracking-tight">{}</a>'
HERE = '<span class="desk-crumb leading-5 min-w-0 truncate tracking-tight">{}</span>'
BETWEEN = format_html(
    ' <span class="material-symbols-outlined mx-2 text-base-400 dark:text-base-500" aria-hidden="true">{}</span> ',
    "chevron_right",
)


@register.simple_tag(takes_context=True)
def crumbs(context: template.Context) -> SafeString:
    """The desk, the list, the row and what the page says of itself, as far as the page has them.

    Unfold's own names the application and leads to a list of its models, which is no place where anybody works.
    """
    parts = [format_html(LINK, address, title) for address, title in way_to(context)]
    if own_name := context.get("crumb") or title_of(context):
        parts.append(format_html(HERE, own_name))
    return format_html_join(BETWEEN, "{}", ((part,) for part in parts))


def way_to(context: template.Context) -> list[tuple[str, Any]]:
    """The pages above, each with its name; none above a page that belongs to no list."""
    row = row_of(context)
    opts = row._meta if row else opts_of(context)  # noqa: SLF001 - documented
    if not opts:
        return []
    names = f"admin:{opts.app_label}_{opts.model_name}"
    way = [
        (reverse("admin:index"), _("Desk")),
        (reverse(f"{names}_changelist"), capfirst(str(opts.verbose_name_plural))),
    ]
    return [*way, (reverse(f"{names}_change", args=[row.pk]), row)] if row else way


def title_of(context: template.Context) -> Any:
    """The title of a page that is neither a list nor a row; theirs would say the same again."""
    if context.get("add"):
        return context.get("title")
    return None if context.get("opts") else context.get("content_title")


def row_of(context: template.Context) -> Any:
    original = context.get("original")
    return original if original and not isinstance(original, str) else context.get("object")


def opts_of(context: template.Context) -> Any:
    model_admin = context.get("model_admin")
    return context.get("opts") or (model_admin.opts if model_admin else None)
