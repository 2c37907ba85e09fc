"""Where a purchase becomes bought: on evidence alone, from whatever status, however late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from numbers_app.inventory import Reply, merge_replies
from numbers_app.leadconnector.payloads import AccountState
from numbers_app.models import (
    FINAL,
    Evidence,
    LineStatus,
    OrderLine,
    Purchase,
    PurchaseAttempt,
    Status,
    TwilioAccount,
)
from numbers_app.models.storing import storable_columns
from numbers_app.purchasing.lifecycle import Step, locked_purchase, move_all


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Why a purchase counts as bought; ``account`` is the state that the reply told, where it did."""

    purchase: Purchase
    evidence: Evidence
    because: str
    seen_at: datetime
    account: AccountState | None = None
    attempt: PurchaseAttempt | None = None
    actor: Any = None
    number_sid: str = ""


@transaction.atomic
def confirm_bought(purchase_id: int, **proof: Any) -> Purchase:
    """Record that the number was bought, from whatever status, however late; see `Proof`."""
    purchase = locked_purchase(purchase_id)
    confirm_all([Proof(purchase=purchase, **proof)])
    return purchase


def confirm_all(proofs: Sequence[Proof]) -> None:
    """Record that numbers were bought. The purchases must be locked; belongs into a transaction."""
    merge_replies(
        Reply(
            location=proof.purchase.location,
            phone_number=proof.purchase.phone_number,
            account=proof.account,
            seen_at=proof.seen_at,
        )
        for proof in proofs
        if proof.evidence == Evidence.REPLY
    )
    tell_lines([proof.purchase for proof in proofs])
    mirrored = mirrored_account_sids([proof.purchase.location_id for proof in proofs if not proof.account])
    steps = []
    for proof in proofs:
        purchase = proof.purchase
        account_sid = proof.account.account_sid if proof.account else mirrored.get(purchase.location_id, "")
        said = {"account_sid": account_sid, "number_sid": proof.number_sid}
        news = {name: value for name, value in said.items() if value and not getattr(purchase, name)}
        if purchase.status != Status.PURCHASED:
            steps.append(
                Step(
                    purchase=purchase,
                    to=Status.PURCHASED,
                    because=proof.because,
                    attempt=proof.attempt,
                    actor=proof.actor,
                    columns={"confirmed_by": proof.evidence, **news},
                )
            )
        elif news:
            Purchase.objects.filter(pk=purchase.pk).update(**storable_columns(Purchase, news))
    move_all(steps)


def tell_lines(purchases: Iterable[Purchase]) -> None:
    """A purchase that had come to nothing, and was bought after all: its line is bought, whatever was made of it since.

    Of all others the order itself takes note.
    """
    for purchase in purchases:
        if purchase.line_id and purchase.status in FINAL and purchase.status != Status.PURCHASED:
            line = OrderLine.objects.filter(pk=purchase.line_id)
            line.update(status=LineStatus.BOUGHT, problem="", words="", purchase=purchase)
            # It may bear its substitute's number by now.
            namesakes = OrderLine.objects.filter(order=purchase.order_id, phone_number=purchase.phone_number)
            if not namesakes.exists():  # evidence must not be lost because a number is in an order twice
                line.update(phone_number=purchase.phone_number, locality=purchase.locality, region=purchase.region)


def mirrored_account_sids(locations: Iterable[int]) -> dict[int, str]:
    """The list and a v3 reply don't say the account's SID; an earlier purchase of the location may have."""
    wanted = set(locations)
    if not wanted:
        return {}
    return dict(TwilioAccount.objects.filter(location__in=wanted).values_list("location_id", "account_sid"))
