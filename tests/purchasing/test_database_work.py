"""What a purchase costs the database: a claim and a record are a handful of round trips, however many they carry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from numbers_app import clock
from numbers_app.inventory import merge_active_numbers
from numbers_app.models import Answer, PhoneNumber, Purchase, PurchaseAttempt, PurchaseEvent, PurchaseLookUp, Status
from numbers_app.purchasing.reconciliation import record_list, record_no_lists
from numbers_app.purchasing.recording import record
from numbers_app.purchasing.submission import Claim, Outcome, claim_queued
from tests.factories import (
    make_list,
    make_location,
    make_purchase,
    make_token,
    make_uncertain,
    not_sent,
    refused,
    unknown,
)
from tests.fakes import bought

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 12
MOST_FOR_A_CLAIM = {"queries": 7, "transactions": 1, "outside": 3}
MOST_FOR_A_RECORD = {"queries": 12, "transactions": 1, "outside": 0}
MOST_AT_KNOWN_LOCATIONS = {"queries": 10, "transactions": 1, "outside": 0}
MOST_FOR_A_DOUBTFUL_RECORD = {"queries": 6, "transactions": 1, "outside": 0}
# The last of each writes the look-ups; an absence is concluded of each purchase by itself, from its attempts.
MOST_FOR_LOOK_UPS = {"shown": 5, "absent": 2 + 2 * MANY, "not read": 1 + MANY}


@dataclass
class Work:
    """The statements that were sent, and the transactions that they were sent in."""

    inside: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    """Each of these is a transaction of its own."""
    commits: int = 0
    rows: int = 0
    """How many rows of the mirror's numbers were written."""

    @property
    def cost(self) -> dict[str, int]:
        return {
            "queries": len(self.inside) + len(self.outside),
            "transactions": self.commits,
            "outside": len(self.outside),
        }

    def __str__(self) -> str:
        return "\n".join([f"{self.cost}, outside:", *self.outside, "inside:", *self.inside])


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    work = Work()
    commit = connection.commit

    def count_commit() -> None:
        work.commits += 1
        commit()

    def count_query(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if not sql.startswith("BEGIN"):  # SQLite's, which PostgreSQL's client sends along with the first statement
            (work.inside if connection.in_atomic_block else work.outside).append(sql[:1000])
        result = execute(sql, parameters, many, context)
        if "numbers_app_phonenumber" in sql and sql.startswith(("INSERT", "UPDATE")):
            work.rows += max(context["cursor"].rowcount, 0)
        return result

    with monkeypatch.context() as patch, connection.execute_wrapper(count_query):
        patch.setattr(connection, "commit", count_commit)
        yield work


def queued(count: int, *, first: int = 0) -> list[Purchase]:
    """Purchases at as many locations."""
    return [
        make_purchase(f"+1830555{n:04d}", location=make_location(f"location{n:012d}"))
        for n in range(first, first + count)
    ]


def outcomes(claims: list[Claim], answer: Callable[[Purchase], Any]) -> list[Outcome]:
    return [Outcome(claim=claim, answer=answer(claim.purchase), at=clock.now()) for claim in claims]


def sold(purchase: Purchase) -> Any:
    return bought(purchase.phone_number, location_id=purchase.location.location_id)


def within(work: Work, most: dict[str, int]) -> bool:
    return all(work.cost[name] <= count for name, count in most.items())


def test_claim_of_twelve_costs_as_much_as_a_claim_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    one, many = queued(1), queued(MANY, first=1)

    with counted(monkeypatch) as alone:
        claim_queued([purchase.pk for purchase in one])
    with counted(monkeypatch) as together:
        claims = claim_queued([purchase.pk for purchase in many])

    assert len(claims) == PurchaseAttempt.objects.count() - 1 == PurchaseEvent.objects.count() - 1 == MANY
    assert together.cost == alone.cost, f"{alone}\n\n{together}"
    assert within(together, MOST_FOR_A_CLAIM), str(together)


def test_claim_at_locations_with_tokens_of_their_own_costs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    purchases = queued(MANY)
    for purchase in purchases:
        make_token(f"sandbox-token-{purchase.pk}", location=purchase.location)

    with counted(monkeypatch) as work:
        claims = claim_queued([purchase.pk for purchase in purchases])

    assert {claim.client._http.auth._token for claim in claims} == {f"sandbox-token-{p.pk}" for p in purchases}
    assert within(work, MOST_FOR_A_CLAIM), str(work)


def test_record_of_twelve_costs_as_much_as_a_record_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    one, many = (claim_queued([p.pk for p in queued(count, first=count)]) for count in (1, MANY))
    first, rest = outcomes(one, sold), outcomes(many, sold)

    with counted(monkeypatch) as alone:
        record(first)
    with counted(monkeypatch) as together:
        record(rest)

    assert set(Purchase.objects.values_list("status", flat=True)) == {Status.PURCHASED}
    assert PhoneNumber.objects.count() == MANY + 1
    assert together.cost == alone.cost, f"{alone}\n\n{together}"
    assert within(together, MOST_FOR_A_RECORD), str(together)


def test_record_at_locations_that_are_known_costs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = claim_queued([purchase.pk for purchase in queued(MANY)])
    record(outcomes(earlier, sold))
    purchases = [make_purchase(f"+1840555{n:04d}", location=claim.purchase.location) for n, claim in enumerate(earlier)]
    claims = claim_queued([purchase.pk for purchase in purchases])
    answers = outcomes(claims, sold)

    with counted(monkeypatch) as work:
        record(answers)

    assert Purchase.objects.filter(status=Status.PURCHASED).count() == 2 * MANY
    assert within(work, MOST_AT_KNOWN_LOCATIONS), str(work)


@pytest.mark.parametrize(
    ("answer", "status"),
    [(refused(), Status.REJECTED), (not_sent(), Status.QUEUED), (unknown(), Status.UNCERTAIN)],
)
def test_record_of_twelve_that_did_not_buy_costs_as_much_as_of_one(
    answer: Exception, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, many = (claim_queued([p.pk for p in queued(count, first=count)]) for count in (1, MANY))
    first, rest = outcomes(one, lambda _: answer), outcomes(many, lambda _: answer)

    with counted(monkeypatch) as alone:
        record(first)
    with counted(monkeypatch) as together:
        record(rest)

    assert set(Purchase.objects.values_list("status", flat=True)) == {status}
    assert not PurchaseAttempt.objects.filter(answer=Answer.PENDING).exists()
    assert together.cost == alone.cost, f"{alone}\n\n{together}"
    assert within(together, MOST_FOR_A_DOUBTFUL_RECORD), str(together)


def test_record_at_a_location_with_many_numbers_writes_only_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    location, known = make_location(), [f"+1830555{n:04d}" for n in range(300)]
    merge_active_numbers(location=location, listed=make_list(*known, at=timezone.now()))
    names = {"number_name": dict.fromkeys(known, "")}
    first, second = (make_purchase(number, location=location) for number in ("+18405550001", "+18405550002"))
    everything = [*known, first.phone_number]
    # A first reply says of every number what the list does not: its service.
    record(outcomes(claim_queued([first.pk]), lambda _: bought(first.phone_number, *known, **names)))
    before = dict(PhoneNumber.objects.values_list("phone_number", "synced_at"))
    answers = outcomes(claim_queued([second.pk]), lambda _: bought(second.phone_number, *everything, **names))

    with counted(monkeypatch) as work:
        record(answers)

    after = dict(PhoneNumber.objects.values_list("phone_number", "synced_at"))
    assert work.rows == 1, str(work)
    assert after.pop(second.phone_number)
    assert after == before
    assert within(work, MOST_AT_KNOWN_LOCATIONS), str(work)


def test_claim_of_what_is_taken_already_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    purchases = queued(MANY)
    pks = [purchase.pk for purchase in purchases]
    claim_queued(pks)

    with counted(monkeypatch) as work:
        claims = claim_queued(pks)

    assert claims == []
    assert work.cost == {"queries": 1, "transactions": 0, "outside": 1}, str(work)


@pytest.mark.parametrize("outcome", ["shown", "absent", "not read"])
def test_look_ups_of_one_read_are_written_in_one_statement_with_its_conclusions(
    outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchases = [make_uncertain(f"+1830555{n:04d}") for n in range(MANY)]
    numbers = [purchase.phone_number for purchase in purchases] if outcome == "shown" else ["+18305559999"]

    with counted(monkeypatch) as work:
        if outcome == "not read":
            record_no_lists(purchases, unknown(), at=clock.now(), duration_ms=12)
        else:
            record_list(purchases, make_list(*numbers))

    written = [sql for sql in work.inside if "purchaselookup" in sql]
    assert len(written) == 1, str(work)
    assert written[0].startswith("INSERT")
    assert PurchaseLookUp.objects.count() == MANY
    assert (work.commits, work.outside) == (1, []), str(work)
    assert work.cost["queries"] <= MOST_FOR_LOOK_UPS[outcome], str(work)
