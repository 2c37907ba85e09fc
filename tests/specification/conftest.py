"""One Prism for the whole suite; every test begins with a clean record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.needs import go_without
from tests.leadconnector.specification import API
from tests.specification.prism import Prism, find_prism, running_prism

HERE = Path(__file__).parent
PHONE_SYSTEM = API / "apps" / "phone-system.json"
LOCATIONS = API / "apps" / "locations.json"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.specification)


@pytest.fixture(scope="session")
def program() -> str:
    """The path of Prism's executable."""
    if not PHONE_SYSTEM.exists():
        go_without("The provider's specification", remedy=f"It belongs into {API}.")
    found = find_prism()
    if found is None:
        go_without("Prism", remedy="npm install @stoplight/prism-cli, and set PRISM to node_modules/.bin/prism.")
    return found


@pytest.fixture(scope="session")
def phone_system(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prism]:
    with running_prism(program, specification=PHONE_SYSTEM, folder=tmp_path_factory.mktemp("prism")) as mock:
        yield mock


@pytest.fixture(scope="session")
def agency(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prism]:
    """The specification of locations."""
    with running_prism(program, specification=LOCATIONS, folder=tmp_path_factory.mktemp("prism")) as mock:
        yield mock


@pytest.fixture
def prism(phone_system: Prism) -> Prism:
    phone_system.forget()
    return phone_system


def example(path: str, method: str, status: str, *, specification: Path = PHONE_SYSTEM) -> Any:
    """The reply that the specification gives as its example."""
    reply = json.loads(specification.read_text())["paths"][path][method]["responses"][status]
    content = reply["content"]["application/json"]
    return content["examples"]["successful-response"]["value"]
