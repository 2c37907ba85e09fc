"""The whole desk buys from the provider's specification."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from leadway_site.broker import end_with_parent
from tests.leadway_site.desks import RunningDesk, run
from tests.specification.conftest import example
from tests.specification.prism import Prism

LOCATION = "aa4PBpxnPc9bs4LSdiW7"
NUMBER = "+18705871861"
PURCHASE_PATH = "/phone-system/numbers/location/{locationId}/purchase"
ADD_LOCATION = f"""
from numbers_app.models import Location
Location.objects.create(location_id="{LOCATION}", name="The specification's own")
"""


@pytest.fixture(scope="module")
def desk(phone_system: Prism, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A desk with a broker, a worker and fresh books, whose provider is the specification."""
    folder = tmp_path_factory.mktemp("desk")
    running = RunningDesk(
        folder / "var", LEADCONNECTOR_BASE_URL=phone_system.url, LEADCONNECTOR_TOKEN="sandbox-specification"
    )
    try:
        running.start(preexec_fn=end_with_parent)  # also when the tests are killed
        running.wait_until_said("worker started")
        manage(running, "shell", "-c", ADD_LOCATION)
        yield running
        running.signal(signal.SIGINT)
        assert running.wait_until_gone() == 0
    finally:
        running.end()


def manage(desk: RunningDesk, *arguments: str, code: int = 0) -> str:
    provider = {name: desk.environment[name] for name in ("LEADCONNECTOR_BASE_URL", "LEADCONNECTOR_TOKEN")}
    done = run("manage.py", *arguments, var_dir=desk.var_dir, **provider)
    assert done.returncode == code, done.stdout
    return done.stdout


def read_json(words: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(words)
    return read


def test_command_buys_the_example_and_writes_it_into_the_books(desk: RunningDesk, prism: Prism) -> None:
    told = example(PURCHASE_PATH, "post", "201")

    bought = read_json(manage(desk, "purchase_number", LOCATION, NUMBER, "--json"))

    assert bought["status"] == "purchased"
    assert bought["confirmed_by"] == "reply"
    assert [attempt["status_code"] for attempt in bought["attempts"]] == [201]
    assert prism.complaints() == []
    shown = read_json(manage(desk, "show_purchase", str(bought["id"]), "--json"))
    assert shown["account_sid"] == told["account_sid"]
    assert shown["numbers"] == told["numbers"]


def test_command_with_all_options_violates_nothing(desk: RunningDesk, prism: Prism) -> None:
    """The example's reply proves the purchase of another number: ours stays unknown, and is looked for."""
    options = ("--country-code=US", "--number-type=local", f"--address-sid=AD{'1' * 32}", f"--bundle-sid=BU{'1' * 32}")
    options += ("--locality=Wynne", "--region=AR", "--fingerprint-id=1773314252953", "--skip-location-kyc")

    words = manage(desk, "purchase_number", LOCATION, "+18705871862", *options, "--wait=10", "--json", code=2)

    asked = read_json(words)
    assert asked["status"] == "uncertain"
    assert len(asked["attempts"][0]["sent"]) == 9
    assert prism.complaints() == []
