"""Regions are asked for in two spellings, so no index gives them in the order of the list; decision 12."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0025_list_purchases_of_orders_and_approvers_by_an_index"),
    ]
    operations = [
        migrations.RemoveIndex(
            model_name="purchase",
            name="purchase_by_region",
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["region", "status", "number_type", "-id"], name="purchase_by_region"),
        ),
    ]
