"""Drafts: begun, filled with wants, changed, copied and thrown away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from numbers_app.models import Location, OrderLine, OrderPart, OrderStatus, PurchaseOrder, Source, Substitution, Tag
from numbers_app.purchasing import drafting
from numbers_app.purchasing.drafting import Rejected, Wish, add_lines
from tests.admin.ordering import a_form, add_wants, address, begin
from tests.admin.world import World, change_page, form_values, list_page, page, rows_of_all, short
from tests.factories import make_location

Visit = Callable[[str], Client]


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["form"].errors)


@pytest.fixture
def order(world: World) -> PurchaseOrder:
    return begin(world.people["Buyer"])


@pytest.fixture
def places(world: World) -> list[Location]:
    """Forty locations of the buyer's, one of which has been there."""
    more = [make_location(f"fortyLOCATION{number:02}", name=f"Branch {number:02}") for number in range(39)]
    for place in more:
        place.users.add(world.people["Buyer"])
    return [world.mine.location, *more]


# ── The list


def test_list_without_orders_tells_what_to_do(world: World, visit: Visit) -> None:
    world.mine.location.users.remove(world.people["Buyer"])

    html = page(visit("Buyer"), list_page(PurchaseOrder))

    assert "No orders yet" in html
    assert address("new") in html


def test_list_shows_drafted_orders_alone(world: World, visit: Visit, order: PurchaseOrder) -> None:
    add_wants(order, [world.mine.location], each=3)

    html = page(visit("Buyer"), list_page(PurchaseOrder))

    assert f"#{order.pk} Spring" in html
    assert f"#{world.mine.purchase.order_id}" not in html
    assert ">3<" in html.replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("term", ["spring", "#{pk}", "{pk}"])
def test_order_is_found_by_name_and_number(term: str, world: World, visit: Visit, order: PurchaseOrder) -> None:
    begin(world.people["Buyer"], "Autumn")

    html = page(visit("Buyer"), list_page(PurchaseOrder), q=term.format(pk=order.pk))

    assert "Spring" in html
    assert "Autumn" not in html


@pytest.mark.parametrize("query", [{"requester": "x"}, {"requester": "9" * 30}, {"q": "9" * 30}, {"q": "#"}], ids=short)
def test_list_bears_any_filter(query: dict[str, str], world: World, visit: Visit, order: PurchaseOrder) -> None:
    assert visit("Buyer").get(list_page(PurchaseOrder), query).status_code == 200


def test_list_is_narrowed_by_status_and_requester(world: World, visit: Visit, order: PurchaseOrder) -> None:
    buyer = world.people["Buyer"].pk

    shown = page(visit("root"), list_page(PurchaseOrder), requester=buyer, status__exact="draft")
    hidden = page(visit("root"), list_page(PurchaseOrder), requester=buyer, status__exact="running")

    assert "Spring" in shown
    assert "Bought at once" not in shown
    assert "Nothing matches" in hidden


def test_others_drafts_are_not_shown(world: World, visit: Visit, order: PurchaseOrder) -> None:
    client = visit("Manager")

    assert "Spring" not in page(client, list_page(PurchaseOrder))
    assert client.get(change_page(order)).status_code == 302
    assert client.post(address("discard", order.pk)).status_code == 404


# ── Begun


def test_second_click_begins_no_second_order(world: World, visit: Visit) -> None:
    client = visit("Buyer")
    typed = {"name": "Spring", "idempotency_key": str(uuid.uuid4())}

    first, second = client.post(address("new"), typed), client.post(address("new"), typed)

    assert first.headers["Location"] == second.headers["Location"]
    assert PurchaseOrder.objects.get(name="Spring").status == OrderStatus.DRAFT


@pytest.mark.parametrize("key", [None, "", "no key"])
def test_order_without_key_is_asked_for_again(key: str | None, world: World, visit: Visit) -> None:
    typed = {"name": "Spring"} if key is None else {"name": "Spring", "idempotency_key": key}

    response = visit("Buyer").post(address("new"), typed)
    again = visit("Buyer").post(address("new"), form_values(response.content.decode()))

    assert "out of date" in response.content.decode()
    assert again.status_code == 302


def test_key_of_somebody_else_begins_nothing(world: World, visit: Visit, order: PurchaseOrder) -> None:
    typed = {"name": "Mine", "idempotency_key": str(order.idempotency_key)}

    response = visit("Manager").post(address("new"), typed)

    assert "out of date" in response.content.decode()
    assert "Spring" not in response.content.decode()


@pytest.mark.parametrize("name", ["a" * 101, "line\nbreak", "nul\x00"], ids=short)
def test_bad_name_is_refused_and_kept(name: str, world: World, visit: Visit, order: PurchaseOrder) -> None:
    client = visit("Buyer")

    begun = client.post(address("new"), {"name": name, "idempotency_key": str(uuid.uuid4())})
    renamed = client.post(address("rename", order.pk), {"name": name})

    assert errors(begun).keys() == {"name"}
    assert renamed.context["name_form"].errors.keys() == {"name"}
    assert renamed.context["name_form"]["name"].value() == name
    assert PurchaseOrder.objects.get(pk=order.pk).name == "Spring"


def test_draft_is_renamed(world: World, visit: Visit, order: PurchaseOrder) -> None:
    visit("Buyer").post(address("rename", order.pk), {"name": "  Texas <b>& more "})

    html = page(visit("Buyer"), change_page(order))

    assert 'value="Texas &lt;b&gt;&amp; more"' in html


def test_empty_draft_tells_how_to_fill_it(world: World, visit: Visit, order: PurchaseOrder) -> None:
    html = page(visit("Buyer"), change_page(order))

    assert "What shall be bought?" in html
    assert address("want", order.pk) in html


def test_draft_is_read_by_who_may_not_buy(world: World, visit: Visit) -> None:
    order = begin(world.people["Viewer"])
    add_wants(order, [world.mine.location])

    html = page(visit("Viewer"), change_page(order))

    assert "begins with 830" in html
    assert '<form method="post" action="/admin/numbers_app/purchaseorder' not in html


# ── Wants


def test_want_makes_one_line_for_each_number(
    world: World, visit: Visit, order: PurchaseOrder, places: list[Location]
) -> None:
    client = visit("Buyer")

    response = client.post(address("want", order.pk), a_form(*places))

    assert response.headers["Location"] == change_page(order)
    assert order.lines.count() == 200
    assert {order.lines.filter(location=place).count() for place in places} == {5}
    line = order.lines.all()[0]
    assert (line.is_want, line.first_part, line.substitution) == (True, "830", Substitution.KIND)
    html = page(client, change_page(order))
    assert "5 × US Local, begins with 830 for each of 40 locations" in html
    assert html.count('order-part"') == 1


def test_second_click_adds_nothing(world: World, visit: Visit, order: PurchaseOrder) -> None:
    client = visit("Buyer")
    typed = a_form(world.mine.location)

    for _click in range(2):
        response = client.post(address("want", order.pk), typed)
        assert response.headers["Location"] == change_page(order)

    assert order.lines.count() == 5
    assert order.parts.count() == 1


def test_want_is_for_locations_and_tags_together(
    world: World, visit: Visit, order: PurchaseOrder, places: list[Location]
) -> None:
    tag = Tag.objects.create(name="roofing")
    for place in (*places[:3], world.other.location):
        place.tags.add(tag)

    visit("Buyer").post(address("want", order.pk), a_form(*places[2:5], tags=[tag.pk], quantity=1))

    assert set(order.lines.values_list("location", flat=True)) == {place.pk for place in places[:5]}


def test_want_is_for_all_that_one_sees(
    world: World, visit: Visit, order: PurchaseOrder, places: list[Location]
) -> None:
    visit("Buyer").post(address("want", order.pk), a_form(everywhere="on", quantity=1))

    assert set(order.lines.values_list("location", flat=True)) == {place.pk for place in places}


def test_tags_of_others_are_not_offered(world: World, visit: Visit, order: PurchaseOrder) -> None:
    tag = Tag.objects.create(name="their-secret-tag")
    world.other.location.tags.add(tag)
    client = visit("Buyer")

    shown = page(client, address("want", order.pk))
    response = client.post(address("want", order.pk), a_form(tags=[tag.pk]))

    assert "their-secret-tag" not in shown
    assert errors(response) == {"tags": ["One of the tags does not exist, or none of your locations has it."]}


BAD_SID = "An address SID is AD followed by 32 digits or letters from a to f."
BAD_PLACE = "One of the locations does not exist, or is not assigned to you."
BAD_WANTS: list[tuple[dict[str, Any], str, str]] = [
    ({"quantity": "0"}, "quantity", "At least one number for each location."),
    ({"quantity": "501"}, "quantity", "At most 500 numbers for each location."),
    ({"quantity": "-3"}, "quantity", "At least one number for each location."),
    ({"quantity": "five"}, "quantity", "Type a whole number, such as 5."),
    ({"quantity": "1.5"}, "quantity", "Type a whole number, such as 5."),
    ({"quantity": "1e3"}, "quantity", "Type a whole number, such as 5."),
    ({"quantity": "9" * 5000}, "quantity", "Type a whole number, such as 5."),
    ({"quantity": ""}, "quantity", "This field is required."),
    ({"locations": []}, "locations", "Choose locations or a tag, or tick “All locations that I see”."),
    ({"locations": ["x"]}, "locations", BAD_PLACE),
    ({"locations": ["9" * 17]}, "locations", BAD_PLACE),
    ({"locations": ["9" * 40]}, "locations", BAD_PLACE),
    ({"locations": ["\x00"]}, "locations", BAD_PLACE),
    ({"tags": ["9" * 40]}, "tags", "One of the tags does not exist, or none of your locations has it."),
    ({"country_code": "XX"}, "country_code", "Select a valid choice. XX is not one of the available choices."),
    ({"country_code": ""}, "country_code", "This field is required."),
    ({"number_type": "fax"}, "number_type", "“fax” is none of: local, tollFree, mobile."),
    ({"number_type": None}, "number_type", "This field is required."),
    ({"first_part": "1234567890123"}, "first_part", "too many digits"),
    ({"first_part": "@@"}, "first_part", "“@@” is no part of a phone number."),
    ({"last_part": "---"}, "last_part", "has no digits to look for"),
    ({"anywhere": "8X3"}, "anywhere", "The provider knows no sign for any digit"),
    ({"anywhere": "a\x00"}, "anywhere", "Null characters are not allowed."),
    ({"first_part": "8" * 41}, "first_part", "at most 40 characters"),
    ({"substitution": "whatever"}, "substitution", "Select a valid choice. whatever is not one of"),
    ({"address_sid": "AD12"}, "address_sid", BAD_SID),
    ({"bundle_sid": "AD" + "0" * 32}, "bundle_sid", "A bundle SID is BU followed by 32 digits"),
    ({"idempotency_key": "no"}, "idempotency_key", "This page was out of date. Press the button once more."),
    ({"idempotency_key": None}, "idempotency_key", "This page was out of date. Press the button once more."),
]


@pytest.mark.parametrize("case", BAD_WANTS, ids=[short(typed) for typed, *_ in BAD_WANTS])
def test_bad_want_is_refused_with_its_error(
    case: tuple[dict[str, Any], str, str], world: World, visit: Visit, order: PurchaseOrder
) -> None:
    typed, field, says = case
    before = rows_of_all()

    response = visit("Buyer").post(address("want", order.pk), a_form(world.mine.location, **typed))

    found = errors(response)
    assert found.keys() == {field}
    assert says in found[field][0]
    assert rows_of_all() == before


def test_location_of_others_gets_nothing(world: World, visit: Visit, order: PurchaseOrder) -> None:
    response = visit("Buyer").post(address("want", order.pk), a_form(world.other.location))

    assert errors(response) == {"locations": [BAD_PLACE]}
    assert "Lone Star" not in response.content.decode()


def test_too_many_lines_are_refused_and_what_was_typed_is_kept(
    world: World, visit: Visit, order: PurchaseOrder, places: list[Location]
) -> None:
    client = visit("Buyer")
    client.post(address("want", order.pk), a_form(*places[:39], quantity=500))

    both = client.post(address("want", order.pk), a_form(*places[:2], quantity=499, last_part="42"))

    assert order.lines.count() == 19_500
    assert errors(both)["quantity"][0].startswith("An order has at most 20000 numbers; with these it would have 20498")
    assert 'value="42"' in both.content.decode()


def test_want_beyond_all_orders_is_refused_before_it_is_made(
    world: World, visit: Visit, order: PurchaseOrder, places: list[Location]
) -> None:
    extra = make_location("oneMORELOCATION", name="One more")
    extra.users.add(world.people["Buyer"])

    response = visit("Buyer").post(address("want", order.pk), a_form(everywhere="on", quantity=500))

    assert errors(response) == {
        "quantity": [
            "An order has at most 20000 numbers; with these it would have 20500. Make another order of the rest."
        ]
    }
    assert not OrderPart.objects.filter(order=order).exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "This adds <strong>5 lines</strong>: 5 for 1 location."),
        ({"first_part": "(830) 5"}, "Begins with: read as <strong>8305</strong>"),
        ({"last_part": "CALL"}, "Ends with: read as <strong>2255</strong>"),
        ({"quantity": "1"}, "This adds <strong>1 line</strong>: 1 for 1 location."),
        ({"locations": []}, "Say how many, and choose locations"),
        ({"quantity": "many"}, "Say how many, and choose locations"),
    ],
    ids=short,
)
def test_echo_says_what_the_want_will_make(
    typed: dict[str, Any], says: str, world: World, visit: Visit, order: PurchaseOrder
) -> None:
    before = rows_of_all()

    response = visit("Buyer").post(address("want_echo", order.pk), a_form(world.mine.location, **typed))

    assert says in " ".join(response.content.decode().split())
    assert rows_of_all() == before


def test_echo_says_when_the_order_would_be_too_large(
    world: World, visit: Visit, order: PurchaseOrder, places: list[Location]
) -> None:
    extra = make_location("oneMORELOCATION", name="One more")
    extra.users.add(world.people["Buyer"])

    response = visit("Buyer").post(address("want_echo", order.pk), a_form(everywhere="on", quantity=500))

    assert "This would make 20500 lines in the order, and it can have 20000." in response.content.decode()


def test_want_for_an_order_that_is_no_draft_changes_nothing(world: World, visit: Visit, order: PurchaseOrder) -> None:
    drafting.discard(order.pk, actor=world.people["Buyer"])
    client = visit("Buyer")

    shown = client.get(address("want", order.pk))
    sent = client.post(address("want", order.pk), a_form(world.mine.location))

    assert (shown.status_code, sent.status_code) == (302, 302)
    assert "it is “Cancelled”" in said(sent)
    assert not order.lines.exists()


# ── Lines and parts


def test_rows_that_could_not_be_read_are_counted(world: World, visit: Visit, order: PurchaseOrder) -> None:
    bad = [Rejected(row=3, cells={"phone_number": "x"}, errors={"phone_number": "no number"})]
    number = Wish(location_id=world.mine.location.pk, phone_number="+18305550100", row=2)
    add_lines(
        order.pk, [number], source=Source.FILE, label="spring.csv", actor=world.people["Buyer"], rejected=bad
    )  # fmt: skip

    html = page(visit("Buyer"), change_page(order))

    assert "1 row could not be read" in html
    assert "spring.csv" in html
    assert "+1 830-555-0100" in html


def test_lines_are_unfolded_by_location(
    world: World, visit: Visit, order: PurchaseOrder, places: list[Location]
) -> None:
    part = add_wants(order, places, each=5)
    order.lines.filter(location=places[0])[0].delete()

    client = visit("Buyer")
    html = page(client, address("part_places", order.pk, part.pk))

    assert html.count("<li>") == 40
    assert "Hill Country Roofing" in html
    assert "199 numbers for 40 locations" in page(client, change_page(order))


def test_lines_are_narrowed_to_part_and_location_and_problem(
    world: World, visit: Visit, order: PurchaseOrder, places: list[Location]
) -> None:
    part = add_wants(order, places[:2], each=3)
    add_wants(order, places[1:3], number_type="tollFree", first_part="")
    order.lines.filter(location=places[1], part=part).update(problem="not_offered")
    client = visit("Buyer")

    def shown(**query: Any) -> int:
        return int(client.get(change_page(order), query).context["lines"].paginator.count)

    assert shown() == 8
    assert shown(part=part.pk) == 6
    assert shown(location=places[1].pk) == 4
    assert shown(part=part.pk, location=places[1].pk) == 3
    assert shown(problem="any") == 3
    assert shown(problem="no_token") == 0
    assert shown(problem="nonsense", part="x", location="9" * 40, page="many", parts="-1") == 8


def test_ticked_lines_are_taken_out(world: World, visit: Visit, order: PurchaseOrder) -> None:
    add_wants(order, [world.mine.location], each=3)
    ticked = list(order.lines.values_list("pk", flat=True))[:2]
    typed = {"chosen": ticked, "do": "remove", "problem": "any", "page": "2"}
    client = visit("Buyer")

    for _click in range(2):
        response = client.post(address("lines", order.pk), typed)
        assert response.headers["Location"] == f"{change_page(order)}?problem=any&page=2#lines"

    assert order.lines.count() == 1


def test_rule_is_changed_for_ticked_lines_and_for_a_part(world: World, visit: Visit, order: PurchaseOrder) -> None:
    part = add_wants(order, [world.mine.location], each=3)
    line = order.lines.all()[0]
    client = visit("Buyer")

    client.post(address("lines", order.pk), {"chosen": line.pk, "do": "substitute", "substitution": "place"})
    some = sorted(order.lines.values_list("substitution", flat=True))
    html = page(client, change_page(order))
    client.post(address("part", order.pk, part.pk), {"do": "substitute", "substitution": "digits"})

    assert some == ["none", "none", "place"]
    assert "Several rules" in html
    assert set(order.lines.values_list("substitution", flat=True)) == {"digits"}


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"do": "remove"}, "Tick at least one line."),
        ({"do": "remove", "chosen": ["x", "9" * 40]}, "Tick at least one line."),
        ({"do": "substitute", "chosen": "1"}, "Choose what may be bought"),
        ({"do": "substitute", "chosen": "1", "substitution": "all"}, "Choose what may be bought"),
        ({"chosen": "1"}, "Choose what may be bought"),
    ],
    ids=short,
)
def test_senseless_buttons_change_nothing(
    typed: dict[str, Any], says: str, world: World, visit: Visit, order: PurchaseOrder
) -> None:
    add_wants(order, [world.mine.location])
    before = rows_of_all()

    response = visit("Buyer").post(address("lines", order.pk), typed)

    assert says in said(response)
    assert rows_of_all() == before


def test_lines_of_another_order_stay(world: World, visit: Visit, order: PurchaseOrder) -> None:
    other = begin(world.people["root"], "Other")
    part = add_wants(other, [world.mine.location])
    line = other.lines.get()
    client = visit("Buyer")

    client.post(address("lines", order.pk), {"chosen": line.pk, "do": "remove"})
    client.post(address("part", order.pk, part.pk), {"do": "remove"})
    client.post(address("part", order.pk, part.pk), {"do": "substitute", "substitution": "kind"})

    assert OrderLine.objects.get(pk=line.pk).substitution == Substitution.NONE
    assert client.get(address("part_places", order.pk, part.pk)).status_code == 404


def test_part_is_taken_out_once(world: World, visit: Visit, order: PurchaseOrder) -> None:
    part = add_wants(order, [world.mine.location], each=3)
    client = visit("Buyer")

    answers = [client.post(address("part", order.pk, part.pk), {"do": "remove"}) for _click in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {change_page(order)}
    assert not order.lines.exists()
    assert client.post(address("part", order.pk, 10**30), {"do": "remove"}).status_code == 404


# ── Thrown away and copied


def test_draft_is_thrown_away(world: World, visit: Visit, order: PurchaseOrder) -> None:
    client = visit("Buyer")

    answers = [client.post(address("discard", order.pk)) for _click in range(2)]

    order.refresh_from_db()
    assert order.status == OrderStatus.CANCELLED
    assert {answer.headers["Location"] for answer in answers} == {change_page(order)}
    assert client.get(change_page(order)).status_code == 200


def test_submitted_order_is_not_changed_by_the_drafts_buttons(world: World, visit: Visit, order: PurchaseOrder) -> None:
    part = add_wants(order, [world.mine.location])
    line = order.lines.get()
    PurchaseOrder.objects.filter(pk=order.pk).update(status=OrderStatus.AWAITING_APPROVAL)
    client = visit("Buyer")

    answers = [
        client.post(address("rename", order.pk), {"name": "Other"}),
        client.post(address("discard", order.pk)),
        client.post(address("lines", order.pk), {"chosen": line.pk, "do": "remove"}),
        client.post(address("part", order.pk, part.pk), {"do": "remove"}),
    ]

    assert all("it is “Awaiting approval”" in said(answer) for answer in answers)
    assert OrderLine.objects.filter(pk=line.pk).exists()
    assert PurchaseOrder.objects.get(pk=order.pk).name == "Spring"


def test_second_click_makes_no_second_copy(world: World, visit: Visit, order: PurchaseOrder) -> None:
    add_wants(order, [world.mine.location], each=3)
    client = visit("Buyer")
    typed = {"idempotency_key": str(uuid.uuid4())}

    first, second = (client.post(address("copy", order.pk), typed) for _click in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    copy = PurchaseOrder.objects.exclude(pk=order.pk).get(status=OrderStatus.DRAFT)
    assert (copy.lines.count(), copy.requested_by) == (3, world.people["Buyer"])
    assert copy.name == f"Copy of #{order.pk} Spring"


def test_copy_takes_only_what_one_sees(world: World, visit: Visit, order: PurchaseOrder) -> None:
    add_wants(order, [world.mine.location, world.other.location])

    visit("Buyer").post(address("copy", order.pk), {"idempotency_key": str(uuid.uuid4())})

    copy = PurchaseOrder.objects.exclude(pk=order.pk).get(status=OrderStatus.DRAFT)
    assert copy.lines.get().location == world.mine.location


def test_copy_without_key_is_refused(world: World, visit: Visit, order: PurchaseOrder) -> None:
    response = visit("Buyer").post(address("copy", order.pk))

    assert "out of date" in said(response)
    assert PurchaseOrder.objects.filter(status=OrderStatus.DRAFT).count() == 1


def test_lines_for_locations_that_one_no_longer_sees_are_told_of(
    world: World, visit: Visit, order: PurchaseOrder
) -> None:
    add_wants(order, [world.mine.location, world.other.location])

    html = page(visit("Buyer"), change_page(order))

    assert "1 line is for a location that is not assigned to you" in html
    assert "Lone Star" not in html
