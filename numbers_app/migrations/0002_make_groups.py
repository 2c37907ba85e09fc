"""Makes the groups Viewer, Buyer and Manager, each with all that the one before it may do."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VIEWER = ["view_location", "view_purchase", "view_phonenumber", "view_twilioaccount"]
BUYER = [*VIEWER, "buy_number"]
MANAGER = [
    *BUYER,
    "add_location",
    "change_location",
    "sync_location",
    "view_apitoken",
    "add_apitoken",
    "delete_apitoken",
]
GROUPS = {"Viewer": VIEWER, "Buyer": BUYER, "Manager": MANAGER}


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions after all migrations; the groups need them now.
    app = apps.get_app_config("numbers_app")
    app.models_module = True  # type: ignore[assignment]  # else `create_permissions` skips the app's historical state
    create_permissions(app, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for name, codenames in GROUPS.items():
        group, _created = Group.objects.get_or_create(name=name)
        found = Permission.objects.filter(content_type__app_label="numbers_app", codename__in=codenames)
        group.permissions.add(*found)


def remove_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("numbers_app", "0001_create_books"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_groups, remove_groups)]
