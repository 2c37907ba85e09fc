"""How PostgreSQL reads the lists: by an index for each filter, whatever the table holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from numbers_app.admin import keyset_list
from numbers_app.models import PhoneNumber, Purchase
from tests.admin.world import World

pytestmark = pytest.mark.services

PURCHASES = """
INSERT INTO numbers_app_purchase (order_id, requested_by_id, location_id, sandbox, phone_number, country_code,
    number_type, address_sid, bundle_sid, locality, region, fingerprint_id, skip_location_kyc, status, attempt_count,
    reason, confirmed_by, account_sid, number_sid, monthly_price, price_unit, created_at, finished_at)
SELECT order_id, %(user)s, location_id, TRUE, '+1213' || lpad(n::text, 7, '0'),
    CASE WHEN n %% 50 = 0 THEN 'GB' ELSE 'US' END, CASE WHEN n %% 20 = 0 THEN 'mobile' ELSE 'local' END,
    '', '', '', CASE WHEN n %% 30 = 0 THEN 'TX' ELSE 'CA' END, n::text || '-f', FALSE,
    CASE WHEN n %% 25 = 0 THEN 'rejected' ELSE 'purchased' END, 1, '',
    CASE WHEN n %% 25 = 0 THEN '' WHEN n %% 49 = 0 THEN 'list' ELSE 'reply' END, 'AC' || md5((n %% 400)::text),
    'PN' || md5(n::text), n %% 400 / 100.0, 'USD', now() - n * interval '1 hour', now()
FROM generate_series(1, 5000) n, (SELECT order_id, location_id FROM numbers_app_purchase ORDER BY id LIMIT 1) one
"""
NUMBERS = """
INSERT INTO numbers_app_phonenumber (location_id, phone_number, service, friendly_name, assigned_user, sid,
    country_code, number_type, capabilities, origin, forwarding_number, address_sid, bundle_sid, raw, first_seen_at,
    synced_at, gone_at, explained)
SELECT location_id, phone_number, '', 'Desk ' || id, '', number_sid, country_code, number_type, '{}', '', '', '', '',
    '{}', now(), now(), CASE WHEN id %% 40 = 0 THEN now() END, id %% 100 > 0
FROM numbers_app_purchase WHERE phone_number LIKE '+1213%%'
"""


@pytest.fixture
def books(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset_list, "MOST_COUNTED", 300)  # most of the lists are longer, as they are on a desk
    if connection.vendor != "postgresql":
        pytest.skip("asks PostgreSQL how it reads")
    with connection.cursor() as cursor:
        cursor.execute(PURCHASES, {"user": world.people["Buyer"].pk})
        cursor.execute(NUMBERS, {})
        cursor.execute("ANALYZE")


def plans(model: Any, user: User, query: str) -> list[str]:
    """How each of a list's own statements would be run where only the rows that an index leads to are read.

    The books of a test are small, and to read them whole may be as good; what matters is that it need not be.
    """
    request: Any = RequestFactory().get(f"/?{query}")
    request.user = user
    with CaptureQueriesContext(connection) as asked:
        admin.site._registry[model].get_changelist_instance(request)
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        if query.startswith("q="):  # then to read all of an index would be no better
            cursor.execute("SET LOCAL enable_indexonlyscan = off")
        for statement in (query["sql"] for query in asked.captured_queries):
            if f'FROM "{model._meta.db_table}"' in statement:
                cursor.execute(f"EXPLAIN {statement}")
                found.append("\n".join(line for (line,) in cursor.fetchall()))
    return found


BY_INDEX = {
    Purchase: {
        "": "pkey",
        "last=1": "pkey",
        "status=rejected": "purchase_",
        "status=in_progress": "purchase_",
        "number_type=mobile": "purchase_by_type",
        "country=GB": "purchase_by_country",
        "region=TX": "purchase_by_region",
        "first_day=2020-01-01&last_day=2020-02-01": "purchase_by_day",
        "price_from=3.99": "purchase_by_price",
        "confirmed=list": "purchase_by_list",
        "confirmed=person": "purchase_by_person",
        "substituted=substitute": "purchase_substitutes",
        "approver={person}": "purchase_by_order",
        "adopted=yes": "purchase_adopted",
        "q=%2B12130000123": "purchase_by_number",
        "q=1300001": "purchase_number_parts",
        "q=ACc4ca4238a0b923820dcc509a6f75849b": "purchase_by_account",
        "q=123-f": "purchase_by_fingerprint",
        "status=rejected&region=TX": "purchase_by_",
    },
    PhoneNumber: {
        "": "phone_number",
        "state=gone": "phone_number_gone",
        "country=GB": "phone_number_by_country",
        "number_type=mobile": "phone_number_by_type",
        "number_type=other": "phone_number_by_type",
        "unexplained=yes": "phone_number_unexplained",
        "q=1300001": "phone_number_parts",
        "q=Desk+123": "phone_number_name_parts",
    },
}


@pytest.mark.parametrize("model", BY_INDEX)
def test_lists_are_read_by_an_index_for_each_filter(model: Any, books: None, world: World) -> None:
    whole = f"Seq Scan on {model._meta.db_table}"
    wrong = {}
    for query, index in BY_INDEX[model].items():
        found = plans(model, world.people["root"], query.format(person=world.people["Buyer"].pk))
        if any(whole in plan for plan in found) or not any(index in plan for plan in found):
            wrong[query] = found

    assert wrong == {}


@pytest.mark.parametrize("query", ["approver={person}", "adopted=yes"])
def test_selection_by_what_its_order_tells_is_counted_in_indexes_alone(query: str, books: None, world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")

    counted, *_others = plans(Purchase, world.people["root"], query.format(person=world.people["Buyer"].pk))

    assert "on numbers_app_purchase " in counted
    assert all("Index Only Scan" in line for line in counted.splitlines() if "on numbers_app_purchase " in line)
