"""The words that the database knows, and their groups."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Status(models.TextChoices):
    """Where a purchase is in its life."""

    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    ON_HOLD = "on_hold", _("On hold")
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
    Status.ON_HOLD,
    Status.QUEUED,
    Status.SUBMITTING,
    Status.UNCERTAIN,
    Status.NEEDS_REVIEW,
)
FINAL = (Status.PURCHASED, Status.REJECTED, Status.FAILED, Status.CANCELLED)
# Each status is in exactly one of these four, which is what people ask for.
IN_PROGRESS = (Status.ON_HOLD, Status.QUEUED, Status.SUBMITTING, Status.UNCERTAIN)
BOUGHT = (Status.PURCHASED,)
NOT_BOUGHT = (Status.REJECTED, Status.FAILED, Status.CANCELLED)
NEEDS_PERSON = (Status.AWAITING_APPROVAL, Status.NEEDS_REVIEW)
NOT_SENT_YET = (Status.AWAITING_APPROVAL, Status.ON_HOLD, Status.QUEUED)  # nothing is under way: it can be cancelled
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

    @classmethod
    def in_words(cls, number_type: str) -> str:
        """One that we don't know is told as the provider writes it."""
        return str(dict(cls.choices).get(number_type, number_type))


class Evidence(models.TextChoices):
    """What showed that a number was bought."""

    REPLY = "reply", _("The provider's reply")
    LIST = "list", _("The provider's list of active numbers")
    PERSON = "person", _("A person's decision")


class LookUpResult(models.TextChoices):
    """What the provider's list showed of a number that may have been bought."""

    SHOWN = "shown", _("On the list")
    ABSENT = "absent", _("Not on the list")
    UNREADABLE = "unreadable", _("Could not be read")


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


class OrderStatus(models.TextChoices):
    """Where an order is in its life."""

    DIRECT = "direct", _("Bought at once")
    """One number, from the form or the command line: as far as its purchase has come."""
    DRAFT = "draft", _("Draft")
    PREVIEWING = "previewing", _("Being previewed")
    PREVIEWED = "previewed", _("Previewed")
    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    RUNNING = "running", _("Being carried out")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    DECLINED = "declined", _("Declined")
    CANCELLED = "cancelled", pgettext_lazy("an order", "Cancelled")


BEING_DRAFTED = (OrderStatus.DRAFT, OrderStatus.PREVIEWING, OrderStatus.PREVIEWED)
BEING_CARRIED_OUT = (OrderStatus.RUNNING, OrderStatus.PAUSED)
MOVING = (OrderStatus.PREVIEWING, OrderStatus.RUNNING)  # `next_action_at` says when an order is looked at


class LineStatus(models.TextChoices):
    """How far an order has come with one number wanted."""

    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Under way")
    BOUGHT = "bought", _("Bought")
    STOPPED = "stopped", _("Stopped")


class Problem(models.TextChoices):
    """Why a line can't be bought, or was stopped; `explanations` says what to do about it."""

    NO_TOKEN = "no_token", _("No usable API token")
    NOT_CONNECTED = "not_connected", _("No phone system")
    SUSPENDED = "suspended", _("Account not active")
    OWNED = "owned", _("Owned already")
    IN_ANOTHER_ORDER = "in_another_order", _("In another purchase already")
    NOT_OFFERED = "not_offered", _("Not on offer")
    NOTHING_FOUND = "nothing_found", _("Nothing found that fits")
    ADDRESS_NEEDED = "address_needed", _("Address or bundle missing")
    NOT_CHECKED = "not_checked", _("Could not be checked")
    PRICE_ROSE = "price_rose", _("Price has risen")
    OVER_A_CAP = "over_a_cap", _("Over a cap")
    TAKEN = "taken", _("Taken by somebody else")
    NO_SUBSTITUTE = "no_substitute", _("Taken, and no substitute found")
    REJECTED = "rejected", _("Refused by the provider")
    FAILED = "failed", _("Given up")
    CANCELLED = "cancelled", _("Cancelled")


class Substitution(models.TextChoices):
    """What may be bought instead of a number that turns out to be taken."""

    NONE = "none", _("This number only")
    DIGITS = "digits", _("Same digits")
    PLACE = "place", _("Same place")
    KIND = "kind", _("Any of the kind")


class Source(models.TextChoices):
    """How lines came into an order."""

    SEARCH = "search", _("Search")
    PASTED = "pasted", _("Pasted numbers")
    WANT = "want", _("Want")
    FILE = "file", _("File")
    FORM = "form", _("Form")
    COPY = "copy", _("Another order")


class OrderHappening(models.TextChoices):
    """What can happen to an order."""

    DRAFTED = "drafted", _("Drafted")
    CHANGED = "changed", _("Changed")
    PREVIEWED = "previewed", _("Previewed")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    PAUSED = "paused", _("Paused")
    RESUMED = "resumed", _("Resumed")
    CANCELLED = "cancelled", pgettext_lazy("an order", "Cancelled")
    RETRIED = "retried", _("Tried again")
    FINISHED = "finished", _("Finished")


class MailKind(models.TextChoices):
    """What the desk writes mails about."""

    APPROVAL_WANTED = "approval_wanted", _("Approval wanted")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    FINISHED = "finished", _("Finished")
    NEEDS_REVIEW = "needs_review", _("Needs review")
