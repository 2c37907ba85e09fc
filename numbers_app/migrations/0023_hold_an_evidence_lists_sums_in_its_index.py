"""A list by evidence counts, sums up and looks for adopted numbers in its index alone; decision 12."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0022_keep_look_ups"),
    ]
    operations = [
        migrations.RemoveIndex(
            model_name="purchase",
            name="purchase_by_evidence",
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                condition=models.Q(("confirmed_by__in", ("list", "person"))),
                fields=[
                    "confirmed_by",
                    "-id",
                    "region",
                    "number_type",
                    "order",
                    "status",
                    "price_unit",
                    "monthly_price",
                ],
                name="purchase_by_evidence",
            ),
        ),
    ]
