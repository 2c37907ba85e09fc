"""A location's numbers of one type or country are counted in the index alone; decision 12."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0023_hold_an_evidence_lists_sums_in_its_index"),
    ]
    operations = [
        migrations.RemoveIndex(
            model_name="phonenumber",
            name="phone_number_by_location",
        ),
        migrations.AddIndex(
            model_name="phonenumber",
            index=models.Index(
                fields=["location", "phone_number", "number_type", "country_code"], name="phone_number_by_location"
            ),
        ),
    ]
