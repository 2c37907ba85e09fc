import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("numbers_app", "0003_hold_back_until_due"),
    ]

    operations = [
        migrations.CreateModel(
            name="LocationEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("paused", "Queue stopped"),
                            ("resumed", "Queue resumed"),
                            ("noted_gone", "Noted as gone"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                ("because", models.TextField(verbose_name="why")),
            ],
            options={
                "verbose_name": "location's event",
                "verbose_name_plural": "locations' events",
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="location",
            name="paused_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="queue stopped"),
        ),
        migrations.AddField(
            model_name="location",
            name="paused_because",
            field=models.TextField(blank=True, editable=False, verbose_name="why the queue is stopped"),
        ),
        migrations.AddIndex(
            model_name="location",
            index=models.Index(
                condition=models.Q(("paused_at__isnull", False)), fields=["paused_at"], name="location_paused"
            ),
        ),
        migrations.AddField(
            model_name="locationevent",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AddField(
            model_name="locationevent",
            name="location",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="numbers_app.location",
                verbose_name="location",
            ),
        ),
        migrations.AddField(
            model_name="locationevent",
            name="phone_number",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="numbers_app.phonenumber",
                verbose_name="number",
            ),
        ),
    ]
