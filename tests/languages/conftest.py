"""The small agency of the admin's tests, with books in every state."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.admin.conftest import mailbox, sandbox, start_sandbox, static_root, visit, world
from tests.admin.world import World
from tests.languages.states import fill

__all__ = ["mailbox", "sandbox", "start_sandbox", "static_root", "visit", "world"]


@pytest.fixture
def books(world: World) -> list[str]:
    """The addresses of pages that show every state."""
    return fill(world)


@pytest.fixture
def speak(visit: Callable[[str], Client]) -> Callable[[str, str], Client]:
    """A browser that asks for a language, in which somebody of that role has signed in."""

    def sign_in(role: str, language: str) -> Client:
        client = visit(role)
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        return client

    return sign_in
