"""The review desk: what it lists, what its buttons do, and what they refuse."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from numbers_app.models import (
    Answer,
    Happening,
    Location,
    LocationEvent,
    PhoneNumber,
    Purchase,
    PurchaseEvent,
    Status,
    TwilioAccount,
    Via,
)
from numbers_app.purchasing.deciding import facts, stop_seen
from numbers_app.purchasing.lifecycle import transition
from numbers_app.purchasing.pausing import pause_location, resume_location
from tests.admin.world import World, page, rows_of_all, short
from tests.factories import make_attempt, make_location, make_number, make_purchase

DESK = "/admin/numbers_app/purchase/review/"
SECTIONS = ("stopped", "needs_review", "orphans", "vanished", "uncertain")
WHY = "Seen at the <provider>."
WORDS = "The provider refused the token (401): it has <run> out"


@pytest.fixture
def manager(world: World, visit: Callable[[str], Client]) -> Client:
    return visit("Manager")


def fill(location: Location, *, many: int = 1, first: int = 0, area: int = 830) -> None:
    """One or more of everything that waits for a person."""
    for n in range(first, first + many):
        purchase = make_purchase(
            f"+1{area}5550{n:03d}", location=location, status=Status.NEEDS_REVIEW, reason="No <list> for 24 hours."
        )
        make_attempt(purchase, answer=Answer.UNKNOWN)
        make_purchase(f"+1{area}5551{n:03d}", location=location, status=Status.UNCERTAIN)
        make_number(f"+1{area}5552{n:03d}", location=location)
        make_number(f"+1{area}5553{n:03d}", location=location, gone_at=timezone.now())
    pause_location(location.pk, because=WORDS)
    location.refresh_from_db()


def section(shown: str, name: str) -> str:
    begin = shown.index(f'<section class="desk-card" id="{name}">')
    return shown[begin : shown.index("</section>", begin)]


def counts(shown: str) -> dict[str, int]:
    found = {
        name: re.search(r'<span class="desk-badge[^>]*>(\d+)</span></h2>', section(shown, name)) for name in SECTIONS
    }
    return {name: int(match[1]) for name, match in found.items() if match}


def said(response: Any) -> list[str]:
    """The messages of the page that the answer leads to."""
    return [str(message) for message in response.context["messages"]]


def press(client: Client, do: str, **typed: Any) -> Any:
    return client.post(DESK, {"do": do, "reason": WHY, **typed}, follow=True)


def problem(response: Any) -> str:
    """What a page says that refused, with the reason that was typed still in it."""
    assert response.redirect_chain == []
    found = re.search(r'role="alert"[^>]*>([^<]*)<', response.content.decode())
    assert found
    return html.unescape(found[1])


# ── What is listed


def test_empty_desk_says_so(manager: Client, world: World) -> None:
    shown = page(manager, DESK)

    assert "Nothing needs you" in shown
    assert "<section" not in shown
    assert '<span class="font-semibold h-[18px]' not in shown


def test_desk_lists_everything_that_waits(manager: Client, world: World) -> None:
    fill(world.mine.location)

    shown = page(manager, DESK)

    assert counts(shown) == dict.fromkeys(SECTIONS, 1)
    for name, text in {
        "needs_review": "+1 830-555-0000",
        "uncertain": "+1 830-555-1000",
        "orphans": "+1 830-555-2000",
        "vanished": "+1 830-555-3000",
        "stopped": "Hill Country Roofing",
    }.items():
        assert text in section(shown, name)
    assert html.escape(WORDS) in section(shown, "stopped")
    assert "No &lt;list&gt; for 24 hours." in section(shown, "needs_review")
    assert world.mine.number.phone_number[-4:] not in section(shown, "orphans")


@pytest.mark.parametrize("only", SECTIONS)
def test_each_section_says_when_it_is_empty(only: str, manager: Client, world: World) -> None:
    location = world.mine.location
    make: dict[str, Callable[[], Any]] = {
        "needs_review": lambda: make_purchase(location=location, status=Status.NEEDS_REVIEW),
        "uncertain": lambda: make_purchase(location=location, status=Status.UNCERTAIN),
        "orphans": lambda: make_number(location=location),
        "vanished": lambda: make_number(location=location, gone_at=timezone.now()),
        "stopped": lambda: pause_location(location.pk, because=WORDS),
    }
    make[only]()

    shown = page(manager, DESK)

    assert counts(shown) == {name: int(name == only) for name in SECTIONS}
    assert [name for name in SECTIONS if "None" in section(shown, name)] == [name for name in SECTIONS if name != only]


def test_vanished_number_names_the_purchase_that_bought_it(manager: Client, world: World) -> None:
    PhoneNumber.objects.filter(pk=world.mine.number.pk).update(gone_at=timezone.now())

    shown = section(page(manager, DESK), "vanished")

    assert f"purchase #{world.mine.purchase.pk}" in shown


def test_longest_wait_comes_first(manager: Client, world: World) -> None:
    now = timezone.now()
    for n, hours in enumerate((1, 30, 2)):
        make_purchase(
            f"+1830555000{n}",
            location=world.mine.location,
            status=Status.NEEDS_REVIEW,
            uncertain_since=now - timedelta(hours=hours),
        )

    shown = section(page(manager, DESK), "needs_review")

    assert list(dict.fromkeys(re.findall(r"\+1 830-555-000\d", shown))) == [f"+1 830-555-000{n}" for n in (1, 2, 0)]


def test_many_rows_come_in_pages(manager: Client, world: World) -> None:
    for n in range(30):
        make_number(f"+1830555{n:04d}", location=world.mine.location)

    first, second = page(manager, DESK), page(manager, DESK, orphans="2")

    assert len(re.findall('name="chosen"', first)) == 25
    assert "1 to 25 of 30" in first
    assert '<a href="?orphans=2#orphans">Next</a>' in first
    assert len(re.findall('name="chosen"', second)) == 5
    assert "26 to 30 of 30" in second


@pytest.mark.parametrize("asked", ["0", "-1", "999", "abc", "\x00", "9" * 5000, "²"], ids=short)
def test_odd_page_shows_a_page(asked: str, manager: Client, world: World) -> None:
    fill(world.mine.location)

    for name in SECTIONS:
        assert counts(page(manager, DESK, **{name: asked})) == dict.fromkeys(SECTIONS, 1)


def test_desk_asks_the_database_as_often_for_many_rows_as_for_few(
    manager: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    fill(world.mine.location, many=3)
    page(manager, DESK)
    with CaptureQueriesContext(connection) as few:
        page(manager, DESK)

    fill(world.mine.location, many=297, first=3)
    for n in range(60):
        place = make_location(f"anotherLOCATION{n}", paused_at=timezone.now(), paused_because=WORDS)
        place.users.add(world.people["Manager"])
        make_number(f"+1831555{n:04d}", location=place)

    assert len(few) <= 32
    with django_assert_max_num_queries(len(few)):
        page(manager, DESK)


def test_sidebar_counts_what_waits_for_a_person(manager: Client, world: World) -> None:
    def badge() -> list[str]:
        return re.findall(r"bg-red-100[^>]*>\s*([\d+]+)\s*</span>", page(manager, "/admin/"))

    empty = badge()
    fill(world.mine.location)
    some = badge()
    fill(world.mine.location, many=120, first=1)

    assert (empty, some, badge()) == ([], ["4"], ["99+"])
    assert "99+ purchases wait for a decision" in page(manager, "/admin/")


@pytest.mark.parametrize(("role", "led"), [("Viewer", False), ("Buyer", False), ("Manager", True), ("root", True)])
def test_only_those_who_may_review_are_led_to_the_desk(
    role: str, led: bool, world: World, visit: Callable[[str], Client]
) -> None:
    purchase = make_purchase(location=world.mine.location, status=Status.NEEDS_REVIEW)
    client = visit(role)

    shown = page(client, "/admin/")
    own = page(client, reverse("admin:numbers_app_purchase_change", args=[purchase.pk]))

    assert (f'href="{DESK}"' in shown) == led
    assert (f'class="dash-need" href="{DESK}#needs_review"' in shown) == led
    assert ("Look at the evidence and decide" in own) == led


def test_nothing_of_others_is_listed_or_changed(manager: Client, world: World) -> None:
    fill(world.other.location)
    orphan = PhoneNumber.objects.get(phone_number="+18305552000")
    gone = PhoneNumber.objects.get(phone_number="+18305553000")
    before = rows_of_all()

    shown = page(manager, DESK)
    answers = [
        press(manager, "adopt", chosen=[orphan.pk]),
        press(manager, "adopt_all", place=f"{world.other.location.pk}:1"),
        press(manager, "adopt_all", place="all:1"),
        press(manager, "read_orphans", chosen=[orphan.pk]),
        press(manager, "note", chosen=[gone.pk]),
        press(manager, "note_all", place=f"{world.other.location.pk}:1"),
        press(manager, "resume", stopped=[f"{world.other.location.pk}:{stop_seen(world.other.location)}"]),
        press(manager, "resume_all", total="1"),
    ]

    assert "Nothing needs you" in shown
    assert [answer.redirect_chain for answer in answers] == [[]] * len(answers)
    assert rows_of_all() == before
    assert Location.objects.get(pk=world.other.location.pk).paused_at is not None
    assert not Location.objects.filter(sync_due_at__isnull=False).exists()


# ── What the buttons do


def test_ticked_orphans_are_adopted(manager: Client, world: World) -> None:
    rows = [make_number(f"+1830555000{n}", location=world.mine.location) for n in range(3)]

    response = press(manager, "adopt", chosen=[row.pk for row in rows[:2]])

    assert said(response) == ["2 numbers were adopted."]
    adopted = Purchase.objects.filter(order__via=Via.ADOPTED)
    assert {purchase.phone_number for purchase in adopted} == {row.phone_number for row in rows[:2]}
    event = PurchaseEvent.objects.filter(purchase__in=adopted).first()
    assert event
    assert (event.because, event.actor) == (WHY, world.people["Manager"])


def test_adopted_purchase_has_a_page_that_says_so(manager: Client, world: World) -> None:
    row = make_number(location=world.mine.location)
    press(manager, "adopt", chosen=[row.pk])

    shown = page(manager, reverse("admin:numbers_app_purchase_change", args=[Purchase.objects.latest("pk").pk]))

    assert "Nothing was sent: the number was found at the provider, and adopted." in shown
    assert html.escape(WHY) in shown


@pytest.mark.parametrize("everywhere", [False, True])
def test_all_orphans_of_a_location_or_of_all_are_adopted(
    everywhere: bool, manager: Client, world: World, visit: Callable[[str], Client]
) -> None:
    elsewhere = make_location("thirdLOCATION3", name="Gulf Movers")
    elsewhere.users.add(world.people["Manager"])
    for n in range(30):
        make_number(f"+1830555{n:04d}", location=world.mine.location)
    for n in range(3):
        make_number(f"+1831555{n:04d}", location=elsewhere)
    make_number("+18325550000", location=world.other.location)
    options = re.findall(r'<option value="([^"]+)">', section(page(manager, DESK), "orphans"))

    response = press(manager, "adopt_all", place="all:33" if everywhere else f"{elsewhere.pk}:3")

    assert options == ["all:33", f"{world.mine.location.pk}:30", f"{elsewhere.pk}:3"]
    assert said(response) == [f"{33 if everywhere else 3} numbers were adopted."]


def test_vanished_numbers_are_noted(manager: Client, world: World) -> None:
    rows = [make_number(f"+1830555000{n}", location=world.mine.location, gone_at=timezone.now()) for n in range(3)]

    ticked = press(manager, "note", chosen=[rows[0].pk])
    rest = press(manager, "note_all", place=f"{world.mine.location.pk}:2")

    assert (said(ticked), said(rest)) == (["1 number was noted as gone."], ["2 numbers were noted as gone."])
    assert LocationEvent.objects.filter(what=Happening.NOTED_GONE, actor=world.people["Manager"]).count() == 3
    assert "Nothing needs you" in page(manager, DESK)


@pytest.mark.parametrize("kind", ["orphans", "vanished"])
def test_locations_are_read_again_without_a_reason(kind: str, manager: Client, world: World) -> None:
    row = make_number(location=world.mine.location, gone_at=timezone.now() if kind == "vanished" else None)

    response = press(manager, f"read_{kind}", chosen=[row.pk], reason="")

    assert said(response)[0].startswith("The numbers of 1 location are being read")
    assert Location.objects.get(sync_due_at__isnull=False) == world.mine.location


def test_ticked_and_all_queues_go_on(manager: Client, world: World) -> None:
    places = [make_location(f"stoppedLOCATION{n}") for n in range(3)]
    for place in places:
        place.users.add(world.people["Manager"])
        pause_location(place.pk, because=WORDS)
        place.refresh_from_db()

    ticked = press(manager, "resume", stopped=[f"{places[0].pk}:{stop_seen(places[0])}"])
    rest = press(manager, "resume_all", total="2")

    assert (said(ticked), said(rest)) == (["1 queue goes on."], ["2 queues go on."])
    events = LocationEvent.objects.filter(what=Happening.RESUMED)
    assert {(event.because, event.actor) for event in events} == {(WHY, world.people["Manager"])}
    assert len(events) == 3


# ── What is refused

FULL = "x" * 501
BUTTONS = ["adopt", "adopt_all", "note", "note_all", "resume", "resume_all"]


@pytest.mark.parametrize("do", BUTTONS)
@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("", "Say why in a few words: it goes into the history."),
        ("  \n ", "Say why in a few words: it goes into the history."),
        (FULL, "Ensure this value has at most 500 characters (it has 501)."),
        ("nul\x00", "Null characters are not allowed."),
    ],
    ids=short,
)
def test_bad_reason_is_refused_and_everything_typed_stays(
    do: str, reason: str, says: str, manager: Client, world: World
) -> None:
    fill(world.mine.location)
    location, sections = world.mine.location, {"adopt": "orphans", "note": "vanished", "resume": "stopped"}
    row = PhoneNumber.objects.get(phone_number="+18305552000" if "adopt" in do else "+18305553000")
    typed = {
        "chosen": [row.pk],
        "place": f"{location.pk}:1",
        "stopped": [f"{location.pk}:{stop_seen(location)}"],
        "total": "1",
    }
    before = rows_of_all()

    response = press(manager, do, reason=reason, **typed)

    shown = section(response.content.decode(), sections[do.removesuffix("_all")])
    assert problem(response) == says
    assert f">{html.escape(reason)}</textarea>" in shown
    assert "checked" in shown
    assert "resume" in do or f'<option value="{location.pk}:1" selected>' in shown
    assert rows_of_all() == before
    assert Location.objects.get(pk=location.pk).paused_at is not None


@pytest.mark.parametrize("do", ["adopt", "note", "read_orphans", "read_vanished", "resume"])
@pytest.mark.parametrize(
    ("ticked", "says"),
    [
        ([], "Tick at least one row."),
        (["abc"], "Tick at least one row."),
        (["9" * 40], "Tick at least one row."),
        (["-1"], "Tick at least one row."),
        (["\x00"], "Tick at least one row."),
        (["999999"], "What you ticked is no longer here: somebody was faster."),
    ],
    ids=short,
)
def test_nothing_ticked_is_refused(do: str, ticked: list[str], says: str, manager: Client, world: World) -> None:
    fill(world.mine.location)
    before = rows_of_all()

    response = press(manager, do, chosen=ticked, stopped=ticked)

    assert problem(response) == says
    assert html.escape(WHY) in response.content.decode()
    assert rows_of_all() == before


@pytest.mark.parametrize("do", ["adopt_all", "note_all"])
@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("", "Choose a location."),
        ("abc:1", "Choose a location."),
        ("9" * 40, "Choose a location."),
        ("\x00", "Choose a location."),
        ("999999:1", "Meanwhile there are 0 and not 1."),
        ("all:2", "Meanwhile there are 1 and not 2."),
        ("all:" + "9" * 5000, "Meanwhile there are 1 and not 999999999999999999."),
        ("all", "Meanwhile there are 1 and not 0."),
    ],
    ids=short,
)
def test_location_that_is_not_as_it_was_shown_is_refused(
    do: str, place: str, says: str, manager: Client, world: World
) -> None:
    fill(world.mine.location)
    before = rows_of_all()

    response = press(manager, do, place=place)

    assert problem(response).startswith(says)
    assert rows_of_all() == before


@pytest.mark.parametrize("do", ["", "explode", "\x00"])
def test_unknown_button_does_nothing(do: str, manager: Client, world: World) -> None:
    fill(world.mine.location)
    before = rows_of_all()

    assert manager.post(DESK, {"do": do, "reason": WHY}).status_code == 200

    assert rows_of_all() == before


def test_second_click_finds_nothing_left(manager: Client, world: World) -> None:
    orphan = make_number("+18305550001", location=world.mine.location)
    gone = make_number("+18305550002", location=world.mine.location, gone_at=timezone.now())
    keep = make_number("+18305550003", location=world.mine.location)
    for do, row in (("adopt", orphan), ("note", gone)):
        press(manager, do, chosen=[row.pk])
    before = rows_of_all()

    again = [press(manager, do, chosen=[row.pk]) for do, row in (("adopt", orphan), ("note", gone))]

    assert [answer.redirect_chain for answer in again] == [[], []]
    assert rows_of_all() == before
    assert keep.phone_number[-4:] in again[0].content.decode()


def test_queue_that_was_stopped_anew_stays_stopped(manager: Client, world: World) -> None:
    location = world.mine.location
    fill(location)
    seen = stop_seen(location)
    resume_location(location.pk, because="Somebody.", actor=None)
    pause_location(location.pk, because="Another reason (403).")

    response = press(manager, "resume", stopped=[f"{location.pk}:{seen}"])

    assert problem(response) == f"Meanwhile the queue of {location.name} was stopped anew: Another reason (403)."


def test_of_two_queues_none_goes_on_where_one_was_stopped_anew(manager: Client, world: World) -> None:
    places = [make_location(f"stoppedLOCATION{n}") for n in range(2)]
    for place in places:
        place.users.add(world.people["Manager"])
        pause_location(place.pk, because=WORDS)
        place.refresh_from_db()

    response = press(manager, "resume", stopped=[f"{places[0].pk}:{stop_seen(places[0])}", f"{places[1].pk}:earlier"])

    assert "was stopped anew" in problem(response)
    assert Location.objects.filter(paused_at__isnull=False).count() == 2
    assert not LocationEvent.objects.filter(what=Happening.RESUMED).exists()


# ── The decision


def decision_page(purchase: Purchase) -> str:
    return reverse("admin:numbers_app_purchase_review", args=[purchase.pk])


def in_review(world: World, **columns: Any) -> Purchase:
    purchase = make_purchase(location=world.mine.location, status=Status.NEEDS_REVIEW, reason="No list.", **columns)
    make_attempt(
        purchase,
        answer=Answer.UNKNOWN,
        request_body={"phoneNumber": "+18305550123"},
        words="The <connection> broke",
        reply_body='{"odd": "<reply>"}',
    )
    return purchase


def test_page_shows_both_sides(manager: Client, world: World) -> None:
    purchase = in_review(world)
    later = timezone.now() + timedelta(minutes=1)
    TwilioAccount.objects.create(
        location=world.mine.location, account_sid="AC77", account_status="active", synced_at=later, listed_at=later
    )
    make_number(location=world.mine.location, sid="PN77", number_type="tollFree", date_added=timezone.now())
    Location.objects.filter(pk=world.mine.location.pk).update(sync_error="502 <gateway>", paused_at=later)

    shown = page(manager, decision_page(purchase))

    ours, theirs = shown[shown.index("Our books") :].split("The provider's books")[:2]
    for text in ("The &lt;connection&gt; broke", "&quot;phoneNumber&quot;", "&lt;reply&gt;", "Unknown"):
        assert text in ours
    for text in ("as active at this location", "PN77", "Toll-free", "AC77", "active", "502 &lt;gateway&gt;", "stopped"):
        assert text in theirs
    assert "it proves nothing" not in theirs


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"gone_at": True}, "Its list showed the number once, and no longer does."),
        ({"elsewhere": "thirdLOCATION3"}, "Its list shows the number as active at another location: Gulf Movers."),
        ({"elsewhere": "elseLOCATION02"}, "at another location, which is not assigned to you."),
        (None, "Its list has never shown the number."),
    ],
)
def test_page_says_what_the_list_shows(columns: Any, says: str, manager: Client, world: World) -> None:
    purchase = in_review(world)
    make_location("thirdLOCATION3", name="Gulf Movers").users.add(world.people["Manager"])
    if columns and "elsewhere" in columns:
        make_number(location=make_location(columns["elsewhere"]), sid="PNother")
    elif columns:
        make_number(location=world.mine.location, gone_at=timezone.now())

    shown = page(manager, decision_page(purchase))

    assert says in shown
    assert ("PNother" in shown) == ("Gulf" in says)
    assert not [mark for mark in world.other.marks if mark in shown]


@pytest.mark.parametrize(("minutes", "old"), [(None, True), (-5, True), (5, False)])
def test_page_warns_of_a_list_that_is_too_old(minutes: int | None, old: bool, manager: Client, world: World) -> None:
    purchase = in_review(world)
    now = timezone.now()
    TwilioAccount.objects.create(
        location=world.mine.location,
        synced_at=now,
        listed_at=None if minutes is None else now + timedelta(minutes=minutes),
    )

    assert ("it proves nothing" in page(manager, decision_page(purchase))) == old


def decide(client: Client, purchase: Purchase, decision: str, **typed: Any) -> Any:
    sent = {"decision": decision, "reason": WHY, "seen": facts(purchase), **typed}
    return client.post(decision_page(purchase), sent, follow=True)


@pytest.mark.parametrize(
    ("decision", "status", "says"),
    [
        ("look", Status.UNCERTAIN, "The provider's list is being read for"),
        ("bought", Status.PURCHASED, "is on our books as bought."),
        ("not_bought", Status.FAILED, "is on our books as not bought."),
    ],
)
def test_decision_is_written_with_its_reason(
    decision: str, status: Status, says: str, manager: Client, world: World
) -> None:
    purchase = in_review(world)
    leads_to = "/change/" if decision == "look" else DESK

    response = decide(manager, purchase, decision)

    purchase.refresh_from_db()
    event = purchase.events.get()
    assert (purchase.status, event.because, event.actor) == (status, WHY, world.people["Manager"])
    assert response.redirect_chain[0][0].endswith(leads_to)
    assert says in response.content.decode()


@pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.NEEDS_REVIEW, Status.FAILED, Status.QUEUED])
def test_page_offers_what_can_be_decided(status: Status, manager: Client, world: World) -> None:
    purchase = make_purchase(location=world.mine.location, status=status)

    shown = page(manager, decision_page(purchase))

    offered = re.findall(r'name="decision" value="(\w+)"', shown)
    expected = {Status.UNCERTAIN: ["look", "bought"], Status.NEEDS_REVIEW: ["look", "bought", "not_bought"]}
    assert offered == expected.get(status, [])


@pytest.mark.parametrize("decision", ["look", "bought", "not_bought"])
@pytest.mark.parametrize("reason", ["", "   ", FULL, "nul\x00"], ids=short)
def test_decision_without_a_good_reason_is_refused(decision: str, reason: str, manager: Client, world: World) -> None:
    purchase = in_review(world)
    before = rows_of_all()

    response = decide(manager, purchase, decision, reason=reason)

    assert problem(response)
    assert f">{html.escape(reason)}</textarea>" in response.content.decode()
    assert rows_of_all() == before
    assert Purchase.objects.get(pk=purchase.pk).status == Status.NEEDS_REVIEW


@pytest.mark.parametrize("decision", ["look", "bought", "not_bought"])
def test_decision_on_facts_that_changed_says_what_they_are_now(decision: str, manager: Client, world: World) -> None:
    purchase = in_review(world)
    seen = facts(purchase)
    transition(purchase, to=Status.UNCERTAIN, because="Somebody looks again.", due_at=timezone.now())
    before = rows_of_all()

    response = decide(manager, purchase, decision, seen=seen)

    says = "Meanwhile something happened: the purchase is “Uncertain” now. Somebody looks again."
    assert problem(response) == says
    assert f">{html.escape(WHY)}</textarea>" in response.content.decode()
    assert f'name="seen" value="{facts(purchase)}"' in response.content.decode()
    assert rows_of_all() == before


def test_decision_on_what_was_settled_keeps_what_was_typed(manager: Client, world: World) -> None:
    purchase = in_review(world)
    seen = facts(purchase)
    transition(purchase, to=Status.FAILED, because="Another decided.")

    response = decide(manager, purchase, "bought", seen=seen)

    assert "the purchase is “Failed” now. Another decided." in problem(response)
    assert f"<blockquote>{html.escape(WHY)}</blockquote>" in response.content.decode()
    assert "<textarea" not in response.content.decode()


def test_not_bought_is_refused_where_the_list_shows_it(manager: Client, world: World) -> None:
    purchase = in_review(world)
    make_number(location=world.mine.location)

    response = decide(manager, purchase, "not_bought")

    assert problem(response).startswith("The provider's list shows this number as active at the location")


@pytest.mark.parametrize("decision", ["", "explode", "\x00"])
def test_unknown_decision_is_refused(decision: str, manager: Client, world: World) -> None:
    assert problem(decide(manager, in_review(world), decision)) == "Press one of the buttons."


@pytest.mark.parametrize("wrong", ["999999", "abc", "9" * 40, "-1", "%00"])
def test_decision_on_nothing_says_so(wrong: str, manager: Client, world: World) -> None:
    response = manager.get(f"/admin/numbers_app/purchase/{wrong}/review/", follow=True)

    assert response.redirect_chain == [("/admin/", 302)]


def test_decision_page_asks_the_database_a_bounded_number_of_times(
    manager: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    purchase = in_review(world)
    page(manager, decision_page(purchase))
    with CaptureQueriesContext(connection) as few:
        page(manager, decision_page(purchase))

    for n in range(20):
        make_attempt(purchase, answer=Answer.UNKNOWN)
        make_purchase(purchase.phone_number, location=world.mine.location, status=Status.FAILED)
        PurchaseEvent.objects.create(purchase=purchase, at=timezone.now(), to_status="uncertain", because=str(n))

    with django_assert_max_num_queries(len(few)):
        page(manager, decision_page(purchase))
