"""The demo locations, and the few location ids that behave in a special way."""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

FIXED_IDS = ("ve9EPM428h8vShlRW1KT", "aa4PBpxnPc9bs4LSdiW7")
BUSINESSES = (
    ("Alamo Bright Dental", "San Antonio", "TX", "78205", "America/Chicago", "210"),
    ("Hill Country Roofing", "Kerrville", "TX", "78028", "America/Chicago", "830"),
    ("Lady Bird Yoga", "Austin", "TX", "78701", "America/Chicago", "512"),
    ("Bayou City Plumbing", "Houston", "TX", "77002", "America/Chicago", "713"),
    ("Biscayne Skin Clinic", "Miami", "FL", "33130", "America/New_York", "305"),
    ("Ybor Family Law", "Tampa", "FL", "33602", "America/New_York", "813"),
    ("Hudson Home Cleaning", "New York", "NY", "10001", "America/New_York", "212"),
    ("Golden Gate Physio", "San Francisco", "CA", "94103", "America/Los_Angeles", "415"),
    ("Lakefront Auto Repair", "Chicago", "IL", "60601", "America/Chicago", "312"),
    ("Saguaro Solar", "Phoenix", "AZ", "85004", "America/Phoenix", "602"),
    ("Peachtree Pet Care", "Atlanta", "GA", "30303", "America/New_York", "404"),
    ("Emerald City Movers", "Seattle", "WA", "98101", "America/Los_Angeles", "206"),
)
LETTERS = string.ascii_letters + string.digits
COMPANY_ID = "sandboxAgency0000001"


@dataclass(frozen=True, kw_only=True, slots=True)
class MagicLocation:
    """A location id that behaves in a special way; `locations/search` does not list it."""

    id: str
    name: str
    does: str


NOT_CONNECTED = MagicLocation(
    id="notConnected00000001", name="Without Phones", does="404 on every phone endpoint: no phone system."
)
SUSPENDED = MagicLocation(
    id="suspendedAccount0001",
    name="Suspended Account",
    does="The list says `accountStatus: suspended`; purchases are refused with 400.",
)
KYC_MISSING = MagicLocation(
    id="kycMissing0000000001",
    name="Unverified Business",
    does="Purchases are refused with 400 unless `skipLocationKYC` is true.",
)
MAGIC_LOCATIONS = (NOT_CONNECTED, SUSPENDED, KYC_MISSING)


def _location_id(position: int) -> str:
    if position < len(FIXED_IDS):
        return FIXED_IDS[position]
    digest = hashlib.sha256(f"location {position}".encode()).digest()
    return "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:20])


def _location(position: int) -> dict[str, Any]:
    name, city, state, postal_code, timezone, area = BUSINESSES[position % len(BUSINESSES)]
    branch = position // len(BUSINESSES) + 1
    slug = name.lower().replace(" ", "-") + (f"-{branch}" if branch > 1 else "")
    return {
        "id": _location_id(position),
        "name": name if branch == 1 else f"{name} {branch}",
        "phone": f"+1{area}5550{100 + position % 100}",
        "email": f"hello@{slug}.example",
        "address": f"{100 + position} Main Street",
        "city": city,
        "state": state,
        "country": "US",
        "postalCode": postal_code,
        "website": f"https://{slug}.example",
        "timezone": timezone,
        "settings": {
            "allowDuplicateContact": False,
            "allowDuplicateOpportunity": False,
            "allowFacebookNameMerge": False,
            "disableContactTimezone": False,
        },
        "social": {},
    }


@lru_cache(maxsize=8)
def demo_locations(count: int) -> tuple[dict[str, Any], ...]:
    """The first ``count`` demo locations, always the same ones."""
    return tuple(_location(position) for position in range(count))


def find_location(location_id: str, *, count: int) -> dict[str, Any] | None:
    """A demo or magic location in the shape of `GET /locations/{id}`."""
    for magic in MAGIC_LOCATIONS:
        if magic.id == location_id:
            return {"id": magic.id, "companyId": COMPANY_ID, "name": magic.name, "country": "US"}
    for location in demo_locations(count):
        if location["id"] == location_id:
            return {**location, "companyId": COMPANY_ID, "business": {"name": location["name"]}}
    return None
