"""Parts of numbers, as people write them, and what is sent for them."""

from __future__ import annotations

import pytest

from numbers_app.patterns import Where, read_pattern
from numbers_app.phones import PhoneError


@pytest.mark.parametrize(
    ("raw", "sent"),
    [
        ("830", "830"),
        ("(830)", "830"),
        ("+1 830", "830"),
        ("+1830", "830"),
        ("(+1) 830", "830"),
        ("+1 (830) 555", "830555"),
        ("1-830", "830"),
        ("1830", "830"),
        ("1 (830)", "830"),
        ("tel:+1-830-555", "830555"),
        ("001 830", "830"),
        ("011 1 830", "830"),
        ("830.555", "830555"),
        ("830/555-12", "83055512"),
        ("+1 830 555 1234", "8305551234"),
        ("830-XXX-XXXX", "830"),
        ("830 ****", "830"),
        ("(8xx)", "8"),
        ("\uff18\uff13\uff10", "830"),
        ("\uff0b1 830", "830"),
        ("\u0668\u0663\u0660", "830"),
        ("830\u2013555", "830555"),
        ("\u200e830", "830"),
        ("1-800-FLOWERS", "8003569377"),
        ("TEX", "839"),
        ("183", "83"),
        ("  ", ""),
        ("", ""),
    ],
)
def test_beginning_of_us_number_is_read_as_national_digits(raw: str, sent: str) -> None:
    assert read_pattern(raw, country="US", where="first") == sent


@pytest.mark.parametrize(
    ("raw", "where", "sent"),
    [
        ("CALL-NOW", "last", "2255669"),
        ("call now", "anywhere", "2255669"),
        ("XMAS", "last", "9627"),
        ("FLEXX", "anywhere", "35399"),
        ("XXX-XXX-1234", "last", "1234"),
        ("xxx 777 xxxx", "anywhere", "777"),
        ("1-830", "last", "1830"),
        ("1-830", "anywhere", "830"),
        ("1830", "anywhere", "1830"),
        ("0011", "last", "0011"),
        ("00", "anywhere", "00"),
        ("+1 830 555 1234", "last", "8305551234"),
        ("1-800-356-9377", "last", "8003569377"),
        ("7-7-7", "anywhere", "777"),
    ],
)
def test_end_and_middle_keep_the_digits_that_were_typed(raw: str, where: Where, sent: str) -> None:
    assert read_pattern(raw, country="US", where=where) == sent


@pytest.mark.parametrize(
    ("raw", "country", "sent"),
    [
        ("020", "GB", "20"),
        ("+44 (0)20 7946", "GB", "207946"),
        ("(0)20", "GB", "20"),
        ("0044 20", "GB", "20"),
        ("20", "GB", "20"),
        ("06", "IT", "06"),
        ("+39 06", "IT", "06"),
        ("8 (495)", "RU", "495"),
        ("800", "RU", "800"),
        ("8 800 555 35 35", "RU", "8005553535"),
        ("089", "DE", "89"),
        ("(02)", "AU", "2"),
        ("+1 416", "CA", "416"),
        ("787", "PR", "787"),
    ],
)
def test_other_countries_have_their_own_prefixes(raw: str, country: str, sent: str) -> None:
    assert read_pattern(raw, country=country, where="first") == sent


@pytest.mark.parametrize(
    ("raw", "country", "where", "says"),
    [
        ("+44 20", "US", "first", "This does not begin with the code of the country chosen (US, +1)."),
        ("+49 30", "GB", "last", "This does not begin with the code of the country chosen (GB, +44)."),
        ("+1", "US", "first", "“+1” has no digits to look for; add some, or leave it empty."),
        ("1", "US", "first", "“1” has no digits to look for; add some, or leave it empty."),
        ("---", "US", "anywhere", "“---” has no digits to look for; add some, or leave it empty."),
        ("XXX", "US", "first", "“XXX” has no digits to look for; add some, or leave it empty."),
        ("0", "GB", "first", "“0” has no digits to look for; add some, or leave it empty."),
        ("1180", "US", "first", "Area codes begin with 2 to 9, not with 1."),
        ("0830", "US", "first", "Area codes begin with 2 to 9, not with 0."),
        ("8X0", "US", "first", "The provider knows no sign for any digit; leave “X” out."),
        ("8*0", "US", "first", "The provider knows no sign for any digit; leave “*” out."),
        ("83?1", "US", "anywhere", "The provider knows no sign for any digit; leave “?” out."),
        (
            "830 555 1234 5",
            "US",
            "first",
            "This has too many digits: a number of the country chosen (US) has at most 10.",
        ),
        (
            "8305551234567890",
            "US",
            "last",
            "This has too many digits: a number of the country chosen (US) has at most 10.",
        ),
        ("8" * 41, "US", "last", "A phone number has at most 15 digits; this is too long."),
        ("830+1", "US", "first", "“830+1” is no part of a phone number."),
        ("830,210", "US", "first", "“830,210” is no part of a phone number."),
        ("830\x00", "US", "first", "“830\x00” is no part of a phone number."),
        ("\u0416\u041a\u0425", "US", "first", "“\u0416\u041a\u0425” is no part of a phone number."),
        ("<b>830</b>", "US", "first", "“<b>830</b>” is no part of a phone number."),
        ("830", "", "first", "Choose a country: it decides how the digits are read."),
        ("830", "XX", "last", "Choose a country: it decides how the digits are read."),
    ],
)
def test_what_can_not_be_looked_for_is_refused_in_plain_words(raw: str, country: str, where: Where, says: str) -> None:
    with pytest.raises(PhoneError) as refusal:
        read_pattern(raw, country=country, where=where)

    assert str(refusal.value) == says
