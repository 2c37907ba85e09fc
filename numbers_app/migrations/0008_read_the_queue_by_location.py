from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0007_sync_when_due"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                condition=models.Q(("status", "queued")), fields=["location", "id"], name="purchase_queue"
            ),
        ),
    ]
