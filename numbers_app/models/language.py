"""The language that somebody reads the desk in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class LanguagePreference(models.Model):
    """What somebody has chosen, and what their browser asked for; who has no row reads the desk's own language.

    The languages are those of the settings, and not the database's to know: another one needs no migration.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="language_preference"
    )
    chosen = models.CharField(_("chosen language"), max_length=16, blank=True)
    browsers = models.CharField(_("browser's language"), max_length=16, blank=True)
    """As at the last sign-in: for mails, as long as nothing is chosen."""

    class Meta:
        verbose_name = _("language preference")
        verbose_name_plural = _("language preferences")
        default_permissions = ()  # one's own is chosen from the menu, and nobody has others' to look at

    def __str__(self) -> str:
        return str(self.user)
