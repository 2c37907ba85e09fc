"""Keeps the key of the form that lines came from, so that a second click adds nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("numbers_app", "0013_let_approvers_approve")]
    operations = [
        migrations.AddField(
            model_name="orderpart",
            name="idempotency_key",
            field=models.UUIDField(editable=False, null=True, unique=True, verbose_name="idempotency key"),
        ),
    ]
