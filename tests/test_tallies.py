"""The tallies agree with the books, whatever happened to them, and whoever counts when."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from numbers_app import figures
from numbers_app.counting import current, today, write_unchanged
from numbers_app.models import (
    Counting,
    Evidence,
    Location,
    NumberTally,
    Purchase,
    PurchaseEvent,
    RefusalTally,
    Span,
    Status,
    Tally,
)
from numbers_app.purchase_tallies import unit_of
from numbers_app.purchasing.lifecycle import transition
from numbers_app.purchasing.proving import confirm_bought
from numbers_app.tallies import count_everything, count_next, count_up
from tests.factories import make_location, make_number, make_purchase, make_state, make_user
from tests.fakes import Died, dies_at, failures, in_threads
from tests.purchasing.conftest import Clock, clock

__all__ = ["clock"]

pytestmark = pytest.mark.django_db(transaction=True)
NUMBERS = count(8_305_000_000)
SECONDS = 60.0  # more than any of these needs
PLACES = ("ve9EPM428h8vShlRW1KT", "aa4PBpxnPc9bs4LSdiW7", "cc4PBpxnPc9bs4LSdiW9")


def ask(status: Status = Status.QUEUED, *, ago: timedelta = timedelta(), **columns: Any) -> Purchase:
    """A purchase with its first event, asked for some time ago."""
    purchase = make_purchase(f"+1{next(NUMBERS)}", status=status, **columns)
    Purchase.objects.filter(pk=purchase.pk).update(created_at=timezone.now() - ago)
    purchase.refresh_from_db()
    PurchaseEvent.objects.create(purchase=purchase, at=timezone.now(), to_status=status, because="Asked.")
    return purchase


def count_to_the_end() -> None:
    count_up(seconds=SECONDS)
    assert Counting.objects.get().complete


def what_the_books_say() -> dict[tuple[int | None, str, str], tuple[int, Decimal]]:
    """Added up in Python, a purchase at a time."""
    sums: dict[tuple[int | None, str, str], list[Any]] = defaultdict(lambda: [0, Decimal(0)])
    for purchase in Purchase.objects.all():
        priced = purchase.status == Status.PURCHASED and purchase.monthly_price is not None and purchase.price_unit
        currency = purchase.price_unit if priced else ""
        for place in (purchase.location_id, None):
            cell = sums[place, purchase.status, currency]
            cell[0] += 1
            cell[1] += purchase.monthly_price if priced else 0
    return {key: (many, monthly) for key, (many, monthly) in sums.items()}


def what_the_tallies_say() -> dict[tuple[int | None, str, str], tuple[int, Decimal]]:
    sums: dict[tuple[int | None, str, str], list[Any]] = defaultdict(lambda: [0, Decimal(0)])
    for row in Tally.objects.all():
        cell = sums[row.location_id, row.status, row.currency]
        cell[0] += row.many
        cell[1] += row.monthly
    return {key: (many, monthly) for key, (many, monthly) in sums.items()}


def days_of_the_books() -> Counter[tuple[date, str]]:
    return Counter((p.created_at.astimezone(UTC).date(), p.status) for p in Purchase.objects.all())


def random_step(chance: random.Random) -> None:
    """Anything that can happen to the books: something is asked for, or an open purchase ends, or is bought late."""
    ago = timedelta(days=chance.choice((0, 0, 1, 20, 45, 100, 500, 900)))
    place = make_location(chance.choice(PLACES))
    waiting = Purchase.objects.filter(status=Status.ON_HOLD).order_by("?").first()
    match chance.randrange(4):
        case 0 | 1:
            price = chance.choice((None, Decimal("1.15"), Decimal("2.5")))
            unit = chance.choice(("USD", "EUR", ""))
            ask(Status.ON_HOLD, ago=ago, location=place, monthly_price=price, price_unit=unit if price else "")
        case 2 if waiting:
            transition(waiting, to=Status.CANCELLED, because="By hand.")
        case _ if late := Purchase.objects.exclude(status=Status.PURCHASED).order_by("?").first():
            confirm_bought(late.pk, evidence=Evidence.LIST, because="The list shows it.", seen_at=timezone.now())


@pytest.mark.parametrize("seed", range(6))
def test_tallies_agree_with_the_books_after_any_sequence(seed: int) -> None:
    chance = random.Random(seed)

    for _ in range(40):
        random_step(chance)
        if chance.random() < 0.25:
            count_up(seconds=SECONDS)
    count_to_the_end()

    assert what_the_tallies_say() == what_the_books_say()
    before = set(Tally.objects.values_list("pk", flat=True))
    count_everything()
    count_to_the_end()
    assert set(Tally.objects.values_list("pk", flat=True)) == before  # it was right, so nothing was written


def test_days_have_the_purchases_that_were_asked_for_on_them() -> None:
    for ago in (0, 0, 1, 3, 29):
        ask(Status.REJECTED, ago=timedelta(days=ago))
    count_to_the_end()

    days = figures.figures(make_user(is_superuser=True)).days

    asked = days_of_the_books()
    assert {day.on: day.total for day in days if day.total} == {day: many for (day, _status), many in asked.items()}


def test_late_evidence_changes_the_day_on_which_it_was_asked_for() -> None:
    old = ask(Status.FAILED, ago=timedelta(days=400), monthly_price=Decimal("1.15"), price_unit="USD")
    count_to_the_end()

    confirm_bought(old.pk, evidence=Evidence.LIST, because="The list shows it.", seen_at=timezone.now())
    count_up(seconds=SECONDS)

    rows = Tally.objects.filter(location=None).values_list("span", "status", "many", "monthly")
    span = unit_of(old.created_at.date(), today=today()).span
    assert list(rows) == [(span, Status.PURCHASED, 1, Decimal("1.15"))]


@pytest.mark.parametrize(
    ("day", "span", "since", "until"),
    [
        (date(2026, 3, 15), Span.DAY, date(2026, 3, 15), date(2026, 3, 16)),
        (date(2026, 2, 1), Span.DAY, date(2026, 2, 1), date(2026, 2, 2)),
        (date(2026, 1, 31), Span.MONTH, date(2026, 1, 1), date(2026, 2, 1)),
        (date(2025, 12, 31), Span.MONTH, date(2025, 12, 1), date(2026, 1, 1)),
        (date(2024, 12, 31), Span.YEAR, date(2024, 1, 1), date(2025, 1, 1)),
    ],
)
def test_older_days_are_counted_together(day: date, span: Span, since: date, until: date) -> None:
    unit = unit_of(day, today=date(2026, 3, 15))

    assert (unit.span, unit.since, unit.until) == (span, since, until)


def test_days_that_have_become_old_are_put_together_at_night(clock: Clock) -> None:
    clock.move_to(datetime(2031, 3, 20, 12, tzinfo=UTC))
    for ago in (0, 1, 40):
        ask(Status.REJECTED, ago=timedelta(days=ago), reason="Gone.")
    count_to_the_end()
    assert set(Tally.objects.values_list("span", flat=True)) == {Span.DAY}

    clock.move_to(datetime(2032, 1, 2, 12, tzinfo=UTC))
    count_everything()
    count_to_the_end()
    by_month = set(Tally.objects.values_list("span", flat=True))
    clock.move_to(datetime(2033, 1, 2, 12, tzinfo=UTC))
    count_everything()
    count_to_the_end()

    assert by_month == {Span.MONTH}
    assert set(Tally.objects.values_list("span", flat=True)) == {Span.YEAR}
    assert what_the_tallies_say() == what_the_books_say()
    assert not RefusalTally.objects.exists()


def test_first_count_is_done_in_slices_and_says_when_it_is_complete() -> None:
    for ago in (0, 1, 100, 800):
        ask(Status.REJECTED, ago=timedelta(days=ago))
    root = make_user(is_superuser=True)

    current()
    slices = 0
    while count_next():
        slices += 1
    before = figures.figures(root).complete
    count_up(seconds=SECONDS)

    assert slices == 4
    assert (before, figures.figures(root).complete) == (False, True)
    assert what_the_tallies_say() == what_the_books_say()


def test_event_that_was_committed_late_is_counted_all_the_same(clock: Clock) -> None:
    """Its key is lower than that of events which a round has seen already."""
    first, second = ask(), ask()
    count_to_the_end()
    kept = PurchaseEvent.objects.order_by("pk").last()
    assert kept
    PurchaseEvent.objects.create(pk=kept.pk + 5, purchase=first, at=kept.at, to_status=Status.QUEUED, because="Later.")
    count_up(seconds=SECONDS)

    Purchase.objects.filter(pk=second.pk).update(status=Status.ON_HOLD, next_action_at=None)
    PurchaseEvent.objects.create(pk=kept.pk + 2, purchase=second, at=kept.at, to_status=Status.ON_HOLD, because="Late.")
    clock.shift(30)
    count_up(seconds=SECONDS)

    assert what_the_tallies_say() == what_the_books_say()


def test_round_at_rest_counts_nothing(clock: Clock, django_assert_max_num_queries: Any) -> None:
    for _ in range(3):
        ask(Status.REJECTED)
    count_to_the_end()
    for _ in range(3):
        clock.shift(90)
        count_up(seconds=SECONDS)

    clock.shift(90)
    with django_assert_max_num_queries(14) as asked:
        count_up(seconds=SECONDS)

    assert not [query for query in asked.captured_queries if "GROUP BY" in query["sql"]]


def test_two_who_count_at_once_come_out_right() -> None:
    for n in range(12):
        ask(Status.REJECTED, ago=timedelta(days=n * 17), location=make_location(PLACES[n % 3]), reason="Gone.")

    wrong = failures(in_threads([partial(count_up, seconds=SECONDS)] * 4))

    assert wrong == []
    count_to_the_end()
    assert what_the_tallies_say() == what_the_books_say()
    assert sum(RefusalTally.objects.filter(location=None).values_list("many", flat=True)) == refused_lately()


def refused_lately() -> int:
    recent = [unit_of(p.created_at.date(), today=today()).span == Span.DAY for p in Purchase.objects.all()]
    return sum(recent)


def test_death_at_every_statement_of_a_round_leaves_nothing_wrong() -> None:
    for n in range(4):
        purchase = ask(Status.ON_HOLD, ago=timedelta(days=n * 40))
        make_number(f"+1{next(NUMBERS)}", location=purchase.location)

    deaths = 0
    while True:
        try:
            with dies_at(deaths):
                count_up(seconds=SECONDS)
        except Died:
            connections.close_all()
            deaths += 1
            transition(ask(Status.ON_HOLD), to=Status.CANCELLED, because="Meanwhile.")
        else:
            break
    count_to_the_end()

    assert deaths >= 30
    assert what_the_tallies_say() == what_the_books_say()
    assert NumberTally.objects.get().many == 4


def test_rehearsals_and_real_purchases_are_not_counted_together(settings: Any) -> None:
    ask(Status.REJECTED, sandbox=True)
    real = ask(Status.REJECTED, sandbox=False)
    count_to_the_end()

    settings.SANDBOX = False
    root = make_user(is_superuser=True)
    assert not figures.figures(root).complete
    count_to_the_end()

    assert sum(Tally.objects.filter(location=None).values_list("many", flat=True)) == 1
    assert Tally.objects.filter(location=real.location_id).exists()


# ── Refusals


def test_reasons_that_differ_in_their_numbers_are_one() -> None:
    for _ in range(3):
        purchase = ask(Status.REJECTED)
        said = f"Phone number {purchase.phone_number} is no longer available, see request 0af3-99b2-44aa."
        Purchase.objects.filter(pk=purchase.pk).update(reason=said)
    ask(Status.REJECTED, reason="The address is missing.")
    count_to_the_end()

    reasons = figures.figures(make_user(is_superuser=True)).reasons

    assert [many for _words, many in reasons] == [3, 1]
    assert reasons[0][0].startswith("Phone number … is no longer available")


def test_rare_reasons_are_counted_together() -> None:
    wordings = figures.MOST_REASONS + 4
    for n in range(wordings):
        ask(Status.REJECTED, reason=f"Reason {chr(97 + n)}")
    count_to_the_end()

    found = figures.figures(make_user(is_superuser=True))

    assert len(found.reasons) == figures.MOST_REASONS + 1
    assert found.reasons[-1] == ("", 4)
    assert found.refused == wordings


# ── Numbers


def test_numbers_count_with_the_price_at_which_they_were_bought() -> None:
    place = make_location()
    priced = ask(Status.PURCHASED, location=place, monthly_price=Decimal("1.15"), price_unit="USD")
    make_number(priced.phone_number, location=place)
    make_number("+18305550177", location=place)
    make_number("+18305550178", location=place, gone_at=timezone.now())
    count_to_the_end()

    found = figures.figures(make_user(is_superuser=True))

    assert (found.active, found.costs, found.unpriced) == (2, {"USD": Decimal("1.15")}, 1)


def test_numbers_are_counted_again_when_the_mirror_has_changed(clock: Clock) -> None:
    purchase = ask(Status.PURCHASED)
    make_number(purchase.phone_number, location=purchase.location)
    count_to_the_end()
    clock.shift(600)
    count_up(seconds=SECONDS)
    confirm_bought(
        purchase.pk,
        evidence=Evidence.REPLY,
        because="The reply shows it.",
        seen_at=timezone.now(),
        account=make_state("+18305550177", "+18305550178"),
    )

    count_up(seconds=SECONDS)

    assert sum(NumberTally.objects.values_list("many", flat=True)) == 3


# ── Who sees what


def test_everybody_sees_the_tallies_of_their_own_locations_alone() -> None:
    mine, other = (make_location(place) for place in PLACES[:2])
    for place, many in ((mine, 2), (other, 5)):
        for _ in range(many):
            bought = ask(Status.PURCHASED, location=place, monthly_price=Decimal(1), price_unit="USD")
            make_number(bought.phone_number, location=place)
        ask(Status.REJECTED, location=place, reason=f"Said at {place.pk}.")
    count_to_the_end()
    somebody, everybody, nobody, root = (make_user(is_superuser=n == 3) for n in range(4))
    mine.users.add(somebody, everybody)
    other.users.add(everybody)

    seen = [figures.figures(user) for user in (somebody, everybody, nobody, root)]

    assert [found.bought for found in seen] == [2, 7, 0, 7]
    assert [found.active for found in seen] == [2, 7, 0, 7]
    assert [found.costs.get("USD") for found in seen] == [2, 7, None, 7]
    assert [found.refused for found in seen] == [1, 2, 0, 2]
    assert [len(found.reasons) for found in seen] == [1, 2, 0, 2]
    assert seen[0].reasons == [(f"Said at {mine.pk}.", 1)]
    assert [found.months[-1].bought for found in seen] == [2, 7, 0, 7]


def test_figures_ask_the_same_questions_of_three_purchases_and_of_three_hundred(
    django_assert_num_queries: Any,
) -> None:
    root = make_user(is_superuser=True)
    for many in (3, 300):
        while Purchase.objects.count() < many:
            ask(Status.REJECTED, reason="Gone.", location=Location.objects.first() or make_location())
        count_to_the_end()
        with django_assert_num_queries(7) as asked:
            figures.figures(root)
        assert not [query for query in asked.captured_queries if 'FROM "numbers_app_purchase"' in query["sql"]]


@pytest.mark.parametrize(
    ("outcomes", "percent"), [({}, None), ({Status.QUEUED: 2}, None), ({Status.PURCHASED: 3, Status.FAILED: 1}, 75.0)]
)
def test_success_is_what_was_bought_of_what_was_decided(outcomes: dict[Status, int], percent: float | None) -> None:
    for status, many in {**outcomes, Status.CANCELLED: 2}.items():
        for _ in range(many):
            ask(status)
    count_to_the_end()

    assert figures.figures(make_user(is_superuser=True)).success_percent == percent


def test_counting_locks_no_purchase() -> None:
    """Nobody who buys may wait for it."""
    ask(Status.REJECTED)
    with connection.execute_wrapper(refuse_locks_of_purchases):
        count_to_the_end()


def refuse_locks_of_purchases(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
    assert not ("FOR UPDATE" in sql and '"numbers_app_purchase' in sql)
    assert not sql.startswith(('UPDATE "numbers_app_purchase', 'INSERT INTO "numbers_app_purchase'))
    return execute(sql, parameters, many, context)


def test_books_are_read_outside_of_the_lock() -> None:
    """SQLite has one for all who write: a purchase would wait while a year is counted."""
    ask(Status.REJECTED)
    with connection.execute_wrapper(refuse_counts_under_a_lock):
        count_to_the_end()

    assert what_the_tallies_say() == what_the_books_say()


def refuse_counts_under_a_lock(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
    assert not (connection.in_atomic_block and 'FROM "numbers_app_purchase"' in sql)
    return execute(sql, parameters, many, context)


def test_count_that_another_overtook_is_made_again() -> None:
    current()
    counts: list[int] = []
    written: list[int] = []

    def count() -> int:
        counts.append(len(counts))
        if len(counts) == 1:
            write_unchanged(lambda: 7, written.append)
        return counts[-1]

    write_unchanged(count, written.append)

    assert written == [7, 1]
