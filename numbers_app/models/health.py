"""How the engine and the provider are doing: signs of life, and the calls of each hour."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a process of the desk is for."""

    WEB = "web", _("web")
    WORKER = "worker", _("worker")
    BEAT = "beat", _("timer (beat)")


class Heartbeat(models.Model):
    """A process's sign of life, renewed every few seconds."""

    name = models.CharField(_("process"), max_length=200, unique=True)
    role = models.CharField(_("what it is for"), max_length=8, choices=Role)
    since = models.DateTimeField(_("since"))
    at = models.DateTimeField(_("last sign of life"))
    stopped_at = models.DateTimeField(_("stopped"), null=True)
    """When it ended in order; one that was killed only falls silent."""

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")
        default_permissions = ()
        indexes = [models.Index(fields=["role", "-at"], name="heartbeat_by_role")]

    def __str__(self) -> str:
        return self.name


class CallTally(models.Model):
    """The calls that one process made to one of the provider's endpoints in one hour (UTC).

    Each process writes its own rows, and writes them whole: a write that is done twice adds nothing.
    """

    hour = models.DateTimeField(_("hour"))
    process = models.CharField(_("process"), max_length=200)
    endpoint = models.CharField(_("endpoint"), max_length=16)
    calls = models.PositiveIntegerField(_("calls"))
    errors = models.PositiveIntegerField(_("errors"))
    """No answer, or one with a status of 5xx."""
    limited = models.PositiveIntegerField(_("over the limit"))
    """Status 429."""
    refused = models.PositiveIntegerField(_("refused"))
    """Any other status of 4xx: an answer, and no sign of ill health."""
    latencies = models.JSONField(_("latencies"), default=dict)
    """Bucket to how many calls were answered within it; see `numbers_app.calls`."""
    budget_peak = models.PositiveSmallIntegerField(_("budget used, %"), null=True)
    """The largest part of a location's request budget that a reply said was used up."""

    class Meta:
        verbose_name = _("tally of calls")
        verbose_name_plural = _("tallies of calls")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["hour", "process", "endpoint"], name="call_tally_once")]

    def __str__(self) -> str:
        return f"{self.hour} {self.endpoint}: {self.calls}"
