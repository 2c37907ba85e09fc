"""What the frame of every page counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.utils import timezone

from numbers_app import frame
from numbers_app.frame import Counts, count_for
from numbers_app.models import Location, OrderStatus, PurchaseOrder
from tests.carried_out import make_line, make_submitted
from tests.factories import OTHER_LOCATION_ID, make_location, make_number, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has just begun: another test's user may have had the same key."""
    monkeypatch.setattr(frame, "_written", {})


def make_manager(*locations: Location) -> Any:
    user = make_user(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=["Manager", "Approver"]))
    user.assigned_locations.set(locations)
    return User.objects.get(pk=user.pk)  # without the permissions that it has looked up


def stop(location: Location) -> None:
    Location.objects.filter(pk=location.pk).update(paused_at=timezone.now(), paused_because="It has no money.")


def make_awaiting(location: Location) -> PurchaseOrder:
    order = make_submitted(OrderStatus.AWAITING_APPROVAL, requested_by=make_user())
    make_line(order, location=location)
    return order


def test_counts_tell_what_waits_now() -> None:
    user = make_manager(location := make_location())
    assert count_for(user) == Counts()

    make_number(location=location)
    order = make_awaiting(location)
    stop(location)
    assert count_for(user) == Counts(at_desk=1, orders=1, stopped=1)

    PurchaseOrder.objects.filter(pk=order.pk).update(requested_by=user)  # one's own is for others to decide on
    Location.objects.update(paused_at=None)
    assert count_for(user) == Counts(at_desk=1)


def test_counts_are_of_the_users_locations_alone() -> None:
    location, elsewhere = make_location(), make_location(OTHER_LOCATION_ID)
    user = make_manager(location)
    make_number(location=elsewhere)
    make_awaiting(elsewhere)
    stop(elsewhere)
    assert count_for(user) == Counts()

    user.assigned_locations.add(elsewhere)

    assert count_for(user) == Counts(at_desk=1, orders=1, stopped=1)


def test_two_with_the_same_permissions_are_each_told_of_their_own() -> None:
    location = make_location()
    one, another = make_manager(location), make_manager(make_location(OTHER_LOCATION_ID))
    make_number(location=location)
    make_awaiting(location)
    stop(location)

    told = [count_for(user) for user in (one, another, one)]

    assert told == [Counts(at_desk=1, orders=1, stopped=1), Counts(), Counts(at_desk=1, orders=1, stopped=1)]


def test_who_decides_at_the_desk_is_told_of_stopped_queues_without_seeing_locations() -> None:
    user = make_user()
    user.user_permissions.add(Permission.objects.get(codename="review_purchase"))
    user.assigned_locations.add(location := make_location())
    stop(location)

    assert count_for(user) == Counts(stopped=1)


def test_user_who_becomes_a_superuser_is_told_of_all() -> None:
    user = make_manager()
    make_number()
    assert count_for(user) == Counts()

    User.objects.filter(pk=user.pk).update(is_superuser=True)

    assert count_for(User.objects.get(pk=user.pk)) == Counts(at_desk=1)


def test_nobody_is_told_of_what_is_not_for_them() -> None:
    user = make_manager(location := make_location())
    make_number(location=location)
    make_awaiting(location)
    stop(location)
    assert count_for(user) == Counts(at_desk=1, orders=1, stopped=1)

    user.groups.set([Group.objects.get(name="Viewer")])

    assert count_for(User.objects.get(pk=user.pk)) == Counts(stopped=1)
    assert count_for(AnonymousUser()) == Counts()


def test_no_more_is_counted_than_the_sidebar_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "MOST_COUNTED", 3)
    location = make_location()
    user = make_manager(location)
    for n in range(5):
        make_number(f"+1830555000{n}", location=location)

    assert count_for(user).at_desk == 3
