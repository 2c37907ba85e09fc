"""The help in the desk: in the reader's language, reached from every page, and told of what is typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from numbers_app import guide
from numbers_app.models import Location, PhoneNumber, Purchase, PurchaseOrder, Status
from tests.admin.world import BUY, World, change_page, list_page, page
from tests.factories import make_purchase

LINK = re.compile(r"<a [^>]*>")
LANGUAGES = [("en", "English"), ("es", "Español")]


def links_to_help(shown: str) -> list[str]:
    return [link for link in LINK.findall(shown) if 'href="/admin/help/' in link]


def marks(shown: str) -> list[str]:
    """Where the question marks and the link at the head lead, without the sidebar's."""
    return [re.findall(r'href="([^"]*)"', link)[0] for link in links_to_help(shown) if "target" in link]


@pytest.mark.parametrize("name", guide.names())
def test_page_of_the_help_is_shown_with_its_contents(name: str, visit: Callable[[str], Client], world: World) -> None:
    known = guide.read_page(name, "en")

    shown = page(visit("Viewer"), guide.address(name))

    assert known.body in shown
    assert 'lang="en"' in shown
    for other in guide.contents("en"):
        assert f'href="{other.address}"' in shown
    assert shown[shown.index('id="content"') :].count('aria-current="page"') == 1
    assert marks(shown) == []


def test_help_is_in_the_readers_language_else_in_english(
    visit: Callable[[str], Client], world: World, settings: Any
) -> None:
    settings.LANGUAGES = [*LANGUAGES, ("fr", "Français")]
    address = guide.address("glossary")

    shown = {
        asked: visit("Viewer").get(address, headers={"accept-language": asked}).content.decode()
        for asked in ("es-MX,es;q=0.9", "fr", "en")
    }

    assert str(guide.read_page("glossary", "es").body) in shown["es-MX,es;q=0.9"]
    assert str(guide.read_page("glossary", "en").body) in shown["fr"]
    assert str(guide.read_page("glossary", "en").body) in shown["en"]


@pytest.mark.parametrize("name", ["nowhere", "../deploy", "INDEX"])
def test_page_that_the_guide_lacks_is_not_found(name: str, visit: Callable[[str], Client], world: World) -> None:
    assert visit("root").get(f"/admin/help/{name}/").status_code == 404


def test_every_screen_leads_to_its_part_of_the_help(visit: Callable[[str], Client], world: World) -> None:
    client = visit("root")
    books = world.mine
    user = User.objects.get(username="root")
    expected = {
        "/admin/": "/admin/help/dashboard/",
        reverse(BUY): "/admin/help/buying/",
        reverse("admin:numbers_app_purchase_search"): "/admin/help/searching/",
        reverse("admin:numbers_app_purchase_review_desk"): "/admin/help/review/",
        reverse("admin:numbers_app_purchaseorder_new"): "/admin/help/orders/",
        reverse("admin:numbers_app_mailpreference_mine"): "/admin/help/mails/",
        reverse("admin:numbers_app_apitoken_add"): "/admin/help/tokens/",
        reverse("admin:password_change"): "/admin/help/users/#password",
        reverse("admin:auth_user_change", args=[user.pk]): "/admin/help/users/",
        list_page(Purchase): "/admin/help/history/",
        list_page(PurchaseOrder): "/admin/help/orders/",
        list_page(PhoneNumber): "/admin/help/numbers/",
        list_page(Location): "/admin/help/locations/",
        change_page(books.purchase): "/admin/help/history/",
        change_page(books.order): "/admin/help/orders/",
        change_page(books.number): "/admin/help/numbers/",
        change_page(books.location): "/admin/help/locations/",
    }

    found = {address: marks(page(client, address))[0] for address in expected}

    assert found == expected


def test_links_out_of_a_form_open_a_tab_of_their_own_and_say_so(visit: Callable[[str], Client], world: World) -> None:
    shown = page(visit("Buyer"), reverse(BUY))

    links = [link for link in links_to_help(shown) if "guide-" in link]
    assert len(links) > 4
    assert all('target="_blank" rel="noopener"' in link for link in links)
    assert shown.count("(opens in a new tab)") == len(links)


@pytest.mark.parametrize(
    ("anchor", "words"),
    [("bundle-sid", "Bundle SID"), ("address-sid", "Address SID"), ("kyc", "KYC"), ("fingerprint", "Fingerprint")],
)
def test_words_of_the_form_lead_to_their_meaning(
    anchor: str, words: str, visit: Callable[[str], Client], world: World
) -> None:
    shown = page(visit("Buyer"), reverse(BUY))

    assert f"/admin/help/glossary/#{anchor}" in marks(shown)
    assert f"Help: {words} (opens in a new tab)" in unescape(shown)


@pytest.mark.parametrize("status", Status)
def test_page_of_a_purchase_leads_to_the_meaning_of_its_status(
    status: Status, visit: Callable[[str], Client], world: World
) -> None:
    purchase = make_purchase("+18305551234", location=world.mine.location, status=status)

    shown = page(visit("Viewer"), change_page(purchase))

    assert marks(shown)[1] == f"/admin/help/glossary/#{status.value.replace('_', '-')}"


def test_sections_of_the_review_desk_lead_to_theirs(visit: Callable[[str], Client], world: World) -> None:
    make_purchase("+18305551234", location=world.mine.location, status=Status.NEEDS_REVIEW)

    shown = page(visit("Manager"), reverse("admin:numbers_app_purchase_review_desk"))

    sections = ["stopped", "needs-review", "orphans", "vanished", "uncertain"]
    assert marks(shown)[1:] == [f"/admin/help/review/#{section}" for section in sections]


def test_help_costs_no_query_of_its_own(
    visit: Callable[[str], Client], world: World, django_assert_max_num_queries: Any
) -> None:
    client = visit("Viewer")
    client.get(guide.address("orders"))

    with django_assert_max_num_queries(8):
        client.get(guide.address("orders"))
