"""The words that the database knows, and their groups."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where a purchase is in its life."""

    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    QUEUED = "queued", _("Queued")
    SUBMITTING = "submitting", _("Submitting")
    UNCERTAIN = "uncertain", _("Uncertain")
    NEEDS_REVIEW = "needs_review", _("Needs review")
    PURCHASED = "purchased", _("Purchased")
    REJECTED = "rejected", _("Rejected")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


# The database lets one number be in only one live purchase; what it costs is not settled before the purchase is final.
LIVE = (
    Status.AWAITING_APPROVAL,
    Status.QUEUED,
    Status.SUBMITTING,
    Status.UNCERTAIN,
    Status.NEEDS_REVIEW,
)
FINAL = (Status.PURCHASED, Status.REJECTED, Status.FAILED, Status.CANCELLED)
TIMED = (Status.QUEUED, Status.SUBMITTING, Status.UNCERTAIN)  # `next_action_at` says when something is due


class Answer(models.TextChoices):
    """What is known about the money after one POST."""

    PENDING = "pending", _("On its way")
    BOUGHT = "bought", _("Bought")
    REFUSED = "refused", _("Refused")
    NOT_SENT = "not_sent", _("Not sent")
    UNKNOWN = "unknown", _("Unknown")


class NumberType(models.TextChoices):
    """The provider's types, as its purchase call writes them."""

    LOCAL = "local", _("Local")
    TOLL_FREE = "tollFree", _("Toll-free")
    MOBILE = "mobile", _("Mobile")


class Evidence(models.TextChoices):
    """What showed that a number was bought."""

    REPLY = "reply", _("The provider's reply")
    LIST = "list", _("The provider's list of active numbers")
    PERSON = "person", _("A person's decision")


class Via(models.TextChoices):
    """Where an order came from."""

    WEB = "web", _("Web")
    COMMAND = "command", _("Command line")
    ADOPTED = "adopted", _("Adopted")


class Happening(models.TextChoices):
    """What can happen to a location, or to one of its numbers, besides purchases."""

    PAUSED = "paused", _("Queue stopped")
    RESUMED = "resumed", _("Queue resumed")
    NOTED_GONE = "noted_gone", _("Noted as gone")
