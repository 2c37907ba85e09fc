"""Everything at once: what a late reply, a look-up and a lapsing lease do to the same rows at the same moment."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from numbers_app.inventory import merge_active_numbers
from numbers_app.models import PhoneNumber, Purchase, Status
from numbers_app.purchasing.dispatch import lapse_leases, sweep
from numbers_app.purchasing.reconciliation import record_list
from numbers_app.purchasing.submission import Claim
from tests.factories import make_list, make_location, make_purchase, unknown
from tests.fakes import Mailbox, bought, failures, in_threads
from tests.purchasing.inline import claim_one, record_answer

pytestmark = pytest.mark.django_db(transaction=True)


def claimed(count: int, *, first: int = 0) -> list[Claim]:
    claims = [claim_one(make_purchase(f"+1830555{first + n:04d}").pk) for n in range(count)]
    return [claim for claim in claims if claim]


def look(purchase: Purchase, *numbers: str) -> None:
    listed = make_list(*numbers)
    merge_active_numbers(location=purchase.location, listed=listed)
    record_list([purchase], listed)


@pytest.mark.parametrize("seed", range(3))
def test_late_replies_and_look_ups_at_once_lose_nothing_and_never_wait_in_a_ring(seed: int) -> None:
    claims = claimed(8)
    Purchase.objects.update(next_action_at=timezone.now())
    lapse_leases()
    numbers = [claim.purchase.phone_number for claim in claims]
    jobs = [partial(record_answer, claim, bought(claim.purchase.phone_number, *numbers)) for claim in claims]
    jobs += [partial(look, Purchase.objects.get(pk=claim.purchase.pk), *numbers) for claim in claims]
    random.Random(seed).shuffle(jobs)

    results = in_threads(jobs)

    assert failures(results) == []
    assert set(Purchase.objects.values_list("status", flat=True)) == {Status.PURCHASED}
    assert sorted(PhoneNumber.objects.values_list("phone_number", flat=True)) == numbers


def test_lapse_and_record_at_once_lose_no_reply(mailbox: Mailbox) -> None:
    good, bad = claimed(6), claimed(6, first=100)
    Purchase.objects.update(next_action_at=timezone.now())
    jobs = [partial(record_answer, claim, bought(claim.purchase.phone_number)) for claim in good]
    jobs += [partial(record_answer, claim, unknown()) for claim in bad]

    results = in_threads([*jobs, sweep, sweep, sweep, sweep])

    assert failures(results) == []
    for claims, status in ((good, Status.PURCHASED), (bad, Status.UNCERTAIN)):
        for claim in claims:
            claim.purchase.refresh_from_db()
            assert claim.purchase.status == status
    # Whoever came first, each step has one event, and no attempt is left open.
    assert all(purchase.events.filter(to_status=Status.UNCERTAIN).count() <= 1 for purchase in Purchase.objects.all())


def test_two_locations_that_exchange_numbers_are_merged_side_by_side() -> None:
    here, there = make_location(), make_location("aa4PBpxnPc9bs4LSdiW7")
    numbers = [f"+1830555{n:04d}" for n in range(40)]
    merge_active_numbers(location=here, listed=make_list(*numbers[:20], at=timezone.now() - timedelta(hours=1)))
    merge_active_numbers(location=there, listed=make_list(*numbers[20:], at=timezone.now() - timedelta(hours=1)))

    jobs = [
        partial(merge_active_numbers, location=location, listed=make_list(*wanted))
        for location, wanted in ((here, numbers[20:]), (there, numbers[:20])) * 4
    ]
    results = in_threads(jobs)

    assert failures(results) == []
    assert PhoneNumber.objects.filter(gone_at__isnull=True).count() == len(numbers)
    assert PhoneNumber.objects.filter(location=here).count() == 20
