"""How SQLite reads the lists whose index is kept of a few purchases only."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from numbers_app.models import Purchase
from numbers_app.narrowing import narrow


@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        ({"confirmed": "list"}, "purchase_by_list"),
        ({"confirmed": "person"}, "purchase_by_person"),
        ({"adopted": "yes"}, "purchase_adopted"),
    ],
)
def test_what_is_few_is_summed_up_in_its_index_alone(db: None, chosen: dict[str, Any], index: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("asks SQLite how it reads")
    rows = narrow(Purchase.objects.order_by(), chosen)

    plan = rows.values_list("id", "status", "price_unit", "monthly_price").explain()

    assert f"USING COVERING INDEX {index}" in plan
