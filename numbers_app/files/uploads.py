"""Puts the rows of an uploaded file into a draft, and notices a file that was uploaded before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from numbers_app.files.reading import read_file
from numbers_app.files.rows import read_table
from numbers_app.models import OrderPart, PurchaseOrder, Source
from numbers_app.purchasing.drafting import Added, add_lines, locked_draft


class UploadedBefore(Exception):
    """The same file is in an order already, and its user has not said to add it all the same.

    ``token`` says so: it stands for this file and the uploads of it that the user was shown.
    """

    def __init__(self, parts: QuerySet[OrderPart], count: int, token: str) -> None:
        super().__init__(f"This file was uploaded {count} times.")
        self.parts = parts
        self.token = token


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What came of a file."""

    added: Added
    rejected: int
    words: Sequence[str]


def add_file(order: PurchaseOrder, content: bytes, *, name: str, seen: str, actor: Any) -> Upload:
    """Raises `FileRefused`, `UploadedBefore`, `NotDrafted` or `TooManyLines`; then nothing was written.

    ``seen`` is the token of the uploads of this same file that the actor knows of.
    """
    fingerprint = hashlib.sha256(content).hexdigest()
    refuse_known(fingerprint, seen=seen, user=actor)
    found = read_table(read_file(content), user=actor)
    with transaction.atomic():
        locked_draft(order.pk)
        refuse_known(fingerprint, seen=seen, user=actor)  # a second click waited for the lock
        added = add_lines(
            order.pk,
            found.wishes,
            source=Source.FILE,
            label=name,
            actor=actor,
            file_sha256=fingerprint,
            rejected=found.rejected,
        )
    return Upload(added=added, rejected=len(found.rejected), words=found.words)


def refuse_known(fingerprint: str, *, seen: str, user: Any) -> None:
    """Raises `UploadedBefore`."""
    orders = PurchaseOrder.objects.visible_to(user)
    parts = OrderPart.objects.filter(file_sha256=fingerprint, order__in=orders)
    count = parts.count()
    token = f"{fingerprint}:{count}"
    if count and seen != token:
        raise UploadedBefore(parts.select_related("order", "created_by").order_by("-id"), count, token)
