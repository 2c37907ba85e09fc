"""What was rehearsed is never bought: an order belongs to the desk that it was begun at."""

from __future__ import annotations

from typing import Any

import pytest

from numbers_app.models import OrderStatus, Purchase, Status
from numbers_app.purchasing.approving import approve
from numbers_app.purchasing.drafting import OtherDesk
from numbers_app.purchasing.previewing import begin_preview
from numbers_app.purchasing.retrying import try_again
from tests.factories import make_user
from tests.purchasing.test_limits import confirm, limit, previewed_order

pytestmark = pytest.mark.django_db


def test_rehearsed_order_is_neither_previewed_nor_submitted_at_the_real_desk(settings: Any) -> None:
    order = previewed_order(0)
    settings.SANDBOX = False

    with pytest.raises(OtherDesk):
        begin_preview(order.pk, actor=order.requested_by)
    with pytest.raises(OtherDesk):
        confirm(order)

    assert not Purchase.objects.exists()


def test_rehearsed_order_is_neither_approved_nor_tried_again_at_the_real_desk(settings: Any) -> None:
    limit(approval_over_numbers=0)
    order = confirm(previewed_order(0))
    settings.SANDBOX = False

    with pytest.raises(OtherDesk):
        approve(order.pk, actor=make_user(is_superuser=True))
    order.status = OrderStatus.FINISHED
    order.save()
    with pytest.raises(OtherDesk):
        try_again(order.pk, actor=order.requested_by)

    assert Purchase.objects.get().status == Status.AWAITING_APPROVAL
