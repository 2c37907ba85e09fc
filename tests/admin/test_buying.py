"""Buying on the page: once a form, and with a clear word when it can't be."""

from __future__ import annotations

import html
import json
import re
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from numbers_app.admin.buying import explain_refusal
from numbers_app.leadconnector.errors import Refused
from numbers_app.leadconnector.sandbox import MAGIC, Magic, Sandbox, number_for
from numbers_app.models import Limits, Location, Purchase, PurchaseOrder, Status
from numbers_app.purchasing.reconciliation import look_up
from numbers_app.purchasing.refusals import OrderRefused
from tests.admin.world import BUY, World, buy, change_page, form_values, list_page, page, progress, rows_of_all, short
from tests.factories import make_location, make_purchase, make_reply, make_user
from tests.fakes import Mailbox, ScriptedClient
from tests.purchasing.inline import submit

KEY = "7d7e0b62-8f0c-4a6e-9a55-3b6f5a3c0f11"
BUY_AS_WELL = "Press Buy once more to buy this number as well."


def test_good_form_writes_all_nine_fields_and_leads_to_the_purchase(
    world: World, visit: Callable[[str], Client]
) -> None:
    fields = {
        "phone_number": "(830) 555-1234",
        "country_code": "US",
        "number_type": "local",
        "address_sid": "AD" + "0aF" * 10 + "00",
        "bundle_sid": "BU" + "1" * 32,
        "locality": " San Antonio ",
        "region": "TX & <b>more</b>",
        "fingerprint_id": "from-a-search/1",
        "skip_location_kyc": "on",
    }

    response = buy(visit("Buyer"), world.mine.location, **fields, idempotency_key=KEY)

    purchase = Purchase.objects.latest("pk")
    assert response.status_code == 302
    assert response.headers["Location"] == change_page(purchase)
    written = {name: getattr(purchase, name) for name in fields}
    assert written == {
        **fields,
        "phone_number": "+18305551234",
        "locality": "San Antonio",
        "skip_location_kyc": True,
    }
    assert (purchase.location, purchase.status, purchase.sandbox) == (world.mine.location, Status.QUEUED, True)
    assert (purchase.order.requested_by, str(purchase.order.idempotency_key)) == (world.people["Buyer"], KEY)


def test_form_with_number_alone_is_enough(world: World, visit: Callable[[str], Client]) -> None:
    buy(visit("Buyer"), world.mine.location, phone_number="+18305551234", country_code="", number_type="")

    purchase = Purchase.objects.latest("pk")
    assert (purchase.phone_number, purchase.country_code, purchase.number_type) == ("+18305551234", "", "")
    assert re.fullmatch("[0-9a-f]{32}", purchase.fingerprint_id)


@pytest.mark.usefixtures("real_provider")
def test_purchase_in_earnest_is_marked_as_such(world: World, visit: Callable[[str], Client]) -> None:
    buy(visit("Buyer"), world.mine.location)

    assert not Purchase.objects.latest("pk").sandbox


def test_number_that_needs_approval_says_that_nothing_is_bought_yet(
    world: World, visit: Callable[[str], Client], mailbox: Mailbox
) -> None:
    Limits.objects.update(approval_over_numbers=0)
    client = visit("Buyer")

    response = buy(client, world.mine.location)

    purchase = Purchase.objects.latest("pk")
    shown = page(client, change_page(purchase))
    assert response.headers["Location"] == change_page(purchase)
    assert purchase.status == Status.AWAITING_APPROVAL
    assert "Nothing is bought yet: somebody else has to approve it first." in shown
    assert f"Part of order #{purchase.order_id}" in shown
    assert not mailbox.take()


def test_second_click_leads_to_the_same_purchase(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")

    first = buy(client, world.mine.location, idempotency_key=KEY)
    before = rows_of_all()
    again = [
        buy(client, world.mine.location, idempotency_key=KEY, phone_number=raw)
        for raw in ("830.555.1234", "+1 830 555 1234")
    ]

    assert {response.headers["Location"] for response in again} == {first.headers["Location"]}
    assert rows_of_all() == before


@pytest.mark.parametrize("status", [Status.PURCHASED, Status.REJECTED, Status.UNCERTAIN])
def test_reload_of_a_sent_form_finds_its_purchase_however_it_ended(
    status: Status, world: World, visit: Callable[[str], Client]
) -> None:
    order = PurchaseOrder.objects.create(idempotency_key=KEY, requested_by=world.people["Buyer"])
    purchase = make_purchase("+18305551234", location=world.mine.location, order=order, status=status)
    before = rows_of_all()

    response = buy(visit("Buyer"), world.mine.location, idempotency_key=KEY)

    assert response.headers["Location"] == change_page(purchase)
    assert rows_of_all() == before


def test_form_that_comes_back_with_another_number_asks_once_more(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")
    buy(client, world.mine.location, idempotency_key=KEY)
    first = Purchase.objects.latest("pk")
    before = rows_of_all()

    response = buy(client, world.mine.location, idempotency_key=KEY, phone_number="830 555 9999", region="TX")

    content = response.content.decode()
    typed = form_values(content)
    assert response.status_code == 200
    assert BUY_AS_WELL in content
    assert f'<a href="{change_page(first)}">purchase #{first.pk} (+1 830-555-1234)</a>' in content
    assert (typed["phone_number"], typed["region"]) == ("830 555 9999", "TX")
    assert typed["idempotency_key"] != KEY
    assert rows_of_all() == before

    confirmed = client.post(reverse(BUY), typed)

    second = Purchase.objects.latest("pk")
    assert confirmed.headers["Location"] == change_page(second)
    assert second.phone_number == "+18305559999"


def test_key_of_somebody_else_asks_once_more_and_tells_nothing(world: World, visit: Callable[[str], Client]) -> None:
    make_purchase(
        "+18305550001",
        location=world.other.location,
        order=PurchaseOrder.objects.create(idempotency_key=KEY, requested_by=world.people["root"]),
    )
    before = rows_of_all()

    response = buy(visit("Buyer"), world.mine.location, idempotency_key=KEY)

    content = response.content.decode()
    assert "This form was sent before. Press Buy once more to buy this number." in content
    assert not [mark for mark in (*world.other.marks, "830-555-0001") if mark in content]
    assert form_values(content)["idempotency_key"] != KEY
    assert rows_of_all() == before


@pytest.mark.parametrize("status", [Status.QUEUED, Status.SUBMITTING, Status.UNCERTAIN, Status.NEEDS_REVIEW])
def test_number_that_is_being_bought_is_refused_with_a_link(
    status: Status, world: World, visit: Callable[[str], Client]
) -> None:
    live = make_purchase("+18305551234", location=world.mine.location, status=status)
    before = rows_of_all()

    response = buy(visit("Buyer"), world.mine.location, locality="Austin")

    content = response.content.decode()
    link = f'<a href="{change_page(live)}">purchase #{live.pk} (+1 830-555-1234)</a>'
    assert f"This number is being bought already: {link}." in content
    assert form_values(content)["locality"] == "Austin"
    assert rows_of_all() == before


def test_number_that_is_owned_is_refused_with_a_link(world: World, visit: Callable[[str], Client]) -> None:
    world.mine.location.name = "Smith & <b>Sons</b>"
    world.mine.location.save()
    before = rows_of_all()

    response = buy(visit("Buyer"), world.mine.location, phone_number=world.mine.number.phone_number)

    link = f'<a href="{change_page(world.mine.number)}">+1 210-555-0142</a>'
    says = f"You own this number already: {link} belongs to Smith &amp; &lt;b&gt;Sons&lt;/b&gt;."
    assert says in response.content.decode()
    assert rows_of_all() == before


@pytest.mark.parametrize("status", [Status.REJECTED, Status.FAILED, Status.CANCELLED])
def test_number_that_was_not_bought_may_be_asked_for_again(
    status: Status, world: World, visit: Callable[[str], Client]
) -> None:
    make_purchase("+18305551234", location=world.mine.location, status=status)

    response = buy(visit("Buyer"), world.mine.location)

    assert response.headers["Location"] == change_page(Purchase.objects.latest("pk"))
    assert Purchase.objects.filter(phone_number="+18305551234").count() == 2


def test_page_has_a_fresh_key_each_time_and_useful_defaults(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")

    pages = [form_values(page(client, reverse(BUY))) for _ in range(2)]

    assert uuid.UUID(pages[0]["idempotency_key"]) != uuid.UUID(pages[1]["idempotency_key"])
    assert (pages[0]["country_code"], pages[0]["number_type"], pages[0]["phone_number"]) == ("US", "local", "")


def test_folded_part_opens_where_it_has_something_to_show(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")

    folded = page(client, reverse(BUY))
    opened = buy(client, world.mine.location, address_sid="AD").content.decode()

    assert '<details class="desk-card desk-fold">' in folded
    assert '<details class="desk-card desk-fold" open>' in opened


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("Buyer", "No location is assigned to you. Ask an administrator to assign you some."),
        ("Manager", "Add one, or ask an administrator to assign you some."),
    ],
)
def test_page_says_what_to_do_without_locations(
    role: str, words: str, world: World, visit: Callable[[str], Client]
) -> None:
    world.mine.location.users.clear()

    assert words in page(visit(role), reverse(BUY))


def test_page_tells_the_first_user_where_locations_come_from(db: None) -> None:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    shown = page(client, reverse(BUY))

    assert "There are no locations yet." in shown
    assert f'<a href="{list_page(Location)}">Get them from the provider, or add one by hand.</a>' in shown


def test_button_of_the_list_leads_to_the_form(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")

    response = client.get("/admin/numbers_app/purchase/buy-redirect/", follow=True)

    assert response.redirect_chain == [("/admin/numbers_app/purchase/buy/", 302)]
    assert response.status_code == 200


@pytest.mark.parametrize("name", ["admin:index", "admin:numbers_app_purchase_changelist"])
def test_every_link_to_buying_opens_the_form_at_once(name: str, world: World, visit: Callable[[str], Client]) -> None:
    shown = page(visit("Buyer"), reverse(name))

    links = set(re.findall(r'href="([^"]*/purchase/buy[^"]*)"', shown))
    assert "/admin/numbers_app/purchase/buy/" in links
    assert links <= {"/admin/numbers_app/purchase/buy/", "/admin/numbers_app/purchase/buy-redirect/"}


@pytest.mark.django_db(transaction=True)
def test_order_is_handed_over_and_stands_where_the_broker_is_away(mailbox: Mailbox) -> None:
    location = make_location()
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    buy(client, location)
    handed_over = mailbox.take()
    with mailbox.away():
        response = buy(client, location, phone_number="830 555 9999")

    first, second = Purchase.objects.order_by("pk")
    assert handed_over == [("numbers_app.submit_purchases", [[first.pk]])]
    assert response.headers["Location"] == change_page(second)
    assert second.status == Status.QUEUED


def test_refusal_that_has_no_page_of_its_own_is_told_in_its_own_words(world: World) -> None:
    assert explain_refusal(OrderRefused("Not today."), user=world.people["Buyer"]) == "Not today."


# ── What the provider says, on the purchase's page


def ordered(phone_number: str, world: World) -> Purchase:
    location = make_location()
    location.users.add(world.people["Buyer"])
    return make_purchase(phone_number, location=location)


@pytest.mark.parametrize("magic", MAGIC, ids=lambda magic: magic.slug)
def test_page_shows_status_and_words_of_every_magic_number(
    magic: Magic, sandbox: Sandbox, world: World, visit: Callable[[str], Client]
) -> None:
    purchase = ordered(number_for(magic.slug), world)

    submit(purchase.pk)

    purchase.refresh_from_db()
    attempt = purchase.attempts.get()
    shown = page(visit("Buyer"), change_page(purchase))
    assert f"· {purchase.get_status_display()}</h2>" in shown
    assert f'data-status="{purchase.status}"' in shown
    assert attempt.get_answer_display() in shown
    assert html.escape(attempt.words) in shown
    if magic.message:
        said = [magic.message] if isinstance(magic.message, str) else magic.message
        assert [words for words in said if html.escape(words) not in shown] == []
    if purchase.status != Status.PURCHASED:
        assert f"<blockquote>{html.escape(purchase.reason)}</blockquote>" in shown


def test_page_of_purchase_found_on_the_list_shows_the_evidence(
    start_sandbox: Callable[..., Sandbox], world: World, visit: Callable[[str], Client]
) -> None:
    start_sandbox(list_lag_seconds=0)
    purchase = ordered(number_for("reset-after"), world)
    submit(purchase.pk)

    look_up(purchase.pk)

    shown = page(visit("Buyer"), change_page(purchase))
    number_sid = Purchase.objects.get(pk=purchase.pk).number_sid
    assert "· Purchased</h2>" in shown
    assert "The provider&#x27;s list of active numbers" in shown
    assert number_sid in shown
    assert 'class="desk-row-own"' in shown
    assert "hx-get" not in progress(shown)


def test_reply_with_markup_is_inert(world: World, visit: Callable[[str], Client]) -> None:
    words = "<script>alert('money')</script><img src=x onerror=alert(1)>"
    purchase = ordered("+18305551234", world)
    text = json.dumps({"message": words})

    submit(purchase.pk, client=ScriptedClient(purchase=[Refused(words, reply=make_reply(400, text=text))]))

    shown = page(visit("Buyer"), change_page(purchase))
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert f"<blockquote>{html.escape(words)}</blockquote>" in shown


@pytest.mark.parametrize(
    "text",
    ["[" * 60_000, "{" * 60_000, "", "9" * 6000, '{"a": NaN}', "\ud800".encode("utf-8", "replace").decode(), "{}{}"],
    ids=short,
)
def test_odd_reply_does_not_break_the_page(text: str, world: World, visit: Callable[[str], Client]) -> None:
    purchase = ordered("+18305551234", world)

    submit(purchase.pk, client=ScriptedClient(purchase=[Refused("Odd.", reply=make_reply(400, text=text))]))

    assert "Odd." in page(visit("Buyer"), change_page(purchase))
