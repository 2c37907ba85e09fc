"""One purchase at a time, in the test's own thread and transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numbers_app import clock
from numbers_app.leadconnector.client import Bought
from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.purchasing.recording import record
from numbers_app.purchasing.submission import Claim, Outcome, claim_queued, send


def claim_one(purchase_id: int) -> Claim | None:
    return next(iter(claim_queued([purchase_id])), None)


def submit(purchase_id: int, *, client: Any = None) -> None:
    """Claim, POST and record; with another client where one is given."""
    for claim in claim_queued([purchase_id]):
        record([send(replace(claim, client=client) if client else claim)])


def record_answer(claim: Claim, answer: Bought | LeadConnectorError) -> None:
    record([Outcome(claim=claim, answer=answer, at=clock.now())])
