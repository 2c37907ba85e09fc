from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0006_ask_again_and_adopt"),
    ]

    operations = [
        migrations.AddField(
            model_name="location",
            name="sync_due_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="sync due"),
        ),
        migrations.AddIndex(
            model_name="location",
            index=models.Index(
                condition=models.Q(("sync_due_at__isnull", False)), fields=["sync_due_at"], name="location_sync_due"
            ),
        ),
    ]
