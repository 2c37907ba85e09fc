"""The web application for gunicorn; it refuses to start on a wrong environment, as the commands do."""

import os
import sys

from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadway_site.settings")

application = get_wsgi_application()

try:
    call_command("check")
except (SystemCheckError, CommandError) as error:
    sys.exit(str(error))
