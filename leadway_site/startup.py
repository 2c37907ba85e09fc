"""Stops a process that would start on a wrong environment; management commands do so by themselves."""

from __future__ import annotations

import io
import sys

from django.core.management import call_command
from django.core.management.base import SystemCheckError


def exit_on_problems() -> None:
    """Run Django's system checks, quietly; where one fails, leave with its sentences."""
    try:
        call_command("check", stdout=io.StringIO())
    except SystemCheckError as error:
        sys.exit(str(error))
