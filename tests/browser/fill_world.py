"""Fills a desk's books with a row of everything and a person of each role: ``python -m tests.browser.fill_world``.

Prints as JSON where each address of `RULES` leads to in these books, and each drafter's own draft.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django

from tests.browser.fill_agency import PASSWORD

DRAFTERS = ("Buyer", "Manager", "root")


def fill() -> dict[str, dict[str, str]]:
    from numbers_app.purchasing.drafting import begin_draft
    from tests.admin.test_permissions import RULES, fill_in
    from tests.admin.world import make_world

    world = make_world()
    for user in world.people.values():
        user.set_password(PASSWORD)
        user.save()
    return {
        "paths": {address: fill_in(address, books=world.mine, world=world) for address in RULES},
        "drafts": {role: address_of(begin_draft(requested_by=world.people[role], name=role)) for role in DRAFTERS},
    }


def address_of(draft: Any) -> str:
    return f"/admin/numbers_app/purchaseorder/{draft.pk}/"


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadway_site.settings"
    django.setup()
    sys.stdout.write(json.dumps(fill()))
