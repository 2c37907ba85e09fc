"""The Celery application; what each setting is for stands in settings.py."""

import atexit
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


@signals.worker_ready.connect
def show_that_the_worker_lives(**kwargs: Any) -> None:
    from numbers_app import pulse
    from numbers_app.models import Role

    pulse.start(Role.WORKER)


@signals.beat_init.connect
def show_that_the_timer_lives(**kwargs: Any) -> None:
    from numbers_app import pulse
    from numbers_app.models import Role

    pulse.start(Role.BEAT)
    atexit.register(pulse.stop)  # it has no signal of its own for its end
