"""The languages to choose from."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

BUTTON = (
    '<button type="submit" name="language" value="{0}" lang="{0}"{1} class="block cursor-pointer flex flex-row grow'
    " items-center gap-1 mx-1 px-3 py-2 rounded-default text-left hover:bg-base-100 hover:text-base-700"
    ' dark:hover:bg-base-700 dark:hover:text-base-200{2}">{3}</button>'
)
CURRENT = (
    format_html(' aria-current="{}"', "true"),
    " text-primary-600 dark:text-primary-500 dark:hover:text-primary-500! hover:text-primary-600!",
)


@register.simple_tag
def language_buttons() -> SafeString:
    """One for each language, in its own words; the one that is read is marked."""
    return draw_buttons(get_language())


@lru_cache
def draw_buttons(current: str | None) -> SafeString:
    """Kept by the language: they stand on every page."""
    return format_html_join(
        "\n",
        BUTTON,
        ((code, *(CURRENT if code == current else ("", "")), name) for code, name in settings.LANGUAGES),
    )
