"""The columns of an order's file: their names, what else they are called, and what belongs in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from numbers_app.files.tables import FileRefused, key_of, shortened

ERROR = "error"  # the column that rejected rows are handed out with; it is left out when they come back
MOST_NAMED = 5  # unknown columns that a warning names


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    also: tuple[str, ...]
    about: Any
    example: tuple[str, str]
    """Of a number that is given, and of a want."""


COLUMNS = {
    column.name: column
    for column in (
        Column(
            name="location_id",
            also=("location id", "sub account id", "subaccount id", "id de ubicación", "id ubicación"),
            about=gettext_lazy("The provider's ID of the location that gets the number. This or the location's name."),
            example=("", ""),
        ),
        Column(
            name="location",
            also=("location name", "sub account", "subaccount", "ubicación", "nombre de ubicación", "sucursal", "sede"),
            about=gettext_lazy("The location's name; where two have the same name, its ID."),
            example=("", ""),
        ),
        Column(
            name="phone_number",
            also=("phone", "number", "phone no", "telephone", "teléfono", "número", "número de teléfono", "tel"),
            about=gettext_lazy(
                "The number that is wanted, in any notation. Empty where any number of a kind will do; then the "
                "columns from country to voice say which kind."
            ),
            example=("+18305550142", ""),
        ),
        Column(
            name="quantity",
            also=("qty", "count", "how many", "cantidad"),
            about=gettext_lazy("How many numbers of the kind, 1 to 500. Empty is 1."),
            example=("", "5"),
        ),
        Column(
            name="country",
            also=("country code", "país", "código de país"),
            about=gettext_lazy(
                "Two letters, such as US, or the country's name. A number written with its + needs none."
            ),
            example=("US", "US"),
        ),
        Column(
            name="type",
            also=("number type", "tipo", "tipo de número"),
            about=gettext_lazy("local, tollFree or mobile. A number that is given needs none."),
            example=("local", "local"),
        ),
        Column(
            name="begins_with",
            also=("starts with", "area code", "prefix", "prefijo", "empieza con", "comienza con", "código de área"),
            about=gettext_lazy(
                "Digits that the number begins with, without the country's code: an area code, for example."
            ),
            example=("", "830"),
        ),
        Column(
            name="ends_with",
            also=("suffix", "termina con", "termina en", "sufijo"),
            about=gettext_lazy("Digits that the number ends with."),
            example=("", ""),
        ),
        Column(
            name="contains",
            also=("anywhere", "contiene", "incluye"),
            about=gettext_lazy("Digits that stand anywhere in the number."),
            example=("", ""),
        ),
        Column(
            name="sms",
            also=("sms enabled", "text"),
            about=gettext_lazy("yes where the number must be able to send SMS."),
            example=("", "yes"),
        ),
        Column(
            name="mms",
            also=("mms enabled",),
            about=gettext_lazy("yes where it must be able to send MMS."),
            example=("", ""),
        ),
        Column(
            name="voice",
            also=("voice enabled", "calls", "voz", "llamadas"),
            about=gettext_lazy("yes where it must be able to make calls."),
            example=("", "yes"),
        ),
        Column(
            name="if_taken",
            also=("substitution", "if it is taken", "si está ocupado", "sustitución"),
            about=gettext_lazy(
                "What may be bought instead of a number that turns out to be taken: none (this number only), digits "
                "(same digits), place (same place), kind (any of the kind). Empty is none."
            ),
            example=("none", "kind"),
        ),
        Column(
            name="address_sid",
            also=("address",),
            about=gettext_lazy("Where the country asks for an address: AD and 32 characters."),
            example=("", ""),
        ),
        Column(
            name="bundle_sid",
            also=("bundle",),
            about=gettext_lazy("Where the country asks for a regulatory bundle: BU and 32 characters."),
            example=("", ""),
        ),
        Column(
            name="locality",
            also=("city", "town", "ciudad", "localidad"),
            about=gettext_lazy("City or town of a number that is given. The provider finds no numbers by it."),
            example=("", ""),
        ),
        Column(
            name="region",
            also=("state", "province", "estado", "región", "provincia"),
            about=gettext_lazy("State or province of a number that is given. The provider finds no numbers by it."),
            example=("", ""),
        ),
        Column(
            name="skip_location_kyc",
            also=("skip kyc", "skip the location's kyc", "omitir kyc"),
            about=gettext_lazy("yes only when the agency's own identity check (KYC) has been approved."),
            example=("", ""),
        ),
    )
}
KNOWN = {key_of(word): column.name for column in COLUMNS.values() for word in (column.name, *column.also)}
LOCATION_COLUMNS = ("location_id", "location")


@dataclass(frozen=True, kw_only=True)
class Header:
    """Which column stands where; "" where one is left out. ``titles`` are the words of the file."""

    names: Sequence[str]
    titles: Sequence[str]
    words: Sequence[str]


def read_header(cells: Sequence[str]) -> Header:
    """Raises `FileRefused` where columns are missing, or stand there twice."""
    cells = ["" if key_of(cell) == ERROR else cell for cell in cells]
    names = [KNOWN.get(key_of(cell), "") for cell in cells]
    refuse_twice(names, cells)
    refuse_missing(names, cells)
    unknown = [cell for cell, name in zip(cells, names, strict=True) if cell and not name]
    words = []
    if unknown:
        shown = "”, “".join(shortened(cell) for cell in unknown[:MOST_NAMED])
        more = _(" and %(count)s more") % {"count": len(unknown) - MOST_NAMED} if len(unknown) > MOST_NAMED else ""
        words.append(
            _("Columns that are not known were left out: “%(columns)s”%(more)s.") % {"columns": shown, "more": more}
        )
    return Header(names=names, titles=cells, words=words)


def refuse_twice(names: Sequence[str], cells: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=True):
        if name in seen:
            raise FileRefused(
                _("Two columns mean the same: “%(one)s” and “%(other)s”. Leave one of them out.")
                % {"one": seen[name], "other": cell}
            )
        if name:
            seen[name] = cell


def refuse_missing(names: Sequence[str], cells: Sequence[str]) -> None:
    if not any(names):
        raise FileRefused(
            _("The first row must name the columns, such as location and phone_number; it says “%(row)s”.")
            % {"row": shortened(", ".join(filter(None, cells)))}
        )
    if not set(names) & set(LOCATION_COLUMNS):
        raise FileRefused(_("There is no column location_id or location: it says who gets the number."))
    if "phone_number" in names:
        return
    missing = [name for name in ("country", "type") if name not in names]
    if missing:
        raise FileRefused(
            _(
                "There is no column phone_number. Add it, or say what kind of number is wanted; "
                "missing for that: %(names)s."
            )
            % {"names": ", ".join(missing)}
        )
