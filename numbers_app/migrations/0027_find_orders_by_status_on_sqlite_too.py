"""SQLite uses no partial index whose condition names a value, and went through all orders for those under way."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0026_count_by_region_and_status_in_a_range_of_the_index"),
    ]
    operations = [
        migrations.RemoveIndex(
            model_name="purchaseorder",
            name="order_awaiting_approval",
        ),
        migrations.RemoveIndex(
            model_name="purchaseorder",
            name="order_carried_out",
        ),
        migrations.AddIndex(
            model_name="purchaseorder",
            index=models.Index(fields=["status", "-id"], name="order_by_status"),
        ),
    ]
