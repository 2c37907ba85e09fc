"""Make everything ready for the desk: the database, the admin user, the demo locations, the static files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone

from leadway_site.first_run import readable_password
from numbers_app.inventory import merge_location
from numbers_app.leadconnector.payloads import LocationRecord
from numbers_app.leadconnector.sandbox.demo import demo_locations
from numbers_app.models import Location

ADMIN = "admin"
DEMO_LOCATIONS = 12  # as many as `manage.py sandbox` serves unless told
STATIC_SOURCES = ("requirements.txt", "numbers_app/static")
STAMP = "static.stamp"


class Command(BaseCommand):
    help = "Brings the database and the static files up to date; safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as error:
            raise CommandError(f"The database can't be used: {error} Check DATABASE_URL.") from error
        self.make_admin()
        if settings.OWN_SANDBOX:
            self.add_demo_locations()
        collect_static()

    def make_admin(self) -> None:
        """A first user, where there is no superuser; the password is shown here and kept nowhere."""
        if User.objects.filter(Q(is_superuser=True) | Q(username=ADMIN)).exists():
            return
        password = readable_password()
        User.objects.create_superuser(ADMIN, password=password)
        self.stdout.write(
            f"\n  Sign in as      {ADMIN}\n"
            f"  with password   {password}\n\n"
            f"  This password is shown once and never again. To set a new one:\n"
            f"  .venv/bin/python manage.py changepassword {ADMIN}\n"
        )
        self.stdout.flush()

    def add_demo_locations(self) -> None:
        """The sandbox's locations, on empty books only: what somebody deleted stays deleted."""
        if Location.objects.exists():
            return
        for record in demo_locations(DEMO_LOCATIONS):
            merge_location(record=LocationRecord.parse(record), seen_at=timezone.now())


def collect_static() -> None:
    """Copy and compress the static files, unless the last time was with the same ones."""
    stamp = settings.VAR_DIR / STAMP
    digest = static_digest(settings.BASE_DIR)
    if settings.STATIC_ROOT.exists() and stamp.exists() and stamp.read_text() == digest:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(digest)


def static_digest(base_dir: Path) -> str:
    """Changes with the files themselves, and with the pinned packages that bring files of their own."""
    digest = hashlib.sha256()
    for source in STATIC_SOURCES:
        for path in sorted([base_dir / source, *(base_dir / source).rglob("*")]):
            if path.is_file():
                digest.update(str(path.relative_to(base_dir)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
