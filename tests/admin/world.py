"""A small agency: one location that the people of the tests are assigned to, and one that they are not."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from numbers_app.models import (
    Answer,
    ApiToken,
    LineStatus,
    Location,
    OrderStatus,
    PhoneNumber,
    Purchase,
    PurchaseEvent,
    PurchaseOrder,
    Status,
    Tag,
)
from tests.carried_out import make_line, make_submitted
from tests.factories import make_attempt, make_location, make_number, make_purchase, make_token, make_user

ROLES = ("anonymous", "bare", "Viewer", "Buyer", "Manager", "root")
BUY = "admin:numbers_app_purchase_buy"


@dataclass(frozen=True, kw_only=True)
class Books:
    """One location with a row of everything; ``marks`` are texts that only its own pages show."""

    location: Location
    purchase: Purchase
    order: PurchaseOrder
    number: PhoneNumber
    token: ApiToken
    marks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class World:
    mine: Books
    other: Books
    people: dict[str, User]
    tag: Tag


def make_world() -> World:
    mine = make_books(
        location_id="mineLOCATION01", name="Hill Country Roofing", digits="210555", token="sandbox-mine-7071"
    )
    other = make_books(
        location_id="elseLOCATION02", name="Lone Star Dental", digits="432777", token="sandbox-other-8392"
    )
    people = {role: make_user(username=role.lower(), is_staff=True) for role in (*ROLES[1:-1], "Approver")}
    people["root"] = User.objects.create_superuser("root")
    for role in ("Viewer", "Buyer", "Manager", "Approver"):
        people[role].groups.add(Group.objects.get(name=role))
    mine.location.users.add(*people.values())
    return World(mine=mine, other=other, people=people, tag=Tag.objects.create(name="everybody's"))


def make_books(*, location_id: str, name: str, digits: str, token: str) -> Books:
    location = make_location(location_id, name=name)
    sid = f"AC{digits:a<32}"
    fingerprint = f"finger-{digits}"
    requester = make_user(username=f"asked-{digits}", is_staff=True)
    order = PurchaseOrder.objects.create(requested_by=requester)
    finished = make_submitted(OrderStatus.FINISHED, requested_by=requester, name=f"Order of {digits}")
    make_line(finished, f"+1{digits}0199", location=location, status=LineStatus.BOUGHT)
    purchase = make_purchase(
        f"+1{digits}0142",
        location=location,
        order=order,
        status=Status.PURCHASED,
        account_sid=sid,
        fingerprint_id=fingerprint,
        reason="The reply's numbers map shows the number.",
    )
    attempt = make_attempt(purchase, answer=Answer.BOUGHT, status_code=201, reply_body=f'{{"seen": "{digits}"}}')
    PurchaseEvent.objects.create(
        purchase=purchase, at=purchase.created_at, to_status=Status.PURCHASED, because="Bought.", attempt=attempt
    )
    number = make_number(f"+1{digits}0142", location=location, friendly_name=f"Line {digits}", service="conversation")
    return Books(
        location=location,
        purchase=purchase,
        order=finished,
        number=number,
        token=make_token(token, location=location),
        marks=(name, location_id, digits, f"{digits[:3]}-{digits[3:]}", sid, fingerprint, token[-4:]),
    )


def short(value: object) -> str:
    """A test's name for a value that is long or odd."""
    return ascii(value)[:50]


def rows_of_all() -> dict[str, int]:
    """How many rows each table has, that of sessions aside."""
    models = [model for model in apps.get_models(include_auto_created=True) if model is not Session]
    return {model._meta.label: model._base_manager.count() for model in models}


def order_for(location: Location, /, **typed: Any) -> dict[str, Any]:
    """What the page *Buy a number* sends when somebody has filled it in well."""
    good = {
        "location": location.pk,
        "phone_number": "(830) 555-1234",
        "country_code": "US",
        "number_type": "local",
        "idempotency_key": str(uuid.uuid4()),
    }
    return {name: value for name, value in {**good, **typed}.items() if value is not None}


def buy(client: Client, location: Location, /, **typed: Any) -> Any:
    return client.post(reverse(BUY), order_for(location, **typed))


def page(client: Client, address: str, /, **query: Any) -> str:
    """The text of a page that must be there."""
    response = client.get(address, query)
    assert response.status_code == 200, f"{address}: {response.status_code}"
    return str(response.content.decode())


def change_page(row: Any) -> str:
    return reverse(f"admin:numbers_app_{row._meta.model_name}_change", args=[row.pk])


def list_page(model: Any) -> str:
    return reverse(f"admin:numbers_app_{model._meta.model_name}_changelist")


def progress(html: str) -> str:
    """The part of a purchase's page that follows its life."""
    begin = html.index('<div id="purchase-progress"')
    return html[begin : html.rindex("</section>")]


class FormReader(HTMLParser):
    """What the fields of a page's form hold."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        if tag == "input" and about.get("name"):
            self.read_input(about)
        elif tag == "select":
            self.select = about.get("name") or ""
        elif tag == "option" and "selected" in about:
            self.values[self.select] = about.get("value") or ""

    def read_input(self, about: dict[str, str | None]) -> None:
        if about.get("type") == "checkbox":
            self.values[str(about["name"])] = "on" if "checked" in about else ""
        else:
            self.values[str(about["name"])] = about.get("value") or ""


def form_values(html: str) -> dict[str, str]:
    reader = FormReader()
    reader.feed(html)
    return reader.values
