"""Each read of the list that is made for an uncertain purchase is in its record, with what it showed."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from numbers_app.leadconnector.errors import OutcomeUnknown
from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.models import Answer, LookUpResult, Mail, Purchase, PurchaseLookUp, Status
from numbers_app.purchasing.reconciliation import look_up, settle_listed
from numbers_app.syncing import sync_location
from tests.factories import (
    NUMBER,
    OTHER_LOCATION_ID,
    make_attempt,
    make_list,
    make_location,
    make_purchase,
    make_reply,
    make_uncertain,
    make_user,
    refused,
    unknown,
)
from tests.fakes import ScriptedClient

pytestmark = pytest.mark.django_db

SECRET = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYXJpYSJ9.c2lnbmF0dXJlLW9mLXRoaXM"
ODD = "half \ud800, none \x00, " + "x" * 5000


def look(purchase: Purchase, answer: Any) -> Purchase:
    look_up(purchase.pk, client=ScriptedClient(list_active=[answer]))
    purchase.refresh_from_db()
    return purchase


def test_read_that_shows_the_number_is_noted_with_the_step_that_it_led_to() -> None:
    purchase = make_uncertain()
    read_at = timezone.now()

    look(purchase, make_list(NUMBER, "+18305559999", at=read_at, trace_id="trace-9"))

    assert purchase.status == Status.PURCHASED
    noted = PurchaseLookUp.objects.get()
    assert (noted.purchase, noted.result, noted.at, noted.listed) == (purchase, LookUpResult.SHOWN, read_at, 2)
    assert noted.duration_ms is not None
    assert (noted.words, noted.status_code, noted.trace_id) == ("", None, "trace-9")


def test_every_read_that_does_not_show_it_is_noted_also_where_nothing_follows() -> None:
    purchase = make_uncertain()
    times = [timezone.now() + timedelta(seconds=n) for n in range(3)]

    for at in times:
        look(purchase, make_list("+18305559999", at=at))

    assert purchase.absent_at is None  # it was too soon
    assert list(purchase.look_ups.values_list("result", "at", "listed")) == [("absent", at, 1) for at in times]


def test_read_that_fails_is_noted_with_the_providers_words() -> None:
    purchase = make_uncertain()
    error = OutcomeUnknown("Bad gateway", reply=make_reply(502, headers={"x-trace-id": "trace-5"}))

    look(purchase, error)

    noted = PurchaseLookUp.objects.get()
    assert (noted.result, noted.listed) == (LookUpResult.UNREADABLE, None)
    assert (noted.words, noted.status_code, noted.trace_id) == ("Bad gateway", 502, "trace-5")
    assert timezone.now() - timedelta(minutes=1) < noted.at <= timezone.now()


def test_look_up_without_a_token_says_so(settings: Any) -> None:
    settings.SANDBOX_TOKEN = ""
    purchase = make_uncertain()

    look_up(purchase.pk)

    noted = purchase.look_ups.get()
    assert noted.result == LookUpResult.UNREADABLE
    assert noted.words.startswith("No API token for")


def test_read_after_which_a_person_is_asked_is_noted() -> None:
    purchase = make_uncertain(ago=24 * 3600)
    root = make_user(email="root@example.com", is_superuser=True)

    look(purchase, unknown("The list is down"))

    assert purchase.status == Status.NEEDS_REVIEW
    assert [noted.words for noted in purchase.look_ups.all()] == ["The list is down"]
    assert Mail.objects.get().recipient == root


@pytest.mark.parametrize("answer", [make_list("+18305559999"), unknown()], ids=["read", "not read"])
def test_one_read_is_noted_for_each_purchase_that_it_was_made_for(answer: Any) -> None:
    first, second = make_uncertain(), make_uncertain("+18305550124")
    queued = make_purchase("+18305550125")
    elsewhere = make_uncertain("+18305550126", location=make_location(OTHER_LOCATION_ID))

    look(first, answer)

    assert [purchase.look_ups.count() for purchase in (first, second, queued, elsewhere)] == [1, 1, 0, 0]


@pytest.mark.parametrize("answer", [make_list("+18305559999"), unknown()], ids=["read", "not read"])
def test_nothing_is_noted_of_what_somebody_settled_meanwhile(answer: Any) -> None:
    purchase, other = make_uncertain(), make_uncertain("+18305550124")

    def change(_: str) -> Any:
        Purchase.objects.filter(pk=purchase.pk).update(status=Status.NEEDS_REVIEW, next_action_at=None)
        if isinstance(answer, Exception):
            raise answer
        return answer

    look(purchase, change)

    assert (purchase.status, purchase.look_ups.count(), other.look_ups.count()) == (Status.NEEDS_REVIEW, 0, 1)


def test_words_of_any_kind_keep_no_look_up_from_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="numbers_app")  # what is logged goes to a parallel test run's head as UTF-8
    purchase = make_uncertain()
    before = purchase.next_action_at
    reply = make_reply(400, headers={"x-trace-id": ODD})

    look(purchase, OutcomeUnknown(ODD, reply=reply))

    assert purchase.next_action_at != before
    noted = purchase.look_ups.get()
    assert (noted.words[:16], len(noted.words), len(noted.trace_id)) == ("half ?, none , x", 2048, 200)


def test_words_are_kept_without_secrets() -> None:
    purchase = make_uncertain()

    look(purchase, refused(json.dumps({"said": f"Bearer {SECRET}", "token": "letmein"}), status=400))

    assert SECRET not in purchase.look_ups.get().words
    assert "letmein" not in purchase.look_ups.get().words


def test_reads_for_other_ends_are_no_look_ups(sandbox: Sandbox) -> None:
    purchase = make_purchase(status=Status.NEEDS_REVIEW)
    make_attempt(purchase, answer=Answer.UNKNOWN)

    sync_location(purchase.location.pk)
    settle_listed(location=purchase.location, listed=make_list(NUMBER))

    purchase.refresh_from_db()
    assert (purchase.status, PurchaseLookUp.objects.count()) == (Status.PURCHASED, 0)
    assert "active" in {call.path for call in sandbox.ledger.calls()}
