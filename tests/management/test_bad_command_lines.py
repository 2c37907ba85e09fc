"""Command lines that can't be used: each ends with 64, says what is wrong with what, and leaves no row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError

from numbers_app.models import Purchase, PurchaseOrder, Status
from tests.admin.world import rows_of_all, short
from tests.factories import LOCATION_ID, OTHER_LOCATION_ID, make_location, make_number, make_purchase, make_user
from tests.management.conftest import Outcome

BUY = ("purchase_number", LOCATION_ID, "+18305551234")
KEY = "7d7e0b62-8f0c-4a6e-9a55-3b6f5a3c0f11"
NOT_FINGERPRINT = "fingerprint_id: A fingerprint has no spaces and no special letters."
NOT_ADDRESS = "address_sid: An address SID is AD followed by 32 digits or letters from a to f."
NOT_BUNDLE = "bundle_sid: A bundle SID is BU followed by 32 digits or letters from a to f."
NO_COUNTRY_CODE = (
    "phone_number: Start the number with + and the country code, as in +1 830 555 1234, or choose a country."
)

BAD = [
    # The line itself.
    (("purchase_number",), "the following arguments are required: location_id, number"),
    (("purchase_number", LOCATION_ID), "the following arguments are required: number"),
    ((*BUY, "surplus"), "unrecognized arguments: surplus"),
    ((*BUY, "--no-such-option"), "unrecognized arguments: --no-such-option"),
    ((*BUY, "--wait"), "argument --wait: expected one argument"),
    ((*BUY, "--wait", "soon"), "argument --wait: invalid float value: 'soon'"),
    ((*BUY, "--wait=-1"), "--wait: -1 is not between 0 and 86400 seconds."),
    ((*BUY, "--wait", "nan"), "--wait: nan is not between 0 and 86400 seconds."),
    ((*BUY, "--wait", "inf"), "--wait: inf is not between 0 and 86400 seconds."),
    ((*BUY, "--wait", "1e300"), "--wait: 1e+300 is not between 0 and 86400 seconds."),
    ((*BUY, "--wait", "86401"), "--wait: 86401 is not between 0 and 86400 seconds."),
    ((*BUY, "--key", "x"), "argument --key: invalid UUID value: 'x'"),
    ((*BUY, "--key", ""), "argument --key: invalid UUID value: ''"),
    ((*BUY, "--verbosity", "9"), "argument -v/--verbosity: invalid choice: 9"),
    ((*BUY, "--locality", "K\udcf6ln"), "'K\\udcf6ln' is not UTF-8 text."),
    (("purchase_number", "\udcff" * 20, "+18305551234"), "is not UTF-8 text."),
    # Where, and who.
    (("purchase_number", "noSUCHlocation", "+18305551234"), "location_id: there is no location 'noSUCHlocation'."),
    (("purchase_number", "", "+18305551234"), "location_id: there is no location ''."),
    (("purchase_number", "' OR 1=1 --", "+18305551234"), 'location_id: there is no location "\' OR 1=1 --".'),
    (("purchase_number", LOCATION_ID.lower(), "+18305551234"), f"there is no location '{LOCATION_ID.lower()}'."),
    ((*BUY, "--user", "nobody"), "--user: there is no active user 'nobody'."),
    ((*BUY, "--user", "gone"), "--user: there is no active user 'gone'."),
    ((*BUY, "--user", "viewer"), "--user: 'viewer' may not buy numbers."),
    (
        ("purchase_number", OTHER_LOCATION_ID, "+18305551234", "--user", "buyer"),
        "location: There is no such location, or it is not assigned to you.",
    ),
    # What.
    (("purchase_number", LOCATION_ID, ""), "phone_number: This field is required."),
    (("purchase_number", LOCATION_ID, "number"), "phone_number: “number” is not a phone number."),
    (("purchase_number", LOCATION_ID, "830 555 1234"), NO_COUNTRY_CODE),
    (
        ("purchase_number", LOCATION_ID, "1" * 41),
        "phone_number: Ensure this value has at most 40 characters (it has 41).",
    ),
    (
        ("purchase_number", LOCATION_ID, "+1 830 555 1234 x5"),
        "phone_number: A number is bought without an extension; leave “5” out.",
    ),
    (
        ("purchase_number", LOCATION_ID, "555 1234", "--country-code", "US"),
        "phone_number: “555 1234” lacks the area code.",
    ),
    ((*BUY, "--country-code", "us"), "country_code: Select a valid choice. us is not one of the available choices."),
    ((*BUY, "--country-code", "CA"), "phone_number: This number belongs to US, not to the country chosen (CA)."),
    ((*BUY, "--number-type", "toll-free"), "number_type: “toll-free” is none of: local, tollFree, mobile."),
    ((*BUY, "--number-type", "tollFree"), "number_type: +1 830-555-1234 is a Local or Mobile number, not Toll-free."),
    ((*BUY, "--address-sid", "AD123"), NOT_ADDRESS),
    ((*BUY, "--bundle-sid", "AD" + "0" * 32), NOT_BUNDLE),
    ((*BUY, "--locality", "a" * 101), "locality: Ensure this value has at most 100 characters (it has 101)."),
    ((*BUY, "--locality", "San\x1b[31m"), "locality: Line breaks and control characters can't be sent."),
    ((*BUY, "--region", "T\nX"), "region: Line breaks and control characters can't be sent."),
    ((*BUY, "--fingerprint-id", "two words"), NOT_FINGERPRINT),
    (
        (*BUY, "--fingerprint-id", "f" * 101),
        "fingerprint_id: Ensure this value has at most 100 characters (it has 101).",
    ),
    # What is there already.
    (("purchase_number", LOCATION_ID, "+18305550001"), "phone_number: +18305550001 is in purchase #"),
    (("purchase_number", LOCATION_ID, "+18305550002"), "phone_number: +18305550002 belongs to Location"),
    ((*BUY, "--key", KEY), "--key: this key was used for another purchase already."),
    # The other commands.
    (("show_purchase",), "the following arguments are required: id"),
    (("show_purchase", "0"), "id: there is no purchase #0."),
    (("show_purchase", "-1"), "id: there is no purchase #-1."),
    (("show_purchase", "999999"), "id: there is no purchase #999999."),
    (("show_purchase", "9" * 40), f"id: there is no purchase #{'9' * 40}."),
    (("show_purchase", "first"), "argument id: invalid int value: 'first'"),
    (("show_purchase", "1.5"), "argument id: invalid int value: '1.5'"),
    (("show_purchase", "1", "2"), "unrecognized arguments: 2"),
    (("sync_numbers", "noSUCHlocation"), "location_id: there is no location 'noSUCHlocation'."),
    (("sync_numbers", LOCATION_ID, "nowhere", ""), "location_id: there is no location 'nowhere', ''."),
    (("sync_numbers", "--all"), "unrecognized arguments: --all"),
    (("sync_locations", LOCATION_ID), f"unrecognized arguments: {LOCATION_ID}"),
    (("sync_locations", "--json=yes"), "argument --json: ignored explicit argument 'yes'"),
]


@pytest.fixture
def books(db: None) -> None:
    location = make_location()
    make_location(OTHER_LOCATION_ID)
    viewer, buyer = (make_user(username=name, is_staff=True) for name in ("viewer", "buyer"))
    viewer.groups.add(Group.objects.get(name="Viewer"))
    buyer.groups.add(Group.objects.get(name="Buyer"))
    location.users.add(viewer, buyer)
    make_user(username="gone", is_active=False, is_superuser=True)
    make_purchase("+18305550001")
    make_number("+18305550002")
    make_purchase("+18305550003", status=Status.REJECTED, order=PurchaseOrder.objects.create(idempotency_key=KEY))


@pytest.mark.parametrize(("line", "says"), BAD, ids=short)
@pytest.mark.usefixtures("books")
def test_bad_command_line_ends_with_64_and_leaves_no_row(
    line: tuple[str, ...], says: str, run: Callable[..., Outcome]
) -> None:
    before = rows_of_all()

    outcome = run(*line)

    assert outcome.code == 64
    assert says in outcome.err
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert rows_of_all() == before


@pytest.mark.usefixtures("books")
def test_every_mistake_is_told_at_once(run: Callable[..., Outcome]) -> None:
    outcome = run(*BUY, "--address-sid", "AD", "--bundle-sid", "BU", "--region", "\n")

    assert outcome.code == 64
    assert NOT_ADDRESS in outcome.err
    assert NOT_BUNDLE in outcome.err
    assert "region" not in outcome.err  # nothing but a line break is nothing


@pytest.mark.usefixtures("books")
def test_bad_line_is_an_error_for_a_program_that_calls_the_command() -> None:
    for words in (["--no-such"], [LOCATION_ID, "x"], [LOCATION_ID, "+18305551234", "--wait=-1"]):
        with pytest.raises(CommandError) as caught:
            call_command("purchase_number", *words)
        assert caught.value.returncode == 64


@pytest.mark.usefixtures("books")
def test_asking_where_bad_input_came_from_keeps_the_exit_code(run: Callable[..., Outcome]) -> None:
    assert run(*BUY, "--wait=-1", "--traceback").code == 64
    assert not Purchase.objects.filter(phone_number="+18305551234").exists()
