"""Links into the help. They open in a tab of their own: what was typed into a form is not lost."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from numbers_app import guide
from numbers_app.guide_links import FIELDS, GLOSSARY, STATUSES, Part, part_for_page
from numbers_app.models import Status

register = template.Library()


@register.simple_tag
def help_link(page: str, anchor: str = "") -> SafeString:
    """A question mark that leads to a page of the help, or to one of its headings."""
    found = guide.read_page(page, guide.reader_language())
    subject = found.heading(anchor) if anchor else found.title
    return format_html(
        '<a class="guide-mark" href="{}" target="_blank" rel="noopener">'
        '<span aria-hidden="true">?</span><span class="desk-unseen">{}</span></a>',
        guide.address(page, anchor),
        _("Help: %(subject)s (opens in a new tab)") % {"subject": subject},
    )


@register.simple_tag
def word_help(anchor: str) -> SafeString:
    """What a word of the glossary means."""
    return help_link(GLOSSARY, anchor)


@register.simple_tag
def review_help(section: str) -> SafeString:
    """What a section of the review desk is for."""
    return help_link("review", section.replace("_", "-"))


@register.simple_tag
def status_help(status: str) -> SafeString:
    """What a purchase's status means."""
    return help_link(*STATUSES[Status(status)])


@register.simple_tag
def field_help(name: str) -> SafeString | str:
    """What a form's field means, where the guide tells of it."""
    return help_link(*FIELDS[name]) if name in FIELDS else ""


@register.simple_tag(takes_context=True)
def page_help(context: template.RequestContext) -> SafeString | str:
    """The link at the head of every page, to what the help says of it. The help itself needs none."""
    part = part_of(context)
    if part is None:
        return ""
    return format_html(
        '<a class="guide-head" href="{}" target="_blank" rel="noopener">'
        '<span class="material-symbols-outlined" aria-hidden="true">help</span>'
        '<span class="guide-head-word">{}</span> <span class="desk-unseen">{}</span></a>',
        guide.address(*part),
        _("Help"),
        _("(opens in a new tab)"),
    )


def part_of(context: template.RequestContext) -> Part | None:
    match = getattr(context.get("request"), "resolver_match", None)
    if match is None or match.view_name.startswith("help"):
        return None
    return part_for_page(match.view_name)
