"""How numbers and replies are written for people."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.utils.safestring import SafeString

from numbers_app import phones, selectors
from numbers_app.explanations import ANSWER_COLOURS, STATUS_COLOURS
from numbers_app.formatting import show_time
from numbers_app.models import Answer, Location, NumberType, Status
from numbers_app.purchasing.deciding import stop_seen

register = template.Library()


@register.filter
def phone(e164: str) -> str:
    return phones.show_phone(e164)


@register.filter
def type_name(number_type: str) -> str:
    """A number's type in words; one that we don't know as the provider writes it."""
    return str(dict(NumberType.choices).get(number_type, number_type)) or "–"


@register.filter
def seen_stopped(location: Location) -> str:
    """What a form carries of a stopped queue that its reader saw."""
    return stop_seen(location)


@register.filter
def when(at: datetime | None) -> SafeString | str:
    return show_time(at)


@register.simple_tag(takes_context=True)
def may(context: template.RequestContext, permission: str) -> bool:
    """Whether the reader has the permission; also where a list's own context has no ``perms``."""
    return bool(context.request.user.has_perm(permission))


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
