"""Buys a number, as the page does, and waits for the outcome."""

from __future__ import annotations

import time
import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandParser

from numbers_app.forms import PurchaseForm
from numbers_app.management.outcomes import BadInput, OperatorCommand, exit_code
from numbers_app.models import Location, NumberType, Purchase, Status, Via
from numbers_app.models.permissions import MAY_BUY
from numbers_app.purchasing.ordering import KeyUsed, place_order
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.selectors import purchase_as_data, purchase_in_lines

DEFAULT_WAIT_SECONDS = 100  # longer than a lease: a good answer, or its absence, is known by then
POLL_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 86_400


class Command(OperatorCommand):
    help = (
        "Buys one number for a location. Exit codes: 0 bought, 1 not bought, 2 unknown or still waiting, 64 bad input. "
        "The desk's workers do the buying; they must be running."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("location_id", help="the provider's ID of the location")
        parser.add_argument("number", help="the number, in any usual notation")
        parser.add_argument("--country-code", default="", help="ISO 3166-1 alpha-2, such as US")
        parser.add_argument("--number-type", default="", help=", ".join(NumberType.values))
        parser.add_argument("--address-sid", default="", help="Twilio address SID: AD and 32 characters")
        parser.add_argument("--bundle-sid", default="", help="Twilio regulatory bundle SID: BU and 32 characters")
        parser.add_argument("--locality", default="", help="city or town")
        parser.add_argument("--region", default="", help="state or province")
        parser.add_argument("--fingerprint-id", default="", help="made for you unless given")
        parser.add_argument("--skip-location-kyc", action="store_true", help="skip the location's KYC")
        parser.add_argument("--user", default="", help="who asks for it: a user of the desk")
        parser.add_argument("--key", type=uuid.UUID, help="idempotency key: the same key never buys twice")
        parser.add_argument(
            "--wait",
            type=float,
            default=DEFAULT_WAIT_SECONDS,
            metavar="SECONDS",
            help=f"how long to wait for the outcome; {DEFAULT_WAIT_SECONDS} unless told, 0 not at all",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["wait"] <= LONGEST_WAIT_SECONDS:
            raise BadInput(f"--wait: {options['wait']:g} is not between 0 and {LONGEST_WAIT_SECONDS} seconds.")
        purchase = wait_for(place(options), seconds=options["wait"])
        self.show(purchase_as_data(purchase), purchase_in_lines(purchase), as_json=options["json"])
        self.end(exit_code(purchase))


def place(options: dict[str, Any]) -> Purchase:
    """Check what was typed by the page's own rules, and queue it; raises `BadInput`, and then nothing was written."""
    user = find_user(options["user"])
    location = Location.objects.filter(location_id=options["location_id"]).first()
    if location is None:
        raise BadInput(f"location_id: there is no location {options['location_id']!r}. Add it, or run sync_locations.")
    names = [name for name in PurchaseForm.base_fields if name in options]
    key = options["key"] or uuid.uuid4()
    typed = {name: options[name] for name in names}
    form = PurchaseForm(
        {**typed, "location": location.pk, "phone_number": options["number"], "idempotency_key": str(key)}, user=user
    )
    if not form.is_valid():
        problems = [f"{field}: {error}" for field, errors in form.errors.items() for error in errors]
        raise BadInput("\n".join(problems))
    try:
        return place_order(
            location=location,
            request=form.purchase_request(),
            requested_by=user,
            idempotency_key=key,
            via=Via.COMMAND,
        )
    except KeyUsed:
        raise BadInput("--key: this key was used for another purchase already.") from None
    except OrderRefused as refusal:
        raise BadInput(f"phone_number: {refusal}") from None


def find_user(name: str) -> Any:
    if not name:
        return None
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None:
        raise BadInput(f"--user: there is no active user {name!r}.")
    if not user.has_perm(MAY_BUY):
        raise BadInput(f"--user: {name!r} may not buy numbers.")
    return user


def wait_for(purchase: Purchase, *, seconds: float) -> Purchase:
    """The purchase as it is when it is settled for now, or when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        purchase = Purchase.objects.select_related("location").get(pk=purchase.pk)
        if purchase.is_final or waits_for_person(purchase) or time.monotonic() >= deadline:
            return purchase
        time.sleep(POLL_SECONDS)


def waits_for_person(purchase: Purchase) -> bool:
    """Whether nothing more happens by itself: a decision or approval is wanted, or the location's queue is stopped."""
    stopped = purchase.status == Status.QUEUED and purchase.location.paused_at is not None
    return stopped or purchase.status in (Status.NEEDS_REVIEW, Status.AWAITING_APPROVAL)
