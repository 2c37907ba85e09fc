"""Asks for pages and says how long each took: a process of its own for each database, ours or Django's own.

It reads a line of JSON for each request, ``{"view": name}``, ``{"explain": name}`` or ``{"session": ""}``, and answers
with one.
"""

from __future__ import annotations

import json
import re
import sys
import time
from http import HTTPStatus
from typing import Any

import django

ROW = re.compile(rb"numbers_app/(?:purchase|phonenumber)/(\d+)/change/")
STOCK = "stock_settings"


def main() -> None:
    django.setup()
    visitor = Visitor()
    for line in sys.stdin:
        wanted = json.loads(line)
        [(what, name)] = wanted.items()
        print(json.dumps(visitor.answers[what](name)), flush=True)


class Visitor:
    """The superuser, signed in, on pages as they are in production."""

    def __init__(self) -> None:
        from django.conf import settings
        from django.contrib.auth.models import User
        from django.test import Client

        from tests.benchmarks.fill_names import ADMIN
        from tests.benchmarks.history_views import VIEWS, prepare, samples

        self.is_stock = settings.SETTINGS_MODULE.endswith(STOCK)
        if not self.is_stock:
            prepare()
        self.views = {view.name: view for view in VIEWS}
        self.samples = samples()
        self.client = Client(headers={"host": "localhost"})
        self.client.force_login(User.objects.get(username=ADMIN))

        self.answers = {"view": self.look_at, "explain": self.explain, "session": self.session}

    def session(self, _name: str) -> dict[str, Any]:
        """The cookie with which a browser is this visitor."""
        return {"session": self.client.cookies["sessionid"].value}

    def address(self, name: str) -> str:
        from django.urls import reverse

        view = self.views[name]
        query = (view.stock or {}) if self.is_stock else view.ours
        keys = [view.key.format(**self.samples)] if view.key else []
        filled = {key: value.format(**self.samples) for key, value in query.items()}
        return reverse(f"admin:{view.address}", args=keys, query=filled)

    def look_at(self, name: str) -> dict[str, Any]:
        """How many milliseconds the whole answer took, and how many rows it shows."""
        address = self.address(name)
        began = time.perf_counter()
        response = self.client.get(address)
        content = response.getvalue()
        taken = time.perf_counter() - began
        if response.status_code != HTTPStatus.OK:
            return {"wrong": f"{address} answered {response.status_code}"}
        return {"ms": taken * 1000, "rows": len(set(ROW.findall(content))), "bytes": len(content)}

    def explain(self, name: str) -> dict[str, Any]:
        """The plans of what the page asks the database."""
        from django.db import connection

        asked: list[tuple[str, Any]] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            asked.append((sql, params))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            self.client.get(self.address(name)).getvalue()
        ours = [(sql, params) for sql, params in asked if "numbers_app_" in sql and sql.startswith("SELECT")]
        return {"address": self.address(name), "plans": [self.plan(sql, params) for sql, params in ours]}

    def plan(self, sql: str, params: Any) -> dict[str, str]:
        from django.db import connection

        how = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF)" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        with connection.cursor() as cursor:
            cursor.execute(f"{how} {sql}", params)
            lines = [str(row[-1]) for row in cursor.fetchall()]
        return {"sql": re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", sql, count=1), "plan": "\n".join(lines)}


if __name__ == "__main__":
    main()
