"""What every page has, the first page, sign-in, the number's echo, and the people."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from numbers_app.admin.navigation import ADMINISTRATION, WORK
from numbers_app.models import Location, OrderStatus, PurchaseOrder, Status, Via
from tests.admin.test_permissions import RULES, fill_in
from tests.admin.world import World, page, short
from tests.browser.pages import PARTS
from tests.carried_out import make_submitted
from tests.factories import make_number, make_purchase, make_user

ECHO = "/admin/numbers_app/purchase/number-echo/"
NAVIGATION = re.compile(r'href="(/admin/[^"]*)"[^>]*class="[^"]*')


# ── The first page


def test_bare_address_leads_to_the_desk(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/admin/"


def test_desk_lists_what_one_may_see(world: World, visit: Callable[[str], Client]) -> None:
    for n, status in enumerate((Status.QUEUED, Status.UNCERTAIN, Status.NEEDS_REVIEW, Status.REJECTED)):
        make_purchase(f"+1210555000{n}", location=world.mine.location, status=status)
    make_purchase("+14327770001", location=world.other.location)

    own = page(visit("Buyer"), "/admin/")
    everything = page(visit("root"), "/admin/")

    assert "+1 210-555-0003" in own
    assert "+1 432-777-0001" not in own
    assert "+1 432-777-0001" in everything


def test_desk_lists_the_latest_eight(world: World, visit: Callable[[str], Client]) -> None:
    order = PurchaseOrder.objects.create(via=Via.COMMAND)
    for n in range(10):
        make_purchase(f"+1210555000{n}", location=world.mine.location, order=order)

    shown = page(visit("Viewer"), "/admin/")

    assert re.findall(r"\+1 210-555-000\d", shown) == [f"+1 210-555-000{n}" for n in range(9, 1, -1)]
    assert "Command line" in shown


@pytest.mark.parametrize(
    ("role", "has", "has_not"),
    [
        ("bare", ["you may not see any pages yet"], ["Latest purchases", "Buy a number"]),
        ("Viewer", ["Latest purchases", "Hill Country Roofing"], ["Buy a number", "New order", "API tokens", "Users"]),
        ("Buyer", ["Latest purchases", "Buy a number", "New order"], ["API tokens", "Users"]),
        ("Manager", ["Latest purchases", "Buy a number", "API tokens"], ["Users"]),
        ("root", ["Latest purchases", "Buy a number", "API tokens", "Users", "Groups"], []),
    ],
)
def test_desk_offers_each_role_its_pages(
    role: str, has: list[str], has_not: list[str], world: World, visit: Callable[[str], Client]
) -> None:
    shown = page(visit(role), "/admin/")

    assert [text for text in has if text not in shown] == []
    assert [text for text in has_not if text in shown] == []


@pytest.mark.parametrize("role", ["Viewer", "Buyer", "Manager", "root"])
def test_every_page_of_the_sidebar_opens(role: str, world: World, visit: Callable[[str], Client]) -> None:
    client = visit(role)
    shown = page(client, "/admin/")
    sidebar = shown[shown.index('id="nav-sidebar"') :]

    links = set(re.findall(r'href="(/admin/[^"?#]*)"', sidebar))

    assert {link: client.get(link, follow=True).status_code for link in links if "logout" not in link} == dict.fromkeys(
        links - {"/admin/logout/"}, 200
    )


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/admin/", "Desk"),
        ("/admin/numbers_app/purchase/", "Purchases"),
        ("/admin/numbers_app/purchase/buy/", "Buy a number"),
        ("/admin/numbers_app/location/add/", "Locations"),
        ("/admin/auth/user/", "Users"),
    ],
)
def test_sidebar_marks_the_page_that_is_open(
    path: str, title: str, world: World, visit: Callable[[str], Client]
) -> None:
    sidebar = sidebar_of(visit("root").get(path))

    assert re.findall(r'aria-current="page"><span[^>]*>[^<]*</span><span>([^<]*)</span>', sidebar) == [title]


def sidebar_of(response: Any) -> str:
    html = response.content.decode()
    return str(html[html.index('id="nav-sidebar-apps"') :])


def test_sidebar_counts_on_each_line_what_waits_there(world: World, visit: Callable[[str], Client]) -> None:
    make_number("+12105550777", location=world.mine.location)
    before = badges(visit("root").get("/admin/"))
    for _each in range(2):
        make_submitted(OrderStatus.AWAITING_APPROVAL, requested_by=world.people["Buyer"])

    after = badges(visit("root").get("/admin/"))

    assert after["Orders"] == before.get("Orders", 0) + 2
    assert after["Review desk"] == before["Review desk"] >= 1
    assert after["Orders"] != after["Review desk"]


def test_sidebar_speaks_each_readers_language(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")

    shown = {
        language: sidebar_of(client.get("/admin/", headers={"accept-language": language})) for language in ("en", "es")
    }

    assert "<span>Purchases</span>" in shown["en"]
    assert "<span>Compras</span>" in shown["es"]
    assert "<span>Purchases</span>" not in shown["es"]


def badges(response: Any) -> dict[str, int]:
    found = re.findall(r"<span>([^<]*)</span><span class=[^>]*>(\d+)</span></a>", sidebar_of(response))
    return {title: int(many) for title, many in found}


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("Viewer", ["No location is assigned to you. Ask an administrator", "Nothing has been bought yet."]),
        ("Buyer", ["No location is assigned to you. Ask an administrator", "Nothing has been bought yet."]),
        ("Manager", ["No location is assigned to you.", "Add one, or ask an administrator to assign you some."]),
    ],
)
def test_desk_says_what_to_do_without_locations(
    role: str, words: list[str], world: World, visit: Callable[[str], Client]
) -> None:
    world.mine.location.users.clear()

    shown = page(visit(role), "/admin/")

    assert [text for text in words if text not in shown] == []
    assert "Buy a number</a>" not in shown[shown.index("Latest purchases") :]


def test_desk_leads_the_first_user_on(db: None) -> None:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    without = page(client, "/admin/")
    Location.objects.create(location_id="firstLOCATION", name="First")
    with_one = page(client, "/admin/")

    assert "There are no locations yet." in without
    assert "press “Buy a number”" in with_one


# ── The band, and sign-in


EVERYWHERE = [address for address, rule in RULES.items() if rule.get.endswith("200") and address not in PARTS]


@pytest.mark.parametrize("sandbox", [True, False])
def test_band_is_on_every_page_in_the_sandbox_and_on_none_in_earnest(
    sandbox: bool, world: World, visit: Callable[[str], Client], settings: Any
) -> None:
    settings.SANDBOX = sandbox
    client = visit("root")

    found = {
        address: page(client, fill_in(address, books=world.mine, world=world)).count('class="desk-band"')
        for address in EVERYWHERE
    }

    assert found == dict.fromkeys(EVERYWHERE, int(sandbox))


@pytest.mark.parametrize("sandbox", [True, False])
def test_sign_in_page_has_the_band_too(sandbox: bool, client: Client, db: None, settings: Any) -> None:
    settings.SANDBOX = sandbox

    shown = page(client, "/admin/login/")

    assert shown.count("SANDBOX") == int(sandbox)
    assert "Leadway Numbers" in shown


@pytest.mark.parametrize(("sandbox", "words"), [(True, "nothing costs money"), (False, "billed every month")])
def test_form_says_what_a_click_costs(
    sandbox: bool, words: str, world: World, visit: Callable[[str], Client], settings: Any
) -> None:
    settings.SANDBOX = sandbox

    assert words in page(visit("Buyer"), "/admin/numbers_app/purchase/buy/")


def test_sign_in_leads_back_to_the_page_that_was_asked_for(client: Client, db: None) -> None:
    make_user(username="ann", password="correct horse", is_staff=True, is_superuser=True)
    asked = client.get("/admin/numbers_app/location/")

    response = client.post(asked.headers["Location"], {"username": "ann", "password": "correct horse"})

    assert response.headers["Location"] == "/admin/numbers_app/location/"


@pytest.mark.parametrize(
    ("columns", "password"),
    [
        ({"is_staff": True}, "wrong"),
        ({"is_staff": True, "is_active": False}, "correct horse"),
        ({"is_staff": False}, "correct horse"),
    ],
)
def test_sign_in_is_refused_without_telling_why(
    columns: dict[str, bool], password: str, client: Client, db: None
) -> None:
    make_user(username="ann", password="correct horse", **columns)

    response = client.post("/admin/login/", {"username": "ann", "password": password})

    assert response.status_code == 200
    assert "Please enter the correct username and password for a staff account." in html.unescape(
        response.content.decode()
    )
    assert password not in response.content.decode()


def test_sign_in_does_not_lead_to_another_site(client: Client, db: None) -> None:
    make_user(username="ann", password="correct horse", is_staff=True)

    response = client.post("/admin/login/?next=https://evil.example/", {"username": "ann", "password": "correct horse"})

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/")
    assert "evil" not in response.headers["Location"]


# ── The echo


@pytest.mark.parametrize(
    ("typed", "country", "shown"),
    [
        ("(830) 555-1234", "US", "Will be read as +1 830-555-1234 (+18305551234, US)"),
        ("+44 20 7946 0958", "", "Will be read as +44 20 7946 0958 (+442079460958, GB)"),
        ("+800 1234 5678", "", "Will be read as +800 1234 5678 (+80012345678)"),
        ("", "US", ""),
        ("   ", "US", ""),
        ("555", "US", "“555” has too few digits."),
        ("<script>", "US", "“<script>” is not a phone number."),
        ("8305551234", "", "Start the number with + and the country code, as in +1 830 555 1234, or choose a country."),
        (
            "8305551234",
            "us",
            "Start the number with + and the country code, as in +1 830 555 1234, or choose a country.",
        ),
        (
            "8305551234",
            "\x00\x00",
            "Start the number with + and the country code, as in +1 830 555 1234, or choose a country.",
        ),
        (
            "8305551234",
            "ÀÉ",
            "Start the number with + and the country code, as in +1 830 555 1234, or choose a country.",
        ),
        (
            "8305551234",
            "U" * 5000,
            "Start the number with + and the country code, as in +1 830 555 1234, or choose a country.",
        ),
        ("1" * 10_000, "US", "A phone number has at most 15 digits; this is too long."),
        ("💥\x00", "US", "“💥\x00” is not a phone number."),
    ],
    ids=short,
)
def test_echo_says_how_a_number_is_read(
    typed: str, country: str, shown: str, world: World, visit: Callable[[str], Client]
) -> None:
    content = page(visit("Buyer"), ECHO, phone_number=typed, country_code=country)

    assert "<script>" not in content
    assert " ".join(html.unescape(re.sub("</?(strong|span)[^>]*>", "", content)).split(" ")).split() == shown.split()


def test_echo_bears_a_request_without_anything(world: World, visit: Callable[[str], Client]) -> None:
    assert page(visit("Buyer"), ECHO).strip() == ""


# ── The people


def test_new_user_is_staff_and_may_nothing_yet(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")
    secret = "a long enough secret 99"

    response = client.post(
        "/admin/auth/user/add/",
        {"username": "newcomer", "password1": secret, "password2": secret, "usable_password": "true"},
    )

    user = User.objects.get(username="newcomer")
    assert response.headers["Location"] == f"/admin/auth/user/{user.pk}/change/"
    assert (user.is_staff, user.is_superuser, user.is_active) == (True, False, True)
    assert user.get_all_permissions() == set()
    assert Client().login(username="newcomer", password=secret)


def assigned(*locations: Location) -> dict[str, Any]:
    """The inline's part of a user's form."""
    prefix = "Location_users"
    found: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(locations), f"{prefix}-INITIAL_FORMS": 0}
    return found | {f"{prefix}-{n}-location": location.pk for n, location in enumerate(locations)}


def test_user_is_given_a_group_and_locations_on_one_page(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")
    user = make_user(username="newcomer", is_staff=True)
    address = f"/admin/auth/user/{user.pk}/change/"
    buyers = Group.objects.get(name="Buyer")

    shown = page(client, address)
    response = client.post(
        address,
        {"username": "newcomer", "is_active": "on", "groups": [buyers.pk], **assigned(world.mine.location)},
    )

    user = User.objects.get(pk=user.pk)
    assert "Assigned locations" in shown
    assert "Viewer sees, Buyer also buys, Approver sees and approves orders" in shown
    for name in ("is_staff", "user_permissions"):
        assert f'name="{name}"' not in shown
    assert response.status_code == 302
    assert user.is_staff
    assert user.has_perm("numbers_app.buy_number")
    assert list(user.assigned_locations.all()) == [world.mine.location]


def test_user_with_purchases_is_not_deleted(world: World, visit: Callable[[str], Client]) -> None:
    user = world.mine.purchase.order.requested_by
    assert user

    response = visit("root").post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"})

    assert response.status_code in (200, 403)
    assert User.objects.filter(pk=user.pk).exists()


def test_group_is_made_of_permissions(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")
    permission = Permission.objects.get(codename="sync_location")

    assert "Viewer" in page(client, "/admin/auth/group/")
    response = client.post("/admin/auth/group/add/", {"name": "Keeper", "permissions": [permission.pk]})

    assert response.status_code == 302
    assert list(Group.objects.get(name="Keeper").permissions.all()) == [permission]


def test_users_are_found_and_filtered(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("root")

    shown = page(client, "/admin/auth/user/", q="manager", is_active__exact="1")

    assert ">manager<" in shown.replace("\n", "").replace(" ", "")
    assert reverse("admin:auth_user_change", args=[world.people["Viewer"].pk]) not in shown


@pytest.mark.parametrize("language", ["en", "es"])
def test_list_is_called_as_in_the_sidebar(language: str, world: World, visit: Callable[[str], Client]) -> None:
    one_row = "admin:numbers_app_limits_changelist"
    lists = [page for page in (*WORK, *ADMINISTRATION) if page.name.endswith("_changelist") and page.name != one_row]
    with override(language):
        wanted = {reverse(page.name): f"{page.title} | Leadway Numbers" for page in lists}

    found = {}
    for address in wanted:
        shown = visit("root").get(address, headers={"accept-language": language}).content.decode()
        title = re.search(r"<title>(.*?)</title>", shown, re.DOTALL)
        found[address] = html.unescape(title[1].strip()) if title else ""

    assert found == wanted
