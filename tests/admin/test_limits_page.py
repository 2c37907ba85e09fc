"""The limits' page, a location's own cap, and tags."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from numbers_app.models import Limits, Location, Tag
from tests.admin.ordering import add_wants, address, begin, previewed
from tests.admin.world import World, change_page, form_values, list_page, page, rows_of_all, short
from tests.factories import make_location
from tests.fakes import Mailbox

Visit = Callable[[str], Client]
LIMITS = "/admin/numbers_app/limits/1/change/"
NONE = {
    "monthly_cap": "",
    "location_monthly_cap": "",
    "numbers_a_day": "",
    "assumed_monthly_price": "2.15",
    "approval_over_numbers": "",
    "approval_over_amount": "",
}


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


# ── Limits


def test_limits_are_one_page(world: World, visit: Visit) -> None:
    client = visit("Manager")

    assert client.get(list_page(Limits)).headers["Location"] == LIMITS
    html = page(client, LIMITS)

    for name in NONE:
        assert str(Limits._meta.get_field(name).help_text) in html
    assert client.get("/admin/numbers_app/limits/2/change/").status_code == 302
    assert client.get("/admin/numbers_app/limits/add/").status_code == 404
    assert Limits.objects.count() == 1


def test_page_is_there_where_nobody_has_set_limits(world: World, visit: Visit) -> None:
    Limits.objects.all().delete()

    assert form_values(page(visit("Manager"), LIMITS))["monthly_cap"] == ""


def test_changed_limits_are_logged_with_who_changed_them(world: World, visit: Visit) -> None:
    visit("Manager").post(LIMITS, {**NONE, "monthly_cap": "500", "approval_over_numbers": "0"})

    limits = Limits.objects.get()
    assert (limits.monthly_cap, limits.approval_over_numbers) == (Decimal(500), 0)
    entry = LogEntry.objects.get()
    assert entry.user == world.people["Manager"]
    assert "cap a month" in entry.get_change_message().lower()


BAD_LIMITS = [
    ({"monthly_cap": "-1"}, "monthly_cap", "greater than or equal to 0"),
    ({"monthly_cap": "much"}, "monthly_cap", "Enter a number."),
    ({"monthly_cap": "NaN"}, "monthly_cap", "Enter a number."),
    ({"monthly_cap": "1.234"}, "monthly_cap", "no more than 2 decimal places"),
    ({"monthly_cap": "9" * 40}, "monthly_cap", "no more than 12 digits"),
    ({"location_monthly_cap": "-0.01"}, "location_monthly_cap", "greater than or equal to 0"),
    ({"numbers_a_day": "-1"}, "numbers_a_day", "greater than or equal to 0"),
    ({"numbers_a_day": "1.5"}, "numbers_a_day", "Enter a whole number."),
    ({"numbers_a_day": "9" * 30}, "numbers_a_day", "less than or equal to"),
    ({"approval_over_numbers": "some"}, "approval_over_numbers", "Enter a whole number."),
    ({"approval_over_amount": "-5"}, "approval_over_amount", "greater than or equal to 0"),
    ({"assumed_monthly_price": ""}, "assumed_monthly_price", "This field is required."),
]


@pytest.mark.parametrize(("typed", "field", "says"), BAD_LIMITS, ids=short)
def test_bad_limit_is_refused(typed: dict[str, str], field: str, says: str, world: World, visit: Visit) -> None:
    before = Limits.objects.values().get()

    response = visit("Manager").post(LIMITS, {**NONE, **typed})

    errors = response.context["adminform"].form.errors
    assert errors.keys() == {field}
    assert says in errors[field][0]
    assert Limits.objects.values().get() == before


def test_bad_limit_is_not_shown_as_the_one_that_holds(world: World, visit: Visit) -> None:
    Limits.objects.update(monthly_cap=Decimal(100))

    html = visit("Manager").post(LIMITS, {**NONE, "monthly_cap": "-3"}).content.decode()

    assert "of 100.00 USD" in html
    assert "-3.00 USD" not in html


def test_what_counts_now_is_shown(world: World, visit: Visit, mailbox: Mailbox) -> None:
    order = begin(world.people["Buyer"])
    add_wants(order, [world.mine.location], each=4)
    previewed(order)
    Limits.objects.update(monthly_cap=Decimal(100), numbers_a_day=50)
    client = visit("Buyer")
    seen = form_values(page(client, change_page(order)))["seen"]
    client.post(address("submit", order.pk), {"seen": seen})

    html = " ".join(page(visit("Manager"), LIMITS).split())

    assert "12.90 USD of 100.00 USD" in html  # and two purchases of the world's, of no known price
    assert "buyer: 4 of 50" in html


@pytest.mark.parametrize("role", ["Viewer", "Buyer"])
def test_limits_are_kept_by_managers_alone(role: str, world: World, visit: Visit) -> None:
    response = visit(role).post(LIMITS, {**NONE, "monthly_cap": "500"})

    assert response.status_code == 403
    assert Limits.objects.get().monthly_cap is None


# ── A location's own cap


def change(client: Client, location: Location, **typed: Any) -> Any:
    return client.post(change_page(location), {"name": location.name, **typed})


def test_manager_sets_a_locations_cap_and_tags(world: World, visit: Visit) -> None:
    client = visit("Manager")

    change(client, world.mine.location, monthly_cap="25.50", tags=[world.tag.pk])

    location = Location.objects.get(pk=world.mine.location.pk)
    assert location.monthly_cap == Decimal("25.50")
    assert list(location.tags.all()) == [world.tag]


def test_cap_is_not_set_by_who_may_not_change_limits(world: World, visit: Visit) -> None:
    group = Group.objects.get(name="Manager")
    group.permissions.remove(*group.permissions.filter(codename="change_limits"))

    change(visit("Manager"), world.mine.location, monthly_cap="25.50")

    assert Location.objects.get(pk=world.mine.location.pk).monthly_cap is None


@pytest.mark.parametrize("cap", ["-1", "much", "1.234", "9" * 30], ids=short)
def test_bad_cap_is_refused(cap: str, world: World, visit: Visit) -> None:
    response = change(visit("Manager"), world.mine.location, monthly_cap=cap)

    assert response.context["adminform"].form.errors.keys() == {"monthly_cap"}


def test_tags_are_found_by_typing(world: World, visit: Visit) -> None:
    asked = {"app_label": "numbers_app", "model_name": "location", "field_name": "tags", "term": "EVERY"}

    found = visit("Manager").get("/admin/autocomplete/", asked).json()["results"]

    assert found == [{"id": str(world.tag.pk), "text": "everybody's"}]
    assert visit("Buyer").get("/admin/autocomplete/", asked).status_code == 403


# ── Tags


def test_tag_is_added_changed_and_deleted(world: World, visit: Visit) -> None:
    client = visit("Manager")

    client.post(reverse("admin:numbers_app_tag_add"), {"name": " Roofing "})
    tag = Tag.objects.get(name="Roofing")
    client.post(change_page(tag), {"name": "roofing"})
    world.other.location.tags.add(tag)
    asked = page(client, reverse("admin:numbers_app_tag_delete", args=[tag.pk]))
    client.post(reverse("admin:numbers_app_tag_delete", args=[tag.pk]), {"post": "yes"})

    assert "roofing" in asked
    assert "Location_tags" not in asked
    assert not Tag.objects.filter(pk=tag.pk).exists()


@pytest.mark.parametrize("name", ["", "EVERYBODY'S", "a" * 51, "line\nbreak", "\x00"], ids=short)
def test_bad_tag_is_refused(name: str, world: World, visit: Visit) -> None:
    response = visit("Manager").post(reverse("admin:numbers_app_tag_add"), {"name": name})

    assert response.context["adminform"].form.errors.keys() == {"name"}
    assert Tag.objects.count() == 1


def test_list_of_tags_counts_ones_own_locations(world: World, visit: Visit) -> None:
    world.tag.locations.add(world.mine.location, world.other.location)

    html = page(visit("Manager"), list_page(Tag))

    assert f'?tag={world.tag.pk}">1</a>' in html


def test_locations_are_narrowed_by_tag(world: World, visit: Visit) -> None:
    tagged = make_location("taggedLOCATION", name="Tagged place")
    world.tag.locations.add(tagged)
    client = visit("root")

    html = page(client, list_page(Location), tag=world.tag.pk)

    assert "Tagged place" in html
    assert "Hill Country" not in html
    for text in ("x", "9" * 40, "-1"):
        assert client.get(list_page(Location), {"tag": text}).status_code == 200


def test_filter_offers_tags_of_ones_own_locations(world: World, visit: Visit) -> None:
    secret = Tag.objects.create(name="their-secret-tag")
    world.other.location.tags.add(secret)

    assert "their-secret-tag" not in page(visit("Viewer"), list_page(Location))
    assert "their-secret-tag" in page(visit("root"), list_page(Location))


def act(client: Client, name: str, *locations: Location, **typed: Any) -> Any:
    chosen = [location.pk for location in locations]
    return client.post(list_page(Location), {"action": name, "_selected_action": chosen, **typed})


def test_tag_is_given_to_many_locations_and_taken_away(world: World, visit: Visit) -> None:
    client = visit("root")
    both = (world.mine.location, world.other.location)

    asked = act(client, "add_tag", *both)
    for _click in range(2):
        given = act(client, "add_tag", *both, apply="1", tag="Texas")
    tag = Tag.objects.get(name="Texas")
    had = tag.locations.count()
    act(client, "remove_tag", both[0], apply="1", tag=tag.pk)

    assert "For 2 locations:" in asked.content.decode()
    assert "2 locations have the tag “Texas”." in said(given)
    assert had == 2
    assert list(tag.locations.all()) == [both[1]]


def test_tag_is_given_to_all_rows_of_the_list(world: World, visit: Visit) -> None:
    client = visit("root")

    asked = act(client, "add_tag", world.mine.location, select_across="1")
    sent = form_values(asked.content.decode())
    client.post(list_page(Location), {**sent, "tag": "TEXAS"})

    assert sent["select_across"] == "1"
    assert Tag.objects.get(name="TEXAS").locations.count() == 2


@pytest.mark.parametrize("tag", ["", "a" * 51, "line\nbreak", "\x00"], ids=short)
def test_bad_tag_is_given_to_nobody(tag: str, world: World, visit: Visit) -> None:
    before = rows_of_all()

    response = act(visit("Manager"), "add_tag", world.mine.location, apply="1", tag=tag)

    assert response.context["form"].errors.keys() == {"tag"}
    assert rows_of_all() == before


@pytest.mark.parametrize("tag", ["", "x", "9" * 40, "-1"], ids=short)
def test_tag_that_no_location_has_is_not_removed(tag: str, world: World, visit: Visit) -> None:
    response = act(visit("Manager"), "remove_tag", world.mine.location, apply="1", tag=tag)

    assert response.context["form"].errors.keys() == {"tag"}


def test_tag_is_made_only_by_who_may_make_tags(world: World, visit: Visit) -> None:
    group = Group.objects.get(name="Manager")
    group.permissions.remove(*group.permissions.filter(codename="add_tag"))
    client = visit("Manager")

    refused = act(client, "add_tag", world.mine.location, apply="1", tag="new")
    act(client, "add_tag", world.mine.location, apply="1", tag="Everybody's")

    assert refused.context["form"].errors["tag"] == ["There is no such tag, and you may not make one."]
    assert list(world.mine.location.tags.all()) == [world.tag]


def test_locations_are_tagged_by_who_may_change_them(world: World, visit: Visit) -> None:
    act(visit("Buyer"), "add_tag", world.mine.location, apply="1", tag="Texas")
    act(visit("Manager"), "add_tag", world.other.location, apply="1", tag="everybody's")

    assert not Tag.objects.filter(name="Texas").exists()
    assert not world.tag.locations.exists()
