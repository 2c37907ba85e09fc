"""The Celery application; what each setting is for stands in settings.py."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadway_site.settings")

app = Celery("leadway_numbers")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_init.connect
@signals.beat_init.connect
def refuse_wrong_environment(**kwargs: Any) -> None:
    """Celery runs Django's checks too, but starts whatever they say."""
    from leadway_site.startup import exit_on_problems

    exit_on_problems()
