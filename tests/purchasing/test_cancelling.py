"""What has not been sent can be cancelled."""

from __future__ import annotations

from functools import partial

import pytest

from numbers_app.models import NOT_SENT_YET, Purchase, Status
from numbers_app.purchasing.cancelling import TooLate, cancel
from numbers_app.purchasing.submission import Claim
from tests.factories import make_purchase, make_user
from tests.fakes import bought, in_threads
from tests.purchasing.inline import claim_one, record_answer

pytestmark = pytest.mark.django_db
WHY = "Not needed."


@pytest.mark.parametrize("status", NOT_SENT_YET)
def test_purchase_that_waits_is_cancelled(status: Status) -> None:
    user, purchase = make_user(), make_purchase(status=status)

    cancel(purchase.pk, because=WHY, actor=user)

    found = Purchase.objects.get()
    assert (found.status, found.reason, found.next_action_at) == (Status.CANCELLED, WHY, None)
    event = found.events.get()
    assert (event.from_status, event.to_status, event.because, event.actor) == (status, Status.CANCELLED, WHY, user)


def test_second_click_changes_nothing() -> None:
    purchase = make_purchase()

    for _ in range(2):
        cancel(purchase.pk, because=WHY, actor=None)

    assert purchase.events.count() == 1


@pytest.mark.parametrize("status", [s for s in Status if s not in (*NOT_SENT_YET, Status.CANCELLED)])
def test_purchase_that_was_sent_is_not_cancelled(status: Status) -> None:
    purchase = make_purchase(status=status)

    with pytest.raises(TooLate) as refusal:
        cancel(purchase.pk, because=WHY, actor=None)

    assert refusal.value.purchase.status == Purchase.objects.get().status == status
    assert not purchase.events.exists()


def test_cancelled_purchase_is_not_claimed() -> None:
    purchase = make_purchase()
    cancel(purchase.pk, because=WHY, actor=None)

    assert claim_one(purchase.pk) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", range(4))
def test_cancel_and_claim_at_once_are_one_or_the_other(first: int) -> None:
    purchase = make_purchase()
    stop = partial(cancel, purchase.pk, because=WHY, actor=None)
    take = partial(claim_one, purchase.pk)

    results = in_threads([stop, take, stop, take][first:] + [stop, take, stop, take][:first])

    claims = [result for result in results if isinstance(result, Claim)]
    found = Purchase.objects.get()
    assert found.status == (Status.SUBMITTING if claims else Status.CANCELLED)
    assert len(claims) == found.attempt_count
    assert {type(result) for result in results} <= {Claim, Purchase, TooLate, type(None)}


def test_evidence_of_a_purchase_wins_over_a_cancellation() -> None:
    purchase = make_purchase()
    claim = claim_one(purchase.pk)
    assert claim
    Purchase.objects.filter(pk=purchase.pk).update(status=Status.QUEUED)  # as after two absences
    cancel(purchase.pk, because=WHY, actor=None)

    record_answer(claim, bought(purchase.phone_number))

    assert Purchase.objects.get().status == Status.PURCHASED
