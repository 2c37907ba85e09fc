import pytest

from numbers_app.files.pasted import read_pasted

A, B, C = "+18305551234", "+12105550101", "+14325550199"


def read(text, country="US", **options):
    return read_pasted(text, country=country, fields={"location_id": 1}, **options)


def numbers(text, country="US"):
    found = read(text, country)
    assert found.unread == []
    return [wish.phone_number for wish in found.wishes]


@pytest.mark.parametrize(
    "text",
    [
        f"{A}\n{B}\r\n{C}",
        f"{A},{B},{C}",
        f"{A}; {B} ;{C};",
        f"{A}\t{B}\t{C}",
        f"{A}|{B}|{C}",
        f"{A} {B} {C}",
        f"{A}{B}{C}",
        f"{A}/{B} / {C}",
        f"{A} and {B} y {C}",
        f"{A} or {B} & {C}",
        "8305551234 2105550101 4325550199",
        "830 555 1234 210 555 0101 432 555 0199",
        "(830) 555-1234 (210) 555-0101 (432) 555-0199",
        "1 (830) 555-1234 1 (210) 555-0101 1 (432) 555-0199",
        "• 830-555-1234\n• 210-555-0101\n• 432-555-0199",
        "- 830-555-1234\n* 210-555-0101\n– 432-555-0199",
        "1. 830 555 1234\n2. 210 555 0101\n3) 432 555 0199",
        "“830.555.1234”, '210.555.0101', <4325550199>",
        "18305551234.0\n2105550101.0\n1.4325550199E+10",
        "tel:+1-830-555-1234\ntel:+12105550101\ntel:+14325550199",
        "８３０５５５１２３４、\n2105550101\n4325550199".replace("、", ""),
    ],
)
def test_numbers_are_found_whatever_stands_between(text):
    assert numbers(text) == [A, B, C]


def test_letters_are_read_by_the_keypad():
    assert numbers("1-800-FLOWERS, 800-555-0199") == ["+18003569377", "+18005550199"]


def test_number_of_another_country_is_read_with_its_plus():
    assert numbers("+44 20 7946 0958, 830 555 1234") == ["+442079460958", A]


def test_numbers_of_varying_length_are_not_read_together():
    assert numbers("030 1234567 030 1234568", "DE") == ["+49301234567", "+49301234568"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", "“hello” is not a phone number."),
        ("555-1234", "lacks the area code"),
        ("911", "has too few digits"),
        ("1.83E+10", "has cut digits off"),
        ("830 555 1234 ext 5", "without an extension"),
        ("830 555 123 210 555 0101", "is not a phone number"),
        ("call me at 830 555 1234", "is not a phone number"),
        ("+999 12345", "Start the number with + and the country code"),
        ("9" * 5000, "at most 15 digits"),
        ("=1+1", "is not a phone number"),
    ],
)
def test_what_is_no_number_is_named_with_the_reason(text, reason):
    found = read(text)

    assert found.wishes == []
    assert reason in found.unread[0].reason


def test_division_that_is_not_clear_is_left_to_the_person():
    found = read("0664 1234 0664 1234 567", "AT")

    assert found.wishes == []
    assert found.unread[0].reason


def test_bad_number_among_good_ones_is_named_alone():
    found = read("8305551234 2105550101 83055512 4325550199")

    assert [wish.phone_number for wish in found.wishes] == [A, B, C]
    assert [unread.text for unread in found.unread] == ["83055512"]


def test_number_twice_is_wanted_once():
    found = read("830-555-1234, (830) 555 1234")

    assert [wish.phone_number for wish in found.wishes] == [A]
    assert found.repeated == [A]


def test_number_of_another_type_is_refused():
    found = read("800 555 0199", number_type="local")

    assert found.wishes == []
    assert "is a Toll-free number, not Local" in found.unread[0].reason


@pytest.mark.parametrize("text", ["", "   \n ,,;", "\x00"])
def test_nothing_is_nothing(text):
    found = read(text)

    assert (found.wishes, found.unread) == ([], [])


def test_ten_thousand_numbers_are_read_and_more_are_refused():
    text = "\n".join(f"830{number}" for number in range(2_000_000, 2_010_000))

    assert len(read(text).wishes) == 10_000
    assert "At most 10,000 numbers" in read(text + "\n2105550101").unread[0].reason
