"""System checks: a wrong environment stops the start, with a sentence for each thing to set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

SHORTEST_SECRET_KEY = 32


@register()
def environment_is_right(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every variable that is missing or can't be read (E001), or that reads but can't work (E002, E003, W001)."""
    found: list[CheckMessage] = [
        Error(problem.message, hint=problem.hint, id="numbers_app.E001") for problem in settings.ENVIRONMENT.problems
    ]
    return found + secret_key_problems() + encryption_key_problems() + token_problems()


def secret_key_problems() -> list[CheckMessage]:
    if len(settings.SECRET_KEY) >= SHORTEST_SECRET_KEY:
        return []
    return [
        Error(
            "SECRET_KEY is too short.",
            hint=f"Set SECRET_KEY to {SHORTEST_SECRET_KEY} or more random characters.",
            id="numbers_app.E002",
        )
    ]


def encryption_key_problems() -> list[CheckMessage]:
    for position, key in enumerate(settings.FIELD_ENCRYPTION_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            return [
                Error(
                    f"FIELD_ENCRYPTION_KEYS: key number {position} is not a Fernet key.",
                    hint="A Fernet key is 32 bytes in URL-safe base64; `make key` prints one.",
                    id="numbers_app.E003",
                )
            ]
    return []


def token_problems() -> list[CheckMessage]:
    """A real token with a sandbox's address, or a sandbox's token with the provider's, is a mix-up."""
    token, rehearsing = settings.LEADCONNECTOR_TOKEN, settings.SANDBOX
    if token and rehearsing and not token.startswith("sandbox-"):
        return [
            Warning(
                "LEADCONNECTOR_TOKEN is a real token, but LEADCONNECTOR_BASE_URL is an address of this machine.",
                hint="Leave LEADCONNECTOR_BASE_URL out to talk to the provider.",
                id="numbers_app.W001",
            )
        ]
    if token.startswith("sandbox-") and not rehearsing:
        return [
            Error(
                "LEADCONNECTOR_TOKEN is a sandbox token, but LEADCONNECTOR_BASE_URL is the provider's.",
                hint="Set LEADCONNECTOR_TOKEN to the agency's token, or leave it out to use the sandbox.",
                id="numbers_app.E004",
            )
        ]
    return []
