"""Who may open what, by trying: every address of the desk, every role, GET and POST, one's own rows and others'."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from numbers_app.admin.running import ACTS
from numbers_app.models import ApiToken, Limits, Location, PhoneNumber, Purchase, PurchaseOrder, Status
from tests.admin.world import BUY, ROLES, Books, World, buy, change_page, list_page, page, rows_of_all, short
from tests.factories import make_purchase
from tests.fakes import Mailbox

AUTOCOMPLETE = "/admin/autocomplete/"
# What each role gets, in the order of ROLES: nobody in particular, staff without a group, Viewer, Buyer, Manager, root.
STAFF = "302 200 200 200 200 200"
VIEWERS = "302 403 200 200 200 200"
BUYERS = "302 403 403 200 200 200"
MANAGERS = "302 403 403 403 200 200"
ROOT = "302 403 403 403 403 200"
NOBODY = "302 403 403 403 403 403"
ELSEWHERE = "302 302 302 302 302 302"
NOWHERE = "302 404 404 404 404 404"
NO_SUCH_METHOD = "302 405 405 405 405 405"
# A row of others' locations is as if it were not there: the first page says so, and an endpoint answers 404.
UNKNOWN_TO_STAFF = "302 302 302 302 302 200"
UNKNOWN_TO_VIEWERS = "302 403 302 302 302 200"
UNKNOWN_TO_MANAGERS = "302 403 403 403 302 200"
# Somebody else's order, which was submitted: its superuser is led to its page.
OWN_ORDER = "302 403 403 404 404 302"
MISSING_FOR_VIEWERS = "302 403 404 404 404 200"


MISSING_FOR_BUYERS = "302 403 403 404 404 200"


class Rule(NamedTuple):
    """For a GET and a POST, and where it makes a difference the same on others' rows. The POST is empty."""

    get: str
    post: str
    get_other: str = ""
    post_other: str = ""


DONE_BY_BUYERS = "302 403 403 302 302 302"
DONE_BY_ROOT = "302 403 403 404 404 302"
BUTTON = Rule(NO_SUCH_METHOD, DONE_BY_BUYERS, NO_SUCH_METHOD, DONE_BY_ROOT)
LEADS_BACK = Rule(DONE_BY_BUYERS, DONE_BY_BUYERS, DONE_BY_ROOT, DONE_BY_ROOT)
RULES: dict[str, Rule] = {
    "": Rule(ELSEWHERE, ELSEWHERE),
    "language/": Rule("405 405 405 405 405 405", "302 302 302 302 302 302"),
    "admin/search/": Rule(STAFF, STAFF),
    "admin/": Rule(STAFF, STAFF),
    "admin/login/": Rule("200 302 302 302 302 302", "200 200 200 200 200 200"),
    "admin/logout/": Rule(NO_SUCH_METHOD, STAFF),
    "admin/password_change/": Rule(STAFF, STAFF),
    "admin/password_change/done/": Rule(STAFF, NO_SUCH_METHOD),
    "admin/autocomplete/": Rule(NOBODY, NO_SUCH_METHOD),
    "admin/jsi18n/": Rule(STAFF, NO_SUCH_METHOD),
    "admin/help/": Rule(STAFF, NO_SUCH_METHOD),
    "admin/help/<slug:name>/": Rule(STAFF, NO_SUCH_METHOD),
    "admin/r/<path:content_type_id>/<path:object_id>/": Rule(NOWHERE, NOWHERE),
    "admin/numbers_app/location/sync-all/": Rule("302 403 403 403 302 302", "302 403 403 403 302 302"),
    "admin/numbers_app/location/": Rule(VIEWERS, VIEWERS),
    "admin/numbers_app/location/add/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/location/<path:object_id>/history/": Rule(VIEWERS, VIEWERS, UNKNOWN_TO_STAFF, UNKNOWN_TO_STAFF),
    "admin/numbers_app/location/<path:object_id>/delete/": Rule(NOBODY, NOBODY),
    "admin/numbers_app/location/<path:object_id>/change/": Rule(
        VIEWERS, MANAGERS, UNKNOWN_TO_VIEWERS, UNKNOWN_TO_MANAGERS
    ),
    "admin/numbers_app/location/<path:object_id>/": Rule(ELSEWHERE, ELSEWHERE),
    "admin/numbers_app/phonenumber/": Rule(VIEWERS, VIEWERS),
    "admin/numbers_app/phonenumber/export/<str:kind>/": Rule(VIEWERS, NO_SUCH_METHOD),
    "admin/numbers_app/phonenumber/add/": Rule(NOBODY, NOBODY),
    "admin/numbers_app/phonenumber/<path:object_id>/history/": Rule(
        VIEWERS, VIEWERS, UNKNOWN_TO_STAFF, UNKNOWN_TO_STAFF
    ),
    "admin/numbers_app/phonenumber/<path:object_id>/delete/": Rule(NOBODY, NOBODY),
    "admin/numbers_app/phonenumber/<path:object_id>/change/": Rule(VIEWERS, NOBODY, UNKNOWN_TO_VIEWERS, NOBODY),
    "admin/numbers_app/phonenumber/<path:object_id>/": Rule(ELSEWHERE, ELSEWHERE),
    "admin/numbers_app/purchase/buy/": Rule(BUYERS, BUYERS),
    "admin/numbers_app/purchase/search/": Rule(BUYERS, "302 403 403 405 405 405"),
    "admin/numbers_app/purchase/search/results/": Rule(BUYERS, BUYERS),
    "admin/numbers_app/purchase/number-echo/": Rule(STAFF, STAFF),
    "admin/numbers_app/purchase/<path:object_id>/record.json": Rule(
        VIEWERS, NO_SUCH_METHOD, MISSING_FOR_VIEWERS, NO_SUCH_METHOD
    ),
    "admin/numbers_app/purchase/people/": Rule(VIEWERS, VIEWERS),
    "admin/numbers_app/purchase/<path:object_id>/progress/": Rule(
        VIEWERS, VIEWERS, MISSING_FOR_VIEWERS, MISSING_FOR_VIEWERS
    ),
    "admin/numbers_app/purchase/<path:object_id>/change/": Rule(
        VIEWERS, VIEWERS, UNKNOWN_TO_VIEWERS, UNKNOWN_TO_VIEWERS
    ),
    "admin/numbers_app/purchase/export/<str:kind>/": Rule(VIEWERS, NO_SUCH_METHOD),
    "admin/numbers_app/purchase/review/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/purchase/<path:object_id>/review/": Rule(
        MANAGERS, MANAGERS, UNKNOWN_TO_MANAGERS, UNKNOWN_TO_MANAGERS
    ),
    "admin/numbers_app/purchase/<path:object_id>/cancel/": Rule(
        NO_SUCH_METHOD, "302 403 403 302 302 302", NO_SUCH_METHOD, "302 403 403 404 404 302"
    ),
    "admin/numbers_app/purchase/<path:object_id>/again/": Rule(
        NO_SUCH_METHOD, "302 403 403 302 302 302", NO_SUCH_METHOD, "302 403 403 404 404 302"
    ),
    "admin/numbers_app/location/<path:object_id>/resume/": Rule(
        NO_SUCH_METHOD, "302 403 403 403 302 302", NO_SUCH_METHOD, "302 403 403 403 404 302"
    ),
    "admin/numbers_app/purchase/buy-redirect/": Rule("302 403 403 302 302 302", "302 403 403 302 302 302"),
    "admin/numbers_app/purchase/": Rule(VIEWERS, VIEWERS),
    "admin/numbers_app/purchaseorder/new/": Rule(BUYERS, BUYERS),
    "admin/numbers_app/purchaseorder/new-redirect/": Rule("302 403 403 302 302 302", "302 403 403 302 302 302"),
    "admin/numbers_app/purchaseorder/": Rule(VIEWERS, VIEWERS),
    "admin/numbers_app/purchaseorder/in-progress/": Rule(VIEWERS, NO_SUCH_METHOD),
    "admin/numbers_app/purchaseorder/<path:object_id>/change/": Rule(
        VIEWERS, VIEWERS, UNKNOWN_TO_VIEWERS, UNKNOWN_TO_VIEWERS
    ),
    # The order of these rows is no draft: each button leads back to its page, and does nothing.
    "admin/numbers_app/purchaseorder/<path:object_id>/want/": LEADS_BACK,
    "admin/numbers_app/purchaseorder/<path:object_id>/want-echo/": Rule(
        NO_SUCH_METHOD, BUYERS, NO_SUCH_METHOD, MISSING_FOR_BUYERS
    ),
    **{
        f"admin/numbers_app/purchaseorder/<path:object_id>/{button}/": BUTTON
        for button in ("rename", "lines", "discard", "copy", "parts/<int:part_id>", "preview", "submit")
    },
    "admin/numbers_app/purchaseorder/<path:object_id>/parts/<int:part_id>/places/": Rule(
        BUYERS, "302 405 405 405 405 405", MISSING_FOR_BUYERS, NO_SUCH_METHOD
    ),
    "admin/numbers_app/purchaseorder/<path:object_id>/preview-progress/": Rule(
        VIEWERS, NO_SUCH_METHOD, MISSING_FOR_VIEWERS, NO_SUCH_METHOD
    ),
    "admin/numbers_app/limits/": Rule("302 302 302 302 302 302", "302 302 302 302 302 302"),
    "admin/numbers_app/limits/<path:object_id>/history/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/limits/<path:object_id>/change/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/tag/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/tag/add/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/tag/<path:object_id>/history/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/tag/<path:object_id>/delete/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/tag/<path:object_id>/change/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/tag/<path:object_id>/": Rule(ELSEWHERE, ELSEWHERE),
    "admin/numbers_app/purchaseorder/<path:object_id>/import/": Rule(OWN_ORDER, OWN_ORDER),
    "admin/numbers_app/purchaseorder/<path:object_id>/import/template.<str:kind>": Rule(
        "302 403 403 404 404 200", NO_SUCH_METHOD
    ),
    "admin/numbers_app/purchaseorder/<path:object_id>/paste/": Rule(OWN_ORDER, OWN_ORDER),
    "admin/numbers_app/purchaseorder/<path:object_id>/parts/<int:part_id>/rejected/": Rule(OWN_ORDER, OWN_ORDER),
    "admin/numbers_app/purchaseorder/<path:object_id>/parts/<int:part_id>/rejected/rows.<str:kind>": Rule(
        "302 403 403 404 404 200", NO_SUCH_METHOD
    ),
    "admin/numbers_app/purchaseorder/<path:object_id>/progress/": Rule(
        VIEWERS, VIEWERS, MISSING_FOR_VIEWERS, MISSING_FOR_VIEWERS
    ),
    **{
        f"admin/numbers_app/purchaseorder/<path:object_id>/{name}/": Rule(
            NO_SUCH_METHOD, "302 403 403 403 302 302", NO_SUCH_METHOD, "302 403 404 404 404 302"
        )
        for name in ACTS
    },
    **{
        f"admin/numbers_app/purchaseorder/<path:object_id>/result.{kind}": Rule(
            VIEWERS, NO_SUCH_METHOD, MISSING_FOR_VIEWERS, NO_SUCH_METHOD
        )
        for kind in ("csv", "xlsx")
    },
    "admin/numbers_app/mailpreference/mine/": Rule(STAFF, STAFF),
    "admin/numbers_app/apitoken/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/apitoken/add/": Rule(MANAGERS, MANAGERS),
    "admin/numbers_app/apitoken/<path:object_id>/history/": Rule(
        MANAGERS, MANAGERS, UNKNOWN_TO_STAFF, UNKNOWN_TO_STAFF
    ),
    "admin/numbers_app/apitoken/<path:object_id>/delete/": Rule(
        MANAGERS, MANAGERS, UNKNOWN_TO_MANAGERS, UNKNOWN_TO_MANAGERS
    ),
    "admin/numbers_app/apitoken/<path:object_id>/change/": Rule(MANAGERS, NOBODY, UNKNOWN_TO_MANAGERS, NOBODY),
    "admin/numbers_app/apitoken/<path:object_id>/": Rule(ELSEWHERE, ELSEWHERE),
    "admin/auth/user/<id>/password/": Rule(ROOT, ROOT),
    "admin/auth/user/": Rule(ROOT, ROOT),
    "admin/auth/user/add/": Rule(ROOT, ROOT),
    "admin/auth/user/<path:object_id>/history/": Rule(ROOT, ROOT),
    "admin/auth/user/<path:object_id>/delete/": Rule(ROOT, ROOT),
    "admin/auth/user/<path:object_id>/change/": Rule(ROOT, ROOT),
    "admin/auth/user/<path:object_id>/": Rule(ELSEWHERE, ELSEWHERE),
    "admin/auth/group/": Rule(ROOT, ROOT),
    "admin/auth/group/add/": Rule(ROOT, ROOT),
    "admin/auth/group/<path:object_id>/history/": Rule(ROOT, ROOT),
    "admin/auth/group/<path:object_id>/delete/": Rule(ROOT, ROOT),
    "admin/auth/group/<path:object_id>/change/": Rule(ROOT, ROOT),
    "admin/auth/group/<path:object_id>/": Rule(ELSEWHERE, ELSEWHERE),
    "admin/^(?P<app_label>numbers_app|auth)/$": Rule(
        "302 404 200 200 200 200", "302 404 200 200 200 200", "302 404 200 200 200 200", "302 404 200 200 200 200"
    ),
    "admin/(?P<url>.*)$": Rule(NOWHERE, NOWHERE),
}


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """Every address that the desk answers, as Django writes it."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            assert isinstance(pattern, URLPattern)
            yield prefix + str(pattern.pattern)


def has_row(address: str) -> bool:
    return "id>" in address


def row_of(address: str, *, books: Books, world: World) -> int:
    rows = {
        "location": books.location,
        "phonenumber": books.number,
        "purchase": books.purchase,
        "purchaseorder": books.order,
        "apitoken": books.token,
        "tag": world.tag,
        "limits": Limits.objects.get_or_create(pk=Limits.ONLY)[0],
    }
    for name, row in rows.items():
        if f"/{name}/" in address:
            return row.pk
    if "/user/" in address:
        return world.people["Viewer"].pk
    return world.people["Viewer"].groups.get().pk


def fill_in(address: str, *, books: Books, world: World) -> str:
    kind = ContentType.objects.get_for_model(books.purchase).pk
    address = address.replace("<path:content_type_id>", str(kind)).replace(
        "^(?P<app_label>numbers_app|auth)/$", "numbers_app/"
    )
    address = address.replace("(?P<url>.*)$", "nowhere/")
    address = address.replace("<int:part_id>", str(books.order.parts.get().pk))
    address = address.replace("<str:kind>", "csv").replace("<slug:name>", "glossary")
    return "/" + re.sub("<(path:object_)?id>", lambda _: str(row_of(address, books=books, world=world)), address)


def answers(world: World, visit: Callable[[str], Client], method: str, address: str, books: Books) -> str:
    filled = fill_in(address, books=books, world=world)
    return " ".join(str(getattr(visit(role), method)(filled).status_code) for role in ROLES)


def test_every_address_has_a_rule() -> None:
    assert set(addresses(get_resolver().url_patterns)) == set(RULES)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("whose", ["mine", "other"])
def test_every_role_gets_what_the_rules_say(
    method: str, whose: str, world: World, visit: Callable[[str], Client], mailbox: Mailbox
) -> None:
    books = getattr(world, whose)
    suffix = "_other" if whose == "other" else ""
    asked = {address: rule for address, rule in RULES.items() if whose == "mine" or has_row(address)}
    rules = {address: getattr(rule, method + suffix) or getattr(rule, method) for address, rule in asked.items()}
    before = rows_of_all()

    found = {address: answers(world, visit, method, address, books) for address in rules}

    assert found == rules
    assert rows_of_all() == before


@pytest.mark.parametrize("role", ["Viewer", "root"])
def test_somebody_inactive_gets_nowhere(role: str, world: World, visit: Callable[[str], Client]) -> None:
    client = visit(role)
    world.people[role].is_active = False
    world.people[role].save()

    found = {
        address: client.get(fill_in(address, books=world.mine, world=world)).status_code
        for address in RULES
        if address not in ("admin/login/", "language/")  # for those who have not signed in
    }

    assert set(found.values()) == {302}


# ── What is shown of others' locations


def lists(world: World) -> list[tuple[str, dict[str, Any]]]:
    """Every list, with every way to ask it for others' rows."""
    other = world.other
    terms = [
        other.location.name,
        other.location.location_id,
        other.purchase.phone_number,
        "(432) 777-0142",
        other.purchase.account_sid,
        other.purchase.fingerprint_id,
        str(other.number.friendly_name),
    ]
    found: list[tuple[str, dict[str, Any]]] = []
    for model in (Location, Purchase, PurchaseOrder, PhoneNumber, ApiToken):
        address = list_page(model)
        found += [(address, {}), (address, {"location__id__exact": other.location.pk})]
        found += [(address, {"q": term}) for term in terms]
    for model, name in (("purchase", "location"), ("apitoken", "location"), ("phonenumber", "location")):
        asked = {"app_label": "numbers_app", "model_name": model, "field_name": name}
        found += [(AUTOCOMPLETE, {**asked, "term": term}) for term in ("", *terms)]
    return found


def typed_by(query: dict[str, Any]) -> str:
    return str(query.get("q") or query.get("term") or "").casefold()


@pytest.mark.parametrize("role", ["Viewer", "Buyer", "Manager"])
def test_lists_and_filters_and_autocompletes_show_nothing_of_others(
    role: str, world: World, visit: Callable[[str], Client]
) -> None:
    client = visit(role)

    leaks = []
    for address, query in lists(world):
        response = client.get(address, query)
        assert response.status_code in (200, 302, 403)
        leaks += [
            (address, query, mark)
            for mark in world.other.marks
            if mark in response.content.decode() and mark.casefold() not in typed_by(query)
        ]

    assert leaks == []


def test_superuser_sees_what_the_others_do_not(world: World, visit: Callable[[str], Client]) -> None:
    """So that the test above does not pass because its marks are never shown."""
    client = visit("root")

    shown = "".join(client.get(address, query).content.decode() for address, query in lists(world) if "q" not in query)
    shown += page(client, change_page(world.other.purchase))

    assert [mark for mark in world.other.marks if mark not in shown] == []


@pytest.mark.parametrize("role", ["Viewer", "Buyer", "Manager"])
def test_no_page_shows_anything_of_others(
    role: str, world: World, visit: Callable[[str], Client], mailbox: Mailbox
) -> None:
    client = visit(role)
    left_out = ("admin/logout/", "admin/numbers_app/location/sync-all/")
    # What is streamed is read in test_carrying_out.py.
    own = [address for address in RULES if address not in left_out and "/result." not in address]

    asked = [(address, world.mine) for address in own] + [(address, world.other) for address in own if has_row(address)]

    leaks = []
    for address, books in asked:
        shown = client.get(fill_in(address, books=books, world=world), follow=True).getvalue().decode()
        leaks += [(address, mark) for mark in world.other.marks if mark in shown]

    assert leaks == []


def test_links_to_foreign_location_fill_nothing_in(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Manager")

    for address in (reverse(BUY), reverse("admin:numbers_app_apitoken_add")):
        shown = page(client, address, location=world.other.location.pk)
        assert not [mark for mark in world.other.marks if mark in shown]


def test_location_autocomplete_finds_own_locations_by_name_and_id(world: World, visit: Callable[[str], Client]) -> None:
    client = visit("Buyer")
    asked = {"app_label": "numbers_app", "model_name": "purchase", "field_name": "location"}
    own = {"id": str(world.mine.location.pk), "text": "Hill Country Roofing (mineLOCATION01)"}

    for term in ("", "hill", "MINElocation01", "roofing hill"):
        found = client.get(AUTOCOMPLETE, {**asked, "term": term}).json()
        assert found == {"results": [own], "pagination": {"more": False}}


@pytest.mark.parametrize("term", ["\x00", "a" * 60_000, "%", "_", "'", "💥"], ids=short)
def test_autocomplete_bears_any_term(term: str, world: World, visit: Callable[[str], Client]) -> None:
    asked = {"app_label": "numbers_app", "model_name": "purchase", "field_name": "location"}

    response = visit("Buyer").get(AUTOCOMPLETE, {**asked, "term": term})

    assert response.status_code == 200
    assert response.json()["results"] in ([], [{"id": str(world.mine.location.pk), "text": str(world.mine.location)}])


@pytest.mark.parametrize("role", ["bare", "Viewer", "Buyer", "Manager"])
def test_users_can_not_be_looked_up(role: str, world: World, visit: Callable[[str], Client]) -> None:
    asked = {"app_label": "numbers_app", "model_name": "location", "field_name": "users"}

    assert visit(role).get(AUTOCOMPLETE, asked).status_code == 403


@pytest.mark.parametrize("status", [Status.QUEUED, Status.NEEDS_REVIEW])
def test_refusal_for_number_of_others_names_no_names(
    status: Status, world: World, visit: Callable[[str], Client]
) -> None:
    make_purchase("+18305551234", location=world.other.location, status=status)
    before = rows_of_all()

    response = buy(visit("Manager"), world.mine.location)

    says = "This number is being bought for another location already."
    assert response.context["form"].errors == {"phone_number": [says]}
    assert not [mark for mark in world.other.marks if mark in response.content.decode()]
    assert rows_of_all() == before


def test_refusal_for_number_that_others_own_names_no_names(world: World, visit: Callable[[str], Client]) -> None:
    response = buy(visit("Manager"), world.mine.location, phone_number=world.other.number.phone_number)

    says = "This number belongs to another location already."
    assert response.context["form"].errors == {"phone_number": [says]}
    leaks = [mark for mark in world.other.marks if mark in response.content.decode()]
    assert set(leaks) <= {"432777", "432-777"}  # what was typed


# ── What may be changed


@pytest.mark.parametrize("role", ["Viewer", "Buyer", "Manager", "root"])
def test_books_can_not_be_changed_on_any_page(role: str, world: World, visit: Callable[[str], Client]) -> None:
    client = visit(role)
    before = rows_of_all()
    known = [dict(vars(row)) for row in (fresh(world.mine.purchase), fresh(world.mine.number))]
    changes = {"status": "cancelled", "service": "stolen", "phone_number": "+15005550000", "post": "yes"}

    for row in (world.mine.purchase, world.mine.number):
        base = list_page(type(row))
        client.post(change_page(row), changes)
        client.post(f"{base}add/", changes)
        client.post(f"{base}{row.pk}/delete/", {"post": "yes"})
        client.post(base, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})

    now = [dict(vars(row)) for row in (fresh(world.mine.purchase), fresh(world.mine.number))]
    assert [without_state(row) for row in now] == [without_state(row) for row in known]
    assert rows_of_all() == before


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def without_state(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name != "_state"}


@pytest.mark.parametrize("role", ["Viewer", "Buyer"])
def test_locations_are_changed_by_managers_alone(role: str, world: World, visit: Callable[[str], Client]) -> None:
    client = visit(role)

    changed = client.post(change_page(world.mine.location), {"name": "Mine now"})
    added = client.post(reverse("admin:numbers_app_location_add"), {"location_id": "newLOCATION03", "name": "New"})

    assert (changed.status_code, added.status_code) == (403, 403)
    assert fresh(world.mine.location).name == "Hill Country Roofing"


@pytest.mark.parametrize("role", ["Viewer", "Buyer", "Manager", "root"])
def test_location_is_never_deleted(role: str, world: World, visit: Callable[[str], Client]) -> None:
    client = visit(role)
    base = list_page(Location)

    client.post(f"{base}{world.mine.location.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [world.mine.location.pk], "post": "yes"}
    client.post(base, chosen)

    assert Location.objects.count() == 2


def test_buying_is_for_buyers(world: World, visit: Callable[[str], Client]) -> None:
    before = rows_of_all()

    response = buy(visit("Viewer"), world.mine.location)

    assert response.status_code == 403
    assert rows_of_all() == before


def test_form_of_another_site_is_refused(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["Buyer"])
    before = rows_of_all()

    response = buy(client, world.mine.location)

    assert response.status_code == 403
    assert rows_of_all() == before
