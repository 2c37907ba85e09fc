"""The buttons that choose a language: in the menu of the user's own, and on the page on which one signs in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from numbers_app.languages import choose, known


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep it with the user, and in a cookie for the page on which one signs in; then back to where one was."""
    response = HttpResponseRedirect(way_back(request))
    language = known(request.POST.get("language", ""))
    if not language:
        return response
    if request.user.is_authenticated:
        choose(request.user, language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def way_back(request: HttpRequest) -> str:
    """Nowhere but within the desk."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe else reverse("admin:index")
