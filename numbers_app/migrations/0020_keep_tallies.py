import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0019_index_the_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CallTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField(verbose_name="hour")),
                ("process", models.CharField(max_length=200, verbose_name="process")),
                ("endpoint", models.CharField(max_length=16, verbose_name="endpoint")),
                ("calls", models.PositiveIntegerField(verbose_name="calls")),
                ("errors", models.PositiveIntegerField(verbose_name="errors")),
                ("limited", models.PositiveIntegerField(verbose_name="over the limit")),
                ("refused", models.PositiveIntegerField(verbose_name="refused")),
                ("latencies", models.JSONField(default=dict, verbose_name="latencies")),
                ("budget_peak", models.PositiveSmallIntegerField(null=True, verbose_name="budget used, %")),
            ],
            options={
                "verbose_name": "tally of calls",
                "verbose_name_plural": "tallies of calls",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Counting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("events_to", models.BigIntegerField(default=0, verbose_name="events counted")),
                ("seen_to", models.BigIntegerField(default=0, verbose_name="events seen")),
                ("seen_at", models.DateTimeField(null=True, verbose_name="seen")),
                ("next_before", models.DateField(null=True, verbose_name="goes on before")),
                ("complete", models.BooleanField(default=False, verbose_name="counted in full")),
                ("sandbox", models.BooleanField(default=False, verbose_name="rehearsals")),
                ("ran_at", models.DateTimeField(null=True, verbose_name="last round")),
            ],
            options={
                "verbose_name": "counting",
                "verbose_name_plural": "counting",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True, verbose_name="process")),
                (
                    "role",
                    models.CharField(
                        choices=[("web", "web"), ("worker", "worker"), ("beat", "timer (beat)")],
                        max_length=8,
                        verbose_name="what it is for",
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="since")),
                ("at", models.DateTimeField(verbose_name="last sign of life")),
                ("stopped_at", models.DateTimeField(null=True, verbose_name="stopped")),
            ],
            options={
                "verbose_name": "sign of life",
                "verbose_name_plural": "signs of life",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="NumberTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
                ("many", models.PositiveIntegerField(verbose_name="numbers")),
                ("monthly", models.DecimalField(decimal_places=4, max_digits=16, verbose_name="price a month")),
                ("as_of", models.DateTimeField(verbose_name="as of")),
            ],
            options={
                "verbose_name": "tally of numbers",
                "verbose_name_plural": "tallies of numbers",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="RefusalTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField(verbose_name="day")),
                ("words", models.CharField(blank=True, max_length=300, verbose_name="what was said")),
                ("many", models.PositiveIntegerField(verbose_name="how many")),
            ],
            options={
                "verbose_name": "tally of refusals",
                "verbose_name_plural": "tallies of refusals",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "span",
                    models.CharField(
                        choices=[("day", "day"), ("month", "month"), ("year", "year")],
                        max_length=8,
                        verbose_name="span",
                    ),
                ),
                ("since", models.DateField(verbose_name="since")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("awaiting_approval", "Awaiting approval"),
                            ("on_hold", "On hold"),
                            ("queued", "Queued"),
                            ("submitting", "Submitting"),
                            ("uncertain", "Uncertain"),
                            ("needs_review", "Needs review"),
                            ("purchased", "Purchased"),
                            ("rejected", "Rejected"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
                ("many", models.PositiveIntegerField(verbose_name="how many")),
                ("monthly", models.DecimalField(decimal_places=4, max_digits=16, verbose_name="price a month")),
            ],
            options={
                "verbose_name": "tally",
                "verbose_name_plural": "tallies",
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("next_action_at__isnull", True), ("sent_at__isnull", True)),
                fields=["created_at"],
                name="mail_given_up",
            ),
        ),
        migrations.AddIndex(
            model_name="purchaseorder",
            index=models.Index(
                condition=models.Q(("status__in", ("running", "paused"))), fields=["-id"], name="order_carried_out"
            ),
        ),
        migrations.AddConstraint(
            model_name="calltally",
            constraint=models.UniqueConstraint(fields=("hour", "process", "endpoint"), name="call_tally_once"),
        ),
        migrations.AddConstraint(
            model_name="counting",
            constraint=models.CheckConstraint(condition=models.Q(("pk", 1)), name="counting_is_one_row"),
        ),
        migrations.AddIndex(
            model_name="heartbeat",
            index=models.Index(fields=["role", "-at"], name="heartbeat_by_role"),
        ),
        migrations.AddField(
            model_name="numbertally",
            name="location",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="number_tallies",
                to="numbers_app.location",
                verbose_name="location",
            ),
        ),
        migrations.AddField(
            model_name="refusaltally",
            name="location",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="numbers_app.location",
                verbose_name="location",
            ),
        ),
        migrations.AddField(
            model_name="tally",
            name="location",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="numbers_app.location",
                verbose_name="location",
            ),
        ),
        migrations.AddConstraint(
            model_name="numbertally",
            constraint=models.UniqueConstraint(fields=("location", "currency"), name="number_tally_once"),
        ),
        migrations.AddIndex(
            model_name="refusaltally",
            index=models.Index(fields=["location", "since"], name="refusal_tally_by_location"),
        ),
        migrations.AddIndex(
            model_name="refusaltally",
            index=models.Index(fields=["since"], name="refusal_tally_by_date"),
        ),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(fields=["since"], name="tally_by_date"),
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.UniqueConstraint(
                condition=models.Q(("location__isnull", False)),
                fields=("location", "since", "span", "status", "currency"),
                name="tally_once_for_a_location",
            ),
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.UniqueConstraint(
                condition=models.Q(("location__isnull", True)),
                fields=("since", "span", "status", "currency"),
                name="tally_once_for_all",
            ),
        ),
    ]
