"""What the lists of purchases and numbers are read by; decision 12 says why each is there."""

from typing import Any

from django.db import migrations, models

# Of UPPER, as `icontains` asks: trigrams of the bare column would be taken for `=` too, which they are slow at.
TRIGRAMS = (
    ("purchase_number_parts", "numbers_app_purchase", "UPPER(phone_number)"),
    ("phone_number_parts", "numbers_app_phonenumber", "UPPER(phone_number)"),
    ("phone_number_name_parts", "numbers_app_phonenumber", "UPPER(friendly_name)"),
)


def index_parts(apps: Any, schema_editor: Any) -> None:
    """PostgreSQL alone: SQLite reads all rows for a part of a number, and has no such index."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name, table, what in TRIGRAMS:
        schema_editor.execute(f"CREATE INDEX {name} ON {table} USING gin ({what} gin_trgm_ops)")


def drop_parts(apps: Any, schema_editor: Any) -> None:
    """The extension stays: it may have been there before."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for name, _table, _what in TRIGRAMS:
        schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0018_fill_in_who_asked_and_what_is_explained"),
    ]
    operations = [
        migrations.RemoveIndex(
            model_name="purchase",
            name="purchase_by_date",
        ),
        migrations.RemoveIndex(
            model_name="purchase",
            name="purchase_by_location",
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["location", "-id", "status"], name="purchase_by_place"),
        ),
        migrations.AddIndex(
            model_name="purchaseorder",
            index=models.Index(condition=models.Q(("via", "adopted")), fields=["-id"], name="order_adopted"),
        ),
        migrations.AddIndex(
            model_name="phonenumber",
            index=models.Index(fields=["number_type", "phone_number"], name="phone_number_by_type"),
        ),
        migrations.AddIndex(
            model_name="phonenumber",
            index=models.Index(fields=["country_code", "phone_number"], name="phone_number_by_country"),
        ),
        migrations.AddIndex(
            model_name="phonenumber",
            index=models.Index(
                condition=models.Q(("gone_at__isnull", False)), fields=["phone_number"], name="phone_number_gone"
            ),
        ),
        migrations.AddIndex(
            model_name="phonenumber",
            index=models.Index(
                condition=models.Q(("explained", False), ("gone_at__isnull", True)),
                fields=["phone_number"],
                name="phone_number_unexplained",
            ),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["requested_by", "-id", "status"], name="purchase_by_requester"),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["number_type", "-id", "status"], name="purchase_by_type"),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                fields=["country_code", "-id", "number_type", "status", "region"], name="purchase_by_country"
            ),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["region", "-id", "number_type", "status"], name="purchase_by_region"),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["created_at", "id", "status"], name="purchase_by_day"),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                condition=models.Q(("monthly_price__isnull", False)),
                fields=["monthly_price", "id"],
                name="purchase_by_price",
            ),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                condition=models.Q(("confirmed_by__in", ("list", "person"))),
                fields=["confirmed_by", "-id", "region", "number_type"],
                name="purchase_by_evidence",
            ),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                condition=models.Q(("substitute_of__isnull", False)), fields=["-id"], name="purchase_substitutes"
            ),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["account_sid"], name="purchase_by_account"),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["number_sid"], name="purchase_by_sid"),
        ),
        migrations.RunPython(index_parts, drop_parts),
    ]
