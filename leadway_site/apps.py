"""Django's admin, with the desk's own site in the place of its own."""

from django.contrib.admin.apps import AdminConfig


class DeskAdminConfig(AdminConfig):
    default_site = "leadway_site.admin_site.DeskSite"
