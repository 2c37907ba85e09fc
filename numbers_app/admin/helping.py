"""The help: the guide's pages, in the reader's language, for whoever has signed in."""

from __future__ import annotations

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from numbers_app import guide


@require_safe
def help_page(request: HttpRequest, name: str = guide.FIRST) -> HttpResponse:
    """One page of the guide, with the list of all."""
    language = guide.reader_language()
    try:
        page = guide.read_page(name, language)
    except guide.NoSuchPage as missing:
        raise Http404(str(missing)) from missing
    contents = guide.contents(language)
    place = contents.index(page)
    context = {
        **admin.site.each_context(request),
        "title": page.title,
        "page": page,
        "contents": contents,
        "before": contents[place - 1] if place else None,
        "after": contents[place + 1] if place + 1 < len(contents) else None,
    }
    return TemplateResponse(request, "admin/numbers_app/help/page.html", context)


def urls() -> list[URLPattern]:
    """Besides the admin's own, for they belong to no model."""
    view = admin.site.admin_view(help_page)
    return [path("", view, name="help"), path("<slug:name>/", view, name="help_page")]
