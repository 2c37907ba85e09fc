"""Locations: added by hand or read from the provider, and assigned to people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from numbers_app.models import ApiToken, Location, Purchase, TwilioAccount
from numbers_app.purchasing.dispatch import sweep
from tests.admin.world import World, change_page, list_page, page, rows_of_all
from tests.factories import make_location, make_number, make_user
from tests.fakes import Mailbox

LIST = "/admin/numbers_app/location/"
ADD = "/admin/numbers_app/location/add/"
BAD_ID = "A location ID has 6 to 64 letters and digits, such as ve9EPM428h8vShlRW1KT."
BROKER_AWAY = "The work could not be handed to the workers: the broker does not answer."


def add(client: Client, **typed: Any) -> Any:
    return client.post(ADD, {"location_id": "newLOCATION03", "name": "New Place", **typed})


def errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def test_manager_who_adds_a_location_sees_it(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Manager")

    response = add(client, city="Austin", state="TX", country="US", timezone="America/Chicago")

    location = Location.objects.get(location_id="newLOCATION03")
    assert response.headers["Location"] == LIST
    assert list(location.users.all()) == [world.people["Manager"]]
    assert (location.name, location.city, location.timezone) == ("New Place", "Austin", "America/Chicago")
    assert "New Place" in page(client, LIST)


def test_manager_assigns_nobody(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Manager")
    form = page(client, ADD)

    add(client, users=[world.people["root"].pk])
    client.post(change_page(world.mine.location), {"name": "Renamed", "users": []})

    assert 'name="users"' not in form
    assert list(Location.objects.get(location_id="newLOCATION03").users.all()) == [world.people["Manager"]]
    assert set(world.mine.location.users.all()) == set(world.people.values())
    assert Location.objects.get(pk=world.mine.location.pk).name == "Renamed"


def test_superuser_assigns_people(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")

    add(client, users=[world.people["Buyer"].pk, world.people["Viewer"].pk])

    location = Location.objects.get(location_id="newLOCATION03")
    assert set(location.users.all()) == {world.people["Buyer"], world.people["Viewer"]}


def test_id_of_a_location_is_not_edited(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")

    shown = page(client, change_page(world.mine.location))
    client.post(change_page(world.mine.location), {"name": "Renamed", "location_id": "stolenLOCATION"})

    location = Location.objects.get(pk=world.mine.location.pk)
    assert 'name="location_id"' not in shown
    assert "mineLOCATION01" in shown
    assert (location.location_id, location.name) == ("mineLOCATION01", "Renamed")


def test_location_of_others_is_not_edited(world: World, visit: Callable[[str], Client]) -> None:
    response = visit("Manager").post(change_page(world.other.location), {"name": "Mine now"})

    assert response.headers["Location"] == "/admin/"
    assert Location.objects.get(pk=world.other.location.pk).name == "Lone Star Dental"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("location_id", "", "This field is required."),
        ("location_id", "short", BAD_ID),
        ("location_id", "a" * 65, "Ensure this value has at most 64 characters (it has 65)."),
        ("location_id", "with space", BAD_ID),
        ("location_id", "../../etc", BAD_ID),
        ("location_id", "naïve-LOCATION", BAD_ID),
        ("location_id", "two\nlines00", BAD_ID),
        ("location_id", "abcdef\x00", "Null characters are not allowed."),
        ("location_id", "mineLOCATION01", "Location with this Location ID already exists."),
        ("name", "", "This field is required."),
        ("name", "n" * 201, "Ensure this value has at most 200 characters (it has 201)."),
        ("city", "c" * 101, "Ensure this value has at most 100 characters (it has 101)."),
        ("timezone", "t" * 65, "Ensure this value has at most 64 characters (it has 65)."),
    ],
)
def test_bad_location_is_refused(
    name: str, value: str, says: str, world: World, visit: Callable[[str], Client]
) -> None:
    before = rows_of_all()

    response = add(visit("Manager"), **{name: value})

    assert says in errors(response)[name]
    assert set(errors(response)) == {name}
    assert rows_of_all() == before


@pytest.mark.parametrize("wrong", ["abc", "999999"])
def test_unknown_user_is_refused(wrong: str, world: World, visit: Callable[[str], Client]) -> None:
    response = add(visit("root"), users=[wrong])

    assert set(errors(response)) == {"users"}
    assert Location.objects.count() == 2


def test_list_shows_numbers_account_and_sync(world: World, visit: Callable[[str], Client]) -> None:
    mine = world.mine.location
    TwilioAccount.objects.create(location=mine, account_sid="AC0123456789abcdef", synced_at=timezone.now())
    make_number("+12105550007", location=mine)
    make_number("+12105550008", location=mine, gone_at=timezone.now())
    client = visit("Viewer")

    never = page(client, LIST)
    Location.objects.filter(pk=mine.pk).update(synced_at=timezone.now())
    synced = page(client, LIST)
    Location.objects.filter(pk=mine.pk).update(sync_error="401 <b>")
    failed = page(client, LIST)

    assert "Never" in never
    assert "Synced" in synced
    assert "Error" in failed
    assert "AC01234567…" in synced
    assert "2" in synced[synced.index("mineLOCATION01") :]


def test_page_shows_the_last_syncs_error(world: World, visit: Callable[[str], Client]) -> None:
    Location.objects.filter(pk=world.mine.location.pk).update(sync_error="<b>No API token</b>")

    shown = page(visit("Viewer"), change_page(world.mine.location))

    assert "&lt;b&gt;No API token&lt;/b&gt;" in shown
    assert "<b>No API token</b>" not in shown


@pytest.mark.parametrize("term", ["roofing", "HILL", "minelocation01", "country hill"])
def test_location_is_found_by_name_and_id(term: str, world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")

    shown = page(client, LIST, q=term)

    assert "Hill Country Roofing" in shown
    assert "Lone Star Dental" not in shown


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("Viewer", "No location is assigned to you. Ask an administrator to assign you some."),
        ("Manager", "Get them from the provider with the button above, or add one by hand."),
    ],
)
def test_empty_list_says_what_to_do(role: str, words: str, world: World, visit: Callable[[str], Client]) -> None:
    world.mine.location.users.clear()

    shown = page(visit(role), LIST)

    assert "No locations yet" in shown
    assert words in shown


# ── Syncing


def chosen(*locations: Any) -> dict[str, Any]:
    return {"action": "sync_selected", "_selected_action": [getattr(row, "pk", row) for row in locations]}


def test_chosen_locations_are_handed_to_the_workers(
    world: World, visit: Callable[[str], Client], mailbox: Mailbox
) -> None:
    second = make_location("secondLOCATION", name="Second")
    second.users.add(world.people["Manager"])

    response = visit("Manager").post(LIST, chosen(world.mine.location, second), follow=True)

    sweep()
    assert sorted(mailbox.take()) == [
        ("numbers_app.sync_location", [world.mine.location.pk]),
        ("numbers_app.sync_location", [second.pk]),
    ]
    assert "2 locations are being synced." in response.content.decode()


def test_locations_of_others_are_not_synced(world: World, visit: Callable[[str], Client], mailbox: Mailbox) -> None:
    response = visit("Manager").post(LIST, chosen(world.mine.location, world.other.location, 999_999), follow=True)

    sweep()
    assert mailbox.take() == [("numbers_app.sync_location", [world.mine.location.pk])]
    assert "1 location is being synced." in response.content.decode()


@pytest.mark.parametrize("wrong", ["abc", "9" * 40, "-1", "1.5", "\x00"])
def test_choice_that_is_no_row_leads_back_to_the_list(
    wrong: str, world: World, visit: Callable[[str], Client], mailbox: Mailbox
) -> None:
    response = visit("Manager").post(LIST, chosen(wrong))

    assert response.headers["Location"] == f"{LIST}?e=1"
    assert mailbox.take() == []


@pytest.mark.parametrize("role", ["Viewer", "Buyer"])
def test_syncing_is_for_managers(role: str, world: World, visit: Callable[[str], Client], mailbox: Mailbox) -> None:
    client = visit(role)

    offered = page(client, LIST)
    client.post(LIST, chosen(world.mine.location))
    everything = client.get(reverse("admin:numbers_app_location_sync_all"))

    assert "sync_selected" not in offered
    assert "sync-all" not in offered
    assert everything.status_code == 403
    sweep()
    assert mailbox.take() == []


def test_all_locations_are_read_by_a_worker(world: World, visit: Callable[[str], Client], mailbox: Mailbox) -> None:
    client = visit("Manager")

    response = client.get(reverse("admin:numbers_app_location_sync_all"), follow=True)

    assert mailbox.take() == [("numbers_app.sync_locations", [])]
    assert "The locations are being read from the provider." in response.content.decode()


def test_broker_that_is_away_is_told(world: World, visit: Callable[[str], Client], mailbox: Mailbox) -> None:
    client = visit("Manager")

    with mailbox.away():
        everything = client.get(reverse("admin:numbers_app_location_sync_all"), follow=True)

    assert BROKER_AWAY in everything.content.decode()
    assert "being" not in everything.content.decode().split(BROKER_AWAY)[0][-300:]
    assert mailbox.take() == []


def test_chosen_locations_wait_for_a_broker_that_is_away(
    world: World, visit: Callable[[str], Client], mailbox: Mailbox
) -> None:
    with mailbox.away():
        visit("Manager").post(LIST, chosen(world.mine.location), follow=True)
        sweep()
    waiting = page(visit("Manager"), LIST)
    sweep()

    assert "Waiting" in waiting
    assert mailbox.take() == [("numbers_app.sync_location", [world.mine.location.pk])]


def test_nothing_hangs_on_a_location_that_others_do_not_see(world: World, visit: Callable[[str], Client]) -> None:
    """Taking somebody off a location takes its books away from them at once."""
    client = visit("Buyer")
    assert page(client, change_page(world.mine.purchase))

    world.mine.location.users.remove(world.people["Buyer"])

    assert client.get(change_page(world.mine.purchase)).status_code == 302
    for model in (Location, Purchase):
        assert "210" not in page(client, list_page(model))
    assert client.get(list_page(ApiToken)).status_code == 403


def test_user_without_locations_is_no_hindrance(db: None) -> None:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    assert "No locations yet" in page(client, LIST)
