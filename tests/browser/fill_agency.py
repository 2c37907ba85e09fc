"""Makes an agency with a buyer and an approver: ``python -m tests.browser.fill_agency [APPROVAL_OVER]``."""

from __future__ import annotations

import sys

import django

PASSWORD = "correct-horse-battery-staple"


def fill(approval_over: int = 100) -> None:
    from django.contrib.auth.models import Group, User

    from numbers_app.models import Limits, Location
    from numbers_app.syncing import sync_locations

    sync_locations()
    for username, group in (("bea", "Buyer"), ("ada", "Approver")):
        user = User.objects.create_user(username, f"{username}@example.com", PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        user.assigned_locations.set(Location.objects.all())  # type: ignore[attr-defined]  # a related name
    Limits.objects.update_or_create(pk=Limits.ONLY, defaults={"approval_over_numbers": approval_over})


if __name__ == "__main__":
    django.setup()
    fill(*map(int, sys.argv[1:]))
