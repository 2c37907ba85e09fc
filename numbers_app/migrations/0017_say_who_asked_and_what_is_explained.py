import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("numbers_app", "0016_say_that_a_number_was_taken"),
    ]
    operations = [
        migrations.AddField(
            model_name="purchase",
            name="requested_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="purchases",
                to=settings.AUTH_USER_MODEL,
                verbose_name="requested by",
            ),
        ),
        migrations.AddField(
            model_name="phonenumber",
            name="explained",
            # Nearly all are, and a default costs nothing; the next migration says which are not.
            field=models.BooleanField(db_default=True, default=True, editable=False, verbose_name="bought here"),
        ),
        # At once: a worker that still runs the old code must not write a new number as explained.
        migrations.AlterField(
            model_name="phonenumber",
            name="explained",
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name="bought here"),
        ),
    ]
