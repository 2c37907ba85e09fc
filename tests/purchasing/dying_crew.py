"""A crew in a process of its own, which kills itself at a chosen step of one batch.

``python -m tests.purchasing.dying_crew JSON``, with the keys of `Task`. The process ends with 0 where it got to the end
before that step came.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import count
from typing import Any, NoReturn

import django
import time_machine
from django.conf import settings


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the crew is to do, and where it dies: before or after the ``nth`` commit or POST."""

    database: str
    url: str
    now: str
    purchases: list[int]
    together: bool
    """Whether all outcomes are written in one transaction, or each in its own."""
    step: str = ""
    """"commit" or "post"; empty for a run to the end."""
    nth: int = 0
    when: str = ""
    """"before" or "after"."""

    def as_json(self) -> str:
        return json.dumps(asdict(self))


class Steps:
    """Counts the steps of each kind over all threads, and dies at the one that the task names."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._lock = threading.Lock()
        self._numbers = {"commit": count(1), "post": count(1)}

    def next(self, step: str) -> int:
        with self._lock:
            return next(self._numbers[step])

    def reach(self, step: str, nth: int, when: str) -> None:
        if (step, nth, when) == (self._task.step, self._task.nth, self._task.when):
            die()


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def main(task: Task) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    settings.DATABASES["default"]["NAME"] = task.database
    settings.LEADCONNECTOR_BASE_URL = task.url
    django.setup()
    with time_machine.travel(datetime.fromisoformat(task.now), tick=True):
        work(task, Steps(task))


def work(task: Task, steps: Steps) -> None:
    from numbers_app.leadconnector.transport import Transport
    from numbers_app.purchasing import crew as crews

    # One pair of hands, so that the steps come in the same order in every run.
    if task.together:
        crews.TOGETHER_SECONDS = 5.0
    else:
        crews.MOST_TOGETHER = 1
    watch_commits(steps)
    post = Transport.post

    def watched_post(*arguments: Any, **options: Any) -> Any:
        nth = steps.next("post")
        steps.reach("post", nth, "before")
        try:
            return post(*arguments, **options)
        finally:  # the provider has answered, well or not, and nobody has seen it
            steps.reach("post", nth, "after")

    Transport.post = watched_post  # type: ignore[method-assign]
    crew = crews.Crew(1, ahead=len(task.purchases))
    crew.submit(task.purchases)
    crew.drain()


def watch_commits(steps: Steps) -> None:
    from django.db.backends.base.base import BaseDatabaseWrapper

    commit = BaseDatabaseWrapper.commit

    def watched_commit(connection: BaseDatabaseWrapper) -> None:
        nth = steps.next("commit")
        steps.reach("commit", nth, "before")
        commit(connection)
        steps.reach("commit", nth, "after")

    BaseDatabaseWrapper.commit = watched_commit  # type: ignore[method-assign]


if __name__ == "__main__":
    main(Task(**json.loads(sys.argv[1])))
