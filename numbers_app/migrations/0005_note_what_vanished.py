from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0004_stop_a_locations_queue"),
    ]

    operations = [
        migrations.AddField(
            model_name="phonenumber",
            name="gone_noted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="noted as gone"),
        ),
        migrations.AddIndex(
            model_name="phonenumber",
            index=models.Index(
                condition=models.Q(("gone_at__isnull", False), ("gone_noted_at__isnull", True)),
                fields=["gone_at"],
                name="phone_number_vanished",
            ),
        ),
    ]
