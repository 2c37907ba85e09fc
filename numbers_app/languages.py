"""Which language somebody reads: their own choice, else what their browser asks for.

Django's own middleware reads the cookie of the page on which one signs in, then the browser. What a user has chosen is
kept with the user: it goes with them to another browser, and their mails are written in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from numbers_app.models import LanguagePreference


class DeskBackend(ModelBackend):
    """Reads a user together with the language that they have chosen: in one query, as each page needs both."""

    def get_user(self, user_id: Any) -> User | None:
        found = User.objects.select_related("language_preference").filter(pk=user_id).first()
        return found if found is not None and self.user_can_authenticate(found) else None


def speak_as_chosen(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The middleware: after it, everything is in the language that the user has chosen, where one has."""

    def respond(request: HttpRequest) -> HttpResponse:
        language = known(preference_of(request.user).chosen)
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return get_response(request)

    return respond


def choose(user: Any, language: str) -> None:
    """Keep what the user has chosen."""
    LanguagePreference.objects.update_or_create(user=user, defaults={"chosen": language})


def remember_browsers(sender: Any, user: Any, **about: Any) -> None:
    """At sign-in: keep what the browser asks for, for mails; without a row it is the desk's own language."""
    asked = translation.get_language() or settings.LANGUAGE_CODE
    if asked != (preference_of(user).browsers or settings.LANGUAGE_CODE):
        LanguagePreference.objects.update_or_create(user=user, defaults={"browsers": asked})


def language_of(user: Any) -> str:
    """What the user is written to in: never the language of whoever happens to cause it."""
    preference = preference_of(user)
    return known(preference.chosen) or known(preference.browsers) or settings.LANGUAGE_CODE


def preference_of(user: Any) -> LanguagePreference:
    """The user's row; one that says nothing where there is none, and for who has not signed in."""
    return getattr(user, "language_preference", None) or LanguagePreference()


def known(language: str) -> str:
    """Empty for a language that the desk does not speak, or no longer."""
    return language if language in dict(settings.LANGUAGES) else ""
