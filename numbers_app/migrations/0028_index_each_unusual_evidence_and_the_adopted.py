"""One index for each evidence, which SQLite can use too, and one of adopted purchases, without their orders; decision 12."""

from typing import Any

from django.db import migrations, models

TOLD = ["-id", "region", "number_type", "status", "price_unit", "monthly_price"]


def add(name: str, chosen_by: list[str], **condition: Any) -> migrations.AddIndex:
    index = models.Index(fields=[*chosen_by, *TOLD], condition=models.Q(**condition), name=name)
    return migrations.AddIndex(model_name="purchase", index=index)


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0027_find_orders_by_status_on_sqlite_too"),
    ]
    operations = [
        migrations.RemoveIndex(
            model_name="purchase",
            name="purchase_by_evidence",
        ),
        migrations.RemoveIndex(
            model_name="purchaseorder",
            name="order_adopted",
        ),
        add("purchase_by_list", ["confirmed_by"], confirmed_by="list"),
        add("purchase_by_person", ["confirmed_by"], confirmed_by="person"),
        add("purchase_adopted", ["confirmed_by", "attempt_count"], confirmed_by="person", attempt_count=0),
    ]
