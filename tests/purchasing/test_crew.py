"""The hands of a worker's process: what they do side by side, and what becomes of it when something breaks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import OperationalError, connection

from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.models import Answer, Purchase, PurchaseAttempt, Status
from numbers_app.purchasing import crew as crews
from numbers_app.purchasing.crew import Crew
from numbers_app.purchasing.recording import record
from numbers_app.purchasing.submission import Claim, Outcome, claim_queued, send
from tests.factories import make_purchase
from tests.fakes import failures, in_threads, other_connection
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 30
MakeCrew = Callable[..., Crew]


@pytest.fixture
def make_crew(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeCrew]:
    """Crews that have nothing in hand when the test is over."""
    monkeypatch.setattr(crews, "RETRY_SECONDS", 0.01)
    made: list[Crew] = []

    def make(hands: int = 8, *, ahead: int = 24, **options: Any) -> Crew:
        made.append(Crew(hands, ahead=ahead, **options))
        return made[-1]

    yield make
    for crew in made:
        crew.drain()
        crew._posters.shutdown()


def numbered(count: int, *, slug: str = "success") -> list[Purchase]:
    return [make_purchase(number_for(slug, n)) for n in range(count)]


def keys(purchases: Sequence[Purchase]) -> list[int]:
    return [purchase.pk for purchase in purchases]


def statuses(purchases: Sequence[Purchase]) -> list[str]:
    now = Purchase.objects.in_bulk(keys(purchases))
    return [now[purchase.pk].status for purchase in purchases]


class Gate:
    """Holds up whoever comes through until it is opened, and knows how many stand before it."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._lock = threading.Lock()
        self.waiting = 0
        self.most = 0

    def pass_through(self) -> None:
        with self._lock:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        assert self._open.wait(PATIENCE)
        with self._lock:
            self.waiting -= 1

    def open(self) -> None:
        self._open.set()


def test_many_purchases_handed_over_at_once_are_all_written(sandbox: Sandbox, make_crew: MakeCrew) -> None:
    purchases, crew = numbered(40), make_crew()
    parts = [keys(purchases)[at::4] for at in range(4)]

    results = in_threads([lambda part=part: crew.submit(part) for part in parts])
    crew.drain()

    assert failures(results) == []
    assert set(statuses(purchases)) == {Status.PURCHASED}
    assert sorted(sale.phone_number for sale in sandbox.ledger.sold()) == sorted(
        purchase.phone_number for purchase in purchases
    )
    assert PurchaseAttempt.objects.filter(answer=Answer.BOUGHT).count() == len(purchases)


def test_same_purchases_handed_over_twice_are_posted_once(sandbox: Sandbox, make_crew: MakeCrew) -> None:
    purchases, crew, other = numbered(12), make_crew(), make_crew()

    results = in_threads([lambda: crew.submit(keys(purchases)), lambda: other.submit(keys(purchases))] * 2)
    for each in (crew, other):
        each.drain()

    assert failures(results) == []
    assert set(statuses(purchases)) == {Status.PURCHASED}
    assert len(sandbox.ledger.calls()) == len(purchases)


def test_every_kind_of_answer_is_written(sandbox: Sandbox, make_crew: MakeCrew) -> None:
    wanted = {
        "success": Status.PURCHASED,
        "no-longer-available": Status.REJECTED,
        "reset-after": Status.UNCERTAIN,
        "limited-once": Status.QUEUED,
        "contract-v3": Status.PURCHASED,
    }
    purchases = [make_purchase(number_for(slug)) for slug in wanted]
    crew = make_crew()

    crew.submit(keys(purchases))
    crew.drain()

    assert statuses(purchases) == list(wanted.values())


def test_what_is_answered_while_one_is_written_is_written_together(sandbox: Sandbox, make_crew: MakeCrew) -> None:
    purchases, gate, sizes = numbered(12), Gate(), []

    def record_slowly(outcomes: Sequence[Outcome]) -> None:
        sizes.append(len(outcomes))
        if len(sizes) == 1:
            gate.pass_through()
        record(outcomes)

    crew = make_crew(record=record_slowly)
    crew.submit(keys(purchases))
    wait_until(lambda: gate.waiting, what="the first answers are being written")
    rest = len(purchases) - sizes[0]
    wait_until(lambda: crew._outcomes.qsize() == rest, what="all the others are answered")
    gate.open()
    crew.drain()

    assert sizes == [size for size in (len(purchases) - rest, rest) if size]
    assert set(statuses(purchases)) == {Status.PURCHASED}


def test_one_that_cannot_be_written_does_not_take_the_others_with_it(
    sandbox: Sandbox, make_crew: MakeCrew, caplog: pytest.LogCaptureFixture
) -> None:
    purchases = numbered(8)
    bad = purchases[3]

    def record_all_but_one(outcomes: Sequence[Outcome]) -> None:
        record(outcomes)  # and then undone, as a bug half way does it
        if bad.pk in {outcome.claim.purchase.pk for outcome in outcomes}:
            raise ZeroDivisionError

    crew = make_crew(record=undone_by_errors(record_all_but_one))
    crew.submit(keys(purchases))
    crew.drain()

    assert statuses([bad]) == [Status.SUBMITTING]
    assert set(statuses([purchase for purchase in purchases if purchase != bad])) == {Status.PURCHASED}
    assert f"What came of {bad} could not be written down" in caplog.text


def undone_by_errors(write: Callable[[Sequence[Outcome]], None]) -> Callable[[Sequence[Outcome]], None]:
    from django.db import transaction

    return transaction.atomic(write)


def test_crew_goes_on_after_what_cannot_be_written(sandbox: Sandbox, make_crew: MakeCrew) -> None:
    first, second = numbered(2)

    def record_the_second(outcomes: Sequence[Outcome]) -> None:
        if first.pk in {outcome.claim.purchase.pk for outcome in outcomes}:
            raise ZeroDivisionError
        record(outcomes)

    crew = make_crew(record=record_the_second)
    crew.submit([first.pk])
    crew.drain()
    crew.submit([second.pk])
    crew.drain()

    assert statuses([first, second]) == [Status.SUBMITTING, Status.PURCHASED]


def test_writer_keeps_no_connection_after_what_cannot_be_written(sandbox: Sandbox, make_crew: MakeCrew) -> None:
    first, second = numbered(2)
    begun_with: list[Any] = []

    def record_the_second(outcomes: Sequence[Outcome]) -> None:
        begun_with.append(connection.connection)
        record(outcomes)
        if first.pk in {outcome.claim.purchase.pk for outcome in outcomes}:
            raise ZeroDivisionError

    crew = make_crew(record=record_the_second)
    for purchase in (first, second):
        crew.submit([purchase.pk])
        crew.drain()

    assert begun_with == [None, None]


@pytest.mark.parametrize("error", [OperationalError("gone"), OperationalError("server closed the connection")])
def test_database_away_for_a_moment_loses_no_reply(
    error: Exception, sandbox: Sandbox, make_crew: MakeCrew, caplog: pytest.LogCaptureFixture
) -> None:
    purchases, failing = numbered(6), [error, error]

    def record_later(outcomes: Sequence[Outcome]) -> None:
        if failing:
            raise failing.pop()
        record(outcomes)

    crew = make_crew(record=record_later)
    crew.submit(keys(purchases))
    crew.drain()

    assert set(statuses(purchases)) == {Status.PURCHASED}
    assert len(sandbox.ledger.calls()) == len(purchases)
    assert caplog.text.count("The database is away") == 2


def test_database_that_stays_away_leaves_the_reply_to_the_lease(
    sandbox: Sandbox, make_crew: MakeCrew, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PURCHASE_LEASE_SECONDS = 0  # over as soon as it is tried
    purchase = make_purchase(number_for("success"))

    def never(outcomes: Sequence[Outcome]) -> None:
        raise OperationalError("gone")

    crew = make_crew(record=never)
    crew.submit([purchase.pk])
    crew.drain()

    assert statuses([purchase]) == [Status.SUBMITTING]
    assert "could not be written down" in caplog.text


def test_post_that_hangs_does_not_hold_the_others_up(
    start_sandbox: Callable[..., Sandbox], make_crew: MakeCrew, settings: Any
) -> None:
    sandbox = start_sandbox(hang_seconds=PATIENCE)
    settings.LEADCONNECTOR_TIMEOUT_SECONDS = PATIENCE
    hanging, others = make_purchase(number_for("timeout-after")), numbered(6)
    crew = make_crew(2)

    crew.submit(keys([hanging, *others]))
    wait_until(lambda: set(statuses(others)) == {Status.PURCHASED}, what="the others are bought")
    meanwhile = statuses([hanging])
    sandbox.stop()
    crew.drain()

    assert meanwhile == [Status.SUBMITTING]
    assert statuses([hanging]) == [Status.UNCERTAIN]


def test_bug_in_sending_is_logged_and_leaves_the_claim_to_its_lease(
    sandbox: Sandbox, make_crew: MakeCrew, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    purchases = numbered(4)
    bad = purchases[0]

    def break_down(claim: Claim) -> Outcome:
        if claim.purchase.pk == bad.pk:
            raise ZeroDivisionError
        return send(claim)

    monkeypatch.setattr(crews, "send", break_down)
    crew = make_crew(1, ahead=24)
    crew.submit(keys(purchases))
    crew.drain()

    assert statuses(purchases) == [Status.SUBMITTING, *[Status.PURCHASED] * 3]
    assert bad.attempts.get().answer == Answer.PENDING
    [said] = [entry for entry in caplog.records if "A bug, while" in entry.getMessage()]
    assert (said.levelno, said.exc_info is not None) == (logging.ERROR, True)


def test_claim_that_fails_leaves_the_hands_free(
    sandbox: Sandbox, make_crew: MakeCrew, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.PURCHASE_BATCH = 4
    purchases, crew = numbered(4), make_crew(2, ahead=2)

    def break_down(purchase_ids: Sequence[int]) -> list[Claim]:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(crews, "claim_queued", break_down)
        for _ in range(3):
            with pytest.raises(OperationalError):
                crew.submit(keys(purchases))
    crew.submit(keys(purchases))
    crew.drain()

    assert set(statuses(purchases)) == {Status.PURCHASED}


def test_drain_waits_until_all_is_written(sandbox: Sandbox, make_crew: MakeCrew) -> None:
    purchases, gate, order = numbered(3), Gate(), []

    def record_slowly(outcomes: Sequence[Outcome]) -> None:
        gate.pass_through()
        record(outcomes)
        order.extend(["written"] * len(outcomes))

    def drain() -> None:
        crew.drain()
        order.append("drained")

    crew = make_crew(record=record_slowly)
    crew.submit(keys(purchases))
    waiting = threading.Thread(target=drain)
    waiting.start()
    wait_until(lambda: gate.waiting, what="something is being written")
    gate.open()
    waiting.join(PATIENCE)

    assert order == ["written"] * 3 + ["drained"]


def test_drain_of_an_idle_crew_returns_at_once(make_crew: MakeCrew) -> None:
    crew = make_crew()

    crew.submit([404])
    crew.drain()

    assert not Purchase.objects.exists()


@pytest.mark.parametrize(("hands", "ahead", "batch"), [(3, 3, 2), (2, 4, 3), (4, 0, 4)])
def test_no_more_are_posted_than_there_are_hands_and_no_more_claimed_than_ahead(
    *,
    hands: int,
    ahead: int,
    batch: int,
    sandbox: Sandbox,
    make_crew: MakeCrew,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    settings.PURCHASE_BATCH = batch
    purchases, gate = numbered(4 * (hands + ahead)), Gate()
    lock, claimed, posted, unposted = threading.Lock(), [], [], []

    def count_claims(purchase_ids: Sequence[int]) -> list[Claim]:
        with lock:
            claims = claim_queued(purchase_ids)
            claimed.extend(claims)
            unposted.append(len(claimed) - len(posted))
        return claims

    def post_later(claim: Claim) -> Outcome:
        gate.pass_through()
        outcome = send(claim)
        with lock:
            posted.append(claim)
        return outcome

    monkeypatch.setattr(crews, "claim_queued", count_claims)
    monkeypatch.setattr(crews, "send", post_later)
    crew = make_crew(hands, ahead=ahead)
    handing_over = threading.Thread(target=lambda: in_threads([lambda: crew.submit(keys(purchases))]))
    handing_over.start()
    wait_until(lambda: gate.waiting == hands, what="all hands are busy")
    wait_until(lambda: len(claimed) == hands + ahead, what="as much is claimed as may be")
    under_way = Purchase.objects.filter(status=Status.SUBMITTING).count()
    gate.open()
    handing_over.join(PATIENCE)
    crew.drain()

    assert under_way == hands + ahead
    assert gate.most == hands
    assert max(unposted) <= hands + ahead
    assert set(statuses(purchases)) == {Status.PURCHASED}


def test_claims_of_a_batch_are_committed_before_any_of_its_posts(
    sandbox: Sandbox, make_crew: MakeCrew, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchases, seen = numbered(5), []

    def look_first(claim: Claim) -> Outcome:
        pk = claim.purchase.pk
        seen.append(other_connection(lambda: Purchase.objects.get(pk=pk).attempts.get().answer))
        return send(claim)

    monkeypatch.setattr(crews, "send", look_first)
    crew = make_crew()
    crew.submit(keys(purchases))
    crew.drain()

    assert len(seen) == len(purchases)
    assert set(statuses(purchases)) == {Status.PURCHASED}
    assert set(seen) <= {Answer.PENDING}


def test_process_has_one_crew_however_many_tasks_are_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    class SlowlyMade(Crew):
        def __init__(self, hands: int, **options: Any) -> None:
            time.sleep(0.05)
            super().__init__(hands, **options)

    monkeypatch.setattr(crews.Hired, "crew", None)
    monkeypatch.setattr(crews, "Crew", SlowlyMade)

    first, *others = in_threads([crews.crew] * 6)

    assert all(other is first for other in others)
    first._posters.shutdown()
