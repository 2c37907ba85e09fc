"""What one purchase's page shows, and the part of it that changes while the purchase moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from numbers_app import phones, selectors
from numbers_app.explanations import EXPLANATIONS, STATUS_COLOURS, STATUS_ICONS
from numbers_app.filter_fields import name_of
from numbers_app.formatting import NOTHING, show_price
from numbers_app.models import FINAL, NOT_SENT_YET, OrderStatus, Purchase, Status
from numbers_app.models.permissions import MAY_BUY, MAY_REVIEW
from numbers_app.purchasing.buying_again import CAME_TO_NOTHING, is_left_to_its_order
from numbers_app.purchasing.deciding import DOUBTFUL
from numbers_app.record import MOST_LOOK_UPS, record_of

NUMBER_ROW = '<tr{}><td class="desk-nowrap"><a href="{}{}/change/">{}</a></td><td>{}</td><td>{}</td><td>{}</td></tr>'
OWN_ROW = format_html(' class="{}"', "desk-row-own")
FOLLOW_CLOSELY = timedelta(minutes=2)  # a page that has been open for longer asks less often


def progress_context(purchase: Purchase, *, user: Any) -> dict[str, Any]:
    record = record_of(purchase, most_look_ups=MOST_LOOK_UPS)
    detail = record.detail
    status = Status(purchase.status)
    stopped = status == Status.QUEUED and purchase.location.paused_at is not None
    lonely = selectors.waits_for_worker(purchase) and not stopped
    last_event = detail.events[0].pk if detail.events else 0
    return {
        "record": record,
        "detail": detail,
        "number_rows": draw_numbers(detail) if status == Status.PURCHASED else "",
        "purchase": purchase,
        "now": timezone.now(),
        "decided_by": name_of(purchase.order.decided_by) if purchase.order.decided_by else "",
        "explanation": EXPLANATIONS[status],
        "colour": STATUS_COLOURS[status],
        "icon": STATUS_ICONS[status],
        "requester": requester(purchase),
        "price": show_price(purchase.monthly_price, purchase.price_unit),
        "waits_for_worker": lonely,
        "queue_stopped": stopped,
        "moving": status not in FINAL and status != Status.NEEDS_REVIEW,
        "pace": "1s" if timezone.now() - purchase.created_at < FOLLOW_CLOSELY else "5s",
        "version": f"{last_event}-{record.look_ups_total}-{purchase.next_action_at or ''}-{lonely:d}-{stopped:d}",
        **offers(purchase, later=record.later, user=user),
    }


def offers(purchase: Purchase, *, later: Sequence[Purchase], user: Any) -> dict[str, Any]:
    """The buttons that the purchase has for the user, and the purchases it is tied to."""
    may_buy = user.has_perm(MAY_BUY)
    again = next((one for one in later if one.again_of_id == purchase.pk), None)
    return {
        "may_buy": may_buy,
        "may_cancel": may_buy and purchase.status in NOT_SENT_YET,
        "may_buy_again": may_buy
        and purchase.status in CAME_TO_NOTHING
        and again is None
        and not is_left_to_its_order(purchase),
        "may_decide": user.has_perm(MAY_REVIEW) and purchase.status in DOUBTFUL,
        "again": again,
        "substitute": next((one for one in later if one is not again), None),
        "order": purchase.order if purchase.order.status != OrderStatus.DIRECT else None,
    }


def draw_numbers(detail: selectors.PurchaseDetail) -> SafeString:
    """The rows of the numbers map: by a template, fifty of them take as long as a third of the page."""
    numbers = reverse("admin:numbers_app_phonenumber_changelist")
    return format_html_join(
        "\n",
        NUMBER_ROW,
        (
            (
                OWN_ROW if number.phone_number == detail.purchase.phone_number else "",
                numbers,
                number.pk,
                phones.show_phone(number.phone_number),
                *(text or NOTHING for text in (number.friendly_name, number.service, number.assigned_user)),
            )
            for number in detail.numbers
        ),
    )


def page_of(purchase: Purchase) -> str:
    return reverse("admin:numbers_app_purchase_change", args=[purchase.pk])


def requester(purchase: Purchase) -> str:
    user = purchase.requested_by
    return name_of(user) if user else str(purchase.order.get_via_display())
