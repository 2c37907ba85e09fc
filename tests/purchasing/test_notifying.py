"""Who is told what by mail."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from numbers_app.models import Mail, MailKind, MailPreference, OrderHappening, OrderStatus, PurchaseOrder, Status
from numbers_app.purchasing.notifying import SWITCHES, write_mails
from tests.carried_out import make_line, make_submitted, note
from tests.factories import make_location, make_purchase, make_user

pytestmark = pytest.mark.django_db


def somebody(name: str, *, group: str = "", **columns: Any) -> User:
    user: User = make_user(username=name, **{"email": f"{name}@example.com", **columns})
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def waiting_order(**columns: Any) -> PurchaseOrder:
    """An order that waits for approval, with one line."""
    order = make_submitted(OrderStatus.AWAITING_APPROVAL, **columns)
    make_line(order)
    return order


def told() -> list[str]:
    return list(Mail.objects.order_by("recipient__username").values_list("recipient__username", flat=True))


def test_approval_is_asked_of_all_who_may_approve_and_see_the_order() -> None:
    location = make_location()
    by_group = somebody("by_group", group="Approver")
    by_permission = somebody("by_permission")
    by_permission.user_permissions.add(Permission.objects.get(codename="approve_order"))
    somebody("root", is_superuser=True)
    elsewhere = somebody("elsewhere", group="Approver")
    gone = somebody("gone", group="Approver", is_active=False)
    buyer = somebody("buyer", group="Buyer")
    speechless = somebody("speechless", group="Manager", email="")
    submitter = somebody("submitter", group="Manager")
    location.users.add(by_group, by_permission, gone, buyer, speechless, submitter)
    order = waiting_order(requested_by=submitter)

    written = write_mails(MailKind.APPROVAL_WANTED, order=order)

    assert written == 3
    assert told() == ["by_group", "by_permission", "root"]
    assert not PurchaseOrder.objects.visible_to(elsewhere).exists()
    assert all(PurchaseOrder.objects.visible_to(mail.recipient).exists() for mail in Mail.objects.all())
    assert all(mail.next_action_at and not mail.sent_at for mail in Mail.objects.all())


@pytest.mark.parametrize("kind", [MailKind.APPROVED, MailKind.DECLINED, MailKind.FINISHED])
def test_requester_is_told_what_became_of_the_order(kind: MailKind) -> None:
    somebody("root", is_superuser=True)
    order = waiting_order(requested_by=somebody("buyer", group="Buyer"))

    write_mails(kind, order=order)

    assert told() == ["buyer"]


@pytest.mark.parametrize("columns", [{"email": ""}, {"is_active": False}])
def test_requester_without_address_or_access_is_told_nothing(columns: dict[str, Any]) -> None:
    order = waiting_order(requested_by=somebody("buyer", **columns))

    assert write_mails(MailKind.FINISHED, order=order) == 0


def test_order_that_nobody_signed_tells_nobody_that_it_is_finished() -> None:
    order = waiting_order()
    PurchaseOrder.objects.update(requested_by=None)
    order.refresh_from_db()

    assert write_mails(MailKind.FINISHED, order=order) == 0


def test_review_is_asked_of_requester_and_reviewers_who_see_the_location() -> None:
    location = make_location()
    buyer, manager = somebody("buyer", group="Buyer"), somebody("manager", group="Manager")
    somebody("elsewhere", group="Manager")
    somebody("root", is_superuser=True)
    location.users.add(buyer, manager)
    purchase = make_purchase(status=Status.NEEDS_REVIEW, order=make_submitted(requested_by=buyer))

    write_mails(MailKind.NEEDS_REVIEW, purchase=purchase)

    assert told() == ["buyer", "manager", "root"]


def test_requester_who_sees_the_location_no_more_is_not_told_of_its_review() -> None:
    purchase = make_purchase(status=Status.NEEDS_REVIEW, order=make_submitted(requested_by=somebody("buyer")))

    assert write_mails(MailKind.NEEDS_REVIEW, purchase=purchase) == 0


@pytest.mark.parametrize("kind", MailKind)
def test_each_switch_turns_its_mails_off_and_no_others(kind: MailKind) -> None:
    boss, requester = somebody("boss", is_superuser=True), somebody("requester", is_superuser=True)
    order = waiting_order(requested_by=requester)
    about: dict[str, Any] = {"order": order}
    if kind == MailKind.NEEDS_REVIEW:
        about = {"purchase": make_purchase(status=Status.NEEDS_REVIEW, order=order)}
    concerned = [user for user in (boss, requester) if user in recipients_of(kind, about)]
    all_on = MailPreference.objects.create(user=concerned[0])

    setattr(all_on, SWITCHES[kind], False)
    all_on.save()

    assert concerned[0] not in recipients_of(kind, about)
    for name in set(SWITCHES.values()):
        setattr(all_on, name, name == SWITCHES[kind])
    all_on.save()
    assert concerned[0] in recipients_of(kind, about)


def recipients_of(kind: MailKind, about: dict[str, Any]) -> list[Any]:
    """Who would be told, without telling them."""
    with transaction.atomic():
        write_mails(kind, **about)
        found = [mail.recipient for mail in Mail.objects.select_related("recipient")]
        transaction.set_rollback(True)
    return found


def test_second_call_writes_nothing_twice() -> None:
    order = waiting_order(requested_by=somebody("buyer"))

    assert write_mails(MailKind.FINISHED, order=order) == 1
    assert write_mails(MailKind.FINISHED, order=order) == 0
    assert write_mails(MailKind.APPROVED, order=order) == 1


def test_order_that_was_tried_again_is_finished_anew() -> None:
    order = waiting_order(requested_by=somebody("buyer"))
    write_mails(MailKind.FINISHED, order=order)
    note(order, OrderHappening.RETRIED)

    assert write_mails(MailKind.FINISHED, order=order) == 1
    assert write_mails(MailKind.FINISHED, order=order) == 0


def test_what_is_undone_tells_nobody() -> None:
    order = waiting_order(requested_by=somebody("buyer"))

    with transaction.atomic():
        write_mails(MailKind.FINISHED, order=order)
        transaction.set_rollback(True)

    assert not Mail.objects.exists()
