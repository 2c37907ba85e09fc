"""Sending the mails: each once, again while the server is away, and none lost with a worker."""

from __future__ import annotations

import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend as LocmemBackend
from django.db import connection
from django.utils import timezone

from numbers_app import mailing
from numbers_app.models import Mail, MailKind, OrderHappening, OrderStatus, PurchaseOrder, Status
from numbers_app.purchasing.notifying import write_mails
from numbers_app.tasks import send_mails
from tests.carried_out import buy_for, make_line, make_submitted, note
from tests.factories import make_location, make_purchase, make_user
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db
SITE = "https://numbers.example.com"


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def order_of(status: OrderStatus = OrderStatus.FINISHED, **columns: Any) -> PurchaseOrder:
    requester = make_user(username="rosa", email="rosa@example.com", is_superuser=True)
    return make_submitted(status, **{"requested_by": requester, "sandbox": False, **columns})


def written(kind: MailKind = MailKind.FINISHED, **columns: Any) -> Mail:
    """One mail that is due."""
    write_mails(kind, order=order_of(**columns))
    return Mail.objects.get()


def make_due(mail: Mail) -> None:
    Mail.objects.filter(pk=mail.pk).update(next_action_at=timezone.now())


class Away(LocmemBackend):
    """A mail server that does not answer."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError(111, "Connection refused")


class Refusing(LocmemBackend):
    """A mail server that does not know one of the recipients."""

    def send_messages(self, messages: Any) -> int:
        if "rosa@example.com" in messages[0].to:
            raise smtplib.SMTPRecipientsRefused({"rosa@example.com": (550, b"No such user")})
        return super().send_messages(messages)


def go_by(settings: Any, backend: type) -> None:
    settings.EMAIL_BACKEND = f"{backend.__module__}.{backend.__qualname__}"


# ── What is written


def test_finished_order_tells_how_much_was_bought() -> None:
    order = order_of()
    for number, status in enumerate((Status.PURCHASED, Status.PURCHASED, Status.REJECTED)):
        buy_for(make_line(order, f"+1830555010{number}"), status=status)
    write_mails(MailKind.FINISHED, order=order)

    assert mailing.send_due() == 1

    [sent] = outbox.outbox
    assert sent.to == ["rosa@example.com"]
    assert sent.subject == f"Order #{order.pk} Spring is finished: 2 of 3 bought"
    assert "2 of 3 numbers were bought.\n1 was not." in sent.body
    assert f"{SITE}/admin/numbers_app/purchaseorder/{order.pk}/change/" in sent.body
    assert f"{SITE}/admin/numbers_app/mailpreference/mine/" in sent.body
    row = Mail.objects.get()
    assert (row.tries, row.next_action_at, row.error) == (1, None, "")
    assert row.sent_at


def test_approver_is_told_what_waits() -> None:
    make_user(username="boss", email="boss@example.com", is_superuser=True)
    order = order_of(OrderStatus.AWAITING_APPROVAL)
    make_line(order)
    write_mails(MailKind.APPROVAL_WANTED, order=order)

    mailing.send_due()

    [sent] = outbox.outbox
    assert sent.to == ["boss@example.com"]
    assert sent.subject == f"Order #{order.pk} Spring waits for your approval"
    assert "rosa asks for 1 number." in sent.body


@pytest.mark.parametrize(
    ("kind", "what", "words"),
    [
        (MailKind.APPROVED, OrderHappening.APPROVED, "Approved by boss."),
        (MailKind.DECLINED, OrderHappening.DECLINED, "Declined by boss."),
    ],
)
def test_requester_is_told_who_decided_and_why(kind: MailKind, what: OrderHappening, words: str) -> None:
    order = order_of()
    note(order, what, because="It's <dear> & late.", actor=make_user(username="boss"))
    write_mails(kind, order=order)

    mailing.send_due()

    assert words in outbox.outbox[0].body
    assert "The reason: It's <dear> & late." in outbox.outbox[0].body


def test_reviewer_is_told_which_number_and_why() -> None:
    location = make_location(name="Hill & Country")
    purchase = make_purchase(
        status=Status.NEEDS_REVIEW, order=order_of(), location=location, reason="The list was down.", sandbox=False
    )
    write_mails(MailKind.NEEDS_REVIEW, purchase=purchase)

    mailing.send_due()

    [sent] = outbox.outbox
    assert sent.subject == "Was +1 830-555-0123 bought? A person has to decide"
    assert "for Hill & Country" in sent.body
    assert "The list was down." in sent.body
    assert f"{SITE}/admin/numbers_app/purchase/{purchase.pk}/change/" in sent.body


@pytest.mark.parametrize("kind", [kind for kind in MailKind if kind != MailKind.NEEDS_REVIEW])
def test_rehearsal_says_so_in_the_subject(kind: MailKind) -> None:
    make_user(email="boss@example.com", is_superuser=True)
    write_mails(kind, order=order_of(OrderStatus.AWAITING_APPROVAL, sandbox=True))

    mailing.send_due()

    assert outbox.outbox[0].subject.startswith("[Sandbox] Order #")


def test_name_with_line_breaks_does_not_make_headers() -> None:
    written(name="Spring\r\nBcc: everybody@example.com")

    mailing.send_due()

    assert "\n" not in outbox.outbox[0].subject
    assert outbox.outbox[0].recipients() == ["rosa@example.com"]


# ── Once, again, and no more


def test_mail_is_sent_once() -> None:
    written()

    assert [mailing.send_due(), mailing.send_due()] == [1, 0]
    assert len(outbox.outbox) == 1


def test_task_sends_what_is_due() -> None:
    written()

    send_mails()

    assert len(outbox.outbox) == 1


def test_of_two_workers_one_claims_a_mail() -> None:
    written()
    one, other = Mail.objects.get(), Mail.objects.get()

    assert [mailing.claim(one), mailing.claim(other)] == [True, False]


def test_server_that_is_away_is_tried_again_later_each_time(settings: Any) -> None:
    mail = written()
    go_by(settings, Away)
    waits = []
    for _try in range(settings.MAIL_MAX_TRIES):
        assert mailing.send_due() == 0
        mail.refresh_from_db()
        waits.append(mail.next_action_at and round((mail.next_action_at - timezone.now()).total_seconds(), -1))
        assert mailing.send_due() == 0  # not before
        make_due(mail)
    Mail.objects.update(next_action_at=None)

    assert waits == [60, 120, 240, 480, 960, 1920, 3600, None]
    assert mail.tries == settings.MAIL_MAX_TRIES
    assert "Connection refused" in mail.error


def test_server_that_is_back_gets_the_mail(settings: Any) -> None:
    mail = written()
    go_by(settings, Away)
    mailing.send_due()
    go_by(settings, LocmemBackend)
    make_due(mail)

    assert mailing.send_due() == 1
    mail.refresh_from_db()
    assert (mail.tries, mail.error) == (2, "")


def test_one_that_is_refused_does_not_hold_up_the_others(settings: Any) -> None:
    go_by(settings, Refusing)
    refused = written()
    other = make_submitted(OrderStatus.FINISHED, requested_by=make_user(email="other@example.com"))
    write_mails(MailKind.FINISHED, order=other)

    assert mailing.send_due() == 1
    refused.refresh_from_db()
    assert "No such user" in refused.error


def test_one_that_can_not_be_written_does_not_hold_up_the_others() -> None:
    broken = written()
    Mail.objects.filter(pk=broken.pk).update(kind="nonsense")
    other = make_submitted(OrderStatus.FINISHED, requested_by=make_user(email="other@example.com"))
    write_mails(MailKind.FINISHED, order=other)

    assert mailing.send_due() == 1
    broken.refresh_from_db()
    assert "nonsense" in broken.error


def test_round_ends_in_time(settings: Any) -> None:
    settings.MAIL_ROUND_SECONDS = -1
    written()

    assert mailing.send_due() == 0
    assert Mail.objects.get().tries == 0


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """A mail server on this machine, and the desk set up for it."""
    with MailServer() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


def test_mail_goes_to_a_real_server(server: MailServer, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Leadway Numbers <numbers@example.com>"
    written(name="Frühling")

    assert mailing.send_due() == 1

    [got] = server.mails
    assert (got["From"], got["To"]) == ("Leadway Numbers <numbers@example.com>", "rosa@example.com")
    assert "Frühling is finished" in got["Subject"]
    assert SITE in got.get_content()


@pytest.mark.django_db(transaction=True)
def test_mail_of_a_worker_that_was_killed_is_sent_again_when_its_claim_runs_out(
    server: MailServer, settings: Any
) -> None:
    """Killed when the server had the mail, and before that was written down: it comes twice, rather than never."""
    mail = written()
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "tests.dying_sender", database, str(server.port)]
    sender = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server.when_it_came = lambda: os.kill(sender.pid, signal.SIGKILL)
    try:
        assert sender.wait(60) == -signal.SIGKILL
    finally:
        with suppress(ProcessLookupError):
            sender.kill()
    server.when_it_came = None

    assert (len(server.mails), mailing.send_due()) == (1, 0)
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.MAIL_CLAIM_SECONDS + 1)):
        assert mailing.send_due() == 1
    mail.refresh_from_db()
    assert (len(server.mails), mail.tries, mail.next_action_at) == (2, 2, None)


def test_mail_whose_senders_always_die_is_given_up(settings: Any) -> None:
    mail = written()
    Mail.objects.update(tries=settings.MAIL_MAX_TRIES, next_action_at=timezone.now())

    assert mailing.send_due() == 0
    mail.refresh_from_db()
    assert mail.next_action_at is None
    assert mail.error
    assert outbox.outbox == []
