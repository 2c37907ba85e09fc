"""What purchases of a region, of some days or in a status cost a month is read where they are found; decision 12."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0028_index_each_unusual_evidence_and_the_adopted"),
    ]
    operations = [
        migrations.RemoveIndex(
            model_name="purchase",
            name="purchase_by_region",
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                fields=["region", "status", "number_type", "-id", "price_unit", "monthly_price"],
                name="purchase_by_region",
            ),
        ),
        migrations.RemoveIndex(
            model_name="purchase",
            name="purchase_by_day",
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                fields=["created_at", "id", "status", "price_unit", "monthly_price"], name="purchase_by_day"
            ),
        ),
        migrations.RemoveIndex(
            model_name="purchase",
            name="purchase_by_status",
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["status", "-id", "price_unit", "monthly_price"], name="purchase_by_status"),
        ),
    ]
