"""The record of one purchase as a file."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from numbers_app.models import Purchase
from numbers_app.record import Record
from numbers_app.record_data import record_as_data


def record_file(record: Record, *, user: Any, address: str) -> HttpResponse:
    data = record_as_data(record, made_at=timezone.now(), made_by=user.get_username(), address=address)
    response = HttpResponse(json.dumps(data, indent=2, ensure_ascii=False) + "\n", content_type="application/json")
    response["Content-Disposition"] = content_disposition_header(True, file_name(record.purchase)) or ""
    response["Cache-Control"] = "no-store"
    return response


def file_name(purchase: Purchase) -> str:
    return f"purchase-{purchase.pk}-{purchase.phone_number.lstrip('+')}.json"


def permanent_address(request: HttpRequest, page: str) -> str:
    """The whole address of a purchase's page, to be sent to somebody."""
    return request.build_absolute_uri(page)
