"""Writes down what came of POSTs: all that are known at the moment, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from numbers_app import clock
from numbers_app.leadconnector.client import Bought
from numbers_app.leadconnector.errors import LeadConnectorError, NotSent, OutcomeUnknown, Refused, Reply
from numbers_app.models import Answer, Evidence, Purchase, PurchaseAttempt, Status
from numbers_app.purchasing.lifecycle import (
    TOKEN_REFUSED,
    Ending,
    Step,
    backoff,
    close_attempts,
    locked_purchases,
    move_all,
)
from numbers_app.purchasing.pausing import pause_location
from numbers_app.purchasing.proving import Proof, confirm_all
from numbers_app.purchasing.submission import Outcome

logger = logging.getLogger(__name__)

REPLY_KEPT = 64 * 1024  # characters of a reply that an attempt keeps; the mirror keeps the last one whole
ANSWERS = {Refused: Answer.REFUSED, NotSent: Answer.NOT_SENT, OutcomeUnknown: Answer.UNKNOWN}


@transaction.atomic
def record(outcomes: Sequence[Outcome]) -> None:
    """Complete the attempts and move their purchases on. Evidence of a purchase wins from whatever status."""
    now = locked_purchases(outcome.claim.purchase.pk for outcome in outcomes)
    doubtful = with_earlier_unknown(outcomes)
    proofs: dict[int, Proof] = {}
    steps = []
    for outcome in outcomes:
        purchase = now[outcome.claim.purchase.pk]
        if isinstance(outcome.answer, Bought):
            proofs[purchase.pk] = proof(outcome, outcome.answer, purchase)
        elif is_left_behind(outcome, purchase):
            logger.warning("%s moved on before attempt %s ended", purchase, outcome.claim.attempt.number)
        else:
            steps.append(next_step(outcome, outcome.answer, purchase, doubtful=purchase.pk in doubtful))
    confirm_all(list(proofs.values()))
    move_all([step for step in steps if step.purchase.pk not in proofs])
    close_attempts(ending(outcome) for outcome in outcomes)
    # In one order, so that none wait in a ring.
    refused = {outcome.claim.purchase.location_id: outcome for outcome in outcomes if token_is_refused(outcome.answer)}
    for location_pk, outcome in sorted(refused.items()):
        pause_location(location_pk, because=str(outcome.answer))


def is_left_behind(outcome: Outcome, purchase: Purchase) -> bool:
    """Whether the purchase has left this attempt behind; its end is then written down, and changes nothing else."""
    attempt = outcome.claim.attempt.number
    return (purchase.status, purchase.attempt_count) != (Status.SUBMITTING, attempt)


def with_earlier_unknown(outcomes: Sequence[Outcome]) -> set[int]:
    """The refused purchases, by key, of whose number another attempt of the location ended without an answer.

    That may have been an earlier purchase's, which this one asks for again.
    """
    refused = [outcome.claim for outcome in outcomes if isinstance(outcome.answer, Refused)]
    if not refused:
        return set()
    unknown = PurchaseAttempt.objects.filter(
        answer=Answer.UNKNOWN, purchase__phone_number__in=[claim.purchase.phone_number for claim in refused]
    ).exclude(pk__in=[claim.attempt.pk for claim in refused])
    doubts = set(unknown.values_list("purchase__phone_number", "purchase__location_id"))
    return {
        claim.purchase.pk for claim in refused if (claim.purchase.phone_number, claim.purchase.location_id) in doubts
    }


def proof(outcome: Outcome, bought: Bought, purchase: Purchase) -> Proof:
    return Proof(
        purchase=purchase,
        evidence=Evidence.REPLY,
        because="The reply's numbers map shows the number.",
        seen_at=clock.correct(bought.reply.received_at),
        account=bought.account,
        attempt=outcome.claim.attempt,
    )


def next_step(outcome: Outcome, error: LeadConnectorError, purchase: Purchase, *, doubtful: bool) -> Step:
    """Where an attempt that did not buy, or may not have, leads its purchase."""
    if isinstance(error, OutcomeUnknown):
        return after_unknown(outcome, purchase, because=error.words)
    if token_is_refused(error):
        # Its own doubts, if any, were settled before it was asked for again: the token's refusal says nothing new.
        return queued_again(outcome, purchase, because=error.words, wait=timedelta(0))
    if isinstance(error, NotSent):
        return after_not_sent(outcome, error, purchase)
    if doubtful:  # "no longer available" may mean that we own it
        because = f"{error.words} An earlier attempt's outcome is unknown, so the list is looked at first."
        return after_unknown(outcome, purchase, because=because)
    return Step(purchase=purchase, to=Status.REJECTED, because=error.words, attempt=outcome.claim.attempt)


def after_unknown(outcome: Outcome, purchase: Purchase, *, because: str) -> Step:
    """It may have been bought: look before anything else is done."""
    return Step(
        purchase=purchase,
        to=Status.UNCERTAIN,
        because=because,
        due_at=outcome.at,
        attempt=outcome.claim.attempt,
        columns={"uncertain_since": outcome.at},
    )


def after_not_sent(outcome: Outcome, error: NotSent, purchase: Purchase) -> Step:
    """Back to the queue with backoff, while attempts last."""
    count = purchase.attempt_count
    if count >= settings.PURCHASE_MAX_ATTEMPTS:
        because = f"Given up after {count} attempts. {error.words}"
        return Step(purchase=purchase, to=Status.FAILED, because=because, attempt=outcome.claim.attempt)
    wait = backoff(count, at_least=error.retry_after or 0)
    return queued_again(outcome, purchase, because=error.words, wait=wait)


def queued_again(outcome: Outcome, purchase: Purchase, *, because: str, wait: timedelta) -> Step:
    return Step(
        purchase=purchase,
        to=Status.QUEUED,
        because=because,
        due_at=clock.now() + wait,
        attempt=outcome.claim.attempt,
    )


def token_is_refused(answer: Bought | LeadConnectorError) -> bool:
    """Whether every purchase of the location would meet the same refusal."""
    return isinstance(answer, Refused) and answer.status in TOKEN_REFUSED


def ending(outcome: Outcome) -> Ending:
    answer, attempt = outcome.answer, outcome.claim.attempt
    if isinstance(answer, Bought):
        return Ending(attempt=attempt, answer=Answer.BOUGHT, words="", columns=reply_columns(answer.reply))
    return Ending(
        attempt=attempt, answer=ANSWERS[type(answer)], words=answer.words, columns=reply_columns(answer.reply)
    )


def reply_columns(reply: Reply | None) -> dict[str, Any]:
    """What an attempt keeps of a reply; nothing where none came."""
    if reply is None:
        return {}
    return {
        "status_code": reply.status,
        "trace_id": reply.trace_id[:200],
        "reply_headers": dict(reply.headers),
        "reply_body": reply.text[:REPLY_KEPT].replace("\x00", ""),
        "duration_ms": round(reply.duration_seconds * 1000),
    }
