"""Every page as Viewer, Buyer, Approver, Manager and superuser: what each sees, and where each is refused.

Who may open what is said once, in `RULES` of tests/admin/test_permissions.py; what a page is called, in `PAGES`. A new
page is a row in each.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from tests.admin.test_permissions import RULES
from tests.admin.world import ROLES
from tests.browser.axe import violations
from tests.browser.conftest import WIDE, a_desk
from tests.browser.fill_agency import PASSWORD
from tests.browser.pages import ACTS, OF_DRAFTS, ORDER, PAGES, PARTS
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk, run

PEOPLE = ("Viewer", "Buyer", "Approver", "Manager", "root")
READS_LIKE = {"Approver": "Viewer"}  # who has buttons more than another, and the same pages
REFUSED = "You may not open this page"
MISSING = "There is no such page"
POLICY = "default-src 'none'"


class Place(NamedTuple):
    address: str
    path: str
    status: int


class World(NamedTuple):
    desk: RunningDesk
    paths: dict[str, str]
    drafts: dict[str, str]

    def places(self, role: str) -> list[Place]:
        column = ROLES.index(READS_LIKE.get(role, role))
        return [
            Place(address, self.paths[address], int(rule.get.split()[column]))
            for address, rule in RULES.items()
            if address not in ACTS
        ]


@pytest.fixture(scope="module")
def world(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    for running in a_desk(tmp_path_factory.mktemp("world")):
        filled = run("-m", "tests.browser.fill_world", var_dir=running.var_dir)
        assert filled.returncode == 0, filled.stdout
        yield World(running, **json.loads(filled.stdout.splitlines()[-1]))


@pytest.fixture
def somebody(browser: Browser, world: World, role: str) -> Iterator[Visitor]:
    with browser.new_context(viewport=WIDE, locale="en-US") as context:
        visitor = Visitor(context, address=world.desk.address)
        visitor.open("/admin/")
        visitor.sign_in(PASSWORD, username=role.lower())
        yield visitor


def test_every_address_that_shows_something_is_a_page_or_a_part_of_one() -> None:
    shown = {address for address, rule in RULES.items() if "200" in rule.get}

    assert not set(PAGES) & set(PARTS)
    assert shown - set(PAGES) - set(PARTS) == set()
    assert set(PAGES) | set(PARTS) <= set(RULES)


@pytest.mark.parametrize("role", PEOPLE)
def test_every_page_shows_or_refuses(somebody: Visitor, world: World, role: str) -> None:
    titles: list[str] = []
    wrong = []
    for place in world.places(role):
        if place.address not in PAGES:
            wrong += ask(somebody, place)
        else:
            wrong += look_at(somebody, place, PAGES[place.address])
            if place.status == 200:
                titles.append(somebody.page.title())
                wrong += keeps_out(somebody, place) if role == "root" else []

    assert not wrong, "\n".join(wrong)
    assert [title for title, many in Counter(titles).items() if many > 1] == []


@pytest.mark.parametrize("role", PEOPLE)
def test_own_draft_is_for_those_who_buy(somebody: Visitor, world: World, role: str) -> None:
    draft = world.drafts.get(role, world.drafts["Buyer"])
    wrong = []
    for name in OF_DRAFTS:
        place = Place(ORDER + name, draft + name, 200 if role in world.drafts else 403)
        wrong += look_at(somebody, place, PAGES[place.address])
        wrong += keeps_out(somebody, place) if role == "root" else []

    assert not wrong, "\n".join(wrong)


def look_at(visitor: Visitor, place: Place, title: str) -> list[str]:
    """Open a page as somebody does who types its address; returns what is wrong with it."""
    visitor.problems.clear()
    reply = visitor.page.goto(visitor.address + place.path)
    assert reply is not None
    wrong = []
    if reply.request.redirected_from is None and reply.status != place.status:
        wrong.append(f"answers {reply.status}, not {place.status}")
    if reply.request.redirected_from is not None and place.status != 302:
        wrong.append(f"leads to {visitor.page.url}")
    if POLICY not in reply.headers.get("content-security-policy", ""):
        wrong.append("has no policy")
    wrong += [problem for problem in visitor.problems if not is_refusal(problem, place)]
    visitor.problems.clear()
    return [f"{place.path}: {what}" for what in wrong + words_missing(visitor, place, title)]


def is_refusal(problem: str, place: Place) -> bool:
    """What the browser says of the very answer that is wanted."""
    return place.status in (403, 404) and str(place.status) in problem and problem.rstrip(")").endswith(place.path)


def words_missing(visitor: Visitor, place: Place, title: str) -> list[str]:
    headings = visitor.page.locator("h1").all_text_contents()
    if len(headings) != 1:
        return [f"has {len(headings)} first headings"]
    if place.status in (403, 404):
        wrong = [] if headings[0] == (REFUSED if place.status == 403 else MISSING) else [f"says {headings[0]!r}"]
        return (
            wrong if visitor.page.get_by_role("link", name="Go to the desk").is_visible() else [*wrong, "is a dead end"]
        )
    found = visitor.page.title()
    return [] if place.status == 302 or re.fullmatch(title, found) else [f"is called {found!r}, not {title!r}"]


def keeps_out(visitor: Visitor, place: Place) -> list[str]:
    return [f"{place.path}: {found}" for found in violations(visitor.page)]


def ask(visitor: Visitor, place: Place) -> list[str]:
    """What is no page by itself: its status and its policy are looked at, and where it leads is another row's."""
    reply = visitor.context.request.get(visitor.address + place.path, max_redirects=0)
    wrong = [] if reply.status == place.status else [f"{place.path}: answers {reply.status}, not {place.status}"]
    has_policy = POLICY in reply.headers.get("content-security-policy", "")
    return wrong if has_policy else [*wrong, f"{place.path}: has no policy"]
