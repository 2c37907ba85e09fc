"""Several purchases of one location side by side: claimed together, written together, and settled by the same list.

Against a model of the provider that sells a number as often as it is asked, so that a POST too many shows.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings as project
from django.db import transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from numbers_app import clock
from numbers_app.models import FINAL, Answer, Purchase, PurchaseAttempt, Status
from numbers_app.purchasing.dispatch import close_left_behind, lapse_leases
from numbers_app.purchasing.pausing import resume_location
from numbers_app.purchasing.reconciliation import look_up
from numbers_app.purchasing.recording import record
from numbers_app.purchasing.submission import Claim, Outcome, claim_queued
from tests.factories import make_location, make_purchase, not_sent, refused, unknown
from tests.fakes import FakeProvider

LAG_SECONDS = 60  # shorter than the settle time: an absence that is proved is true
COUNT = 3
FATES = ("reply lost", "worker died", "request lost", "held up", "good", "refused", "not sent", "token refused")
DYING = ("worker died", "held up")
fates = st.tuples(*[st.sampled_from(FATES)] * COUNT)
some = st.sets(st.integers(0, COUNT - 1), min_size=1)


class LifeOfALocation(RuleBasedStateMachine):
    """Rules are what can happen to a batch; each of its POSTs has a fate of its own."""

    @initialize(fates=fates)
    def order(self, fates: tuple[str, ...]) -> None:
        """The first attempts are made at once: chance should be spent on what comes after."""
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.travel = time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False)
        self.clock = self.travel.start()
        self.provider = FakeProvider(lag_seconds=LAG_SECONDS, careful=False)
        self.location = make_location()
        self.pks = [make_purchase(f"+1830555{n:04d}", location=self.location).pk for n in range(COUNT)]
        self.held: list[Outcome] = []
        self.submit_together(set(range(COUNT)), fates)

    def teardown(self) -> None:
        if not hasattr(self, "atomic"):
            return
        try:
            self.settle()
        finally:
            self.travel.stop()
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def purchases(self) -> list[Purchase]:
        return list(Purchase.objects.filter(pk__in=self.pks).order_by("pk"))

    def answer(self, claim: Claim, fate: str) -> Any:
        number = claim.purchase.phone_number
        answers = {
            "good": lambda: self.provider.answer(number),
            "held up": lambda: self.provider.answer(number),
            "worker died": lambda: self.provider.answer(number),
            "reply lost": lambda: (self.provider.answer(number), unknown())[1],
            "request lost": unknown,
            "refused": refused,
            "not sent": not_sent,
            "token refused": lambda: refused("Invalid token", status=401),
        }
        return answers[fate]()

    @rule(chosen=some, fates=fates)
    def submit_together(self, chosen: set[int], fates: tuple[str, ...]) -> None:
        """A message with several of them arrives, at any time; what is known of their POSTs is written together."""
        claims = claim_queued([self.pks[n] for n in sorted(chosen)])
        of = dict(zip(self.pks, fates, strict=True))
        outcomes = [
            Outcome(claim=claim, answer=self.answer(claim, of[claim.purchase.pk]), at=clock.now()) for claim in claims
        ]
        record([outcome for outcome in outcomes if of[outcome.claim.purchase.pk] not in DYING])
        self.held += [outcome for outcome in outcomes if of[outcome.claim.purchase.pk] == "held up"]

    @rule()
    def come_back_late(self) -> None:
        record(self.held)
        self.held = []

    @rule(n=st.integers(0, COUNT - 1))
    def look_up(self, n: int) -> None:
        """One look settles all of the location's."""
        look_up(self.pks[n], client=self.provider.listing())

    @rule(n=st.integers(0, COUNT - 1), error=st.sampled_from([refused("Invalid token", status=401), unknown()]))
    def look_up_in_vain(self, n: int, error: Exception) -> None:
        look_up(self.pks[n], client=self.provider.not_listing(error))

    @rule()
    def sweep(self) -> None:
        lapse_leases()
        close_left_behind()

    @rule()
    def resume(self) -> None:
        resume_location(self.location.pk, because="The token was mended.", actor=None)

    @rule(seconds=st.sampled_from([1, 20, 100, 400, 3600]))
    def wait(self, seconds: int) -> None:
        self.clock.shift(seconds)

    @rule()
    def do_what_is_due(self) -> None:
        """As beat and workers do when nothing goes wrong: the way on, which chance alone finds too seldom."""
        due = [
            max(filter(None, (one.next_action_at, one.not_before))) for one in self.purchases() if one.next_action_at
        ]
        if not due:
            return
        self.clock.shift(max((min(due) - timezone.now()).total_seconds(), 0))
        self.sweep()
        for pk in self.pks:
            look_up(pk, client=self.provider.listing())
        self.submit_together(set(range(COUNT)), ("good",) * COUNT)

    @invariant()
    def books_never_contradict_the_provider(self) -> None:
        if not hasattr(self, "provider"):
            return
        sold = Counter(number for number, _ in self.provider.sales)
        assert all(count == 1 for count in sold.values())
        for purchase in self.purchases():
            if purchase.status in FINAL:
                assert (purchase.status == Status.PURCHASED) == (purchase.phone_number in sold)

    def settle(self) -> None:
        """Nothing more goes wrong: every worker comes back, and what is due is done."""
        self.come_back_late()
        self.resume()
        for _ in range(100):
            self.do_what_is_due()
        self.clock.shift(project.PURCHASE_LEASE_SECONDS + 1)
        self.sweep()
        assert {purchase.status for purchase in self.purchases()} <= {*FINAL, Status.NEEDS_REVIEW}
        assert not PurchaseAttempt.objects.filter(answer=Answer.PENDING).exists()
        self.books_never_contradict_the_provider()


@pytest.mark.django_db
def test_life_of_a_location_never_buys_twice_and_never_loses_a_purchase() -> None:
    run_state_machine_as_test(
        LifeOfALocation,
        settings=settings(max_examples=25, stateful_step_count=20, deadline=None, derandomize=True),
    )
