"""Who buys, and where: locations, users and places for the benchmark's books."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group, User
from django.db import connection

LOCATIONS = 2000
CLERK_LOCATIONS = 20
ADMIN, CLERK = "admin", "clerk"
BUYERS = ("maria", "james", "lucia", "robert", "carmen", "linda", "diego", "susan", "pablo", "karen", "elena", "peter")
APPROVERS = ("ines", "walter", "grace")
TRADES = (
    "Dental Care", "Plumbing", "Realty", "Auto Repair", "Law Office", "Roofing", "Chiropractic", "Landscaping",
    "Insurance", "Fitness", "Veterinary Clinic", "Cleaning", "Accounting", "Bakery", "Pest Control", "Solar",
    "Physiotherapy", "Pool Service", "Electric", "Tutoring",
)  # fmt: skip
FAMILIES = (
    "Alvarez", "Baker", "Castillo", "Dawson", "Espinoza", "Fischer", "García", "Hughes", "Ibarra", "Jensen",
    "Kowalski", "Larson", "Méndez", "Nguyen", "O'Brien", "Peña", "Quinn", "Ramírez", "Schmidt", "Torres",
    "Ulrich", "Vargas", "Watson", "Young", "Zapata",
)  # fmt: skip
PLACES = (  # country, what a number of it begins with, region, locality; those further up are asked for more often
    ("US", "+1830", "TX", "New Braunfels"),
    ("US", "+1210", "TX", "San Antonio"),
    ("US", "+1512", "TX", "Austin"),
    ("US", "+1713", "TX", "Houston"),
    ("US", "+1305", "FL", "Miami"),
    ("US", "+1407", "FL", "Orlando"),
    ("US", "+1310", "CA", "Santa Monica"),
    ("US", "+1619", "CA", "San Diego"),
    ("US", "+1415", "CA", "San Francisco"),
    ("US", "+1602", "AZ", "Phoenix"),
    ("US", "+1303", "CO", "Denver"),
    ("US", "+1702", "NV", "Las Vegas"),
    ("US", "+1312", "IL", "Chicago"),
    ("US", "+1404", "GA", "Atlanta"),
    ("US", "+1212", "NY", "New York"),
    ("US", "+1617", "MA", "Boston"),
    ("US", "+1206", "WA", "Seattle"),
    ("US", "+1503", "OR", "Portland"),
    ("US", "+1612", "MN", "Minneapolis"),
    ("US", "+1704", "NC", "Charlotte"),
    ("CA", "+1416", "ON", "Toronto"),
    ("CA", "+1604", "BC", "Vancouver"),
    ("CA", "+1514", "QC", "Montréal"),
    ("GB", "+44207", "", "London"),
    ("MX", "+52555", "CMX", "Ciudad de México"),
    ("AU", "+6129", "NSW", "Sydney"),
)
PLACES_TABLE = "filling_place"


def fill_people() -> None:
    """The superuser, buyers and approvers; and a clerk, who sees a few locations alone. None has a password."""
    buyers = [
        User(username=name, first_name=name.title(), last_name=FAMILIES[len(name)]) for name in (*BUYERS, *APPROVERS)
    ]
    users = [User(username=ADMIN, is_superuser=True), User(username=CLERK), *buyers]
    for user in users:
        user.is_staff = True
        user.set_unusable_password()
    User.objects.bulk_create(users)
    User.objects.get(username=CLERK).groups.add(Group.objects.get(name="Viewer"))


def fill_locations(at: datetime) -> None:
    """By SQL: the models may know columns that the tables don't have yet."""
    columns = "id, location_id, name, city, state, created_at, synced_at"
    columns += ", company_id, country, timezone, sync_error, paused_because, raw"
    rows = []
    for n in range(1, LOCATIONS + 1):
        _country, _digits, region, locality = PLACES[n % len(PLACES)]
        name = f"{FAMILIES[n * 7 % len(FAMILIES)]} {TRADES[n // len(FAMILIES) % len(TRADES)]} {locality} {n}"
        rows.append([n, f"bench{n * 7919 % 1_000_003:015d}", name, locality, region, at, at])
    given = ", ".join(["%s"] * len(rows[0]))
    insert(f"INSERT INTO numbers_app_location ({columns}) VALUES ({given}, '', '', '', '', '', '{{}}')", rows)
    clerk = User.objects.get(username=CLERK).pk
    assigned = [[n, clerk] for n in range(1, LOCATIONS, LOCATIONS // CLERK_LOCATIONS)]
    insert("INSERT INTO numbers_app_location_users (location_id, user_id) VALUES (%s, %s)", assigned)


def fill_places() -> None:
    """A table for the rows to be joined with; it goes away with the connection."""
    columns = "id integer PRIMARY KEY, country text, digits text, region text, locality text"
    insert(f"CREATE TEMPORARY TABLE {PLACES_TABLE} ({columns})", [[]])
    insert(f"INSERT INTO {PLACES_TABLE} VALUES (%s, %s, %s, %s, %s)", [[n, *place] for n, place in enumerate(PLACES)])


def insert(sql: str, rows: list[list[object]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)
