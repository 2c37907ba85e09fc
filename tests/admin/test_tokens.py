"""API tokens: typed once, and never seen again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.urls import reverse

from numbers_app.models import ApiToken
from tests.admin.test_permissions import RULES, fill_in
from tests.admin.world import World, change_page, list_page, page, rows_of_all

ADD = "admin:numbers_app_apitoken_add"
SECRET = "sandbox-Zx81-Qv77-kept-to-oneself-4451"
NOT_THEIRS = "Select a valid choice. That choice is not one of the available choices."
REAL_IN_SANDBOX = "This desk talks to the sandbox, where tokens begin with “sandbox-”; keep real ones out."
SANDBOX_IN_EARNEST = "This desk talks to the provider. A sandbox token opens nothing there."
NOT_A_TOKEN = "A token has no spaces, line breaks or special letters."


def enter(client: Client, **typed: Any) -> Any:
    return client.post(reverse(ADD), {"location": "", "token": SECRET, **typed})


def errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


@pytest.mark.parametrize("role", ["Manager", "root"])
def test_token_is_entered_for_own_location(role: str, world: World, visit: Callable[[str], Client]) -> None:
    world.mine.token.delete()

    response = enter(visit(role), location=world.mine.location.pk, token=f"  Bearer {SECRET} ")

    token = ApiToken.objects.get(location=world.mine.location)
    assert response.headers["Location"] == list_page(ApiToken)
    assert (token.token, token.last_four, token.created_by) == (SECRET, "4451", world.people[role])


def test_token_is_encrypted_in_the_database(world: World, visit: Callable[[str], Client]) -> None:
    enter(visit("root"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM numbers_app_apitoken WHERE last_four = '4451'")
        stored = cursor.fetchone()[0]
    assert SECRET not in stored
    assert stored.startswith("gAAAA")


def test_token_is_on_no_page_and_in_no_log(
    world: World, visit: Callable[[str], Client], mailbox: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = visit("root")
    world.mine.token.delete()

    shown = [
        enter(client, location=world.mine.location.pk, _continue="1"),
        enter(client, location=world.mine.location.pk),  # a second time: refused, and the page comes back
        enter(client, location="999", token=SECRET),
    ]
    token = ApiToken.objects.get(location=world.mine.location)
    everywhere = [address for address in RULES if address != "admin/logout/"]
    shown += [client.get(fill_in(address, books=world.mine, world=world), follow=True) for address in everywhere]
    shown += [client.get(change_page(token)), client.get(list_page(ApiToken), {"q": "Hill"})]
    shown.append(client.post(reverse("admin:numbers_app_apitoken_delete", args=[token.pk]), {"post": "yes"}))

    assert not [response for response in shown if SECRET in response.getvalue().decode(errors="replace")]
    assert SECRET not in caplog.text
    said = [(entry.object_repr, entry.change_message) for entry in LogEntry.objects.all()]
    assert said == [("…4451", ""), ("…4451", '[{"added": {}}]')]
    assert not ApiToken.objects.filter(location=world.mine.location).exists()


def test_list_and_page_show_the_last_four_characters(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Manager")

    for address in (list_page(ApiToken), change_page(world.mine.token)):
        shown = page(client, address)
        assert "…7071" in shown
        assert "Hill Country Roofing" in shown
        assert "sandbox-mine" not in shown


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "This field is required."),
        ("   ", "This field is required."),
        ("sandbox-abc", "A token has at least 12 characters."),
        ("Bearer sandbox-abc", "A token has at least 12 characters."),
        ("sandbox-two words", NOT_A_TOKEN),
        ("sandbox-two\nlines", NOT_A_TOKEN),
        ("sandbox-Tür-und-Tor", NOT_A_TOKEN),
        ("sandbox-🔑🔑🔑🔑🔑", NOT_A_TOKEN),
        ("sandbox-\x00abcdefgh", "Null characters are not allowed."),
        ("pit-0123456789abcdef", REAL_IN_SANDBOX),
        ("SANDBOX-0123456789", REAL_IN_SANDBOX),
    ],
)
def test_bad_token_is_refused(typed: str, says: str, world: World, visit: Callable[[str], Client]) -> None:
    before = rows_of_all()

    response = enter(visit("root"), token=typed)

    assert errors(response) == {"token": [says]}
    assert not typed.strip() or typed.strip() not in response.content.decode()
    assert rows_of_all() == before


@pytest.mark.usefixtures("real_provider")
def test_desk_in_earnest_takes_real_tokens_alone(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")

    refused = enter(client, token="sandbox-0123456789")
    taken = enter(client, token="pit-0123456789abcdef")

    assert errors(refused) == {"token": [SANDBOX_IN_EARNEST]}
    assert taken.status_code == 302
    assert ApiToken.objects.get(location=None).last_four == "cdef"


@pytest.mark.parametrize("whose", ["other", "nobody", "abc", "9" * 40, "-1"])
def test_manager_enters_no_token_for_others(whose: str, world: World, visit: Callable[[str], Client]) -> None:
    world.other.token.delete()
    chosen = str(world.other.location.pk) if whose == "other" else whose
    before = rows_of_all()

    response = enter(visit("Manager"), location=chosen)

    assert errors(response) == {"location": [NOT_THEIRS]}
    assert not [mark for mark in world.other.marks if mark in response.content.decode()]
    assert rows_of_all() == before


def test_manager_enters_no_default_token(world: World, visit: Callable[[str], Client]) -> None:
    before = rows_of_all()

    response = enter(visit("Manager"))

    assert errors(response) == {"location": ["This field is required."]}
    assert rows_of_all() == before


def test_manager_does_not_see_the_default_token(world: World, visit: Callable[[str], Client]) -> None:
    enter(visit("root"))
    default = ApiToken.objects.get(location=None)
    client = visit("Manager")

    listed = page(client, list_page(ApiToken))
    opened = client.get(change_page(default))
    deleted = client.post(reverse("admin:numbers_app_apitoken_delete", args=[default.pk]), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [default.pk, world.other.token.pk], "post": "yes"}
    client.post(list_page(ApiToken), chosen)

    assert "4451" not in listed
    assert (opened.status_code, deleted.status_code) == (302, 302)
    assert set(ApiToken.objects.all()) == {default, world.mine.token, world.other.token}


def test_second_default_token_is_refused(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")
    enter(client)

    response = enter(client)

    says = "There is a default token already. Delete it first to enter another."
    assert errors(response) == {"location": [says]}
    assert ApiToken.objects.filter(location=None).count() == 1


def test_second_token_for_a_location_is_refused(world: World, visit: Callable[[str], Client]) -> None:
    response = enter(visit("Manager"), location=world.mine.location.pk)

    assert errors(response) == {"location": ["API token with this Location already exists."]}


def test_token_is_deleted_by_its_manager(world: World, visit: Callable[[str], Client]) -> None:
    visit("Manager").post(reverse("admin:numbers_app_apitoken_delete", args=[world.mine.token.pk]), {"post": "yes"})

    assert list(ApiToken.objects.all()) == [world.other.token]


def test_token_that_no_key_decrypts_is_still_listed_and_deleted(
    world: World, visit: Callable[[str], Client], settings: Any
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    client = visit("root")

    assert "…7071" in page(client, list_page(ApiToken))
    assert "…7071" in page(client, change_page(world.mine.token))
    client.post(reverse("admin:numbers_app_apitoken_delete", args=[world.mine.token.pk]), {"post": "yes"})

    assert ApiToken.objects.count() == 1


def test_empty_list_says_when_a_token_is_needed(world: World, visit: Callable[[str], Client], settings: Any) -> None:
    ApiToken.objects.all().delete()
    client = visit("Manager")

    in_sandbox = page(client, list_page(ApiToken))
    settings.SANDBOX = False
    in_earnest = page(client, list_page(ApiToken))

    assert "No tokens are needed in the sandbox." in in_sandbox
    assert "is opened by the default token, or else by LEADCONNECTOR_TOKEN" in in_earnest
