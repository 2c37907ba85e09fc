"""The page *My mails*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from numbers_app.models import MailPreference
from tests.admin.world import World, form_values, page, rows_of_all

MINE = reverse("admin:numbers_app_mailpreference_mine")
SWITCHES = ("approval_wanted", "decided", "finished", "needs_review")
ALL_ON = dict.fromkeys(SWITCHES, "on")


def shown(client: Client) -> dict[str, str]:
    values = form_values(page(client, MINE))
    return {name: values[name] for name in SWITCHES}


@pytest.mark.parametrize("role", ["bare", "Viewer", "Buyer", "Manager", "root"])
def test_everybody_has_all_mails_until_they_turn_some_off(role: str, visit: Callable[[str], Client]) -> None:
    client = visit(role)

    assert shown(client) == ALL_ON
    for _click in range(2):
        assert client.post(MINE, {"whole": "True", "decided": "on"}).status_code == 302

    assert shown(client) == {**dict.fromkeys(SWITCHES, ""), "decided": "on"}
    assert MailPreference.objects.count() == 1


def test_one_changes_ones_own_alone(world: World, visit: Callable[[str], Client]) -> None:
    other = MailPreference.objects.create(user=world.people["root"])

    visit("Buyer").post(f"{MINE}?user={other.user_id}", {"whole": "True", "user": other.user_id})

    other.refresh_from_db()
    assert all(getattr(other, name) for name in SWITCHES)


def test_opening_the_page_writes_nothing(visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")
    before = rows_of_all()

    page(client, MINE)

    assert rows_of_all() == before


def test_page_says_where_mails_go_and_what_is_missing(
    world: World, visit: Callable[[str], Client], settings: Any
) -> None:
    client = visit("Buyer")

    assert "You have no e-mail address here" in page(client, MINE)
    world.people["Buyer"].email = "buyer@example.com"
    world.people["Buyer"].save()
    assert "Mails go to buyer@example.com." in page(client, MINE)
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert "This desk has no mail server" in page(client, MINE)


def test_every_page_leads_there(world: World, visit: Callable[[str], Client]) -> None:
    world.people["bare"].set_password("correct horse")
    world.people["bare"].save()

    shown = page(visit("bare"), "/admin/")

    assert f'href="{MINE}"' in shown
    assert f'href="{reverse("admin:password_change")}"' in shown
