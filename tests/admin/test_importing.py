"""Numbers from files and from what is pasted, as the pages take them."""

import csv
import hashlib
import io

import openpyxl
import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from numbers_app.files.columns import COLUMNS
from numbers_app.models import OrderStatus, PurchaseOrder, RejectedRow, Source
from numbers_app.purchasing import drafting
from tests.admin.world import rows_of_all
from tests.factories import make_location
from tests.files.making import csv_file, xlsx_file
from tests.files.test_reading import BAD_FILES
from tests.files.test_rows import BAD_HEADERS, BAD_ROWS, FULL, full_row

MINE = "mineLOCATION01"
HEADER = "location_id,phone_number,country,type,quantity"
GOOD = f"{MINE},+18305551234"
BAD = "nowhere,+18305551235"
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def draft(world):
    return drafting.begin_draft(requested_by=world.people["Buyer"], name="Spring")


@pytest.fixture
def buyer(visit):
    return visit("Buyer")


def address(name, *keys):
    return reverse(f"admin:numbers_app_purchaseorder_{name}", args=keys)


def upload(client, order, content, *, name="wishes.csv", **more):
    headers = more.pop("headers", {})
    file = SimpleUploadedFile(name, content)
    return client.post(address("import", order.pk), {"file": file, **more}, headers=headers)


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def said_errors(response):
    return [words for field in response.context["form"].errors.values() for words in field]


def rejected_part(client, order, *rows, header=HEADER):
    upload(client, order, csv_file(*rows, header=header))
    return order.parts.get()


def mend(client, row, *, headers=None, do="mend", **cells):
    typed = {f"cell-{name}": text for name, text in cells.items()}
    target = address("rejected", row.part.order_id, row.part_id)
    return client.post(target, {"row": row.pk, "do": do, **typed}, headers=headers or {})


# ── A file


def test_file_becomes_lines_and_leads_to_the_draft(buyer, draft, world):
    response = upload(buyer, draft, csv_file(GOOD, f"{MINE},,US,local,3", header=HEADER))

    assert (response.status_code, response.url) == (302, address("change", draft.pk))
    assert said(response) == ["4 numbers were added."]
    part = draft.parts.get()
    assert (part.source, part.label, part.created_by) == (Source.FILE, "wishes.csv", world.people["Buyer"])
    assert [(line.row, line.phone_number, line.is_want) for line in part.lines.all()] == [
        (2, "+18305551234", False), (3, "", True), (3, "", True), (3, "", True)
    ]  # fmt: skip


def test_script_is_led_to_the_draft(buyer, draft):
    response = upload(buyer, draft, csv_file(GOOD, header=HEADER), headers=SCRIPT)

    assert (response.status_code, response["HX-Redirect"]) == (200, address("change", draft.pk))


def test_rows_that_could_not_be_read_are_kept_and_linked(buyer, draft):
    response = upload(buyer, draft, csv_file(GOOD, BAD, header=HEADER))

    part = draft.parts.get()
    assert part.lines.count() == 1
    assert [(row.row, row.cells) for row in part.rejected_rows.all()] == [
        (3, {"location_id": "nowhere", "phone_number": "+18305551235"})
    ]
    assert said(response)[1] == (
        "1 row of wishes.csv could not be read. "
        f'<a class="underline" href="{address("rejected", draft.pk, part.pk)}">Mend or download them</a>'
    )


def test_warnings_about_the_file_are_said(buyer, draft):
    content = csv_file(f"{MINE};+18305551234;José", header="location_id;phone_number;Señor", encoding="windows-1252")

    response = upload(buyer, draft, content)

    assert said(response)[1:] == [
        "The file is not in UTF-8; it was read as Windows-1252. If accents look wrong, save it as “CSV UTF-8”.",
        "Columns that are not known were left out: “Señor”.",
    ]


def test_numbers_that_the_order_has_are_left_out_and_named(buyer, draft):
    upload(buyer, draft, csv_file(GOOD, header=HEADER))

    response = upload(buyer, draft, csv_file(GOOD, f"{MINE},+18305551235", header=HEADER))

    assert said(response)[-2:] == [
        "1 number was added.",
        "1 number was in this order already, and was left out: +1 830-555-1234",
    ]


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_told_and_writes_nothing(name, buyer, draft):
    content, words = BAD_FILES[name]
    before = rows_of_all()

    response = upload(buyer, draft, content, headers=SCRIPT)

    assert response.status_code == 200
    assert [error for error in said_errors(response) if words in error]
    assert "Nothing was added." in response.content.decode()
    assert rows_of_all() == before


@pytest.mark.parametrize(("header", "words"), BAD_HEADERS)
def test_file_without_the_columns_writes_nothing(header, words, buyer, draft):
    before = rows_of_all()

    response = upload(buyer, draft, csv_file("a,b,c", header=header))

    assert [error for error in said_errors(response) if words in error]
    assert rows_of_all() == before


@pytest.mark.parametrize(("cells", "words"), BAD_ROWS, ids=[ascii(cells)[:60] for cells, _words in BAD_ROWS])
def test_bad_row_becomes_no_line_and_is_shown_with_its_errors(cells, words, buyer, draft, world):
    make_location("twinLOCATION1", name="Peluquería Ñandú").users.add(world.people["Buyer"])
    make_location("twinLOCATION2", name="Peluquería Ñandú").users.add(world.people["Buyer"])
    row = full_row(**{"location_id": MINE, **cells})

    part = rejected_part(buyer, draft, row, header=FULL)

    assert not draft.lines.exists()
    assert set(part.rejected_rows.get().errors) == set(words)
    shown = buyer.get(address("rejected", draft.pk, part.pk)).content.decode()
    assert shown.count('aria-invalid="true"') == len([name for name in words if name])


@pytest.mark.parametrize("data", [{}, {"file": "text"}, {"file": ""}])
def test_no_file_is_told(data, buyer, draft):
    response = buyer.post(address("import", draft.pk), data)

    assert said_errors(response) == ["Choose a file."]


def test_order_that_would_be_too_long_is_told_and_writes_nothing(buyer, draft, world, monkeypatch):
    monkeypatch.setattr(drafting, "MOST_LINES", 2)
    before = rows_of_all()

    response = upload(buyer, draft, csv_file(f"{MINE},,US,local,3", header=HEADER))

    assert said_errors(response)[0].startswith("An order has at most 2 numbers; with these it would have 3.")
    assert rows_of_all() == before


# ── The same file again


def test_same_file_again_is_noticed_and_added_when_wanted(buyer, draft, world):
    content = csv_file(f"{MINE},,US,local,3", header=HEADER)
    upload(buyer, draft, content, name="spring.csv")
    other = drafting.begin_draft(requested_by=world.people["Buyer"], name="Summer")

    response = upload(buyer, other, content, name="renamed.csv")

    shown = response.content.decode()
    assert "You have this file in an order already: renamed.csv" in shown
    assert f'<a href="{address("change", draft.pk)}">{draft}</a> (Draft), spring.csv' in shown
    assert not other.lines.exists()

    upload(buyer, other, content, seen=response.context["token"])

    assert other.lines.count() == 3
    assert other.parts.get().file_sha256 == hashlib.sha256(content).hexdigest()


def test_second_click_on_adding_it_all_the_same_adds_nothing(buyer, draft):
    content = csv_file(f"{MINE},,US,local,3", header=HEADER)
    upload(buyer, draft, content)
    token = upload(buyer, draft, content).context["token"]
    upload(buyer, draft, content, seen=token)

    response = upload(buyer, draft, content, seen=token)

    assert "You have this file in an order already" in response.content.decode()
    assert draft.lines.count() == 6


def test_token_of_one_file_adds_no_other(buyer, draft):
    first, second = (csv_file(f"{MINE},,US,local,{count}", header=HEADER) for count in (1, 2))
    upload(buyer, draft, first)
    upload(buyer, draft, second)
    token = upload(buyer, draft, first).context["token"]

    upload(buyer, draft, second, seen=token)

    assert draft.lines.count() == 3


def test_file_in_an_order_of_others_is_not_told(visit, draft, world):
    content = csv_file(GOOD, header=HEADER)
    upload(visit("Manager"), drafting.begin_draft(requested_by=world.people["Manager"]), content)

    response = upload(visit("Buyer"), draft, content)

    assert response.status_code == 302
    assert draft.lines.count() == 1


# ── Mending


def test_mended_row_becomes_a_line_in_its_part(buyer, draft):
    part = rejected_part(buyer, draft, GOOD, BAD)
    row = part.rejected_rows.get()

    response = mend(buyer, row, location_id=MINE, phone_number="(830) 555-1235", country="US")

    assert said(response)[-1] == "Row 3: 1 number was added."
    assert not part.rejected_rows.exists()
    line = part.lines.get(row=3)
    assert (line.phone_number, line.location.location_id) == ("+18305551235", MINE)


def test_mended_want_becomes_as_many_lines(buyer, draft):
    row = rejected_part(buyer, draft, f"{MINE},,US,satellite,3").rejected_rows.get()

    response = mend(buyer, row, headers=SCRIPT, location_id=MINE, country="US", type="local", quantity="3")

    assert "Row 2: 3 numbers were added." in response.content.decode()
    assert draft.lines.count() == 3


@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["page", "script"])
def test_row_mended_badly_keeps_what_was_typed_with_new_errors(headers, buyer, draft):
    row = rejected_part(buyer, draft, BAD, header=HEADER).rejected_rows.get()

    response = mend(buyer, row, headers=headers, location_id=MINE, phone_number="<b>83055</b>", country="US")

    row.refresh_from_db()
    assert row.cells == {"location_id": MINE, "phone_number": "<b>83055</b>", "country": "US"}
    assert set(row.errors) == {"phone_number"}
    page = response if headers else buyer.get(response.url.partition("#")[0])
    shown = page.content.decode()
    assert 'value="&lt;b&gt;83055&lt;/b&gt;"' in shown
    assert shown.count('aria-invalid="true"') == 1
    assert not draft.lines.exists()


def test_mending_keeps_the_columns_that_are_not_known(buyer, draft):
    row = rejected_part(buyer, draft, f"{BAD},for Bob", header="location_id,phone_number,Remark").rejected_rows.get()

    mend(buyer, row, location_id="elsewhere", phone_number="+18305551235")

    row.refresh_from_db()
    assert row.cells == {"location_id": "elsewhere", "phone_number": "+18305551235", "Remark": "for Bob"}


def test_row_mended_into_a_number_that_the_order_has_says_so(buyer, draft):
    row = rejected_part(buyer, draft, GOOD, BAD).rejected_rows.get()

    mend(buyer, row, location_id=MINE, phone_number="+18305551234")

    row.refresh_from_db()
    assert row.errors == {"phone_number": "The order has this number already."}
    assert draft.lines.count() == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\x00b", "There was a NUL character"),
        ("x" * 5000, "This has 5,000 characters"),
        ("💥", "is not a phone number"),
    ],
    ids=["NUL", "huge", "emoji"],
)
def test_anything_may_be_typed_into_a_cell(text, words, buyer, draft):
    row = rejected_part(buyer, draft, BAD).rejected_rows.get()

    response = mend(buyer, row, location_id=MINE, country="US", phone_number=text)

    row.refresh_from_db()
    assert response.status_code == 302
    assert words in row.errors["phone_number"]
    assert buyer.get(address("rejected", draft.pk, row.part_id)).status_code == 200


@pytest.mark.parametrize("do", ["mend", "dismiss"])
@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["page", "script"])
def test_second_click_finds_the_row_gone(do, headers, buyer, draft):
    row = rejected_part(buyer, draft, GOOD, BAD).rejected_rows.get()
    cells = {"location_id": MINE, "phone_number": "+18305551235"}
    mend(buyer, row, do=do, **cells)
    before = rows_of_all()

    response = mend(buyer, row, do=do, headers=headers, **cells)

    words = "Somebody was faster: this row is no longer here."
    assert words in (response.content.decode() if headers else said(response)[-1])
    assert rows_of_all() == before


@pytest.mark.parametrize("row", ["", "x", "9" * 30, "-1", "\x00"])
def test_row_that_is_none_is_told(row, buyer, draft):
    part = rejected_part(buyer, draft, BAD)

    response = buyer.post(address("rejected", draft.pk, part.pk), {"row": row, "do": "mend"})

    assert said(response)[-1] == "Somebody was faster: this row is no longer here."


def test_row_of_another_part_is_not_mended_here(buyer, draft, world):
    part = rejected_part(buyer, draft, BAD)
    manager = Client()
    manager.force_login(world.people["Manager"])
    theirs = drafting.begin_draft(requested_by=world.people["Manager"])
    row = rejected_part(manager, theirs, BAD).rejected_rows.get()

    buyer.post(address("rejected", draft.pk, part.pk), {"row": row.pk, "do": "dismiss"})

    assert RejectedRow.objects.filter(pk=row.pk).exists()


def test_row_and_all_rows_are_left_out(buyer, draft):
    part = rejected_part(buyer, draft, *[f"nowhere,+1830555123{digit}" for digit in range(5)])
    row = part.rejected_rows.first()

    one = mend(buyer, row, do="dismiss")
    others = buyer.post(address("rejected", draft.pk, part.pk), {"do": "dismiss_all"})

    assert said(one)[-1] == "Row 2 was left out."
    assert said(others)[-1] == "4 rows were left out."
    assert not part.rejected_rows.exists()
    assert "Nothing is left to mend" in buyer.get(address("rejected", draft.pk, part.pk)).content.decode()


def test_rejected_rows_are_paged_in_the_files_order(buyer, draft):
    part = rejected_part(buyer, draft, *[f"nowhere,+1830555{number:04d}" for number in range(120)])

    pages = [
        buyer.get(address("rejected", draft.pk, part.pk), {"page": page}).context["page"] for page in (1, 2, 3, "x")
    ]

    assert [[page[0].row, len(page)] for page in pages] == [[2, 50], [52, 50], [102, 20], [2, 50]]


@pytest.mark.parametrize("count", [1, 50])
def test_rejected_page_takes_as_many_queries_for_any_number_of_rows(count, buyer, draft, django_assert_max_num_queries):
    part = rejected_part(buyer, draft, *[f"nowhere,+1830555{number:04d}" for number in range(count)])

    with django_assert_max_num_queries(10):
        buyer.get(address("rejected", draft.pk, part.pk))


def test_part_that_was_taken_out_leads_to_the_draft(buyer, draft):
    part = rejected_part(buyer, draft, BAD)
    drafting.remove_part(part, actor=None)

    response = buyer.get(address("rejected", draft.pk, part.pk))

    assert response.url == address("change", draft.pk)


# ── Files out


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rejected_rows_are_downloaded_mended_and_uploaded_again(kind, buyer, draft):
    rows = [f"nowhere,+1830555123{digit},US,local,,=1+1" for digit in range(3)]
    part = rejected_part(buyer, draft, *rows, header=f"{HEADER},Remark")

    content = b"".join(buyer.get(address("rejected_file", draft.pk, part.pk, kind)))

    mended = replaced(content, kind)
    response = upload(buyer, draft, mended, name=f"mended.{kind}")
    assert said(response)[-2:] == ["3 numbers were added.", "Columns that are not known were left out: “Remark”."]
    assert draft.lines.count() == 3


def replaced(content, kind):
    """The file with the right location, after a look at its errors."""
    if kind == "csv":
        table = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert {row["error"] for row in table} == {
            "location_id: There is no location with the ID “nowhere”, or it is not assigned to you."
        }
        assert {row["Remark"] for row in table} == {"'=1+1"}
        return content.replace(b"nowhere", MINE.encode())
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [cell.value for cell in book.active[1]] == [
        "location_id", "phone_number", "country", "type", "Remark", "error"
    ]  # fmt: skip
    for (cell,) in book.active.iter_rows(min_row=2, max_col=1):
        cell.value = MINE
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_csv_template_names_and_explains_the_columns_and_asks_for_nothing(buyer, draft):
    content = b"".join(buyer.get(address("template", draft.pk, "csv")))

    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == list(COLUMNS)
    assert [row[0].partition(":")[0] for row in rows[1:]] == [f"# {name}" for name in COLUMNS]
    assert said_errors(upload(buyer, draft, content)) == ["This file has a header, but no rows below it."]
    filled = upload(buyer, draft, content + full_template_row())
    assert said(filled) == ["1 number was added."]


def full_template_row():
    return ",".join({"location_id": MINE, "phone_number": "+18305551234"}.get(name, "") for name in COLUMNS).encode()


def test_xlsx_template_explains_the_columns_on_a_second_sheet(buyer, draft):
    content = b"".join(buyer.get(address("template", draft.pk, "xlsx")))

    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [cell.value for cell in book.worksheets[0][1]] == list(COLUMNS)
    assert [row[0].value for row in book.worksheets[1].iter_rows(min_row=2)] == list(COLUMNS)
    assert said_errors(upload(buyer, draft, content)) == ["This file has a header, but no rows below it."]


@pytest.mark.parametrize("kind", ["pdf", "xls", "CSV"])
def test_file_of_another_kind_is_not_found(kind, buyer, draft):
    part = rejected_part(buyer, draft, BAD)

    assert buyer.get(address("template", draft.pk, kind)).status_code == 404
    assert buyer.get(address("rejected_file", draft.pk, part.pk, kind)).status_code == 404


# ── Pasted numbers


def paste(client, order, place, text, **more):
    typed = {"location": place.pk, "numbers": text, "country_code": "US", "substitution": "none", **more}
    return client.post(address("paste", order.pk), typed)


def test_pasted_numbers_become_lines(buyer, draft, world):
    response = paste(
        buyer, draft, world.mine.location, "830 555 1234, (210) 555-0101\n• 432.555.0199", substitution="kind"
    )

    assert response.url == address("change", draft.pk)
    assert said(response) == ["3 numbers were added."]
    assert {(line.phone_number, line.location_id, line.substitution) for line in draft.lines.all()} == {
        (number, world.mine.location.pk, "kind") for number in ("+18305551234", "+12105550101", "+14325550199")
    }
    assert draft.parts.get().source == Source.PASTED


def test_text_that_is_no_number_stays_with_its_reason(buyer, draft, world):
    response = paste(buyer, draft, world.mine.location, "8305551234\n<i>call</i> Bob\n1.83E+10")

    shown = response.content.decode()
    assert response.context["form"]["numbers"].value() == "<i>call</i> Bob\n1.83E+10".replace("<i>", "i>", 1)
    assert "has cut digits off" in shown
    assert "<i>call" not in shown
    assert draft.lines.count() == 1


@pytest.mark.parametrize(
    ("way", "title"), [("want", "Add a want"), ("import", "Add from a file"), ("paste", "Paste numbers")]
)
def test_page_says_where_it_is_and_leads_back_to_the_draft(way, title, buyer, draft):
    html = buyer.get(address(way, draft.pk)).content.decode()

    heading = html[html.index("<h1") : html.index("</h1>")]
    assert f'href="{address("change", draft.pk)}"' in heading
    assert str(draft) in heading
    assert title in heading


def test_pasting_twice_adds_once(buyer, draft, world):
    paste(buyer, draft, world.mine.location, "8305551234")

    response = paste(buyer, draft, world.mine.location, "8305551234")

    assert said(response)[-1] == "1 number was in this order already, and was left out: +1 830-555-1234"
    assert draft.lines.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("location", "", "Choose a location."),
        ("location", "999999", "or it is not assigned to you"),
        ("location", "\x00", "Null characters are not allowed."),
        ("numbers", "", "Paste at least one number."),
        ("numbers", "5" * 300_001, "at most 300000 characters"),
        ("country_code", "ZZ", "not one of the available choices"),
        ("number_type", "fax", "not one of the available choices"),
        ("substitution", "all", "not one of the available choices"),
    ],
)
def test_bad_form_is_told_and_writes_nothing(field, value, words, draft, world):
    client = Client()
    client.force_login(world.people["Buyer"])
    before = rows_of_all()

    response = paste(client, draft, world.mine.location, "8305551234", **{field: value})

    assert response.status_code == 200
    assert [error for error in said_errors(response) if words in error]
    assert rows_of_all() == before


def test_location_of_others_takes_no_pasted_numbers(buyer, draft, world):
    response = paste(buyer, draft, world.other.location, "8305551234")

    assert said_errors(response) == ["There is no such location, or it is not assigned to you."]


# ── Who, and when


def pages_of(part):
    names = {"import": (part.order_id,), "paste": (part.order_id,), "rejected": (part.order_id, part.pk)}
    return [address(name, *keys) for name, keys in names.items()]


@pytest.mark.parametrize(
    ("role", "status"),
    [("anonymous", 302), ("bare", 403), ("Viewer", 403), ("Buyer", 200), ("Manager", 404), ("root", 200)],
)
def test_pages_are_for_who_began_the_draft_and_superusers(role, status, visit, draft):
    part = rejected_part(visit("Buyer"), draft, BAD)

    assert [visit(role).get(page).status_code for page in pages_of(part)] == [status] * 3


@pytest.mark.parametrize("role", ["Viewer", "Manager"])
def test_files_out_are_for_who_began_the_draft(role, visit, buyer, draft):
    part = rejected_part(buyer, draft, BAD)

    assert visit(role).get(address("rejected_file", draft.pk, part.pk, "csv")).status_code in (403, 404)


@pytest.mark.parametrize("method", ["get", "post"])
def test_order_that_was_submitted_is_not_changed(method, buyer, draft):
    part = rejected_part(buyer, draft, BAD)
    PurchaseOrder.objects.update(status=OrderStatus.FINISHED)
    before = rows_of_all()

    for page in pages_of(part):
        response = getattr(buyer, method)(page, {"do": "dismiss_all"})

        assert response.url == address("change", draft.pk)
        assert said(response)[-1] == "Nothing was changed: the order is no longer a draft, it is “Finished”."
    assert rows_of_all() == before


@pytest.mark.parametrize("key", ["x", "0", "9" * 30, "1/2"])
def test_order_that_is_none_is_not_found(key, buyer, world):
    for name in ("import", "paste"):
        assert buyer.get(f"/admin/numbers_app/purchaseorder/{key}/{name}/").status_code == 404


@pytest.mark.parametrize("part", [0, 10**30])
def test_part_that_is_none_leads_to_the_draft(part, buyer, draft):
    assert buyer.get(address("rejected", draft.pk, part)).status_code == 302
    assert buyer.get(address("rejected_file", draft.pk, part, "csv")).status_code == 404


@pytest.mark.parametrize("count", [1, 100])
def test_upload_takes_as_many_queries_for_any_number_of_rows(count, buyer, draft, django_assert_max_num_queries):
    content = csv_file(*[f"{MINE},+1830{number:07d}" for number in range(2_000_000, 2_000_000 + count)], header=HEADER)

    with django_assert_max_num_queries(45):
        upload(buyer, draft, content)

    assert draft.parts.get().lines.count() == count


def test_workbook_becomes_lines(buyer, draft):
    content = xlsx_file([MINE, 18305551234.0, "US", "local"], [MINE, None, "US", "local", 2])

    upload(buyer, draft, content, name="wishes.xlsx")

    assert draft.lines.count() == 3
