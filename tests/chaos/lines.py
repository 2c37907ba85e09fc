"""Compares what was wanted, want by want, with the sandbox's ledger: a want for one number must never end as two."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from numbers_app.leadconnector.sandbox import Call, Ledger, Sale
from numbers_app.models import (
    LineStatus,
    OrderEvent,
    OrderLine,
    OrderStatus,
    Purchase,
    PurchaseEvent,
    PurchaseOrder,
    Status,
)
from tests.chaos.wants import Plan

TWO = "wants that ended as two numbers"
MISREPORTED = "wants that are reported otherwise than sold"
UNEXPLAINED = "sold, and no purchase explains it"
OPEN = "wants left open in an order that is over"
NOT_OVER = "orders that are not over"
NOT_FINAL = "wants with a purchase that is not final"
TOO_SOON = "asked for in place of one that might still be bought"
TOGETHER = "sent while another of the same want was under way"
ORDERS = "orders of wants lost, or with other wants"
SUMS = "orders that report other sums than sold"
ENDS = (OrderStatus.FINISHED, OrderStatus.CANCELLED)
UNDER_WAY = (LineStatus.DRAFT, LineStatus.OPEN)
REPLACEABLE = (Status.REJECTED, Status.FAILED, Status.CANCELLED)
CLOCKS_AGREE = timedelta(seconds=1)  # processes measure their clocks against the database's


@dataclass
class Chain:
    """One want, and all that was asked for to fulfil it."""

    line: OrderLine
    purchases: list[Purchase]
    sold: list[Sale] = field(default_factory=list)

    @property
    def bought(self) -> list[Purchase]:
        return [purchase for purchase in self.purchases if purchase.status == Status.PURCHASED]

    @property
    def numbers(self) -> list[str]:
        return list(dict.fromkeys(purchase.phone_number for purchase in self.purchases)) or [self.line.phone_number]

    @property
    def is_reported_as_sold(self) -> bool:
        bought = self.bought
        numbers = [purchase.phone_number for purchase in bought]
        if numbers != [sale.phone_number for sale in self.sold]:
            return False
        if not bought:
            return self.line.status != LineStatus.BOUGHT
        told = (self.line.status, self.line.purchase_id, self.line.phone_number)
        return told == (LineStatus.BOUGHT, bought[0].pk, numbers[0])


@dataclass
class OrderOfWants:
    """One order's row in the table."""

    order: PurchaseOrder
    chains: list[Chain]
    happened: Counter[str]

    @property
    def sold(self) -> int:
        return sum(len(chain.sold) for chain in self.chains)

    @property
    def reported(self) -> int:
        return sum(chain.line.status == LineStatus.BOUGHT for chain in self.chains)

    @property
    def bought(self) -> int:
        return sum(len(chain.bought) for chain in self.chains)

    @property
    def substitutes(self) -> int:
        return sum(bool(purchase.substitute_of_id) for chain in self.chains for purchase in chain.purchases)

    @property
    def adds_up(self) -> bool:
        return self.sold == self.bought == self.reported <= len(self.chains)

    def __str__(self) -> str:
        stopped = Counter(str(chain.line.problem) for chain in self.chains if chain.line.status == LineStatus.STOPPED)
        steps = ("paused", "resumed", "cancelled", "retried")
        happened = [f"{step} {self.happened[step]}" for step in steps if self.happened[step]]
        whys = [f"{why} {number}" for why, number in stopped.most_common()]
        return (
            f"{self.order}: wanted {len(self.chains)}, sold {self.sold}, reported as bought {self.reported}, "
            f"substitutes {self.substitutes}, not bought {sum(stopped.values())} ({', '.join(whys)}); "
            f"{', '.join([*happened, self.order.status])}"
        )


@dataclass
class WantsVerdict:
    """Wants, orders, or numbers in E.164, by what is wrong with them; all is well where every list is empty."""

    orders: list[OrderOfWants]
    wrong: dict[str, Sequence[Chain | OrderOfWants | str]]

    @property
    def is_well(self) -> bool:
        return not any(self.wrong.values())

    @property
    def guilty(self) -> list[str]:
        """The numbers whose histories tell what happened."""
        found = [one for those in self.wrong.values() for one in those]
        chains = [number for one in found if isinstance(one, Chain) for number in one.numbers]
        return list(dict.fromkeys([*chains, *(one for one in found if isinstance(one, str))]))

    @property
    def substitutes(self) -> int:
        return sum(order.substitutes for order in self.orders)


def judge_wants(plans: Sequence[Plan], ledger: Ledger) -> WantsVerdict:
    """Call it when nothing runs any more."""
    sales = {(sale.phone_number, sale.location_id, sale.fingerprint): sale for sale in ledger.sold()}
    orders = read_orders(sales)
    chains = [chain for order in orders for chain in order.chains]
    history = read_history()
    posts = posts_by_request(ledger.calls())
    over = [order for order in orders if order.order.status in ENDS]
    explained = {request_of(purchase) for purchase in Purchase.objects.select_related("location")}
    wrong: dict[str, Sequence[Chain | OrderOfWants | str]] = {
        TWO: [chain for chain in chains if len(chain.sold) > 1],
        MISREPORTED: [chain for chain in chains if not chain.is_reported_as_sold],
        SUMS: [order for order in orders if not order.adds_up],
        UNEXPLAINED: [request[0] for request in sales if request not in explained],
        OPEN: [chain for order in over for chain in order.chains if chain.line.status in UNDER_WAY],
        NOT_OVER: [order for order in orders if order.order.status not in ENDS],
        NOT_FINAL: [chain for chain in chains if not all(purchase.is_final for purchase in chain.purchases)],
        TOO_SOON: [chain for chain in chains if any(too_soon(chain, history))],
        TOGETHER: [chain for chain in chains if any(sent_together(chain, posts))],
        ORDERS: wrong_orders(plans, orders),
    }
    return WantsVerdict(orders=orders, wrong=wrong)


def read_orders(sales: dict[tuple[str, str, str], Sale]) -> list[OrderOfWants]:
    chains: dict[int, Chain] = {}
    by_order: dict[int, list[Chain]] = defaultdict(list)
    for line in OrderLine.objects.order_by("pk"):
        chains[line.pk] = Chain(line=line, purchases=[])
        by_order[line.order_id].append(chains[line.pk])
    for purchase in Purchase.objects.filter(line__isnull=False).select_related("location").order_by("pk"):
        chains[purchase.line_id].purchases.append(purchase)
    for chain in chains.values():
        requests = dict.fromkeys(request_of(purchase) for purchase in chain.purchases)
        chain.sold = [sales[request] for request in requests if request in sales]
    happened: dict[int, Counter[str]] = defaultdict(Counter)
    for order_id, what in OrderEvent.objects.values_list("order_id", "what"):
        happened[order_id][what] += 1
    orders = PurchaseOrder.objects.exclude(status=OrderStatus.DIRECT).order_by("pk")
    return [OrderOfWants(order=order, chains=by_order[order.pk], happened=happened[order.pk]) for order in orders]


def request_of(purchase: Purchase) -> tuple[str, str, str]:
    """What tells one purchase's requests from another's for the same number."""
    return purchase.phone_number, purchase.location.location_id, purchase.fingerprint_id


def posts_by_request(calls: Sequence[Call]) -> dict[tuple[str, str, str], list[int]]:
    """When the provider decided about each: positions in its ledger."""
    posts = defaultdict(list)
    for call in calls:
        if call.path == "purchase" and call.phone_number:
            posts[call.phone_number, call.location_id, call.fingerprint].append(call.id)
    return posts


def read_history() -> dict[int, list[PurchaseEvent]]:
    history = defaultdict(list)
    for event in PurchaseEvent.objects.filter(purchase__line__isnull=False).order_by("pk"):
        history[event.purchase_id].append(event)
    return history


def too_soon(chain: Chain, history: dict[int, list[PurchaseEvent]]) -> Iterator[bool]:
    """Whether each was asked for before the one that it follows had come to nothing, or without following any."""
    for before, after in pairwise(chain.purchases):
        asked = history[after.pk][0]
        ended = [event for event in history[before.pk] if event.pk < asked.pk][-1]
        follows = before.pk in (after.substitute_of_id, after.again_of_id)
        in_time = ended.at <= asked.at + CLOCKS_AGREE
        yield not (follows and in_time and ended.to_status in REPLACEABLE)


def sent_together(chain: Chain, posts: dict[tuple[str, str, str], list[int]]) -> Iterator[bool]:
    """Whether the provider heard of each before it had heard the last of the one before it."""
    requests = dict.fromkeys(request_of(purchase) for purchase in chain.purchases)
    heard = [posts[request] for request in requests if request in posts]
    for before, after in pairwise(heard):
        yield after[0] < before[-1]


def wrong_orders(plans: Sequence[Plan], orders: Sequence[OrderOfWants]) -> list[str]:
    """Each plan has one order with just its wants; and there is no other."""
    found = {order.order.idempotency_key: len(order.chains) for order in orders}
    expected = {plan.key: len(plan.wants) for plan in plans}
    return [key.hex for key in {**found, **expected} if found.get(key) != expected.get(key)]
