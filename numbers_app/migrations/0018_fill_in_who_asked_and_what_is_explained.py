"""Fills the two new columns from what is there; backwards there is nothing to do, for the columns go.

A migration of its own: PostgreSQL makes no index in a transaction that has changed a foreign key's rows.
"""

from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef, Subquery


def fill(apps: Any, schema_editor: Any) -> None:
    purchase, order, number = (
        apps.get_model("numbers_app", name) for name in ("Purchase", "PurchaseOrder", "PhoneNumber")
    )
    requester = order.objects.filter(pk=OuterRef("order")).values("requested_by")
    purchase.objects.filter(order__requested_by__isnull=False).update(requested_by=Subquery(requester))
    bought = purchase.objects.filter(phone_number=OuterRef("phone_number"), status="purchased")
    number.objects.filter(~Exists(bought)).update(explained=False)


class Migration(migrations.Migration):
    dependencies = [("numbers_app", "0017_say_who_asked_and_what_is_explained")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
