"""The web application for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadway_site.settings")

application = get_wsgi_application()

from leadway_site.startup import exit_on_problems  # noqa: E402 - Django must be set up first

exit_on_problems()
