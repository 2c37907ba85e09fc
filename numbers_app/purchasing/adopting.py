"""Where the provider's books and ours differ: numbers that no purchase explains, and numbers that vanished."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from numbers_app import clock
from numbers_app.models import (
    LIVE,
    Answer,
    Evidence,
    Happening,
    Location,
    LocationEvent,
    NumberType,
    PhoneNumber,
    Purchase,
    PurchaseEvent,
    PurchaseOrder,
    Status,
    TwilioAccount,
    Via,
)
from numbers_app.models.account import PhoneNumberQuerySet
from numbers_app.models.storing import storable_text
from numbers_app.purchasing.proving import confirm_bought

BATCH = 500  # numbers a transaction


def orphans() -> PhoneNumberQuerySet:
    """Numbers on the provider's books that no purchase of ours explains, or may yet explain."""
    return PhoneNumber.objects.filter(no_purchase_explains())


def no_purchase_explains() -> Q:
    """Numbers that are noted as explained are not looked at again: nearly all are, and they stay so.

    Of the others each looks for its own purchase: for a join PostgreSQL would read all purchases instead.
    """
    explained = Purchase.objects.filter(
        phone_number=OuterRef("phone_number"), status__in=(*LIVE, Status.PURCHASED)
    ).order_by()
    return Q(IsNull(Subquery(explained.values("pk")[:1]), True), explained=False, gone_at__isnull=True)


def note_explained() -> int:
    """Note which numbers a purchase of ours has bought; returns how many are new. It may be done at any time.

    They are looked for before anything is locked: on SQLite a purchase would wait for the search among all orphans.
    """
    bought = Purchase.objects.filter(phone_number=OuterRef("phone_number"), status=Status.PURCHASED).order_by()
    rows = PhoneNumber.objects.filter(Exists(bought), explained=False, gone_at__isnull=True).order_by("phone_number")
    noted = 0
    while found := list(rows.values_list("pk", flat=True)[:BATCH]):
        batch = note_as_explained(found)
        noted += batch
        if batch < len(found):
            break
    return noted


@transaction.atomic
def note_as_explained(keys: Sequence[int]) -> int:
    """Numbers that somebody is writing are left for the next time: a purchase must not wait for this."""
    rows = PhoneNumber.objects.filter(pk__in=keys, explained=False).order_by("phone_number")
    free = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
    return PhoneNumber.objects.filter(pk__in=free).update(explained=True)


def vanished() -> PhoneNumberQuerySet:
    """Numbers that the provider no longer lists, and of which nobody has taken note."""
    return PhoneNumber.objects.filter(gone_at__isnull=False, gone_noted_at__isnull=True)


def read_again(location_ids: Iterable[int]) -> None:
    """Have the numbers of the locations read from the provider at once."""
    Location.objects.filter(pk__in=list(location_ids)).update(sync_due_at=clock.now())


def adopt(phone_number_ids: Iterable[int], *, because: str, actor: Any) -> int:
    """Put orphans on our books; returns how many. One that has meanwhile been explained, or is gone, is left alone."""
    return in_batches(adopt_batch, phone_number_ids, because=because, actor=actor)


def note_gone(phone_number_ids: Iterable[int], *, because: str, actor: Any) -> int:
    """Take note that numbers vanished; returns how many. One that is back, or that was noted already, is left alone."""
    return in_batches(note_batch, phone_number_ids, because=because, actor=actor)


def in_batches(change: Callable[..., int], ids: Iterable[int], *, because: str, actor: Any) -> int:
    todo = sorted(set(ids))
    parts = [todo[first : first + BATCH] for first in range(0, len(todo), BATCH)]
    return sum(change(part, because=storable_text(because), actor=actor) for part in parts)


@transaction.atomic
def adopt_batch(phone_number_ids: Sequence[int], *, because: str, actor: Any) -> int:
    rows = locked_orphans(phone_number_ids)
    unsettled = tried_without_answer(rows)
    for row in rows:
        if purchase_id := unsettled.get((row.location_id, row.phone_number)):
            confirm_bought(
                purchase_id,
                evidence=Evidence.PERSON,
                because=because,
                seen_at=row.synced_at,
                actor=actor,
                number_sid=row.sid,
            )
    write_adopted(
        [row for row in rows if (row.location_id, row.phone_number) not in unsettled], because=because, actor=actor
    )
    return len(rows)


def locked_orphans(phone_number_ids: Sequence[int]) -> list[PhoneNumber]:
    """Those of the numbers that are orphans, asked when they are locked: of two who adopt at once, one finds none.

    Purchases are locked before numbers, as everywhere, and both in one order: so none wait in a ring.
    """
    rows = PhoneNumber.objects.filter(pk__in=phone_number_ids)
    purchases = Purchase.objects.filter(phone_number__in=rows.values("phone_number"))
    list(purchases.select_for_update().order_by("pk").values_list("pk"))
    list(rows.select_for_update().order_by("phone_number").values_list("pk"))
    return list(orphans().filter(pk__in=phone_number_ids))


def tried_without_answer(rows: Sequence[PhoneNumber]) -> dict[tuple[int, str], int]:
    """The purchases that came to nothing in our books, but may have bought one of the numbers after all."""
    doubtful = Purchase.objects.filter(
        phone_number__in=[row.phone_number for row in rows],
        status__in=(Status.REJECTED, Status.FAILED, Status.CANCELLED),
        attempts__answer=Answer.UNKNOWN,
    )
    found = doubtful.order_by("pk").values_list("location_id", "phone_number", "pk")
    return {(location_id, phone_number): pk for location_id, phone_number, pk in found}


def write_adopted(rows: Sequence[PhoneNumber], *, because: str, actor: Any) -> None:
    """One order with a purchase for each of the numbers, bought before we knew of it."""
    if not rows:
        return
    now = clock.now()
    order = PurchaseOrder.objects.create(requested_by=actor, via=Via.ADOPTED)
    accounts = TwilioAccount.objects.filter(location__in={row.location_id for row in rows})
    account_sids = dict(accounts.values_list("location_id", "account_sid"))
    purchases = Purchase.objects.bulk_create(
        Purchase(
            order=order,
            requested_by=actor,
            location_id=row.location_id,
            sandbox=settings.SANDBOX,
            phone_number=row.phone_number,
            country_code=row.country_code,
            number_type=row.number_type if row.number_type in NumberType.values else "",
            address_sid=row.address_sid,
            bundle_sid=row.bundle_sid,
            status=Status.PURCHASED,
            reason=because,
            confirmed_by=Evidence.PERSON,
            account_sid=account_sids.get(row.location_id, ""),
            number_sid=row.sid,
            finished_at=now,
        )
        for row in rows
    )
    PurchaseEvent.objects.bulk_create(
        PurchaseEvent(purchase=purchase, at=now, to_status=Status.PURCHASED, because=because, actor=actor)
        for purchase in purchases
    )


@transaction.atomic
def note_batch(phone_number_ids: Sequence[int], *, because: str, actor: Any) -> int:
    now = clock.now()
    rows = vanished().filter(pk__in=phone_number_ids).select_for_update().order_by("phone_number")
    found = list(rows.values_list("pk", "location_id"))
    PhoneNumber.objects.filter(pk__in=[pk for pk, _location_id in found]).update(gone_noted_at=now)
    LocationEvent.objects.bulk_create(
        LocationEvent(
            location_id=location_id,
            phone_number_id=pk,
            at=now,
            what=Happening.NOTED_GONE,
            because=because,
            actor=actor,
        )
        for pk, location_id in found
    )
    return len(found)
