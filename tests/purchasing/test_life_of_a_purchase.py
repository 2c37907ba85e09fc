"""The life of one purchase under whatever may happen, against a model of the provider.

A careless provider sells a number as often as it is asked, so that a POST too many shows. A careful one sells it once,
as the real one does, and may be reached by a POST whose worker was held up for so long that nothing can stop it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings as project
from django.db import transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from numbers_app.leadconnector.client import Bought
from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.models import FINAL, Answer, Location, Purchase, PurchaseAttempt, Status
from numbers_app.purchasing.dispatch import close_left_behind, lapse_leases
from numbers_app.purchasing.pausing import resume_location
from numbers_app.purchasing.reconciliation import look_up
from numbers_app.purchasing.submission import Claim
from tests.factories import NUMBER, make_purchase, not_sent, refused, unknown
from tests.fakes import Died, FakeProvider
from tests.purchasing.inline import claim_one, record_answer, submit

LAG_SECONDS = 60  # shorter than the settle time: an absence that is proved is true


class LifeOfAPurchase(RuleBasedStateMachine):
    """Rules are what can happen; a worker that is held up comes back later, with the answer that it had then."""

    @initialize(careful=st.booleans())
    def order(self, careful: bool) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.travel = time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False)
        self.clock = self.travel.start()
        self.provider = FakeProvider(lag_seconds=LAG_SECONDS, careful=careful)
        self.held: list[tuple[Claim, Bought | LeadConnectorError | None]] = []
        purchase = make_purchase()
        self.pk, self.location = purchase.pk, purchase.location

    def teardown(self) -> None:
        if not hasattr(self, "atomic"):
            return
        try:
            self.settle()
        finally:
            self.travel.stop()
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @property
    def purchase(self) -> Purchase:
        return Purchase.objects.get(pk=self.pk)

    @property
    def sold(self) -> bool:
        return bool(self.provider.sales)

    def submit(self, client: Any) -> None:
        """A message arrives, at any time."""
        with suppress(Died):
            submit(self.pk, client=client)

    @rule()
    def submit_and_get_the_reply(self) -> None:
        self.submit(self.provider.answering())

    @rule(error=st.sampled_from([unknown(), Died()]))
    def submit_and_lose_the_reply(self, error: BaseException) -> None:
        self.submit(self.provider.selling_and_then(error))

    @rule(error=st.sampled_from([unknown(), Died(), not_sent(), not_sent(retry_after=30)]))
    def submit_and_lose_the_request(self, error: BaseException) -> None:
        self.submit(self.provider.not_selling(error))

    @rule()
    def submit_and_be_refused(self) -> None:
        """Somebody else has the number; or we own it already, and the provider says the same."""
        self.submit(self.provider.not_selling(refused()))

    @rule(status=st.sampled_from([401, 403]))
    def submit_and_have_the_token_refused(self, status: int) -> None:
        """The location's queue stops; whatever arrives then is sent by nobody."""
        self.submit(self.provider.not_selling(refused("Invalid token", status=status)))

    @rule()
    def resume(self) -> None:
        resume_location(self.location.pk, because="The token was mended.", actor=None)

    @rule(sells=st.booleans(), answer=st.sampled_from(["good", "unknown"]))
    def submit_and_be_held_up(self, sells: bool, answer: str) -> None:
        """After the POST: the worker comes back late, with the answer that it had then."""
        claim = claim_one(self.pk)
        if claim is None:
            return
        reply = self.provider.answer(NUMBER) if sells else unknown("late")
        self.held.append((claim, reply if answer == "good" else unknown("late")))

    @precondition(lambda self: self.provider.careful)
    @rule()
    def submit_and_be_held_up_before_the_post(self) -> None:
        if claim := claim_one(self.pk):
            self.held.append((claim, None))

    @precondition(lambda self: self.held)
    @rule()
    def come_back_late(self) -> None:
        claim, answer = self.held.pop()
        answer = answer or self.provider.answer(NUMBER)
        record_answer(claim, answer)

    @precondition(lambda self: self.held and self.held[-1][1] is None and self.purchase.status not in FINAL)
    @rule()
    def come_back_late_and_lose_the_reply(self) -> None:
        """Not after the end: what such a POST buys is an orphan, for the nightly reading of the list to show."""
        claim, _ = self.held.pop()
        self.provider.answer(NUMBER)
        record_answer(claim, unknown("very late"))

    @rule()
    def let_somebody_else_buy_it(self) -> None:
        self.provider.taken = not self.sold

    @rule()
    def sweep(self) -> None:
        lapse_leases()
        close_left_behind()

    @rule()
    def look_up(self) -> None:
        look_up(self.pk, client=self.provider.listing())

    @rule(error=st.sampled_from([unknown(), not_sent(retry_after=5), refused("Invalid token", status=401)]))
    def look_up_in_vain(self, error: LeadConnectorError) -> None:
        look_up(self.pk, client=self.provider.not_listing(error))

    @rule()
    def prove_an_absence(self) -> None:
        """Long enough and often enough: the way back into the queue, which chance alone finds too seldom."""
        self.clock.shift(project.PURCHASE_LEASE_SECONDS + project.PURCHASE_SETTLE_SECONDS)
        for _ in range(4):
            self.sweep()
            self.look_up()
            self.clock.shift(project.PURCHASE_SETTLE_SECONDS)

    @rule(seconds=st.sampled_from([1, 20, 100, 400, 3600]))
    def wait(self, seconds: int) -> None:
        self.clock.shift(seconds)

    @rule()
    def wait_for_what_is_due(self) -> None:
        due = self.purchase.next_action_at
        if due:
            self.clock.shift(max((due - timezone.now()).total_seconds(), 0))

    @rule()
    def do_what_is_due(self) -> None:
        """As beat and workers do when nothing goes wrong."""
        self.wait_for_what_is_due()
        self.sweep()
        self.look_up()
        self.submit_and_get_the_reply()

    @invariant()
    def nothing_is_claimed_while_the_queue_is_stopped(self) -> None:
        if hasattr(self, "provider") and Location.objects.filter(paused_at__isnull=False).exists():
            assert claim_one(self.pk) is None

    @invariant()
    def never_sold_twice(self) -> None:
        if hasattr(self, "provider"):
            assert len(self.provider.sales) <= 1

    @invariant()
    def never_given_up_while_sold(self) -> None:
        """The one way to an end without a purchase is evidence, and evidence of what is not so does not exist."""
        if hasattr(self, "provider") and self.purchase.status in FINAL and self.sold:
            assert self.purchase.status == Status.PURCHASED

    @invariant()
    def never_on_the_books_unless_sold(self) -> None:
        if hasattr(self, "provider") and self.purchase.status == Status.PURCHASED:
            assert self.sold

    def settle(self) -> None:
        """Nothing more goes wrong: every worker comes back, and what is due is done."""
        while self.held:
            self.come_back_late()
        self.resume()
        for _ in range(100):
            if self.purchase.next_action_at is None:
                break
            self.do_what_is_due()
        self.clock.shift(project.PURCHASE_LEASE_SECONDS + 1)
        self.sweep()
        status = self.purchase.status
        assert status in (*FINAL, Status.NEEDS_REVIEW)
        if status != Status.NEEDS_REVIEW:
            assert (status == Status.PURCHASED) == self.sold
        assert not PurchaseAttempt.objects.filter(answer=Answer.PENDING).exists()
        self.never_sold_twice()


@pytest.mark.django_db
def test_life_of_a_purchase_never_buys_twice_and_never_loses_a_purchase() -> None:
    run_state_machine_as_test(
        LifeOfAPurchase,
        settings=settings(max_examples=50, stateful_step_count=25, deadline=None, derandomize=True),
    )
