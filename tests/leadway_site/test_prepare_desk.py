"""What a start prepares in the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from pytest_django.fixtures import Settings

from numbers_app.leadconnector.sandbox.demo import demo_locations
from numbers_app.management.commands import prepare_desk
from numbers_app.models import Location

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_static_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare_desk, "collect_static", lambda: None)


def test_admin_is_made_once_and_its_password_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("prepare_desk")
    said = capsys.readouterr().out
    call_command("prepare_desk")

    password = said.split("with password")[1].split()[0]
    assert User.objects.get(username="admin").check_password(password)
    assert "changepassword admin" in said
    assert capsys.readouterr().out == ""


def test_no_admin_is_made_where_somebody_else_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    User.objects.create_superuser("ada", password="of-her-own")

    call_command("prepare_desk")

    assert User.objects.count() == 1
    assert "password" not in capsys.readouterr().out


def test_demo_locations_are_the_sandbox_own() -> None:
    call_command("prepare_desk")

    ids = set(Location.objects.values_list("location_id", flat=True))
    assert ids == {location["id"] for location in demo_locations(12)}


def test_demo_location_that_was_deleted_stays_deleted() -> None:
    call_command("prepare_desk")
    Location.objects.first().delete()  # type: ignore[union-attr]

    call_command("prepare_desk")

    assert Location.objects.count() == 11


def test_no_demo_locations_with_a_real_token(settings: Settings) -> None:
    settings.OWN_SANDBOX = False

    call_command("prepare_desk")

    assert not Location.objects.exists()


def test_static_digest_changes_with_the_files(tmp_path: Path) -> None:
    (tmp_path / "numbers_app" / "static").mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text("one==1")
    before = prepare_desk.static_digest(tmp_path)

    (tmp_path / "numbers_app" / "static" / "desk.css").write_text("p {}")

    assert prepare_desk.static_digest(tmp_path) != before
