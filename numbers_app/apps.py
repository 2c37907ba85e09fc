from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NumbersAppConfig(AppConfig):
    name = "numbers_app"
    verbose_name = _("Leadway Numbers")

    def ready(self) -> None:
        from numbers_app import checks  # noqa: F401 - registers the system checks
