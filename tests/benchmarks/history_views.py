"""What is asked of the pages that people look up purchases on: each view's query once for our pages, once for Django's.

A new filter needs a line here. ``{location}`` and the like stand for a row of the books; see ``Samples``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings

from numbers_app.models import Counting, PhoneNumber, Purchase, PurchaseOrder, Status
from numbers_app.narrowing import GONE, REPLACED, SUBSTITUTE
from numbers_app.tallies import count_up

PER_PAGE = 50
PURCHASES, NUMBERS = "numbers_app_purchase", "numbers_app_phonenumber"
Query = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class View:
    """One address; ``stock`` is None where Django's own page has nothing like it."""

    name: str
    address: str
    ours: Query = field(default_factory=dict)
    stock: Query | None = field(default_factory=dict)
    key: str = ""
    """Of the row, for a page of one."""


def of_purchases(name: str, ours: Query, stock: Query | None) -> View:
    return View(name=name, address=f"{PURCHASES}_changelist", ours=ours, stock=stock)


def of_numbers(name: str, ours: Query, stock: Query | None) -> View:
    return View(name=f"numbers_{name}", address=f"{NUMBERS}_changelist", ours=ours, stock=stock)


def search(name: str, term: str, of: Callable[[str, Query, Query | None], View] = of_purchases) -> View:
    return of(f"search_{name}", {"q": term}, {"q": term})


DAYS = {"first_day": "{from_day}", "last_day": "{to_day}"}
STOCK_DAYS = {"created_at__gte": "{from_day} 00:00:00+00:00", "created_at__lte": "{to_day} 23:59:59+00:00"}
PLACE = {"location": "{location}"}
STOCK_PLACE = {"location__id__exact": "{location}"}
BOUGHT = {"status": "purchased"}
STOCK_BOUGHT = {"status__exact": "purchased"}
LOCAL = {"number_type": "local"}
STOCK_LOCAL = {"number_type__exact": "local"}
NOT_BOUGHT = "rejected,failed,cancelled"
STOCK_PRICES = {"monthly_price__gte": "1.50", "monthly_price__lte": "2.50"}
REGION_AND_GROUP = {"region": "FL", "status": "not_bought"}, {"region__exact": "FL", "status__in": NOT_BOUGHT}
VIEWS = (
    of_purchases("plain", {}, {}),
    of_purchases("last_page", {"last": "1"}, {"p": "{last_page}"}),
    of_purchases("middle_page", {"after": "{purchase}"}, {"p": "{middle_page}"}),
    of_purchases("by_status", {"status": "rejected"}, {"status__exact": "rejected"}),
    of_purchases("by_status_of_most", BOUGHT, STOCK_BOUGHT),
    of_purchases("by_status_of_few", {"status": "needs_review"}, {"status__exact": "needs_review"}),
    of_purchases("by_group", {"status": "not_bought"}, {"status__in": NOT_BOUGHT}),
    of_purchases("in_progress", {"status": "in_progress"}, {"status__in": "on_hold,queued,submitting,uncertain"}),
    of_purchases("by_location", PLACE, STOCK_PLACE),
    of_purchases("by_small_location", {"location": "{small_location}"}, {"location__id__exact": "{small_location}"}),
    of_purchases("by_requester", {"requester": "{requester}"}, {"order__requested_by__id__exact": "{requester}"}),
    of_purchases("by_approver", {"approver": "{approver}"}, {"order__decided_by__id__exact": "{approver}"}),
    of_purchases("by_order", {"order": "{order}"}, {"order__id__exact": "{order}"}),
    of_purchases("by_type", {"number_type": "tollFree"}, {"number_type__exact": "tollFree"}),
    of_purchases("by_country", {"country": "CA"}, {"country_code__exact": "CA"}),
    of_purchases("by_region", {"region": "TX"}, {"region__exact": "TX"}),
    of_purchases("by_price", {"price_from": "1.50", "price_to": "2.50"}, STOCK_PRICES),
    of_purchases("by_evidence", {"confirmed": "person"}, {"confirmed_by__exact": "person"}),
    of_purchases("by_substitution", {"substituted": SUBSTITUTE}, {"substitute_of__isnull": "False"}),
    of_purchases("by_replacement", {"substituted": REPLACED}, {"substitute__isnull": "False"}),
    of_purchases("adopted", {"adopted": "yes"}, {"order__via__exact": "adopted"}),
    of_purchases("by_days", DAYS, STOCK_DAYS),
    of_purchases("by_period", {"period": "last_30_days"}, None),
    of_purchases("by_location_and_status", PLACE | BOUGHT, STOCK_PLACE | STOCK_BOUGHT),
    of_purchases("by_days_and_type", DAYS | LOCAL, STOCK_DAYS | STOCK_LOCAL),
    of_purchases("by_region_and_group", *REGION_AND_GROUP),
    search("number", "{number}"),
    search("last_four", "{last_four}"),
    search("middle", "{middle}"),
    search("area_code", "{area_code}"),
    search("location_name", "{location_name}"),
    search("account_sid", "{account_sid}"),
    search("number_sid", "{number_sid}"),
    search("nothing", "no such thing"),
    View(name="detail", address=f"{PURCHASES}_change", key="{purchase}"),
    of_numbers("plain", {}, {}),
    of_numbers("last_page", {"last": "1"}, {"p": "{last_numbers_page}"}),
    of_numbers("by_state", {"state": GONE}, {"gone_at__isnull": "False"}),
    of_numbers("by_location", PLACE, STOCK_PLACE),
    of_numbers("by_type", {"number_type": "tollFree"}, {"number_type__exact": "tollFree"}),
    of_numbers("by_country", {"country": "CA"}, {"country_code__exact": "CA"}),
    of_numbers("unexplained", {"unexplained": "yes"}, None),
    of_numbers("by_location_and_type", PLACE | LOCAL, STOCK_PLACE | STOCK_LOCAL),
    search("number", "{number}", of_numbers),
    search("last_four", "{last_four}", of_numbers),
    search("middle", "{middle}", of_numbers),
    search("name", "{friendly_name}", of_numbers),
    search("location_name", "{location_name}", of_numbers),
    search("number_sid", "{mirror_sid}", of_numbers),
    View(name="numbers_detail", address=f"{NUMBERS}_change", key="{number_key}"),
    View(name="dashboard", address="index", stock=None),
)


def prepare() -> None:
    """What our pages rest on and a worker keeps up to date: everything is counted."""
    while not Counting.objects.filter(complete=True).exists():
        count_up(seconds=settings.COUNT_SECONDS)


def samples() -> dict[str, str]:
    """Rows for the queries. The location, the order and the dates are such that a page is full at every size."""
    bought = Purchase.objects.filter(status=Status.PURCHASED, location=1, number_type="local", country_code="US")
    purchase = bought.exclude(number_sid="").order_by("id")[bought.exclude(number_sid="").count() // 2]
    number = PhoneNumber.objects.get(phone_number=purchase.phone_number)
    order = Purchase.objects.order_by("id")[Purchase.objects.count() // 2].order_id
    last = Purchase.objects.latest("id").created_at.date()
    return {
        "purchase": str(purchase.pk),
        "number_key": str(number.pk),
        "number": purchase.phone_number,
        "last_four": purchase.phone_number[-4:],
        "middle": purchase.phone_number[5:10],
        "area_code": "830",
        "location": "1",
        "small_location": str(Purchase.objects.order_by("-location_id").values_list("location_id", flat=True)[0]),
        "requester": str(Purchase.objects.exclude(order__requested_by=None).latest("id").order.requested_by_id),
        "approver": str(PurchaseOrder.objects.exclude(decided_by=None).latest("id").decided_by_id),
        "location_name": purchase.location.name,
        "account_sid": purchase.account_sid,
        "number_sid": purchase.number_sid,
        "mirror_sid": number.sid,
        "friendly_name": "New Braunfels",
        "order": str(order),
        "from_day": (last - timedelta(days=700)).isoformat(),
        "to_day": (last - timedelta(days=1)).isoformat(),
        "middle_page": str(Purchase.objects.count() // PER_PAGE // 2),
        "last_page": str(-(-Purchase.objects.count() // PER_PAGE)),
        "last_numbers_page": str(-(-PhoneNumber.objects.count() // PER_PAGE)),
    }
