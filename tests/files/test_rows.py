import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numbers_app.files.columns import COLUMNS, read_header
from numbers_app.files.reading import read_file
from numbers_app.files.rows import BadRow, read_mended, read_row, read_table
from numbers_app.files.tables import FileRefused
from numbers_app.models import Substitution
from tests.factories import make_location, make_user
from tests.files.making import HILL, csv_file, xlsx_file

SID = "0123456789abcdef" * 2
NUMBER_HEADER = "location_id,phone_number,country,type"


@pytest.fixture
def buyer(db):
    """Sees three locations, two of one name; a fourth is somebody else's."""
    user = make_user(username="buyer")
    make_location(HILL, name="Hill Country Roofing").users.add(user)
    make_location("twinLOCATION1", name="Peluquería  Ñandú").users.add(user)
    make_location("twinLOCATION2", name="PELUQUERÍA ÑANDÚ").users.add(user)
    make_location("elseLOCATION02", name="Lone Star Dental")
    return user


def readout(content, user):
    return read_table(read_file(content), user=user)


def errors_of(header, row, user):
    """What is wrong with one row of a file that has these columns."""
    found = readout(csv_file(row, header=header), user)
    assert not found.wishes
    assert [bad.row for bad in found.rejected] == [2]
    return found.rejected[0].errors


WANT = "location_id,country,type,begins_with,quantity"
FULL = (
    "location_id,location,phone_number,quantity,country,type,begins_with,ends_with,contains,sms,if_taken,"
    "address_sid,bundle_sid,locality,region,skip_location_kyc"
)
AT = {name: position for position, name in enumerate(FULL.split(","))}


def full_row(**cells):
    texts = [""] * len(AT)
    for name, text in {"location_id": HILL, **cells}.items():
        texts[AT[name]] = text
    return ",".join(texts)


GIVEN = {"phone_number": "+18305551234"}
KIND = {"country": "US", "type": "local"}
BAD_ROWS = [
    ({"location_id": "", **GIVEN}, {"location": "Name the location, or give its ID"}),
    ({"location_id": "nowhere", **GIVEN}, {"location_id": "There is no location with the ID “nowhere”"}),
    ({"location_id": HILL.lower(), **GIVEN}, {"location_id": "There is no location with the ID"}),
    ({"location_id": "elseLOCATION02", **GIVEN}, {"location_id": "or it is not assigned to you"}),
    ({"location_id": "", "location": "Lone Star Dental", **GIVEN}, {"location": "or it is not assigned to you"}),
    ({"location_id": "", "location": "Hill", **GIVEN}, {"location": "There is no location called “Hill”"}),
    (
        {"location_id": "", "location": "peluquería ñandú", **GIVEN},
        {"location": "2 locations are called “peluquería ñandú”. Put the ID of the right one into location_id."},
    ),
    ({"location": "Lone Star Dental", **GIVEN}, {"location": "is not the name of the location with this ID"}),
    ({"phone_number": "8305551234"}, {"phone_number": "Start the number with + and the country code"}),
    ({"phone_number": "hello"}, {"phone_number": "“hello” is not a phone number."}),
    ({"phone_number": "555-1234", "country": "US"}, {"phone_number": "lacks the area code"}),
    ({"phone_number": "+1 830 555 12"}, {"phone_number": "has too few digits"}),
    ({"phone_number": "+1 830 555 1234 99"}, {"phone_number": "has too many digits"}),
    ({"phone_number": "+1 830 555 1234 x5"}, {"phone_number": "without an extension"}),
    ({"phone_number": "1.83E+10"}, {"phone_number": "has cut digits off: “1.83E+10”"}),
    ({"phone_number": "1.830555123E+10", "country": "US"}, {"phone_number": "has cut digits off"}),
    ({"phone_number": "+18305551234", "country": "GB"}, {"phone_number": "not a number of the country chosen"}),
    ({"phone_number": "+18305551234 / +18305551235"}, {"phone_number": "is not a phone number"}),
    ({"phone_number": "9" * 60}, {"phone_number": "at most 15 digits"}),
    ({"phone_number": "=1+1"}, {"phone_number": "is not a phone number"}),
    ({"phone_number": "#REF!"}, {"phone_number": "shows the error #REF! here"}),
    ({"phone_number": "x" * 501}, {"phone_number": "This has 501 characters"}),
    ({**GIVEN, "type": "tollFree"}, {"type": "is a Local or Mobile number, not Toll-free"}),
    ({**GIVEN, "type": "satellite"}, {"type": "“satellite” is none of: local, tollFree, mobile."}),
    ({**GIVEN, "country": "Atlantis"}, {"country": "“Atlantis” is no country with phone numbers"}),
    ({**GIVEN, "country": "ZZ"}, {"country": "“ZZ” is no country"}),
    ({**GIVEN, "quantity": "2"}, {"quantity": "A number can be bought once"}),
    ({**GIVEN, "begins_with": "830"}, {"begins_with": "A number is given, so there is nothing to look for"}),
    ({**GIVEN, "contains": "#N/A"}, {"contains": "A number is given"}),
    ({**GIVEN, "sms": "maybe"}, {"sms": "“maybe” is neither yes nor no."}),
    ({**GIVEN, "sms": "2"}, {"sms": "“2” is neither yes nor no."}),
    ({**GIVEN, "skip_location_kyc": "perhaps"}, {"skip_location_kyc": "neither yes nor no"}),
    ({**GIVEN, "if_taken": "anything"}, {"if_taken": "“anything” is none of: none, digits, place, kind."}),
    ({**GIVEN, "address_sid": "AD12"}, {"address_sid": "An address SID is AD followed by 32"}),
    ({**GIVEN, "address_sid": "BU" + SID}, {"address_sid": "An address SID is AD followed by 32"}),
    ({**GIVEN, "bundle_sid": "BU" + "g" * 32}, {"bundle_sid": "A bundle SID is BU followed by 32"}),
    ({**GIVEN, "locality": "x" * 101}, {"locality": "more than 100 characters"}),
    ({**GIVEN, "region": '"T\nX"'}, {"region": "Line breaks and control characters can't be sent"}),
    ({}, {"phone_number": "Give a number, or say what kind is wanted"}),
    ({"type": "local"}, {"country": "Name the country, such as US."}),
    ({"country": "US"}, {"type": "Choose a type: local, tollFree or mobile."}),
    ({"begins_with": "830"}, {"country": "Name the country", "type": "Choose a type"}),
    ({**KIND, "quantity": "0"}, {"quantity": "“0” is no number from 1 to 500."}),
    ({**KIND, "quantity": "-1"}, {"quantity": "“-1” is no number from 1 to 500."}),
    ({**KIND, "quantity": "501"}, {"quantity": "“501” is no number from 1 to 500."}),
    ({**KIND, "quantity": "2.5"}, {"quantity": "“2.5” is no number from 1 to 500."}),
    ({**KIND, "quantity": "five"}, {"quantity": "“five” is no number from 1 to 500."}),
    ({**KIND, "quantity": "٥"}, {"quantity": "is no number from 1 to 500."}),
    ({**KIND, "quantity": "9" * 400}, {"quantity": "is no number from 1 to 500."}),
    ({**KIND, "quantity": "1e3"}, {"quantity": "has cut digits off"}),
    ({**KIND, "begins_with": "+44 20"}, {"begins_with": "does not begin with the code of the country chosen"}),
    ({**KIND, "begins_with": "30-Aug"}, {"begins_with": "has made a date of this (30-Aug)"}),
    ({**KIND, "ends_with": "!!"}, {"ends_with": "is no part of a phone number"}),
    ({**KIND, "contains": "12345678901234"}, {"contains": "has too many digits"}),
    ({**KIND, "begins_with": "1.83E+10"}, {"begins_with": "has cut digits off"}),
    ({**KIND, "locality": "San Antonio"}, {"locality": "The provider finds no numbers by place"}),
    ({**KIND, "region": "TX"}, {"region": "The provider finds no numbers by place"}),
    (
        {"location_id": "x", "phone_number": "y", "sms": "z", "country": "q"},
        {"location_id": "no location", "country": "no country", "sms": "neither"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "words"), BAD_ROWS, ids=[ascii(cells)[:60] for cells, _words in BAD_ROWS])
def test_bad_row_is_rejected_with_an_error_for_each_bad_cell(cells, words, buyer):
    errors = errors_of(FULL, full_row(**cells), buyer)

    assert set(errors) == set(words)
    assert [column for column, said in words.items() if said not in errors[column]] == []


BAD_HEADERS = [
    ("a,b", "The first row must name the columns, such as location and phone_number; it says “a, b”."),
    ("My order list", "The first row must name the columns"),
    ("phone_number,country", "There is no column location_id or location"),
    ("location_id", "missing for that: country, type."),
    ("location_id,country", "missing for that: type."),
    ("location,phone,Teléfono", "Two columns mean the same: “phone” and “Teléfono”."),
    ("location,location name,phone", "Two columns mean the same: “location” and “location name”."),
]


@pytest.mark.parametrize(("header", "words"), BAD_HEADERS)
def test_file_without_the_columns_is_refused(header, words, buyer):
    with pytest.raises(FileRefused) as refusal:
        readout(csv_file("a,b,c", header=header), buyer)

    assert words in str(refusal.value)


def test_header_is_known_in_any_order_case_and_language():
    header = read_header(["TELÉFONO", "Ubicación", "Tipo de número", "País", "Cantidad", "Empieza con"])

    assert header.names == ["phone_number", "location", "type", "country", "quantity", "begins_with"]
    assert header.words == []


def test_unknown_columns_are_named_and_kept_in_rejected_rows(buyer):
    found = readout(csv_file("nowhere,+18305551234,for Bob", header="location_id,phone,Remark"), buyer)

    assert found.words == ["Columns that are not known were left out: “Remark”."]
    assert found.rejected[0].cells == {
        "location_id": "nowhere", "phone_number": "+18305551234", "Remark": "for Bob"
    }  # fmt: skip


def test_many_unknown_columns_are_counted():
    assert read_header(["location", "phone", *"abcdefgh"]).words == [
        "Columns that are not known were left out: “a”, “b”, “c”, “d”, “e” and 3 more."
    ]


def test_error_column_of_our_own_rejected_rows_is_left_out(buyer):
    found = readout(csv_file(f"{HILL},+18305551234,It was bad", header="location_id,phone_number,error"), buyer)

    assert (len(found.wishes), found.words) == (1, [])


def test_given_number_becomes_one_wish(buyer):
    row = full_row(
        phone_number="(830) 555-1234", country="United States", type="Local", sms="sí", if_taken="Same digits",
        address_sid="AD" + SID, bundle_sid="BU" + SID, locality="San Antonio", region="TX", skip_location_kyc="X",
    )  # fmt: skip

    (wish,) = readout(csv_file(row, header=FULL), buyer).wishes

    assert (wish.phone_number, wish.country_code, wish.number_type) == ("+18305551234", "US", "local")
    assert (wish.is_want, wish.sms, wish.mms, wish.row) == (False, True, False, 2)
    assert (wish.substitution, wish.address_sid, wish.bundle_sid) == (Substitution.DIGITS, "AD" + SID, "BU" + SID)
    assert (wish.locality, wish.region, wish.skip_location_kyc) == ("San Antonio", "TX", True)


def test_country_of_a_whole_number_is_known(buyer):
    (wish,) = readout(csv_file(f"{HILL},+442079460958,,"), buyer).wishes

    assert wish.country_code == "GB"


def test_want_becomes_as_many_wishes_as_its_quantity(buyer):
    row = full_row(quantity="5.0", country="usa", type="toll-free", begins_with="(833)", ends_with="00")

    wishes = readout(csv_file(row, header=FULL), buyer).wishes

    assert len(wishes) == 5
    assert {(w.is_want, w.country_code, w.number_type, w.first_part, w.last_part, w.row) for w in wishes} == {
        (True, "US", "tollFree", "833", "00", 2)
    }


@pytest.mark.parametrize(
    "text", ["+18305551234", "'+18305551234", "18305551234", "18305551234.0", "1.8305551234E+10", "830.555.1234"]
)
def test_numbers_survive_the_spreadsheet(text, buyer):
    (wish,) = readout(csv_file(f"{HILL},{text},US,local", header=NUMBER_HEADER), buyer).wishes

    assert wish.phone_number == "+18305551234"


@pytest.mark.parametrize("value", [18305551234, 18305551234.0, 8305551234.0, "+18305551234", "(830) 555-1234"])
def test_numbers_survive_xlsx(value, buyer):
    (wish,) = readout(xlsx_file([HILL, value, "US"]), buyer).wishes

    assert wish.phone_number == "+18305551234"


@pytest.mark.parametrize("name", ["hill country roofing", "  Hill  Country Roofing ", HILL])
def test_location_is_found_by_name_or_id(name, buyer):
    found = readout(csv_file(f"{name},+18305551234", header="location,phone"), buyer)

    assert len(found.wishes) == 1


def test_location_with_a_name_of_its_own_and_id_agree(buyer):
    row = "twinLOCATION2,Peluquería Ñandú,+18305551234"

    assert len(readout(csv_file(row, header="location_id,location,phone"), buyer).wishes) == 1


def test_number_twice_in_a_file_is_rejected_with_the_first_row(buyer):
    found = readout(csv_file(f"{HILL},+18305551234", f"{HILL},(830) 555-1234,US", f"{HILL},+18305551235"), buyer)

    assert [wish.row for wish in found.wishes] == [2, 4]
    assert [(bad.row, bad.errors) for bad in found.rejected] == [
        (3, {"phone_number": "Row 2 asks for this number already."})
    ]


def test_same_want_twice_is_rejected_with_the_first_row(buyer):
    row = f"{HILL},US,local,830,5"

    found = readout(csv_file(row, row, f"{HILL},US,local,210,5", header=WANT), buyer)

    assert len(found.wishes) == 10
    assert [(bad.row, bad.errors) for bad in found.rejected] == [
        (3, {"": "This is the same as row 2. For more numbers, raise its quantity."})
    ]


def test_row_with_more_cells_than_the_header_is_rejected_and_says_them(buyer):
    found = readout(csv_file(f"{HILL},+18305551234,US,local,,,San Antonio, TX"), buyer)

    assert found.rejected[0].errors == {
        "": "The row has more cells than the header; these are beyond it: “San Antonio, TX”."
    }


def test_row_with_fewer_cells_is_read(buyer):
    assert len(readout(csv_file(f"{HILL},+18305551234"), buyer).wishes) == 1


def test_file_that_asks_for_more_than_an_order_has_is_refused(buyer):
    rows = [f"{HILL},US,local,{prefix},500" for prefix in range(200, 241)]

    with pytest.raises(FileRefused, match="Up to row 42, this file asks for more than 20,000 numbers"):
        readout(csv_file(*rows, header=WANT), buyer)


def test_locations_are_read_in_one_query_for_any_number_of_rows(buyer, django_assert_num_queries):
    table = read_file(csv_file(*[f"{HILL},+1830555{number:04d}" for number in range(1000)]))

    with django_assert_num_queries(1):
        found = read_table(table, user=buyer)

    assert len(found.wishes) == 1000


def test_mended_row_is_read_like_one_of_a_file(buyer):
    wishes = read_mended(
        {"location_id": HILL, "country": "US", "type": "local", "quantity": "2"}, row=7, errors={}, user=buyer
    )

    assert [(wish.row, wish.is_want) for wish in wishes] == [(7, True), (7, True)]


def test_row_mended_badly_is_refused_with_its_errors(buyer):
    with pytest.raises(BadRow) as refusal:
        read_mended({"location": "Lone Star Dental", "phone_number": "5"}, row=7, errors={}, user=buyer)

    assert set(refusal.value.errors) == {"location", "phone_number"}


def test_every_column_is_explained():
    assert all(str(column.about) for column in COLUMNS.values())
    assert len(COLUMNS) == 18


@given(cells=st.dictionaries(st.sampled_from(list(COLUMNS)), st.text(max_size=60)))
def test_no_text_in_any_cell_breaks_the_reading(cells):
    class Nowhere:
        by_id: dict[str, int] = {}

        def with_id(self, text):
            return 1

        named = with_id

        def refuse_other_name(self, key, text):
            pass

    with contextlib.suppress(BadRow):  # anything else fails the test
        read_row({"location_id": "x", **cells}, places=Nowhere(), errors={})
