"""The buttons of a purchase's page, and the banner over a stopped queue: each may be pressed twice."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from numbers_app.models import NOT_SENT_YET, Happening, Location, LocationEvent, Purchase, Status
from numbers_app.purchasing.buying_again import CAME_TO_NOTHING
from numbers_app.purchasing.deciding import stop_seen
from numbers_app.purchasing.pausing import pause_location, resume_location
from tests.admin.test_review import said
from tests.admin.test_tokens import enter
from tests.admin.world import World, change_page, page, progress, rows_of_all
from tests.factories import make_location, make_number, make_purchase

WORDS = "The provider refused the token (401): it has <run> out"


@pytest.fixture
def buyer(world: World, visit: Callable[[str], Client]) -> Client:
    return visit("Buyer")


def press(client: Client, name: str, purchase: Purchase) -> Any:
    return client.post(reverse(f"admin:numbers_app_purchase_{name}", args=[purchase.pk]), follow=True)


def offered(shown: str) -> set[str]:
    words = {"Cancel": ">Cancel</button>", "Buy again": ">Buy again</button>", "Decide": ">Look at the evidence"}
    return {name for name, text in words.items() if text in progress(shown)}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("role", ["Viewer", "Buyer", "Manager"])
def test_page_offers_what_can_be_done(role: str, status: Status, world: World, visit: Callable[[str], Client]) -> None:
    purchase = make_purchase(location=world.mine.location, status=status)

    shown = page(visit(role), change_page(purchase))

    buys, decides = role != "Viewer", role == "Manager"
    expected = {
        "Cancel": buys and status in NOT_SENT_YET,
        "Buy again": buys and status in CAME_TO_NOTHING,
        "Decide": decides and status in (Status.UNCERTAIN, Status.NEEDS_REVIEW),
    }
    assert offered(shown) == {name for name, there in expected.items() if there}


def test_part_that_follows_by_itself_has_the_buttons_too(world: World, buyer: Client) -> None:
    purchase = make_purchase(location=world.mine.location)

    shown = page(buyer, reverse("admin:numbers_app_purchase_progress", args=[purchase.pk]))

    assert offered(shown) == {"Cancel"}
    assert 'name="csrfmiddlewaretoken"' in shown


def test_buttons_need_their_token(world: World) -> None:
    purchase = make_purchase(location=world.mine.location)
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["Manager"])

    names = {"cancel": purchase, "again": purchase}
    answers = [client.post(reverse(f"admin:numbers_app_purchase_{name}", args=[row.pk])) for name, row in names.items()]
    answers.append(client.post(reverse("admin:numbers_app_location_resume", args=[world.mine.location.pk])))

    assert [answer.status_code for answer in answers] == [403] * 3
    assert Purchase.objects.get(pk=purchase.pk).status == Status.QUEUED


def test_purchase_is_cancelled_once(world: World, buyer: Client) -> None:
    purchase = make_purchase(location=world.mine.location)

    first, second = press(buyer, "cancel", purchase), press(buyer, "cancel", purchase)

    event = purchase.events.get()
    assert (event.to_status, event.actor) == (Status.CANCELLED, world.people["Buyer"])
    assert said(first) == said(second) == ["The purchase is cancelled. Nothing is sent for it."]
    assert first.redirect_chain == [(change_page(purchase), 302)]


@pytest.mark.parametrize("status", [Status.SUBMITTING, Status.UNCERTAIN, Status.PURCHASED, Status.REJECTED])
def test_purchase_that_was_sent_says_why_it_is_not_cancelled(status: Status, world: World, buyer: Client) -> None:
    purchase = make_purchase(location=world.mine.location, status=status)
    before = rows_of_all()

    response = press(buyer, "cancel", purchase)

    assert said(response)[0].startswith(f"It can't be cancelled any more: it is “{status.label}”.")
    assert Purchase.objects.get(pk=purchase.pk).status == status
    assert rows_of_all() == before


@pytest.mark.parametrize("status", CAME_TO_NOTHING)
def test_purchase_is_asked_for_again_once(status: Status, world: World, buyer: Client) -> None:
    old = make_purchase(location=world.mine.location, status=status)

    first, second = press(buyer, "again", old), press(buyer, "again", old)

    new = Purchase.objects.get(again_of=old)
    assert first.redirect_chain == second.redirect_chain == [(change_page(new), 302)]
    assert f'<a href="{change_page(old)}">Asks again for #{old.pk}</a>' in first.content.decode()
    shown = page(buyer, change_page(old))
    assert f'<a href="{change_page(new)}">Asked for again as #{new.pk}</a>' in shown
    assert offered(shown) == set()


def test_number_that_is_taken_is_not_bought_again_and_says_why(world: World, buyer: Client) -> None:
    old = make_purchase(location=world.mine.location, status=Status.REJECTED)
    live = make_purchase(location=world.mine.location)

    response = press(buyer, "again", old)

    assert said(response)[0].startswith("This number is being bought already:")
    assert change_page(live) in response.content.decode()
    assert response.redirect_chain == [(change_page(old), 302)]


def test_refusal_names_nothing_of_others(world: World, buyer: Client) -> None:
    old = make_purchase(location=world.mine.location, status=Status.REJECTED)
    make_number(location=world.other.location)

    response = press(buyer, "again", old)

    assert said(response) == ["This number belongs to another location already."]
    assert not [mark for mark in world.other.marks if mark in response.content.decode()]


def test_what_was_bought_is_not_bought_again(world: World, buyer: Client) -> None:
    response = press(buyer, "again", world.mine.purchase)

    assert said(response) == ["It can't be bought again: the purchase is “Purchased”."]


@pytest.mark.usefixtures("real_provider")
def test_rehearsal_is_not_bought_in_earnest(world: World, buyer: Client) -> None:
    old = make_purchase(location=world.mine.location, status=Status.REJECTED)
    before = rows_of_all()

    response = press(buyer, "again", old)

    assert "rehearsal and reality never mix" in said(response)[0]
    assert rows_of_all() == before


@pytest.mark.parametrize(("sandbox", "asks"), [(True, False), (False, True)])
def test_buying_again_asks_first_where_it_costs_money(
    sandbox: bool, asks: bool, world: World, buyer: Client, settings: Any
) -> None:
    settings.SANDBOX = sandbox
    purchase = make_purchase(location=world.mine.location, status=Status.REJECTED, sandbox=sandbox)

    assert ("billed every month" in progress(page(buyer, change_page(purchase)))) == asks


@pytest.mark.parametrize("name", ["cancel", "again"])
@pytest.mark.parametrize("wrong", ["999999", "abc", "9" * 40, "-1", "%00"])
def test_button_of_nothing_is_not_found(name: str, wrong: str, world: World, buyer: Client) -> None:
    assert buyer.post(f"/admin/numbers_app/purchase/{wrong}/{name}/").status_code == 404


def test_queued_purchase_of_a_stopped_location_says_so(world: World, buyer: Client) -> None:
    purchase = make_purchase(location=world.mine.location)
    before = page(buyer, change_page(purchase))
    follow = re.search(r'hx-get="([^"]*/progress/[^"]*)"', before)
    assert follow

    pause_location(world.mine.location.pk, because=WORDS)
    news = buyer.get(html.unescape(follow[1])).content.decode()

    assert f"Its location's queue is stopped: “{html.escape(WORDS)}”" in " ".join(news.split())
    assert "queue is stopped" not in progress(before)


# ── The banner


def stop(location: Location, because: str = WORDS) -> Location:
    pause_location(location.pk, because=because)
    location.refresh_from_db()
    return location


def banner(shown: str) -> str:
    found = re.search(r'<div class="desk-alarm".*?</div>', shown, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", found[0])).split()) if found else ""


@pytest.mark.parametrize(
    ("role", "ends"),
    [
        ("Viewer", "1 purchase waits. A manager has to enter its token anew and let it go on."),
        ("Buyer", "1 purchase waits. A manager has to enter its token anew and let it go on."),
        ("Manager", "1 purchase waits. Enter the token anew under API tokens , then Resume"),
    ],
)
def test_banner_says_what_is_stopped_and_what_to_do(
    role: str, ends: str, world: World, visit: Callable[[str], Client]
) -> None:
    make_purchase(location=world.mine.location)
    stop(world.mine.location)

    for address in ("/admin/", "/admin/numbers_app/location/", change_page(world.mine.purchase)):
        says = banner(page(visit(role), address))
        assert says.startswith(f"The queue of Hill Country Roofing is stopped: “{WORDS}”")
        assert says.endswith(ends)


def test_banner_counts_several(world: World, visit: Callable[[str], Client]) -> None:
    stop(world.mine.location)
    stop(world.other.location)

    assert banner(page(visit("root"), "/admin/")) == "The queues of 2 locations are stopped. See which, and why"
    assert banner(page(visit("Viewer"), "/admin/")).startswith("The queue of Hill Country Roofing is stopped")


@pytest.mark.parametrize("role", ["bare", "Viewer", "Manager"])
def test_banner_tells_nothing_of_others(role: str, world: World, visit: Callable[[str], Client]) -> None:
    stop(world.other.location)

    assert banner(page(visit(role), "/admin/")) == ""


def test_somebody_without_a_group_sees_no_banner(world: World, visit: Callable[[str], Client], client: Client) -> None:
    stop(world.mine.location)

    assert banner(page(visit("bare"), "/admin/")) == ""
    assert banner(page(client, "/admin/login/")) == ""


def resume(client: Client, location: Location, **typed: Any) -> Any:
    address = reverse("admin:numbers_app_location_resume", args=[location.pk])
    return client.post(
        address, {"seen": stop_seen(location), "next": "/admin/numbers_app/location/", **typed}, follow=True
    )


def test_one_click_lets_the_queue_go_on_and_stays_on_the_page(world: World, visit: Callable[[str], Client]) -> None:
    location = stop(world.mine.location)

    first, second = resume(visit("Manager"), location), resume(visit("Manager"), location)

    event = LocationEvent.objects.get(what=Happening.RESUMED)
    assert (event.because, event.actor) == ("Resumed from the banner.", world.people["Manager"])
    assert first.redirect_chain == [("/admin/numbers_app/location/", 302)]
    assert said(first) == ["The queue of Hill Country Roofing goes on."]
    assert said(second) == ["The queue of Hill Country Roofing was not stopped."]
    assert banner(first.content.decode()) == ""


def test_banner_that_was_overtaken_resumes_nothing(world: World, visit: Callable[[str], Client]) -> None:
    location = stop(world.mine.location)
    seen = stop_seen(location)
    resume_location(location.pk, because="Somebody.", actor=None)
    location = stop(location, "Another reason (403).")

    response = resume(visit("Manager"), location, seen=seen)

    assert said(response) == ["Meanwhile the queue of Hill Country Roofing was stopped anew: Another reason (403)."]
    assert Location.objects.get(pk=location.pk).paused_at is not None


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "\x00"])
def test_banner_leads_to_no_other_site(wanted: str, world: World, visit: Callable[[str], Client]) -> None:
    response = resume(visit("Manager"), stop(world.mine.location), next=wanted)

    assert response.redirect_chain == [("/admin/", 302)]


@pytest.mark.parametrize("wrong", ["999999", "abc", "9" * 40, "-1", "%00"])
def test_banner_of_nothing_is_not_found(wrong: str, world: World, visit: Callable[[str], Client]) -> None:
    assert visit("Manager").post(f"/admin/numbers_app/location/{wrong}/resume/").status_code == 404


def test_banner_costs_one_query_more_however_many_are_stopped(
    world: World, visit: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    client = visit("Viewer")
    page(client, "/admin/")
    with CaptureQueriesContext(connection) as without:
        page(client, "/admin/")
    for n in range(50):
        place = stop(make_location(f"stoppedLOCATION{n}"))
        place.users.add(world.people["Viewer"])
        make_purchase(f"+1830555{n:04d}", location=place, status=Status.QUEUED)

    with django_assert_max_num_queries(len(without) + 1):
        page(client, "/admin/")


# ── A new token


def test_new_token_says_that_the_queue_is_still_stopped(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Manager")
    world.mine.token.delete()
    stop(world.mine.location)

    enter(client, location=world.mine.location.pk)

    shown = page(client, "/admin/")
    assert "The queue of 1 location that this token opens is still stopped." in shown
    assert '<a href="/admin/numbers_app/purchase/review/#stopped">' in shown


def test_default_token_counts_the_locations_without_their_own(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")
    for n in range(2):
        stop(make_location(f"stoppedLOCATION{n}"))
    stop(world.mine.location)

    enter(client)

    assert "The queues of 2 locations that this token opens are still stopped." in page(client, "/admin/")


def test_token_for_a_queue_that_goes_says_nothing_of_it(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Manager")
    world.mine.token.delete()

    enter(client, location=world.mine.location.pk)

    assert "still stopped" not in page(client, "/admin/")
