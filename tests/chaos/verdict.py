"""Compares the desk's books with the sandbox's ledger, which is the truth."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from numbers_app.leadconnector.sandbox import Call, Ledger, Sale
from numbers_app.models import OrderStatus, PhoneNumber, Purchase, PurchaseAttempt, PurchaseOrder, Status
from tests.chaos.books import left_behind
from tests.chaos.wishes import Wish

TWICE = "sold twice or not on our books"
NOT_SOLD = "on our books but not sold"
LEFT = "left behind"
SECOND_POSTS = "POSTs for a number that had been sold"
ORDERS = "single purchases lost or taken twice"
MIRROR = "mirrored otherwise than sold"
GAPS = "histories with gaps"
UNKNOWN_POSTS = "POSTs without an attempt on the books"
HISTORIES_SHOWN = 10


@dataclass
class Verdict:
    """Numbers in E.164, by what is wrong with them; all is well where every list is empty."""

    asked: int
    ended: Counter[str]
    second_tries: int
    wrong: dict[str, list[str]] = field(default_factory=dict)

    @property
    def guilty(self) -> list[str]:
        return list(dict.fromkeys(number for numbers in self.wrong.values() for number in numbers))


def judge(wishes: list[Wish], ledger: Ledger) -> Verdict:
    """Call it when nothing runs any more."""
    sales = {sale.phone_number: sale for sale in ledger.sold()}
    posts = posts_by_number(ledger.calls())
    purchases = list(Purchase.objects.select_related("location").order_by("pk"))
    bought = [purchase for purchase in purchases if purchase.status == Status.PURCHASED]
    on_books = Counter(purchase.phone_number for purchase in bought)
    wrong = {
        TWICE: [number for number in sales if on_books[number] != 1],
        NOT_SOLD: [number for number in on_books if number not in sales],
        LEFT: left_behind(),
        SECOND_POSTS: [number for number, calls in posts.items() if posted_after_sale(calls, sales.get(number))],
        ORDERS: wrong_orders(wishes),
        MIRROR: wrong_mirror(sales),
        GAPS: [purchase.phone_number for purchase in purchases if has_gaps(purchase)],
        UNKNOWN_POSTS: posts_without_attempt(posts),
    }
    return Verdict(
        asked=len(wishes),
        ended=Counter(str(purchase.status) for purchase in purchases),
        second_tries=sum(len(calls) > 1 for calls in posts.values()),
        wrong=wrong,
    )


def posts_by_number(calls: list[Call]) -> dict[str, list[Call]]:
    """In the order of their decision, those included that the limits turned away before the number was read.

    A worker that dies while it sends leaves half a body behind, which asks for nothing that anybody could sell.
    """
    posts = defaultdict(list)
    for call in calls:
        if call.path != "purchase":
            continue
        try:
            posts[call.phone_number or json.loads(call.body)["phoneNumber"]].append(call)
        except json.JSONDecodeError:
            continue
    return posts


def posted_after_sale(calls: list[Call], sale: Sale | None) -> bool:
    """Whether it was asked for again after it had been sold: a provider that sells twice would have."""
    if sale is None:
        return False
    sold_by = next(position for position, call in enumerate(calls) if call.attempt == sale.attempt)
    return len(calls) > sold_by + 1


def wrong_orders(wishes: list[Wish]) -> list[str]:
    """Each wish has one purchase, whatever the one who asked got to see; and there is no other."""
    by_key = defaultdict(list)
    direct = PurchaseOrder.objects.filter(status=OrderStatus.DIRECT)
    for key, number in direct.values_list("idempotency_key", "purchases__phone_number"):
        by_key[key].append(number)
    expected = {wish.key: [wish.number] for wish in wishes}
    wrong = [wish.number for wish in wishes if by_key.get(wish.key) != [wish.number]]
    return wrong + [str(number) for key, numbers in by_key.items() if key not in expected for number in numbers]


def wrong_mirror(sales: dict[str, Sale]) -> list[str]:
    rows = PhoneNumber.objects.filter(gone_at__isnull=True).values_list("phone_number", "location__location_id")
    mirrored = dict(rows)
    truth = {number: sale.location_id for number, sale in sales.items()}
    return sorted({number for number, _ in truth.items() ^ mirrored.items()})


def has_gaps(purchase: Purchase) -> bool:
    """Every step begins where the one before it ended, from nothing to what the purchase is now."""
    steps = list(purchase.events.order_by("pk").values_list("from_status", "to_status"))
    ends = ["", *(to for _, to in steps)]
    return not steps or [came for came, _ in steps] != ends[:-1] or ends[-1] != purchase.status


def posts_without_attempt(posts: dict[str, list[Call]]) -> list[str]:
    attempts = Counter(PurchaseAttempt.objects.values_list("purchase__phone_number", flat=True))
    return [number for number, calls in posts.items() if len(calls) > attempts[number]]


def histories(numbers: list[str], ledger: Ledger) -> str:
    """Both sides' view of some numbers, line by line."""
    posts = posts_by_number(ledger.calls())
    sales = {sale.phone_number: sale for sale in ledger.sold()}
    lines = []
    for number in numbers[:HISTORIES_SHOWN]:
        sale = sales.get(number)
        lines.append(f"{number}: {f'sold at {sale.sold_at:%T.%f}' if sale else 'not sold'}")
        lines += [
            f"  {call.at:%T.%f} provider: attempt {call.attempt} {call.outcome}" for call in posts.get(number, [])
        ]
        for purchase in Purchase.objects.filter(phone_number=number).order_by("pk"):
            lines.append(f"  purchase #{purchase.pk} at {purchase.location.location_id}: {purchase.status}")
            lines += [
                f"    {event.at:%T.%f} {event.from_status or 'nothing'} -> {event.to_status}: {event.because}"
                for event in purchase.events.order_by("pk")
            ]
            lines += [
                f"    attempt {attempt.number} of {attempt.worker}: {attempt.started_at:%T.%f} to "
                f"{attempt.finished_at:%T.%f}, {attempt.answer} {attempt.words}"
                if attempt.finished_at
                else f"    attempt {attempt.number} of {attempt.worker}: {attempt.started_at:%T.%f}, {attempt.answer}"
                for attempt in purchase.attempts.order_by("number")
            ]
    if len(numbers) > HISTORIES_SHOWN:
        lines.append(f"and {len(numbers) - HISTORIES_SHOWN} more: {', '.join(numbers[HISTORIES_SHOWN:])}")
    return "\n".join(lines)
