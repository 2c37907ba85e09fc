"""Two locations with books of their own, and a visitor for each role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.admin.world import World, make_world
from tests.purchasing.conftest import mailbox, sandbox, start_sandbox

__all__ = ["mailbox", "sandbox", "start_sandbox"]


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """WhiteNoise warns where the folder is missing, which `prepare_desk` makes."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def visit(world: World) -> Callable[[str], Client]:
    """A browser in which somebody of that role has signed in."""

    def sign_in(role: str) -> Client:
        client = Client()
        if role != "anonymous":
            client.force_login(world.people[role])
        return client

    return sign_in


@pytest.fixture
def real_provider(settings: Any) -> None:
    """The desk as it is with a token: no sandbox."""
    settings.SANDBOX = False
