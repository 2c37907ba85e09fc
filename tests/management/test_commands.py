"""The operators' commands on good ground: what they do, print, and end with."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as desk_settings
from django.core.checks import Error
from django.core.management.base import BaseCommand, SystemCheckError
from django.db import OperationalError
from django.utils import timezone

from numbers_app.leadconnector.sandbox import Sandbox, number_for
from numbers_app.management.commands import purchase_number
from numbers_app.models import (
    Answer,
    Limits,
    Location,
    PhoneNumber,
    Purchase,
    PurchaseEvent,
    PurchaseOrder,
    Status,
    Via,
)
from tests.factories import (
    LOCATION_ID,
    OTHER_LOCATION_ID,
    make_attempt,
    make_location,
    make_number,
    make_purchase,
    make_user,
)
from tests.fakes import Mailbox
from tests.management.conftest import Outcome
from tests.purchasing.inline import submit

Run = Callable[..., Outcome]
NUMBER = "+18305551234"
KEY = "7d7e0b62-8f0c-4a6e-9a55-3b6f5a3c0f11"
SHOWN = {
    "id",
    "status",
    "final",
    "reason",
    "queue_stopped",
    "location_id",
    "phone_number",
    "fingerprint_id",
    "sandbox",
    "confirmed_by",
    "account_sid",
    "numbers",
    "created_at",
    "finished_at",
    "attempts",
    "events",
}
ATTEMPT = {"number", "answer", "sent", "status_code", "words", "trace_id", "duration_ms", "started_at"}
EVENT = {"at", "from", "to", "because", "actor"}
CODES = {
    Status.PURCHASED: 0,
    Status.REJECTED: 1,
    Status.FAILED: 1,
    Status.CANCELLED: 1,
    Status.AWAITING_APPROVAL: 2,
    Status.ON_HOLD: 2,
    Status.QUEUED: 2,
    Status.SUBMITTING: 2,
    Status.UNCERTAIN: 2,
    Status.NEEDS_REVIEW: 2,
}


# ── purchase_number, with workers


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sandbox", "workers")
def test_number_is_bought_and_shown(run: Run) -> None:
    make_location()

    outcome = run("purchase_number", LOCATION_ID, "(830) 555-1234", "--country-code", "US", "--wait", "30")

    purchase = Purchase.objects.get()
    lines = outcome.out.splitlines()
    assert outcome.code == 0
    assert lines[0] == f"#{purchase.pk} {NUMBER} for {purchase.location}: Purchased"
    assert lines[2] == f"Account SID: {purchase.account_sid}"
    assert f"  {NUMBER}  conversation" in lines[3:]
    assert (purchase.order.via, purchase.order.requested_by) == (Via.COMMAND, None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sandbox", "workers")
def test_all_fields_are_sent_and_told_to_machines(run: Run) -> None:
    make_location()
    buyer = make_user(username="ann", is_superuser=True)
    fields = {
        "--country-code": "US",
        "--number-type": "local",
        "--address-sid": "AD" + "1" * 32,
        "--bundle-sid": "BU" + "2" * 32,
        "--locality": "San Antonio",
        "--region": "TX",
        "--fingerprint-id": "from-a-search",
    }
    words = [word for pair in fields.items() for word in pair]

    outcome = run(
        "purchase_number", LOCATION_ID, NUMBER, *words, "--skip-location-kyc", "--user", "ann", "--json", "--wait", "30"
    )

    data = outcome.data
    assert outcome.code == 0
    assert set(data) == SHOWN
    assert {key for attempt in data["attempts"] for key in attempt} == ATTEMPT
    assert {key for event in data["events"] for key in event} == EVENT
    assert (data["status"], data["final"], data["confirmed_by"]) == ("purchased", True, "reply")
    assert data["numbers"][NUMBER] == "conversation"
    assert data["events"][0]["actor"] == "ann"
    assert data["attempts"][0]["sent"] == {
        "phoneNumber": NUMBER,
        "countryCode": "US",
        "numberType": "local",
        "addressSid": "AD" + "1" * 32,
        "bundleSid": "BU" + "2" * 32,
        "locality": "San Antonio",
        "region": "TX",
        "fingerprintId": "from-a-search",
        "skipLocationKYC": True,
    }
    assert Purchase.objects.get().order.requested_by == buyer


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sandbox", "workers")
def test_refused_number_ends_with_1_and_the_providers_words(run: Run) -> None:
    make_location()

    outcome = run("purchase_number", LOCATION_ID, number_for("no-longer-available"), "--wait", "30")

    assert outcome.code == 1
    assert outcome.out.splitlines()[0].endswith(": Rejected")
    assert "Phone number is no longer available" in outcome.out


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sandbox", "workers")
def test_refused_token_ends_with_2_and_says_that_the_queue_is_stopped(run: Run) -> None:
    make_location()

    outcome = run("purchase_number", LOCATION_ID, number_for("unauthorized"), "--wait", "30")

    assert outcome.code == 2
    assert outcome.out.splitlines()[0].endswith(": Queued")
    assert "The queue of this location is stopped: Invalid token: it has run out" in outcome.out


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sandbox")
def test_number_whose_outcome_is_unknown_ends_with_2(run: Run, mailbox: Mailbox) -> None:
    make_location()
    line = ("purchase_number", LOCATION_ID, number_for("reset-after"), "--key", KEY, "--wait", "0")
    run(*line)
    mailbox.work()

    outcome = run(*line)

    assert outcome.code == 2
    assert outcome.out.splitlines()[0].endswith(": Uncertain")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sandbox", "workers")
def test_same_key_again_tells_of_the_same_purchase(run: Run) -> None:
    make_location()
    line = ("purchase_number", LOCATION_ID, NUMBER, "--key", KEY, "--json", "--wait", "30")

    first, second = run(*line), run(*line)

    assert (first.code, second.code) == (0, 0)
    assert first.data == second.data
    assert Purchase.objects.count() == 1


# ── purchase_number, without


@pytest.mark.django_db(transaction=True)
def test_order_is_handed_over_and_not_waited_for(run: Run, mailbox: Mailbox) -> None:
    make_location()
    began = time.monotonic()

    outcome = run("purchase_number", LOCATION_ID, NUMBER, "--wait", "0")

    purchase = Purchase.objects.get()
    assert outcome.code == 2
    assert outcome.out == f"#{purchase.pk} {NUMBER} for {purchase.location}: Queued\n"
    assert mailbox.take() == [("numbers_app.submit_purchases", [[purchase.pk]])]
    assert time.monotonic() - began < 5


@pytest.mark.django_db(transaction=True)
def test_broker_that_is_away_does_not_stop_an_order(run: Run, mailbox: Mailbox) -> None:
    make_location()

    with mailbox.away():
        outcome = run("purchase_number", LOCATION_ID, NUMBER, "--wait", "0", "--json")

    assert outcome.code == 2
    assert outcome.data["status"] == "queued"


def test_purchase_that_needs_a_person_is_not_waited_for(db: None, run: Run) -> None:
    order = PurchaseOrder.objects.create(idempotency_key=KEY)
    make_purchase(NUMBER, status=Status.NEEDS_REVIEW, order=order, country_code="", number_type="")

    outcome = run("purchase_number", LOCATION_ID, NUMBER, "--key", KEY, "--wait", "60")

    assert outcome.code == 2
    assert "Needs review" in outcome.out


@pytest.mark.django_db(transaction=True)
def test_breakdown_after_the_order_does_not_end_like_a_refusal(
    run: Run, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Python's own exit code for an error is 1, which here would say: certainly not bought."""

    def break_down(*args: Any, **options: Any) -> None:
        raise OperationalError("the database went away")

    make_location()
    monkeypatch.setattr(purchase_number, "wait_for", break_down)

    outcome = run("purchase_number", LOCATION_ID, NUMBER)

    assert outcome.code == 2
    assert "the database went away" in caplog.text
    assert Purchase.objects.get().status == Status.QUEUED


def test_wrong_environment_does_not_end_like_a_refusal(db: None, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def complain(*args: Any, **options: Any) -> None:
        raise SystemCheckError(str(Error("SECRET_KEY is too short.")))

    monkeypatch.setattr(BaseCommand, "check", complain)

    outcome = run("purchase_number", LOCATION_ID, NUMBER)

    assert outcome.code == 2
    assert "SECRET_KEY is too short." in outcome.err


def test_shell_gets_the_exit_code() -> None:
    line = [sys.executable, "manage.py", "purchase_number", LOCATION_ID, NUMBER, "--wait", "soon"]

    ended = subprocess.run(line, cwd=desk_settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 64
    assert "argument --wait: invalid float value: 'soon'" in ended.stderr
    assert ended.stdout == ""


# ── show_purchase


@pytest.mark.parametrize("status", list(Status))
def test_shown_purchase_ends_with_the_code_of_its_status(status: Status, db: None, run: Run) -> None:
    purchase = make_purchase(NUMBER, status=status, reason="Because.")

    outcome = run("show_purchase", purchase.pk)
    for_machines = run("show_purchase", purchase.pk, "--json")

    first = f"#{purchase.pk} {NUMBER} for {purchase.location}: {status.label}"
    assert (outcome.code, for_machines.code) == (CODES[status], CODES[status])
    assert outcome.out.splitlines()[:2] == [first, "Because."]
    assert for_machines.data["status"] == status
    assert set(for_machines.data) == SHOWN


def test_shown_purchase_tells_its_history(db: None, run: Run) -> None:
    ann = make_user(username="ann")
    purchase = make_purchase(NUMBER, status=Status.REJECTED, reason="No — “none” left.")
    attempt = make_attempt(purchase, answer=Answer.REFUSED, status_code=400, words="No.", trace_id="t1", duration_ms=7)
    PurchaseEvent.objects.create(
        purchase=purchase, at=purchase.created_at, to_status=Status.QUEUED, because="Asked for.", actor=ann
    )

    data = run("show_purchase", purchase.pk, "--json").data

    assert data["reason"] == "No — “none” left."
    assert data["events"][0]["actor"] == "ann"
    assert (data["finished_at"], data["numbers"]) == (purchase.finished_at.isoformat(), {})
    found = {name: data["attempts"][0][name] for name in ("answer", "status_code", "words", "trace_id", "duration_ms")}
    assert found == {"answer": "refused", "status_code": 400, "words": "No.", "trace_id": "t1", "duration_ms": 7}
    assert data["attempts"][0]["started_at"] == attempt.started_at.isoformat()


# ── sync_locations and sync_numbers


def test_locations_are_read(db: None, run: Run, sandbox: Sandbox) -> None:
    outcome = run("sync_locations")
    again = run("sync_locations", "--json")

    assert (outcome.code, outcome.out) == (0, "12 locations are in step.\n")
    assert (again.code, again.data) == (0, {"locations": 12, "error": ""})
    assert Location.objects.count() == 12


def test_numbers_are_read(db: None, run: Run, start_sandbox: Callable[..., Sandbox]) -> None:
    start_sandbox(list_lag_seconds=0)
    make_location(LOCATION_ID, name="First")
    make_location(OTHER_LOCATION_ID, name="Second")
    purchase = make_purchase(NUMBER)
    submit(purchase.pk)

    one = run("sync_numbers", LOCATION_ID)
    every = run("sync_numbers", "--json")

    count = PhoneNumber.objects.filter(location__location_id=LOCATION_ID).count()
    location = Location.objects.get(location_id=LOCATION_ID)
    assert (one.code, one.out) == (0, f"{location}: {count} numbers.\n")
    assert every.code == 0
    assert {row["location_id"] for row in every.data["locations"]} == {LOCATION_ID, OTHER_LOCATION_ID}
    assert all(set(row) == {"location_id", "numbers", "gone", "error"} for row in every.data["locations"])


def test_numbers_that_are_gone_are_counted(db: None, run: Run, sandbox: Sandbox) -> None:
    make_number("+18305559999", seen=timezone.now() - timedelta(days=1))

    outcome = run("sync_numbers", LOCATION_ID, LOCATION_ID)

    assert outcome.code == 0
    assert outcome.out.count("\n") == 1
    assert ", 1 gone." in outcome.out


def test_numbers_without_locations_lead_to_sync_locations(db: None, run: Run) -> None:
    outcome = run("sync_numbers")

    assert (outcome.code, outcome.out) == (0, "There are no locations. Run sync_locations first.\n")


@pytest.mark.parametrize("trouble", ["away", "no token"])
def test_provider_that_can_not_be_read_ends_with_2(trouble: str, db: None, run: Run, settings: Any) -> None:
    settings.LEADCONNECTOR_BASE_URL = "http://127.0.0.1:9"
    settings.SANDBOX = trouble == "away"
    location = make_location()

    places, numbers = run("sync_locations"), run("sync_numbers")
    for_machines = [run("sync_locations", "--json").data, run("sync_numbers", "--json").data["locations"][0]]

    words = "The provider could not be reached: connection refused" if trouble == "away" else "No API token for"
    assert (places.code, numbers.code) == (2, 2)
    assert "The locations could not be read. " + words in places.out
    assert f"{location}: could not be read. {words}" in numbers.out
    assert all(words in data["error"] for data in for_machines)
    assert words in Location.objects.get().sync_error


@pytest.mark.django_db
def test_number_that_needs_approval_says_so_and_does_not_wait(run: Run, mailbox: Mailbox) -> None:
    make_location()
    Limits.objects.update_or_create(pk=Limits.ONLY, defaults={"approval_over_numbers": 0})
    began = time.monotonic()

    outcome = run("purchase_number", LOCATION_ID, NUMBER, "--wait", "600")

    order = PurchaseOrder.objects.get()
    assert outcome.code == 2
    assert "Awaiting approval" in outcome.out
    assert f"somebody else has to approve order #{order.pk} first" in outcome.out
    assert time.monotonic() - began < 60
    assert not mailbox.take()
