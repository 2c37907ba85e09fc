"""The Celery application; what each setting is for stands in settings.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadway_site.settings")

app = Celery("leadway_numbers")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
