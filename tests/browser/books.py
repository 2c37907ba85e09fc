"""What a running desk and its sandbox have written down, read from outside."""

from __future__ import annotations

import json
import re
import sqlite3
import urllib.request
from contextlib import closing
from typing import Any

from tests.leadway_site.desks import RunningDesk, run

PASSWORD = re.compile(r"with password +(\S+)")


def admin_password(desk: RunningDesk) -> str:
    """What the first start said."""
    desk.wait_until_said("with password")
    return PASSWORD.findall(desk.words)[0]


def purchases_of(desk: RunningDesk, phone_number: str) -> list[int]:
    """The ids of all purchases of a number, from the desk's own database."""
    with closing(sqlite3.connect(desk.var_dir / "sandbox-desk.sqlite3", timeout=30)) as database:
        wanted = "select id from numbers_app_purchase where phone_number = ? order by id"
        return [row[0] for row in database.execute(wanted, [phone_number])]


def show_purchase(desk: RunningDesk, purchase_id: int) -> dict[str, Any]:
    """What the operator's command prints."""
    shown = run("manage.py", "show_purchase", str(purchase_id), "--json", var_dir=desk.var_dir)
    purchase: dict[str, Any] = json.loads(shown.stdout)
    return purchase


def sales_of(desk: RunningDesk, phone_number: str) -> int:
    """How often the sandbox sold a number."""
    return sum(sale["phone_number"] == phone_number for sale in sandbox_page(desk, "ledger")["sales"])


def posts_of(desk: RunningDesk, phone_number: str) -> int:
    """How often the sandbox was asked to sell a number."""
    calls = sandbox_page(desk, "calls")["calls"]
    return sum(call["method"] == "POST" and call["phone_number"] == phone_number for call in calls)


def sandbox_page(desk: RunningDesk, name: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{desk.port + 1}/_sandbox/{name}", timeout=60) as reply:
        page: dict[str, Any] = json.load(reply)
        return page
