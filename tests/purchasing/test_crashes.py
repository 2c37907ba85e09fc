"""The process dies at every step between claim and record: in the end the books equal the provider's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.db import connections

from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.models import (
    TIMED,
    Answer,
    LookUpResult,
    PhoneNumber,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    PurchaseLookUp,
    Status,
)
from numbers_app.purchasing.reconciliation import look_up
from tests.factories import NUMBER, make_purchase, make_uncertain, unknown
from tests.fakes import Died, ScriptedClient, dies_at
from tests.purchasing.conftest import Desk
from tests.purchasing.inline import submit

pytestmark = pytest.mark.django_db(transaction=True)


def run_until_death(job: Callable[[], None], *, statement: int) -> bool:
    """Whether the process died at that statement; False where the job was done before."""
    try:
        with dies_at(statement):
            job()
    except Died:
        connections.close_all()  # as the end of the process does: what was not committed is gone
        return True
    return False


def assert_books_are_right(sandbox: Sandbox) -> None:
    sold = sorted(sale.phone_number for sale in sandbox.ledger.sold())
    bought = Purchase.objects.filter(status=Status.PURCHASED).order_by("phone_number")
    assert [purchase.phone_number for purchase in bought] == sold
    assert set(sold) <= set(PhoneNumber.objects.values_list("phone_number", flat=True))
    assert not Purchase.objects.filter(status__in=TIMED).exists()
    assert not PurchaseAttempt.objects.filter(answer=Answer.PENDING).exists()
    posts = [call for call in sandbox.ledger.calls() if call.path == "purchase"]
    assert len(posts) <= PurchaseAttempt.objects.count()
    for purchase in Purchase.objects.all():
        # The history has no gap, wherever the process died.
        steps = list(PurchaseEvent.objects.filter(purchase=purchase).values_list("from_status", "to_status"))
        assert [after for _, after in steps][-1] == purchase.status
        assert all(before == after for (_, before), (after, _) in pairwise(steps))


@pytest.mark.parametrize("slug", ["success", "reset-after", "no-longer-available", "limited-once", "missing-once"])
def test_death_at_every_statement_of_a_submission_leaves_the_books_right(
    slug: str, sandbox: Sandbox, desk: Desk
) -> None:
    deaths = 0
    while True:
        purchase = make_purchase(number_for(slug, deaths))
        if not run_until_death(lambda pk=purchase.pk: submit(pk), statement=deaths):  # type: ignore[misc]
            break
        deaths += 1

    desk.settle(*Purchase.objects.all())

    assert deaths >= 8
    assert_books_are_right(sandbox)


def test_death_at_every_statement_of_a_look_up_leaves_the_books_right(
    sandbox: Sandbox, desk: Desk, settings: Any
) -> None:
    settings.PURCHASE_MAX_UNKNOWN = 1  # two absences are the end
    purchases = [make_purchase(number_for(slug, n)) for slug in ("reset-after", "reset-before") for n in range(12)]
    for purchase in purchases:
        submit(purchase.pk)
    desk.clock.shift(300)  # past the lag and the settle time

    deaths = 0
    for position, purchase in enumerate(purchases):
        deaths += run_until_death(lambda pk=purchase.pk: look_up(pk), statement=position % 12)  # type: ignore[misc]
        assert_look_ups_are_those_of_the_conclusions()
    desk.settle(*purchases)

    assert deaths >= 8
    assert_look_ups_are_those_of_the_conclusions()
    assert_books_are_right(sandbox)


def assert_look_ups_are_those_of_the_conclusions() -> None:
    """Wherever it died: what was concluded from a read is there with the look-up, or neither is."""
    looked = set(PurchaseLookUp.objects.values_list("purchase", "result"))
    absent = PurchaseLookUp.objects.filter(result=LookUpResult.ABSENT)
    for purchase in Purchase.objects.all():
        by_list = (purchase.status, purchase.confirmed_by) == (Status.PURCHASED, "list")
        assert by_list == ((purchase.pk, LookUpResult.SHOWN) in looked)
        absences = absent.filter(purchase=purchase)
        if purchase.status == Status.FAILED:
            assert absences.count() >= 2
        elif purchase.status == Status.UNCERTAIN:
            assert absences.filter(at=purchase.absent_at).exists() == absences.exists()


def test_death_at_every_statement_of_a_failed_look_up_notes_it_for_all_or_for_none() -> None:
    purchases = [make_uncertain(f"+1830555{n:04d}", ago=24 * 3600 if n == 2 else 0) for n in range(3)]
    before = {purchase.pk: purchase.next_action_at for purchase in purchases}

    deaths = 0
    while True:
        client = ScriptedClient(list_active=[unknown("The list is down")])
        if not run_until_death(lambda: look_up(purchases[0].pk, client=client), statement=deaths):  # type: ignore[arg-type] # noqa: B023
            break
        deaths += 1
        assert PurchaseLookUp.objects.count() == 0
        assert dict(Purchase.objects.values_list("pk", "next_action_at")) == before

    assert deaths >= 6
    assert [purchase.look_ups.count() for purchase in purchases] == [1, 1, 1]
    assert Purchase.objects.get(status=Status.NEEDS_REVIEW) == purchases[2]


class DyingClient(LeadConnectorClient):
    """Dies after the POST, as soon as the reply is there."""

    def purchase(self, *arguments: Any) -> Any:
        super().purchase(*arguments)
        raise Died


def test_death_before_the_post_leaves_it_uncertain_and_then_asks_again(sandbox: Sandbox, desk: Desk) -> None:
    purchase = make_purchase()

    with pytest.raises(Died):
        submit(purchase.pk, client=ScriptedClient(purchase=[Died()]))
    desk.wait_for(purchase)
    after_the_lease = list(purchase.events.values_list("to_status", flat=True))
    desk.settle(purchase)

    assert after_the_lease[:2] == [Status.SUBMITTING, Status.UNCERTAIN]
    assert (purchase.status, purchase.attempt_count) == (Status.PURCHASED, 2)
    assert_books_are_right(sandbox)


def test_death_after_the_post_is_found_on_the_list_without_a_second_post(sandbox: Sandbox, desk: Desk) -> None:
    purchase = make_purchase()

    with pytest.raises(Died):
        submit(purchase.pk, client=DyingClient(base_url=sandbox.url, token="sandbox-desk"))
    desk.settle(purchase)

    assert (purchase.status, purchase.confirmed_by, purchase.attempt_count) == (Status.PURCHASED, "list", 1)
    assert_books_are_right(sandbox)


def test_death_of_a_look_up_leaves_it_for_the_next(sandbox: Sandbox, desk: Desk) -> None:
    purchase = make_uncertain(NUMBER)

    with pytest.raises(Died):
        look_up(purchase.pk, client=ScriptedClient(list_active=[Died()]))

    purchase.refresh_from_db()
    assert purchase.status == Status.UNCERTAIN
    desk.settle(purchase)
    assert_books_are_right(sandbox)
