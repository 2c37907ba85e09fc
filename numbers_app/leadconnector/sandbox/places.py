"""Where the sandbox's numbers are: a few dozen places, so that a search reads like a real one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A town and the telephone company's words for it."""

    locality: str
    region: str
    postal_code: str
    latitude: str
    longitude: str
    lata: str


AREAS: dict[str, dict[str, tuple[Place, ...]]] = {
    "US": {
        "206": (Place("Seattle", "WA", "98101", "47.606200", "-122.332100", "674"),),
        "210": (Place("San Antonio", "TX", "78205", "29.424100", "-98.493600", "566"),),
        "212": (Place("New York", "NY", "10001", "40.750600", "-73.997200", "132"),),
        "214": (Place("Dallas", "TX", "75201", "32.776700", "-96.797000", "552"),),
        "305": (Place("Miami", "FL", "33130", "25.761700", "-80.191800", "460"),),
        "312": (Place("Chicago", "IL", "60601", "41.878100", "-87.629800", "358"),),
        "404": (Place("Atlanta", "GA", "30303", "33.749000", "-84.388000", "438"),),
        "415": (Place("San Francisco", "CA", "94103", "37.774900", "-122.419400", "722"),),
        "512": (Place("Austin", "TX", "78701", "30.267200", "-97.743100", "558"),),
        "602": (Place("Phoenix", "AZ", "85004", "33.448400", "-112.074000", "666"),),
        "713": (Place("Houston", "TX", "77002", "29.760400", "-95.369800", "560"),),
        "813": (Place("Tampa", "FL", "33602", "27.950600", "-82.457200", "952"),),
        "830": (
            Place("New Braunfels", "TX", "78130", "29.703000", "-98.124500", "566"),
            Place("Seguin", "TX", "78155", "29.568800", "-97.964700", "566"),
            Place("Kerrville", "TX", "78028", "30.047400", "-99.140300", "566"),
            Place("Boerne", "TX", "78006", "29.794700", "-98.732000", "566"),
        ),
        "870": (
            Place("Jonesboro", "AR", "72401", "35.842300", "-90.704300", "528"),
            Place("West Memphis", "AR", "72301", "35.146500", "-90.184500", "528"),
        ),
    },
    "CA": {
        "416": (Place("Toronto", "ON", "M5H 2N2", "43.653200", "-79.383200", "888"),),
        "514": (Place("Montreal", "QC", "H2Y 1C6", "45.501900", "-73.567400", "888"),),
        "604": (Place("Vancouver", "BC", "V6B 1A1", "49.282700", "-123.120700", "888"),),
    },
    "PR": {
        "787": (
            Place("San Juan", "PR", "00901", "18.465500", "-66.105700", "820"),
            Place("Ponce", "PR", "00730", "18.011100", "-66.614100", "820"),
        ),
        "939": (Place("San Juan", "PR", "00907", "18.453700", "-66.077500", "820"),),
    },
}
TOLL_FREE_CODES = ("800", "833", "844", "855", "866", "877", "888")
NO_ADDRESS_NEEDED = ("US", "CA", "PR")
LOCAL_ADDRESS_NEEDED = ("DE", "ES", "FR", "IT")


def address_requirements(country_code: str) -> str:
    """What kind of address a number of the country asks for: none, any or local."""
    if country_code in NO_ADDRESS_NEEDED:
        return "none"
    return "local" if country_code in LOCAL_ADDRESS_NEEDED else "any"


def place_of(country_code: str, national: str) -> Place | None:
    """The place of a number from its national digits; None for a toll-free one and where the sandbox knows none."""
    towns = AREAS.get(country_code, {}).get(national[:3])
    return towns[int(national[3:6]) % len(towns)] if towns else None
