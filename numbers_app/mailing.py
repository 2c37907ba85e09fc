"""Sends the mails that `purchasing.notifying` has written.

A mail is claimed by one conditional update before it is sent, so that two workers don't both send it. A worker that
dies after the claim leaves the mail due again when the claim runs out, ten minutes later: it may then have been sent
already and comes twice, which is better than never.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from numbers_app import clock
from numbers_app.languages import language_of
from numbers_app.models import LineStatus, Mail, MailKind, OrderHappening
from numbers_app.models.storing import storable_text

MOST_AT_ONCE = 100  # mails in a round
LONGEST_SUBJECT = 150

logger = logging.getLogger(__name__)


def send_due() -> int:
    """Send what is due, for as long as a round may take; returns how many were sent."""
    until = time.monotonic() + settings.MAIL_ROUND_SECONDS
    due = Mail.objects.filter(next_action_at__lte=clock.now()).order_by("next_action_at", "pk")
    sent = 0
    for mail in due.select_related("recipient__language_preference", "order", "purchase__location")[:MOST_AT_ONCE]:
        if time.monotonic() > until:
            break
        if mail.tries >= settings.MAIL_MAX_TRIES:
            put_off(mail, RuntimeError("Every worker that took it died."))
        elif claim(mail):
            sent += try_to_send(mail)
    return sent


def claim(mail: Mail) -> bool:
    """Take the mail for as long as a claim lasts; False where somebody else was faster."""
    until = clock.now() + timedelta(seconds=settings.MAIL_CLAIM_SECONDS)
    as_read = Mail.objects.filter(pk=mail.pk, next_action_at=mail.next_action_at)
    if not as_read.update(next_action_at=until, tries=F("tries") + 1):
        return False
    mail.next_action_at = until
    mail.tries += 1
    return True


def try_to_send(mail: Mail) -> bool:
    """Send a claimed mail, and write down how it went."""
    try:
        message(mail).send()
    except OSError as error:  # the server is away, or said no
        logger.warning("Mail %d to %s was not sent: %s", mail.pk, mail.recipient, error)
        put_off(mail, error)
    except Exception as error:
        # One that can't be written must not keep the others from being sent.
        logger.exception("Mail %d to %s could not be written", mail.pk, mail.recipient)
        put_off(mail, error)
    else:
        # Whoever claims it now would send it twice, so whatever became of the claim it ends here.
        Mail.objects.filter(pk=mail.pk).update(sent_at=clock.now(), next_action_at=None, error="")
        return True
    return False


def put_off(mail: Mail, error: Exception) -> None:
    """Try again later; after the last try, give up and keep what went wrong."""
    error_text = storable_text(f"{type(error).__name__}: {error}")
    still_ours = Mail.objects.filter(pk=mail.pk, next_action_at=mail.next_action_at)
    still_ours.update(next_action_at=next_try(mail.tries), error=error_text)


def next_try(tries: int) -> datetime | None:
    if tries >= settings.MAIL_MAX_TRIES:
        return None
    wait = min(settings.MAIL_BACKOFF_SECONDS * 2 ** (tries - 1), settings.MAIL_BACKOFF_MAX_SECONDS)
    return clock.now() + timedelta(seconds=wait)


def message(mail: Mail) -> EmailMessage:
    """The mail in its recipient's language: the first line of its template is the subject."""
    with translation.override(language_of(mail.recipient)):
        subject, _line_end, text = render_to_string(f"mail/{mail.kind}.txt", context(mail)).strip().partition("\n")
    subject = " ".join(subject.split())[:LONGEST_SUBJECT]
    return EmailMessage(subject, text.strip() + "\n", to=[mail.recipient.email])


def context(mail: Mail) -> dict[str, Any]:
    """What the templates tell."""
    about = {
        "recipient": mail.recipient,
        "order": mail.order,
        "purchase": mail.purchase,
        "switches": settings.SITE_URL + reverse("admin:numbers_app_mailpreference_mine"),
    }
    if mail.purchase:
        page = reverse("admin:numbers_app_purchase_change", args=[mail.purchase.pk])
        return {**about, "link": settings.SITE_URL + page, "rehearsal": mail.purchase.sandbox}
    if mail.order is None:
        raise ValueError(f"Mail {mail.pk} is about nothing.")
    lines = mail.order.lines
    page = reverse("admin:numbers_app_purchaseorder_change", args=[mail.order.pk])
    decision = {MailKind.APPROVED: OrderHappening.APPROVED, MailKind.DECLINED: OrderHappening.DECLINED}
    what = decision.get(MailKind(mail.kind))
    return {
        **about,
        "link": settings.SITE_URL + page,
        "rehearsal": mail.order.sandbox,
        "total": lines.count(),
        "bought": lines.filter(status=LineStatus.BOUGHT).count(),
        "stopped": lines.filter(status=LineStatus.STOPPED).count(),
        "decision": mail.order.events.filter(what=what).select_related("actor").last() if what else None,
    }
