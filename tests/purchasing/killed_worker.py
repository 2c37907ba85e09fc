"""A worker in a process of its own, which kills itself at a chosen point of one purchase.

``python -m tests.purchasing.killed_worker JSON``, with the keys database, url, purchase and point.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, NoReturn

import django
from django.conf import settings


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def main(*, database: str, url: str, purchase: int, point: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    settings.DATABASES["default"]["NAME"] = database
    settings.LEADCONNECTOR_BASE_URL = url
    django.setup()

    from django.db import connection

    from numbers_app.leadconnector.client import LeadConnectorClient
    from numbers_app.provider import default_token
    from tests.purchasing.inline import submit

    class Client(LeadConnectorClient):
        def purchase(self, *arguments: Any) -> Any:
            if point == "before the post":
                die()
            bought = super().purchase(*arguments)
            if point == "after the post":
                die()
            return bought

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        if point == "in the claim" and "INSERT" in sql and "purchaseattempt" in sql:
            die()
        result = execute(sql, *rest)
        if point == "in the record" and "INSERT" in sql and "phonenumber" in sql:
            die()
        return result

    with connection.execute_wrapper(watch):
        submit(purchase, client=Client(base_url=url, token=default_token()))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
