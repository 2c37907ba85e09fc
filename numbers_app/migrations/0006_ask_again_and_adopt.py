import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0005_note_what_vanished"),
    ]

    operations = [
        migrations.AddField(
            model_name="purchase",
            name="again_of",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="again",
                to="numbers_app.purchase",
                verbose_name="asked for again after",
            ),
        ),
        migrations.AlterField(
            model_name="purchaseorder",
            name="via",
            field=models.CharField(
                choices=[("web", "Web"), ("command", "Command line"), ("adopted", "Adopted")],
                default="web",
                max_length=16,
                verbose_name="via",
            ),
        ),
    ]
