"""The record on a purchase's page, and as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from numbers_app.models import (
    Answer,
    LookUpResult,
    OrderEvent,
    OrderHappening,
    PhoneNumber,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    PurchaseOrder,
    Status,
)
from numbers_app.record import MOST_LOOK_UPS
from tests.admin.world import World, change_page, page
from tests.factories import make_attempt, make_look_up, make_purchase, make_user

SECRET = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYXJpYSJ9.c2lnbmF0dXJlLW9mLXRoaXM"


def record_address(purchase: Purchase) -> str:
    return f"/admin/numbers_app/purchase/{purchase.pk}/record.json"


def facts(shown: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]*)</dt><dd[^>]*>(.*?)</dd>", shown, flags=re.DOTALL))


def section(shown: str, title: str) -> str:
    """The card with this title."""
    start = shown.index(f"<h2>{title}</h2>")
    return shown[start : shown.index("</section>", start)]


@pytest.fixture
def viewer(visit: Callable[[str], Client]) -> Client:
    return visit("Viewer")


@pytest.mark.parametrize("role", ["Viewer", "Buyer", "Approver", "Manager", "root"])
def test_record_is_a_file_named_after_the_purchase(role: str, world: World, visit: Callable[[str], Client]) -> None:
    purchase = world.mine.purchase

    response = visit(role).get(record_address(purchase))

    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == f'attachment; filename="purchase-{purchase.pk}-12105550142.json"'
    data = json.loads(response.content)
    assert (data["purchase"]["id"], data["made_by"]) == (purchase.pk, role.lower())
    assert data["address"] == f"http://testserver{change_page(purchase)}"


def test_record_of_others_is_not_there(world: World, viewer: Client) -> None:
    assert viewer.get(record_address(world.other.purchase)).status_code == 404


def test_page_leads_to_the_file_and_shows_its_own_link(world: World, viewer: Client) -> None:
    shown = page(viewer, change_page(world.mine.purchase))

    assert f'href="{record_address(world.mine.purchase)}"' in shown
    assert f'value="http://testserver{change_page(world.mine.purchase)}"' in shown


def test_page_says_who_approved_and_why(world: World, viewer: Client) -> None:
    ines = make_user(username="ines", first_name="Inés", last_name="Peña")
    order = PurchaseOrder.objects.create(decided_by=ines, decided_at=timezone.now())
    OrderEvent.objects.create(
        order=order, at=timezone.now(), what=OrderHappening.APPROVED, because="Within the plan.", actor=ines
    )
    purchase = make_purchase("+18305551234", location=world.mine.location, order=order)

    shown = section(page(viewer, change_page(purchase)), "Order and approval")

    assert "Inés Peña" in facts(shown)["Approved by"]
    assert "Within the plan." in shown


@pytest.mark.parametrize(
    ("status", "before", "said"),
    [
        (Status.QUEUED, Status.QUEUED, "nobody: no approval was needed"),
        (Status.AWAITING_APPROVAL, Status.AWAITING_APPROVAL, "nobody yet"),
        (Status.CANCELLED, Status.AWAITING_APPROVAL, "nobody"),
    ],
)
def test_page_says_why_nobody_approved(status: Status, before: Status, said: str, world: World, viewer: Client) -> None:
    purchase = make_purchase("+18305551234", location=world.mine.location, status=status)
    PurchaseEvent.objects.create(purchase=purchase, at=timezone.now(), to_status=before, because="Asked for.")

    assert facts(page(viewer, change_page(purchase)))["Approved by"] == said


def test_page_links_all_purchases_of_one_want(world: World, viewer: Client) -> None:
    first = make_purchase("+18305551231", location=world.mine.location, status=Status.REJECTED)
    second = make_purchase("+18305551232", location=world.mine.location, substitute_of=first)

    shown = section(page(viewer, change_page(second)), "Purchases for the same want")

    assert f'href="{change_page(first)}"' in shown
    assert "asked for first" in shown
    assert f"in place of #{first.pk}" in shown
    assert f"#{second.pk}, this one" in shown


def test_page_of_a_purchase_alone_shows_no_others(world: World, viewer: Client) -> None:
    assert "Purchases for the same want" not in page(viewer, change_page(world.mine.purchase))


def test_page_shows_what_the_mirror_says_now(world: World, viewer: Client) -> None:
    PhoneNumber.objects.filter(pk=world.mine.number.pk).update(
        sid="PN777", assigned_user="user-9", number_type="tollFree", gone_at=timezone.now()
    )

    shown = section(page(viewer, change_page(world.mine.purchase)), "The number now, on the provider's books")

    found = facts(shown)
    assert "Gone" in found["State"]
    assert found["Number SID"] == "PN777"
    assert found["Assigned user"] == "user-9"
    assert found["Service"] == "conversation"
    assert found["Type"] == "Toll-free"
    assert "<time" in found["Last seen"]


def test_page_shows_what_was_looked_up_while_it_was_in_doubt(world: World, viewer: Client) -> None:
    at = timezone.now()
    purchase = make_purchase(
        "+18305551234", location=world.mine.location, status=Status.UNCERTAIN, uncertain_since=at, absent_at=at
    )
    PurchaseEvent.objects.create(
        purchase=purchase, at=at, from_status=Status.SUBMITTING, to_status=Status.UNCERTAIN, because="timed out"
    )

    shown = section(page(viewer, change_page(purchase)), "Look-ups on the provider's list")

    assert {"Uncertain since", "First full read without the number", "Next look at the latest"} <= {*facts(shown)}
    assert "timed out" in shown


def test_page_shows_each_look_up_the_latest_first(world: World, viewer: Client) -> None:
    purchase = make_purchase("+18305551234", location=world.mine.location, status=Status.UNCERTAIN)
    make_look_up(
        purchase, LookUpResult.UNREADABLE, words="Bad gateway", status_code=502, trace_id="trace-5", duration_ms=60_012
    )
    make_look_up(purchase, LookUpResult.ABSENT, listed=7)

    shown = section(page(viewer, change_page(purchase)), "Look-ups on the provider's list")

    rows = re.findall(r"<tr>(.*?)</tr>", shown, flags=re.DOTALL)[1:]
    latest, first = (" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows)
    assert latest.endswith("UTC Not on the list 7 210 ms –")
    assert first.endswith("UTC Could not be read – 60012 ms HTTP 502 Bad gateway Trace ID: trace-5")
    assert "These are the latest" not in shown


def test_page_shows_so_many_look_ups_and_says_how_many_there_were(world: World, viewer: Client) -> None:
    purchase = make_purchase("+18305551234", location=world.mine.location, status=Status.FAILED)
    for _turn in range(MOST_LOOK_UPS + 3):
        make_look_up(purchase)

    shown = section(page(viewer, change_page(purchase)), "Look-ups on the provider's list")

    assert shown.count("Not on the list") == MOST_LOOK_UPS
    assert f"These are the latest {MOST_LOOK_UPS} of {MOST_LOOK_UPS + 3}; the JSON file has all." in shown


def test_page_and_file_show_no_secret_even_where_one_was_kept(world: World, viewer: Client) -> None:
    purchase = make_purchase(
        "+18305551234", location=world.mine.location, status=Status.REJECTED, reason=f"Bearer {SECRET}"
    )
    attempt = make_attempt(
        purchase,
        answer=Answer.REFUSED,
        status_code=400,
        words=f"Bearer {SECRET}",
        request_body={"token": "letmein"},
        reply_headers={"x-api-key": "letmein"},
        reply_body=json.dumps({"message": SECRET}),
    )
    PurchaseEvent.objects.create(
        purchase=purchase, at=timezone.now(), to_status=Status.REJECTED, because=f"Bearer {SECRET}", attempt=attempt
    )

    make_look_up(purchase, LookUpResult.UNREADABLE, words=f"Bearer {SECRET}")

    for address in (change_page(purchase), record_address(purchase)):
        shown = page(viewer, address)
        assert SECRET not in shown
        assert "letmein" not in shown
        assert "[redacted]" in shown
    assert SECRET in PurchaseAttempt.objects.get(pk=attempt.pk).words  # what was kept is not changed by being looked at
