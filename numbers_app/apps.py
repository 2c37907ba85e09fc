from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NumbersAppConfig(AppConfig):
    name = "numbers_app"
    verbose_name = _("Leadway Numbers")

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from numbers_app import checks, languages  # noqa: F401 - registers the system checks

        user_logged_in.connect(languages.remember_browsers, dispatch_uid="remember_browsers")
