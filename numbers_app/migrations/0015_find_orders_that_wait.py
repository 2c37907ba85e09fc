from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("numbers_app", "0014_add_lines_once")]
    operations = [
        migrations.AddIndex(
            model_name="purchaseorder",
            index=models.Index(
                fields=["-id"], condition=models.Q(status="awaiting_approval"), name="order_awaiting_approval"
            ),
        ),
    ]
