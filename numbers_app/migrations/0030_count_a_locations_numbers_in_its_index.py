"""How many numbers a location has now, a purchase's page counts in the index that finds them; decision 12."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0029_hold_the_sums_of_lists_in_their_indexes"),
    ]
    operations = [
        migrations.RemoveIndex(
            model_name="phonenumber",
            name="phone_number_by_location",
        ),
        migrations.AddIndex(
            model_name="phonenumber",
            index=models.Index(
                fields=["location", "phone_number", "number_type", "country_code", "gone_at"],
                name="phone_number_by_location",
            ),
        ),
    ]
