"""Managers decide at the review desk."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PERMISSIONS = [("buy_number", "Can buy numbers"), ("review_purchase", "Can decide at the review desk")]


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions after all migrations; the group needs this one now.
    app = apps.get_app_config("numbers_app")
    app.models_module = True  # type: ignore[assignment]  # else `create_permissions` skips the app's historical state
    create_permissions(app, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    for group in apps.get_model("auth", "Group").objects.filter(name="Manager"):
        group.permissions.add(*review_permissions(apps))


def forbid(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for group in apps.get_model("auth", "Group").objects.filter(name="Manager"):
        group.permissions.remove(*review_permissions(apps))


def review_permissions(apps: Apps) -> list[int]:
    found = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="numbers_app", codename="review_purchase"
    )
    return list(found.values_list("pk", flat=True))


class Migration(migrations.Migration):
    dependencies = [("numbers_app", "0008_read_the_queue_by_location")]
    operations = [
        migrations.AlterModelOptions(
            name="purchase",
            options={
                "ordering": ["-id"],
                "permissions": PERMISSIONS,
                "verbose_name": "purchase",
                "verbose_name_plural": "purchases",
            },
        ),
        migrations.RunPython(allow, forbid),
    ]
