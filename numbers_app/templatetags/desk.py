"""How numbers and replies are written for people."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from numbers_app import phones, selectors
from numbers_app.explanations import ANSWER_COLOURS, LOOK_UP_COLOURS, STATUS_COLOURS
from numbers_app.formatting import show_count, show_time
from numbers_app.models import Answer, Location, LookUpResult, NumberType, Status
from numbers_app.purchasing.deciding import stop_seen
from numbers_app.told import told as told_in_words
from numbers_app.told import told_in_html

register = template.Library()

EXPORTS = (("csv", "CSV"), ("xlsx", "Excel"), ("json", "JSON"))
PAGE_NAMES = ("p", "all", "e", "after", "before", "last")  # that say which page of a list it is


@register.filter
def phone(e164: str) -> str:
    return phones.show_phone(e164)


@register.filter
def type_name(number_type: str) -> str:
    """A number's type in words, and a dash where it is not known."""
    return NumberType.in_words(number_type) or "–"


@register.filter
def seen_stopped(location: Location) -> str:
    """What a form carries of a stopped queue that its reader saw."""
    return stop_seen(location)


@register.filter
def when(at: datetime | None) -> SafeString | str:
    return show_time(at)


@register.filter
def count(many: int) -> str:
    return show_count(many)


@register.filter
def told(text: str) -> str:
    """What stands in the books, in the reader's language; what a person wrote as it is."""
    return told_in_words(text)


@register.filter
def said(text: str) -> SafeString:
    """The same where the rest is the provider's."""
    return told_in_html(text)


@register.simple_tag(takes_context=True)
def may(context: template.RequestContext, permission: str) -> bool:
    """Whether the reader has the permission; also where a list's own context has no ``perms``."""
    return bool(context.request.user.has_perm(permission))


@register.simple_tag
def export_links(listed: Any) -> list[dict[str, str]]:
    """The files that a list's selection can be had as; no page of it is a part of the selection."""
    query = listed.get_query_string(dict.fromkeys(PAGE_NAMES))
    return [
        {"name": name, "address": reverse(f"admin:numbers_app_{listed.opts.model_name}_export", args=[kind]) + query}
        for kind, name in EXPORTS
    ]


@register.simple_tag
def rehearsing() -> bool:
    """Whether the desk talks to the sandbox."""
    return bool(settings.SANDBOX)


@register.filter
def pretty(value: Any) -> str:
    """JSON, indented; a text that is not JSON as it is."""
    if isinstance(value, str):
        return selectors.pretty_json(value)
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def status_colour(status: str) -> str:
    return STATUS_COLOURS[Status(status)]


@register.filter
def answer_colour(answer: str) -> str:
    return ANSWER_COLOURS[Answer(answer)]


@register.filter
def look_up_colour(result: str) -> str:
    return LOOK_UP_COLOURS[LookUpResult(result)]
