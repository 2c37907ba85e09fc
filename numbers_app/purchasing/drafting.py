"""Drafts of orders: begun, filled, changed, copied and thrown away. Nothing here is asked of the provider."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from numbers_app import clock
from numbers_app.formatting import write_label
from numbers_app.models import (
    BEING_DRAFTED,
    OrderEvent,
    OrderHappening,
    OrderLine,
    OrderPart,
    OrderStatus,
    PurchaseOrder,
    RejectedRow,
    Source,
    Substitution,
)
from numbers_app.models.storing import storable_columns
from numbers_app.purchasing.ordering import KeyUsed
from numbers_app.purchasing.refusals import OrderRefused

MOST_LINES = 20_000  # numbers in one order
ROWS_AT_ONCE = 500  # in one INSERT


class NotDrafted(OrderRefused):
    """The order is no longer a draft."""

    def __init__(self, order: PurchaseOrder) -> None:
        super().__init__(f"Order {order} is {order.status}: only a draft can be changed.")
        self.order = order


class OtherDesk(OrderRefused):
    """The order was begun against the sandbox, and this desk talks to the provider, or the other way round."""

    def __init__(self) -> None:
        super().__init__(_("The order belongs to another desk: rehearsal and reality never mix. Copy it instead."))


class TooManyLines(OrderRefused):
    """The order would have more numbers than one order may."""

    def __init__(self, *, most: int, wanted: int) -> None:
        super().__init__(f"An order has at most {most} numbers; this would be {wanted}.")
        self.most = most
        self.wanted = wanted


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One number wanted: the columns of an `OrderLine` that a person, a file or a search gives. ``location_id`` is the
    row's key."""

    location_id: int
    row: int = 0
    substitution: Substitution = Substitution.NONE
    is_want: bool = False
    country_code: str = ""
    number_type: str = ""
    first_part: str = ""
    last_part: str = ""
    anywhere: str = ""
    sms: bool = False
    mms: bool = False
    voice: bool = False
    phone_number: str = ""
    locality: str = ""
    region: str = ""
    fingerprint_id: str = ""
    searched_at: datetime | None = None
    monthly_price: Decimal | None = None
    price_unit: str = ""
    address_requirements: str = ""
    address_sid: str = ""
    bundle_sid: str = ""
    skip_location_kyc: bool = False


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A row of a file that could not be read: its cells and errors by column ("" for the row as a whole)."""

    row: int
    cells: Mapping[str, str]
    errors: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Added:
    """What came of adding lines; ``there_already`` are numbers that the order had before."""

    part: OrderPart | None
    count: int
    there_already: Sequence[str] = field(default=())


def begin_draft(*, requested_by: Any, name: str = "", idempotency_key: uuid.UUID | None = None) -> PurchaseOrder:
    """A new, empty draft; the same person's same key again returns the one that is there. Raises `KeyUsed`."""
    key = idempotency_key or uuid.uuid4()
    columns = storable_columns(PurchaseOrder, {"name": name})
    try:
        with transaction.atomic():
            order, is_new = PurchaseOrder.objects.get_or_create(
                idempotency_key=key,
                requested_by=requested_by,
                defaults={"status": OrderStatus.DRAFT, "sandbox": settings.SANDBOX, **columns},
            )
            if is_new:
                note(order, OrderHappening.DRAFTED, because="Begun.", actor=requested_by)
    except IntegrityError as error:
        raise KeyUsed(None) from error
    return order


@transaction.atomic
def add_lines(
    order_id: int,
    wishes: Sequence[Wish],
    *,
    source: Source,
    label: str,
    actor: Any,
    file_sha256: str = "",
    rejected: Sequence[Rejected] = (),
    idempotency_key: uuid.UUID | None = None,
) -> Added:
    """Add lines to a draft, together with the rows that could not be read; the same key again adds nothing.

    A number that the order has already is left out and named in the result. Raises `NotDrafted` or `TooManyLines`;
    then nothing was written.
    """
    order = locked_draft(order_id)
    if idempotency_key and (earlier := order.parts.filter(idempotency_key=idempotency_key).first()):
        return Added(part=earlier, count=earlier.lines.count())
    fresh, there_already = without_known(order, wishes)
    refuse_too_many(order, len(fresh))
    if not fresh and not rejected:
        return Added(part=None, count=0, there_already=there_already)
    part = OrderPart.objects.create(
        order=order,
        source=source,
        created_by=actor,
        idempotency_key=idempotency_key,
        **storable_columns(OrderPart, {"label": label, "file_sha256": file_sha256}),
    )
    write_lines(part, fresh)
    RejectedRow.objects.bulk_create(
        (RejectedRow(part=part, row=bad.row, cells=dict(bad.cells), errors=dict(bad.errors)) for bad in rejected),
        batch_size=ROWS_AT_ONCE,
    )
    changed(order, because=f"{len(fresh)} added: {written(part)}.", actor=actor)
    return Added(part=part, count=len(fresh), there_already=there_already)


@transaction.atomic
def remove_lines(order_id: int, lines: QuerySet[OrderLine], *, actor: Any) -> int:
    """Take these lines out of the draft; returns how many there were. Raises `NotDrafted`."""
    order = locked_draft(order_id)
    count, _tables = lines.filter(order=order).delete()
    if count:
        changed(order, because=f"{count} taken out.", actor=actor)
    return count


@transaction.atomic
def remove_part(part: OrderPart, *, actor: Any) -> None:
    """Take out what came in together, with its rejected rows. Raises `NotDrafted`."""
    order = locked_draft(part.order_id)
    if OrderPart.objects.filter(pk=part.pk, order=order).delete()[0]:
        changed(order, because=f"Taken out: {written(part)}.", actor=actor)


@transaction.atomic
def set_substitution(order_id: int, lines: QuerySet[OrderLine], rule: Substitution, *, actor: Any) -> int:
    """State what may be bought instead of these lines' numbers. A preview stays good. Raises `NotDrafted`."""
    order = locked_draft(order_id)
    count = lines.filter(order=order).update(substitution=rule)
    note(order, OrderHappening.CHANGED, because=f"If a number is taken: {rule.value}, for {count} lines.", actor=actor)
    return count


def rename(order_id: int, name: str) -> None:
    """Call the draft something. Raises `NotDrafted`."""
    if not PurchaseOrder.objects.filter(pk=order_id, status__in=BEING_DRAFTED).update(
        **storable_columns(PurchaseOrder, {"name": name})
    ):
        raise NotDrafted(PurchaseOrder.objects.get(pk=order_id))


@transaction.atomic
def discard(order_id: int, *, actor: Any) -> None:
    """Give the draft up; a second click changes nothing. Raises `NotDrafted`."""
    order = locked_order(order_id)
    if order.status == OrderStatus.CANCELLED:
        return
    refuse_submitted(order)
    now = clock.now()
    PurchaseOrder.objects.filter(pk=order.pk).update(
        status=OrderStatus.CANCELLED, next_action_at=None, cancelled_at=now, finished_at=now
    )
    note(order, OrderHappening.CANCELLED, because="The draft was thrown away.", actor=actor)


def locked_order(order_id: int) -> PurchaseOrder:
    """The order as it is now, locked where the database can. Orders are locked before purchases."""
    return PurchaseOrder.objects.select_for_update(of=("self",)).get(pk=order_id)


def locked_draft(order_id: int) -> PurchaseOrder:
    """Raises `NotDrafted`."""
    order = locked_order(order_id)
    refuse_submitted(order)
    return order


def refuse_submitted(order: PurchaseOrder) -> None:
    if order.status not in BEING_DRAFTED:
        raise NotDrafted(order)


def refuse_other_desk(order: PurchaseOrder) -> None:
    """Raises `OtherDesk`: no worker of this desk would ever go on with the order, and its prices are not ours."""
    if order.sandbox != settings.SANDBOX:
        raise OtherDesk


def refuse_too_many(order: PurchaseOrder, more: int) -> None:
    wanted = order.lines.count() + more
    if wanted > MOST_LINES:
        raise TooManyLines(most=MOST_LINES, wanted=wanted)


def without_known(order: PurchaseOrder, wishes: Sequence[Wish]) -> tuple[list[Wish], list[str]]:
    """The wishes whose numbers the order has not, each once; and the numbers of the others."""
    known = set(order.lines.exclude(phone_number="").values_list("phone_number", flat=True))
    fresh, there_already = [], []
    for wish in wishes:
        if wish.phone_number and wish.phone_number in known:
            there_already.append(wish.phone_number)
            continue
        known.add(wish.phone_number)
        fresh.append(wish)
    return fresh, there_already


def write_lines(part: OrderPart, wishes: Sequence[Wish]) -> None:
    OrderLine.objects.bulk_create(
        (OrderLine(order_id=part.order_id, part=part, **storable_columns(OrderLine, asdict(wish))) for wish in wishes),
        batch_size=ROWS_AT_ONCE,
    )


def written(part: OrderPart) -> str:
    """How the history calls it."""
    return part.label or write_label(Source(part.source).label)


def changed(order: PurchaseOrder, *, because: str, actor: Any) -> None:
    """A draft that was changed has to be previewed again; lines that were looked at keep what was found."""
    PurchaseOrder.objects.filter(pk=order.pk).update(status=OrderStatus.DRAFT, next_action_at=None)
    note(order, OrderHappening.CHANGED, because=because, actor=actor)


def note(order: PurchaseOrder, what: OrderHappening, *, because: str, actor: Any) -> None:
    OrderEvent.objects.create(order=order, at=clock.now(), what=what, because=because, actor=actor)
