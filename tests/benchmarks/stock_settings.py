"""The same books with Django's own admin, and nothing of ours: what the pages are held against."""

from leadway_site.settings import *  # noqa: F403

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # it looks for no admin of ours
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_countries",
    "numbers_app",
]
ROOT_URLCONF = "tests.benchmarks.stock_site"
TEMPLATES[0]["DIRS"] = []  # noqa: F405
