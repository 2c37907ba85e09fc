"""Writes down each look-up: what one read of the provider's list showed of a purchase whose outcome is unknown.

It belongs into the transaction of what is concluded from the read: both are written, or neither is. Nothing is
concluded from what stands here, and no text may keep a conclusion from being written: what does not fit is cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.leadconnector.redaction import redact
from numbers_app.models import LookUpResult, PurchaseLookUp
from numbers_app.models.storing import storable_columns


def note_look_ups(results: Mapping[int, LookUpResult], **read: Any) -> None:
    """Write what one read showed of each purchase, by its key, in one statement; ``read`` are the columns of the read.

    The purchases must be locked: a foreign key looks at its row when the transaction ends, and must not wait there.
    """
    columns = storable_columns(PurchaseLookUp, read)
    PurchaseLookUp.objects.bulk_create(
        PurchaseLookUp(purchase_id=pk, result=result, **columns) for pk, result in results.items()
    )


def what_was_said(error: Exception) -> dict[str, Any]:
    """The columns of a read that failed, or that could not begin, as without a token."""
    if not isinstance(error, LeadConnectorError):
        return {"words": redact(str(error))}
    return {"words": redact(error.words), "status_code": error.status, "trace_id": error.trace_id}
