"""Numbers as people write them, and what is read out of them."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numbers_app import phones
from numbers_app.models import NumberType

steady = settings(derandomize=True, deadline=None)  # the same examples each time, however slow the machine
LIKE_A_PHONE = st.text(alphabet="0123456789+-() ./x;,ext=tel:*#ABC\u00a0\u200b\uff11\u0661", max_size=45)

TEXT = "+18305551234"
LONDON = "+442079460958"
MADRID = "+34912345678"
MEXICO = "+525512345678"

NOTATIONS = [
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.RFC3966,
]

GOOD = [
    ("+18305551234", "", TEXT),
    ("+1 830 555 1234", "", TEXT),
    ("+1 (830) 555-1234", "US", TEXT),
    ("(830) 555-1234", "US", TEXT),
    ("(830)555-1234", "US", TEXT),
    ("[830] 555-1234", "US", TEXT),
    ("830.555.1234", "US", TEXT),
    ("830-555-1234", "US", TEXT),
    ("830 555 1234", "US", TEXT),
    ("8305551234", "US", TEXT),
    ("830/555/1234", "US", TEXT),
    ("8 3 0 5 5 5 1 2 3 4", "US", TEXT),
    ("1-830-555-1234", "US", TEXT),
    ("18305551234", "US", TEXT),
    ("011 1 830 555 1234", "US", TEXT),
    ("  830 555 1234\t", "US", TEXT),
    ("830\u00a0555\u00a01234", "US", TEXT),
    ("830\u2011555\u20111234", "US", TEXT),
    ("830–555–1234", "US", TEXT),
    ("830\u2212555\u22121234", "US", TEXT),
    ("\u202a+1 830 555 1234\u202c", "", TEXT),
    ("\u200e+1 830 555 1234", "", TEXT),
    ("tel:+1-830-555-1234", "", TEXT),
    ("８３０５５５１２３４", "US", TEXT),
    ("＋１８３０５５５１２３４", "", TEXT),
    ("٨٣٠٥٥٥١٢٣٤", "US", TEXT),
    ("1-800-FLOWERS", "US", "+18003569377"),
    ("830-555-CALL", "US", "+18305552255"),
    ("020 7946 0958", "GB", LONDON),
    ("(020) 7946 0958", "GB", LONDON),
    ("+44 20 7946 0958", "GB", LONDON),
    ("+44 (0)20 7946 0958", "GB", LONDON),
    ("+44 20 7946 0958", "", LONDON),
    ("912 34 56 78", "ES", MADRID),
    ("+34 912 345 678", "", MADRID),
    ("55 1234 5678", "MX", MEXICO),
    ("+52 55 1234 5678", "MX", MEXICO),
    ("06 12 34 56 78", "FR", "+33612345678"),
    ("03ー1234ー5678", "JP", "+81312345678"),
    ("06 698 12345", "IT", "+390669812345"),
    ("800 555 1234", "CA", "+18005551234"),
    ("+1 500 555 0000", "US", "+15005550000"),
]
BAD = [
    ("", "US", "“” is not a phone number."),
    ("x", "US", "“x” is not a phone number."),
    ("+", "", "“+” is not a phone number."),
    ("830 555 1234", "", "Start the number with + and the country code, as in +1 830 555 1234, or choose a country."),
    ("830 555 1234", "ZZ", "Start the number with + and the country code, as in +1 830 555 1234, or choose a country."),
    ("+999 1234567", "", "Start the number with + and the country code, as in +1 830 555 1234, or choose a country."),
    ("0018305551234", "", "Start the number with + and the country code, as in +1 830 555 1234, or choose a country."),
    ("0018305551234", "US", "“0018305551234” has too many digits."),
    ("5551234", "US", "“5551234” lacks the area code."),
    ("911", "US", "“911” has too few digits."),
    ("+1 830 555 12345", "", "“+1 830 555 12345” has too many digits."),
    ("+55 11 1234 567890", "", "“+55 11 1234 567890” has too many digits."),
    ("+441234", "GB", "“+441234” lacks the area code."),
    ("8305551234, 5", "US", "A number is bought without an extension; leave “5” out."),
    ("+1 416 555 1234", "US", "This number belongs to CA, not to the country chosen (US)."),
    ("+1 876 555 1234", "US", "This number belongs to JM, not to the country chosen (US)."),
    ("+44 20 7946 0958", "US", "This is not a number of the country chosen (US)."),
    ("830 555 1234 ext. 9", "US", "A number is bought without an extension; leave “9” out."),
    ("830 555 1234 x5", "US", "A number is bought without an extension; leave “5” out."),
    ("8305551234;ext=5", "US", "A number is bought without an extension; leave “5” out."),
    ("9" * 41, "US", "A phone number has at most 15 digits; this is too long."),
]
# The parser alone would read a number out of each of these, and skip the rest without a word.
OTHER_TEXT = [
    "call 830 555 1234",
    "x8305551234",
    "8305551234x",
    "830 555 12 or 34",
    "'; DROP TABLE x; 8305551234",
    "8305551234'--",
    "📞 830 555 1234",
    "830 555 1234 📞",
    "#8305551234",
    "830*555*1234",
    "$830 555 1234",
    "=8305551234",
    "Ünal 8305551234",
    "8305551234;isub=12",
    "5551234;phone-context=+1830",
]


@pytest.mark.parametrize(("raw", "country", "e164"), GOOD)
def test_usual_notation_is_read(raw: str, country: str, e164: str) -> None:
    assert phones.read_phone(raw, country) == e164


@pytest.mark.parametrize(("raw", "country", "words"), BAD)
def test_bad_number_is_refused_in_words(raw: str, country: str, words: str) -> None:
    with pytest.raises(phones.PhoneError) as caught:
        phones.read_phone(raw, country)

    assert str(caught.value) == words


@pytest.mark.parametrize("raw", OTHER_TEXT)
def test_text_around_the_digits_is_not_skipped(raw: str) -> None:
    with pytest.raises(phones.PhoneError) as caught:
        phones.read_phone(raw, "US")

    assert str(caught.value) == f"“{raw}” is not a phone number."


@steady
@given(
    raw=st.text(max_size=60) | LIKE_A_PHONE, country=st.sampled_from(["", "US", "GB", "us", "ZZ", "001", "💥", "\x00"])
)
def test_reading_anything_raises_nothing_but_a_phone_error(raw: str, country: str) -> None:
    try:
        e164 = phones.read_phone(raw, country)
    except phones.PhoneError:
        return

    assert phones.read_phone(e164) == e164


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_country_can_read_what_it_writes(notation: int) -> None:
    examples = {region: phonenumbers.example_number(region) for region in phonenumbers.SUPPORTED_REGIONS}

    read = {
        region: phones.read_phone(phonenumbers.format_number(number, notation), region)
        for region, number in examples.items()
        if number
    }

    e164 = phonenumbers.PhoneNumberFormat.E164
    assert read == {region: phonenumbers.format_number(examples[region], e164) for region in read}


@pytest.mark.parametrize(
    ("e164", "kinds"),
    [
        ("+18305551234", {"local", "mobile"}),
        ("+18005551234", {"tollFree"}),
        ("+442079460958", {"local"}),
        ("+447911123456", {"mobile"}),
        ("+34612345678", {"mobile"}),
        ("+525512345678", {"local", "mobile"}),
        ("+15005550000", {"local", "mobile", "tollFree"}),
        ("+18225551234", {"local", "mobile", "tollFree"}),
    ],
)
def test_number_accepts_the_types_that_it_may_have(e164: str, kinds: set[str]) -> None:
    accepted = set()
    for kind in NumberType.values:
        try:
            phones.refuse_wrong_type(e164, kind)
        except phones.PhoneError:
            continue
        accepted.add(kind)

    assert accepted == kinds


def test_wrong_type_is_explained() -> None:
    with pytest.raises(phones.PhoneError) as caught:
        phones.refuse_wrong_type("+18305551234", "tollFree")

    assert str(caught.value) == "+1 830-555-1234 is a Local or Mobile number, not Toll-free."


@pytest.mark.parametrize(
    ("e164", "country"), [("+18305551234", "US"), ("+442079460958", "GB"), ("+80012345678", ""), ("+11234567890", "")]
)
def test_country_of_number_is_told_where_it_has_one(e164: str, country: str) -> None:
    assert phones.country_of(e164) == country


@steady
@given(st.text())
def test_showing_garbage_leaves_it_or_settles_at_once(text: str) -> None:
    shown = phones.show_phone(text)

    assert phones.show_phone(shown) == shown


@pytest.mark.parametrize(
    ("term", "digits"),
    [
        ("(830) 555-1234", "8305551234"),
        ("+1 830.555.1234", "18305551234"),
        ("0018305551234", "18305551234"),
        ("020 7946 0958", "2079460958"),
        ("+44 (0)20 7946 0958", "442079460958"),
        ("８３０ ５５５", "830555"),
        ("555", "555"),
        ("AC123", ""),
        ("Main Street 12", ""),
        ("+", ""),
        ("", ""),
    ],
)
def test_digits_to_search_for_are_found_in_any_notation(term: str, digits: str) -> None:
    assert phones.search_digits(term) == digits


@steady
@given(st.text())
def test_digits_to_search_for_are_digits_or_nothing(term: str) -> None:
    digits = phones.search_digits(term)

    assert not digits or (digits.isascii() and digits.isdecimal())
