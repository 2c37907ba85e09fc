"""The record of one purchase: complete, stable, and without a secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from numbers_app import record
from numbers_app.models import (
    Answer,
    LineStatus,
    LookUpResult,
    OrderEvent,
    OrderHappening,
    OrderStatus,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    PurchaseOrder,
    Status,
    TwilioAccount,
)
from numbers_app.record import MOST_LOOK_UPS, record_of
from numbers_app.record_data import VERSION, record_as_data
from tests.carried_out import make_line, make_submitted
from tests.factories import (
    OTHER_LOCATION_ID,
    make_attempt,
    make_location,
    make_look_up,
    make_number,
    make_purchase,
    make_user,
)

MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SECRET = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYXJpYSJ9.c2lnbmF0dXJlLW9mLXRoaXM"
NAMES = {
    "": "format version made_at made_by address provider purchase location asked wanted order related attempts look_ups"
    " events provider_now",
    "purchase": "id sandbox status final reason confirmed_by account_sid number_sid monthly_price currency asked_at"
    " finished_at attempt_count",
    "location": "location_id name",
    "asked": "phone_number country_code number_type locality region address_sid bundle_sid fingerprint_id"
    " skip_location_kyc",
    "wanted": "row is_want country_code number_type first_part anywhere last_part sms mms voice substitution",
    "order": "id name via status requested_by begun_at submitted_at decided_by decided_at events",
    "look_ups": "uncertain_since first_absence_at list_last_read_in_full_at events reads",
    "provider_now": "number account",
}


def data_of(purchase: Purchase) -> dict[str, Any]:
    record = record_of(Purchase.objects.get(pk=purchase.pk))
    data = record_as_data(record, made_at=MOMENT, made_by="maria", address="http://desk/1/")
    again: dict[str, Any] = json.loads(json.dumps(data))
    return again


@pytest.fixture
def bought(db: None) -> Purchase:
    """Bought in an order of several, after a lost reply, and since then on the mirror."""
    ines = make_user(username="ines")
    order = make_submitted(OrderStatus.FINISHED, requested_by=make_user(username="maria"), name="Spring")
    PurchaseOrder.objects.filter(pk=order.pk).update(decided_by=ines, decided_at=MOMENT)
    OrderEvent.objects.create(
        order=order, at=MOMENT, what=OrderHappening.APPROVED, because="Within the plan.", actor=ines
    )
    purchase = make_purchase(
        status=Status.PURCHASED, order=order, monthly_price=Decimal("1.1500"), price_unit="USD", region="TX"
    )
    lost = make_attempt(purchase, answer=Answer.UNKNOWN, words="The connection broke")
    make_attempt(
        purchase,
        answer=Answer.BOUGHT,
        status_code=201,
        duration_ms=1234,
        trace_id="trace-77",
        worker="host/1/main",
        request_body={"phoneNumber": purchase.phone_number},
        reply_headers={"x-ratelimit-remaining": "97"},
        reply_body='{"numbers": {}}',
    )
    for step in (Status.QUEUED, Status.SUBMITTING, Status.UNCERTAIN, Status.PURCHASED):
        before = PurchaseEvent.objects.filter(purchase=purchase).last()
        PurchaseEvent.objects.create(
            purchase=purchase,
            at=MOMENT,
            from_status=before.to_status if before else "",
            to_status=step,
            because=f"It is {step}.",
            attempt=lost if step == Status.UNCERTAIN else None,
        )
    TwilioAccount.objects.create(location=purchase.location, account_sid="AC1", synced_at=MOMENT, listed_at=MOMENT)
    make_number(purchase.phone_number, seen=MOMENT, sid="PN1", service="conversation", raw={"phoneNumber": "…"})
    return purchase


def test_record_has_the_names_that_its_version_promises(bought: Purchase) -> None:
    line = make_line(bought.order, bought.phone_number, location=bought.location, status=LineStatus.BOUGHT)
    Purchase.objects.filter(pk=bought.pk).update(line=line)

    data = data_of(bought)

    assert (data["format"], data["version"], VERSION) == ("leadway-numbers/purchase-record", 1, 1)
    for part, names in NAMES.items():
        assert list(data[part] if part else data) == names.split(), part


def test_record_says_who_asked_and_who_approved(bought: Purchase) -> None:
    order = data_of(bought)["order"]

    assert (order["name"], order["requested_by"], order["decided_by"]) == ("Spring", "maria", "ines")
    assert order["decided_at"] == "2026-03-01T12:30:00Z"
    assert [(event["what"], event["because"], event["actor"]) for event in order["events"]][-1] == (
        "approved",
        "Within the plan.",
        "ines",
    )


def test_record_has_each_attempt_with_what_was_sent_and_answered(bought: Purchase) -> None:
    lost, answered = data_of(bought)["attempts"]

    assert (lost["number"], lost["answer"], lost["words"], lost["reply"]) == (
        1,
        "unknown",
        "The connection broke",
        None,
    )
    assert (answered["duration_ms"], answered["worker"]) == (1234, "host/1/main")
    assert answered["request"] == {
        "method": "POST",
        "path": f"/phone-system/numbers/location/{bought.location.location_id}/purchase",
        "body": {"phoneNumber": bought.phone_number},
    }
    assert answered["reply"] == {
        "status": 201,
        "trace_id": "trace-77",
        "headers": {"x-ratelimit-remaining": "97"},
        "body": '{"numbers": {}}',
        "body_is_cut": False,
    }


def test_record_has_each_step_and_marks_those_in_doubt(bought: Purchase) -> None:
    data = data_of(bought)

    assert [(event["from"], event["to"], event["attempt"]) for event in data["events"]] == [
        ("", "queued", None),
        ("queued", "submitting", None),
        ("submitting", "uncertain", 1),
        ("uncertain", "purchased", None),
    ]
    assert data["look_ups"]["events"] == [event["id"] for event in data["events"][2:]]
    assert data["look_ups"]["list_last_read_in_full_at"] == "2026-03-01T12:30:00Z"


def test_record_has_each_look_up(bought: Purchase) -> None:
    make_look_up(
        bought,
        LookUpResult.UNREADABLE,
        at=MOMENT,
        duration_ms=60_012,
        words="Bad gateway",
        status_code=502,
        trace_id="trace-5",
    )
    make_look_up(bought, LookUpResult.SHOWN, at=MOMENT, listed=7, duration_ms=210)

    failed, shown = data_of(bought)["look_ups"]["reads"]

    assert failed == {
        "at": "2026-03-01T12:30:00Z",
        "duration_ms": 60_012,
        "result": "unreadable",
        "numbers_listed": None,
        "words": "Bad gateway",
        "status": 502,
        "trace_id": "trace-5",
    }
    assert (shown["result"], shown["numbers_listed"], shown["words"]) == ("shown", 7, "")


def test_file_has_all_look_ups_and_a_page_the_latest(bought: Purchase) -> None:
    for n in range(MOST_LOOK_UPS + 5):
        make_look_up(bought, listed=n)

    page = record_of(bought, most_look_ups=MOST_LOOK_UPS)

    assert len(data_of(bought)["look_ups"]["reads"]) == MOST_LOOK_UPS + 5
    assert [page.look_ups[0].listed, page.look_ups[-1].listed] == [MOST_LOOK_UPS + 4, 5]
    assert (page.look_ups_total, page.look_ups_hidden) == (MOST_LOOK_UPS + 5, 5)


def test_record_writes_money_as_text_and_times_in_utc(bought: Purchase) -> None:
    purchase = data_of(bought)["purchase"]

    assert (purchase["monthly_price"], purchase["currency"]) == ("1.15", "USD")
    for name in ("asked_at", "finished_at"):
        assert datetime.fromisoformat(purchase[name]).utcoffset() == timezone.now().utcoffset()
        assert purchase[name].endswith("Z")


def test_record_says_what_the_provider_has_on_its_books_now(bought: Purchase) -> None:
    now = data_of(bought)["provider_now"]

    assert (now["number"]["sid"], now["number"]["service"], now["number"]["gone_at"]) == ("PN1", "conversation", None)
    assert now["number"]["synced_at"] == "2026-03-01T12:30:00Z"
    assert now["number"]["provider_record"] == {"phoneNumber": "…"}
    assert now["account"]["account_sid"] == "AC1"


def test_record_does_not_speak_of_a_number_on_anothers_books(db: None) -> None:
    purchase = make_purchase(status=Status.FAILED)
    make_number(purchase.phone_number, location=make_location(OTHER_LOCATION_ID))

    assert data_of(purchase)["provider_now"]["number"] is None


def test_record_tells_all_purchases_of_one_want(db: None) -> None:
    order = make_submitted(OrderStatus.RUNNING, requested_by=make_user())
    line = make_line(order, "+18305550101", location=make_location(), status=LineStatus.OPEN)
    chain = [make_purchase("+18305550101", line=line, order=order, status=Status.REJECTED)]
    for number in ("+18305550102", "+18305550103"):
        Purchase.objects.filter(pk=chain[-1].pk).update(status=Status.REJECTED, next_action_at=None, finished_at=MOMENT)
        chain.append(make_purchase(number, line=line, order=order, substitute_of=chain[-1]))

    data = data_of(chain[2])

    assert [(other["id"], other["substitute_of"]) for other in data["related"]] == [
        (chain[0].pk, None),
        (chain[1].pk, chain[0].pk),
    ]


def test_record_tells_what_was_asked_for_again(db: None) -> None:
    first = make_purchase(status=Status.FAILED)
    second = make_purchase(status=Status.FAILED, again_of=first)
    third = make_purchase(again_of=second)

    assert [(other["id"], other["again_of"]) for other in data_of(second)["related"]] == [
        (first.pk, None),
        (third.pk, second.pk),
    ]


@pytest.mark.parametrize("most", [50, 1])
def test_record_knows_what_came_after_even_where_more_are_related_than_it_reads(
    db: None, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(record, "MOST_RELATED", most)
    before = make_purchase(status=Status.FAILED)
    purchase = make_purchase(status=Status.FAILED, again_of=before)
    assert record_of(purchase).later == []

    again = make_purchase(again_of=purchase)

    assert record_of(purchase).later == [again]


def test_record_has_no_secret_even_where_one_was_kept(bought: Purchase) -> None:
    PurchaseAttempt.objects.filter(purchase=bought, number=2).update(
        request_body={"note": f"Bearer {SECRET}", "api_key": "letmein"},
        reply_headers={"date": "now", "x-token": "letmein"},
        reply_body=json.dumps({"said": SECRET, "password": "letmein"}),
        words=f"Bearer {SECRET}",
    )
    PurchaseEvent.objects.create(
        purchase=bought, at=MOMENT, to_status=Status.PURCHASED, because=f"Authorization: Bearer {SECRET}"
    )
    make_look_up(bought, LookUpResult.UNREADABLE, words=f"Bearer {SECRET}")
    Purchase.objects.filter(pk=bought.pk).update(reason=f"Bearer {SECRET}")
    make_number("+18305550188", raw={})
    bought.location.phone_numbers.update(raw={"authToken": "letmein", "name": "kept"})

    text = json.dumps(data_of(bought))

    assert SECRET not in text
    assert "letmein" not in text
    assert "kept" in text
    assert PurchaseAttempt.objects.get(purchase=bought, number=2).words == f"Bearer {SECRET}"  # the row is evidence


def test_record_asks_the_database_as_often_whatever_has_happened(bought: Purchase) -> None:
    with CaptureQueriesContext(connection) as few:
        data_of(bought)
    for _turn in range(15):
        make_attempt(bought, answer=Answer.UNKNOWN)
        make_look_up(bought)
        PurchaseEvent.objects.create(
            purchase=bought, at=MOMENT, to_status=Status.UNCERTAIN, because="?", actor=make_user()
        )

    with CaptureQueriesContext(connection) as many:
        data_of(bought)

    assert len(many) == len(few) <= 14
