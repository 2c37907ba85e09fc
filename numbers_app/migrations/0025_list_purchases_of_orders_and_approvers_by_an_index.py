"""Purchases of an order, and of those that a person approved, are found in indexes alone: Django's own held no more
than the foreign key, and whatever else was asked had to be read from the tables. Decision 12."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0024_count_by_location_and_type_in_an_index"),
    ]
    operations = [
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["order", "-id", "status"], name="purchase_by_order"),
        ),
        migrations.AlterField(
            model_name="purchase",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="purchases",
                to="numbers_app.purchaseorder",
                verbose_name="order",
            ),
        ),
        migrations.AddIndex(
            model_name="purchaseorder",
            index=models.Index(
                condition=models.Q(("decided_by__isnull", False)), fields=["decided_by", "id"], name="order_by_approver"
            ),
        ),
        migrations.AlterField(
            model_name="purchaseorder",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decided_orders",
                to=settings.AUTH_USER_MODEL,
                verbose_name="approved or declined by",
            ),
        ),
    ]
