"""The migrations, forwards and backwards, and what they leave behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection

APP = "numbers_app"
VIEWER = {"view_location", "view_purchase", "view_phonenumber", "view_twilioaccount"}
BUYER = VIEWER | {"buy_number"}
APPROVER = VIEWER | {"approve_order"}
LATER_RIGHTS = {
    "review_purchase",
    "approve_order",
    "view_limits",
    "change_limits",
    "view_tag",
    "add_tag",
    "change_tag",
    "delete_tag",
}
MANAGER = BUYER | {
    "add_location",
    "change_location",
    "sync_location",
    "view_apitoken",
    "add_apitoken",
    "delete_apitoken",
    *LATER_RIGHTS,
}
GROUPS = {"Viewer": VIEWER, "Buyer": BUYER, "Approver": APPROVER, "Manager": MANAGER}
LATER = {
    f"{APP}_{table}"
    for table in (
        "locationevent",
        "orderpart",
        "orderline",
        "rejectedrow",
        "orderevent",
        "limits",
        "mail",
        "mailpreference",
        "languagepreference",
        "tag",
        "location_tags",
        "tally",
        "refusaltally",
        "numbertally",
        "counting",
        "heartbeat",
        "calltally",
        "purchaselookup",
    )
}  # tables that came after the first migration


@pytest.fixture
def newest(transactional_db: None) -> Iterator[None]:
    """Whatever a test does, the next one finds the newest tables."""
    try:
        yield
    finally:
        call_command("migrate", verbosity=0)


def migrate(to: str) -> None:
    call_command("migrate", APP, to, verbosity=0)


def tables() -> set[str]:
    return {table for table in connection.introspection.table_names() if table.startswith(APP)}


def groups() -> dict[str, set[str]]:
    return {group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}


def test_models_and_migrations_agree(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", "--check", "--dry-run")

    assert capsys.readouterr().out == "No changes detected\n"


def test_groups_may_exactly_what_is_documented(db: None) -> None:
    assert groups() == GROUPS


def test_permissions_of_groups_are_those_of_the_desk_alone(db: None) -> None:
    apps = Permission.objects.filter(group__name__in=GROUPS).values_list("content_type__app_label", flat=True)

    assert set(apps) == {APP}


@pytest.mark.usefixtures("newest")
def test_migrations_go_back_to_nothing_and_forward_again() -> None:
    before = tables()

    migrate("zero")
    nothing = tables()
    migrate("0001")
    books = (tables(), groups())
    call_command("migrate", APP, verbosity=0)

    assert nothing == set()
    assert books == (before - LATER, {})
    assert tables() == before
    assert groups() == GROUPS


@pytest.mark.usefixtures("newest")
def test_groups_come_and_go_with_their_migration() -> None:
    Group.objects.all().delete()
    migrate("0001")
    own = Group.objects.create(name="Night shift")
    Permission.objects.filter(content_type__app_label=APP).delete()

    migrate("0002")
    made = groups()
    migrate("0001")

    first = {"Viewer": VIEWER, "Buyer": BUYER, "Manager": MANAGER - LATER_RIGHTS}
    assert made == {**first, "Night shift": set()}
    assert list(Group.objects.all()) == [own]


@pytest.mark.usefixtures("newest")
def test_groups_that_are_there_keep_what_was_added_to_them() -> None:
    Group.objects.all().delete()
    migrate("0001")
    viewer = Group.objects.create(name="Viewer")
    viewer.permissions.add(Permission.objects.get(codename="add_location"))

    migrate("0002")

    assert groups()["Viewer"] == VIEWER | {"add_location"}
