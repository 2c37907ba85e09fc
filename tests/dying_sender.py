"""A worker that sends what is due, for a test to kill: ``python -m tests.dying_sender DATABASE PORT``."""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(sys.argv[2])
    django.setup()

    from numbers_app.mailing import send_due

    send_due()
