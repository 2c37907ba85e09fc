"""Serve the embedded broker, for a desk without a Redis."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from leadway_site import broker


class Command(BaseCommand):
    help = "Serves the embedded, Redis-compatible broker on a unix socket in VAR_DIR."
    # The broker needs nothing of the desk: it must start where the desk's own settings are not right yet.
    requires_system_checks: list[str] = []  # Django declares it so

    def handle(self, *args: Any, **options: Any) -> None:
        broker.serve(settings.VAR_DIR)
