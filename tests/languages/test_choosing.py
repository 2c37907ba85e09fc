"""Which language somebody reads: the browser's until they choose, then their own, on every page and in every mail."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import translation

from numbers_app.languages import language_of
from numbers_app.mailing import message
from numbers_app.models import LanguagePreference, Mail, MailKind
from tests.admin.world import World, page
from tests.factories import make_user
from tests.languages.judging import data, is_english

CHOOSE = "/language/"
DESK = "/admin/"
LOGIN = "/admin/login/"
PASSWORD = "correct-horse-battery-staple"


def language(client: Client, address: str = DESK) -> str:
    html = page(client, address)
    return html.split('<html lang="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-GB,en;q=0.9", "en"),
        ("de,fr;q=0.8", "en"),
        ("de;q=0.9,es;q=0.5", "es"),
        ("", "en"),
        ("nonsense;;q=", "en"),
    ],
)
def test_browser_decides_until_somebody_chooses(asked: str, read: str, speak: Callable[[str, str], Client]) -> None:
    assert language(speak("Buyer", asked)) == read


def test_page_says_to_caches_which_language_it_is_in(speak: Callable[[str, str], Client]) -> None:
    response = speak("Buyer", "es").get(DESK)

    assert response.headers["Content-Language"] == "es"
    assert "Accept-Language" in response.headers["Vary"]


def test_choice_wins_over_the_browser_and_goes_along_to_another(
    world: World, speak: Callable[[str, str], Client]
) -> None:
    first, second = speak("Buyer", "en"), speak("Buyer", "en")

    response = first.post(CHOOSE, {"language": "es", "next": "/admin/numbers_app/purchase/?status=queued"})

    assert (response.status_code, response.headers["Location"]) == (302, "/admin/numbers_app/purchase/?status=queued")
    assert [language(client) for client in (first, second)] == ["es", "es"]
    assert second.get(DESK).headers["Content-Language"] == "es"
    assert language(speak("Viewer", "en")) == "en"


def test_second_choice_replaces_the_first(world: World, speak: Callable[[str, str], Client]) -> None:
    client = speak("Buyer", "es")

    for chosen in ("es", "en"):
        client.post(CHOOSE, {"language": chosen})

    assert language(client) == "en"
    assert LanguagePreference.objects.get().chosen == "en"


@pytest.mark.parametrize("sent", [{}, {"language": "xx"}, {"language": "es\x00"}, {"language": "e" * 5_000}])
def test_unknown_language_changes_nothing(sent: dict[str, str], speak: Callable[[str, str], Client]) -> None:
    client = speak("Buyer", "en")

    response = client.post(CHOOSE, sent)

    assert response.status_code == 302
    assert not response.cookies
    assert not LanguagePreference.objects.exists()


@pytest.mark.parametrize(
    "way", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example", ""]
)
def test_way_back_leads_nowhere_else(way: str, speak: Callable[[str, str], Client]) -> None:
    response = speak("Buyer", "en").post(CHOOSE, {"language": "es", "next": way})

    assert response.headers["Location"] == DESK


def test_choice_needs_the_pages_own_form(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["Buyer"])

    assert client.post(CHOOSE, {"language": "es"}).status_code == 403
    assert not LanguagePreference.objects.exists()


@pytest.mark.django_db
def test_language_is_chosen_before_signing_in_and_kept_in_a_cookie() -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")

    response = client.post(CHOOSE, {"language": "es", "next": LOGIN})

    cookie = response.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert response.headers["Location"] == LOGIN
    assert language(client, LOGIN) == "es"
    assert not LanguagePreference.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("address", [LOGIN, DESK])
def test_languages_are_offered_in_their_own_words(address: str) -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="es")
    if address == DESK:
        client.force_login(make_user(is_staff=True))

    html = " ".join(page(client, address).split())

    assert f'<form action="{CHOOSE}" method="post"' in html
    assert f'name="next" type="hidden" value="{address}"' in html
    for code, name in settings.LANGUAGES:
        button = html.split(f'<button type="submit" name="language" value="{code}" lang="{code}"')[1].split(
            "</button>"
        )[0]
        assert button.endswith(f">{name}")
        assert ("aria-current" in button) == (code == "es")


@pytest.mark.django_db
def test_choice_costs_a_page_no_query(django_assert_num_queries: Callable[[int], object]) -> None:
    client = Client()
    client.force_login(make_user(is_staff=True))
    address = reverse("admin:numbers_app_mailpreference_mine")

    with django_assert_num_queries(5):  # the session, the user with their language, two of their rights, the switches
        page(client, address)
    client.post(CHOOSE, {"language": "es"})
    with django_assert_num_queries(5):
        assert "Mis correos" in page(client, address)


@pytest.mark.django_db
def test_language_that_the_desk_no_longer_speaks_is_passed_over() -> None:
    user = make_user(is_staff=True)
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user)
    LanguagePreference.objects.create(user=user, chosen="fr", browsers="es")

    assert language(client) == "en"
    assert language_of(User.objects.get(pk=user.pk)) == "es"


# ── Mails


def sign_in(user: User, asked: str) -> None:
    user.set_password(PASSWORD)
    user.save()
    client = Client(HTTP_ACCEPT_LANGUAGE=asked)
    response = client.post(LOGIN, {"username": user.username, "password": PASSWORD, "next": DESK})
    assert response.status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "chosen", "written"),
    [
        ([], "", "en"),
        (["es"], "", "es"),
        (["es", "en"], "", "en"),
        (["es"], "en", "en"),
        (["en"], "es", "es"),
        ([], "es", "es"),
    ],
)
def test_mails_are_in_the_chosen_language_or_the_browsers(asked: list[str], chosen: str, written: str) -> None:
    user = make_user(is_staff=True)

    for each in asked:
        sign_in(user, each)
    if chosen:
        client = Client()
        client.force_login(user)
        client.post(CHOOSE, {"language": chosen})

    assert language_of(User.objects.get(pk=user.pk)) == written


@pytest.mark.parametrize("kind", MailKind)
def test_mail_is_in_its_recipients_language_alone(kind: MailKind, world: World, books: list[str]) -> None:
    order = Mail.objects.filter(kind=kind).first()
    assert order is not None
    subject = {"purchase": world.mine.purchase} if kind == MailKind.NEEDS_REVIEW else {"order": order.order}
    buyer = world.people["Buyer"]
    LanguagePreference.objects.create(user=buyer, chosen="es")
    known = data()

    with translation.override("en"):
        spanish = message(Mail.objects.create(recipient=User.objects.get(pk=buyer.pk), kind=kind, **subject))
    with translation.override("es"):
        english = message(Mail.objects.create(recipient=world.people["Viewer"], kind=kind, **subject))

    for text in (spanish.subject, *spanish.body.splitlines()):
        words = " ".join(word for word in text.split() if "://" not in word)
        assert not is_english(words, False, known), text
    assert spanish.subject != english.subject
    assert "Leadway Numbers. Which mails you get:" in english.body
    assert not outbox.outbox


def test_numbers_times_and_prices_are_written_as_the_language_does(db: None) -> None:
    from numbers_app.formatting import show_count, show_price, show_sum, write_price, write_sum
    from tests.carried_out import PRICE

    shown = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            shown[code] = (show_price(PRICE, "USD"), show_sum(PRICE * 100, "USD"), show_count(10_000))
            assert (write_price(PRICE, "USD"), write_sum(PRICE * 100, "USD")) == ("1.15 USD", "115.00 USD")
            assert Template("{% load l10n %}{{ price|unlocalize }}").render(Context({"price": PRICE})) == "1.1500"

    assert shown["en"] == ("1.15 USD", "115.00 USD", "10,000")
    assert shown["es"] == ("1,15 USD", "115,00 USD", "10\xa0000")
