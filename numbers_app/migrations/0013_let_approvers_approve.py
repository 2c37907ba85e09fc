"""Makes the group Approver, lets managers approve and keep the limits, and writes the one row of the limits."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VIEWER = ["view_location", "view_purchase", "view_phonenumber", "view_twilioaccount"]
APPROVER = [*VIEWER, "approve_order"]
MANAGER = ["approve_order", "view_limits", "change_limits", "view_tag", "add_tag", "change_tag", "delete_tag"]


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions after all migrations; the groups need these now.
    app = apps.get_app_config("numbers_app")
    app.models_module = True  # type: ignore[assignment]  # else `create_permissions` skips the app's historical state
    create_permissions(app, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    Group = apps.get_model("auth", "Group")
    approvers, _created = Group.objects.get_or_create(name="Approver")
    approvers.permissions.add(*permissions(apps, APPROVER))
    for group in Group.objects.filter(name="Manager"):
        group.permissions.add(*permissions(apps, MANAGER))
    apps.get_model("numbers_app", "Limits").objects.get_or_create(pk=1)


def forbid(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Group = apps.get_model("auth", "Group")
    Group.objects.filter(name="Approver").delete()
    for group in Group.objects.filter(name="Manager"):
        group.permissions.remove(*permissions(apps, MANAGER))


def permissions(apps: Apps, codenames: list[str]) -> list[int]:
    found = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="numbers_app", codename__in=codenames
    )
    return list(found.values_list("pk", flat=True))


class Migration(migrations.Migration):
    dependencies = [("numbers_app", "0012_write_mails"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(allow, forbid)]
