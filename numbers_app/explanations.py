"""What each status means, in plain words: what is being done, and what the reader may do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from numbers_app.models import Answer, OrderStatus, Status

EXPLANATIONS = {
    Status.AWAITING_APPROVAL: _("Somebody who may approve orders has to look at it. Nothing has been sent."),
    Status.ON_HOLD: _("It is held back: its order is paused, or is being looked at once more before anything is sent."),
    Status.QUEUED: _("It is waiting for its turn. Nothing is on its way to the provider."),
    Status.SUBMITTING: _("The order is on its way to the provider. This takes a few seconds, at times a minute."),
    Status.UNCERTAIN: _(
        "The order was sent, but no usable answer came back: the number may have been bought. "
        "We look for it on the provider's list before anything else is done. You don't have to do anything."
    ),
    Status.NEEDS_REVIEW: _(
        "The provider could not tell us in time whether the number was bought. Somebody who may review purchases has "
        "to look at the location's numbers in the provider's own pages and decide."
    ),
    Status.PURCHASED: _("The number is yours. It is on the provider's books and on ours."),
    Status.REJECTED: _("The provider refused, and nothing was bought. Its own words stand below."),
    Status.FAILED: _("Given up. It is certain that nothing was bought."),
    Status.CANCELLED: _("Cancelled while it waited. Nothing was bought."),
}

STATUS_COLOURS = {
    Status.AWAITING_APPROVAL: "info",
    Status.ON_HOLD: "info",
    Status.QUEUED: "info",
    Status.SUBMITTING: "info",
    Status.UNCERTAIN: "warning",
    Status.NEEDS_REVIEW: "danger",
    Status.PURCHASED: "success",
    Status.REJECTED: "danger",
    Status.FAILED: "danger",
    Status.CANCELLED: "neutral",
}

STATUS_ICONS = {
    Status.AWAITING_APPROVAL: "approval_delegation",
    Status.ON_HOLD: "pause_circle",
    Status.QUEUED: "hourglass_top",
    Status.SUBMITTING: "outgoing_mail",
    Status.UNCERTAIN: "travel_explore",
    Status.NEEDS_REVIEW: "person_alert",
    Status.PURCHASED: "check_circle",
    Status.REJECTED: "block",
    Status.FAILED: "cancel",
    Status.CANCELLED: "do_not_disturb_on",
}

ANSWER_COLOURS = {
    Answer.PENDING: "info",
    Answer.BOUGHT: "success",
    Answer.REFUSED: "danger",
    Answer.NOT_SENT: "warning",
    Answer.UNKNOWN: "warning",
}

ORDER_COLOURS = {
    OrderStatus.DIRECT: "neutral",
    OrderStatus.DRAFT: "neutral",
    OrderStatus.PREVIEWING: "info",
    OrderStatus.PREVIEWED: "info",
    OrderStatus.AWAITING_APPROVAL: "warning",
    OrderStatus.RUNNING: "info",
    OrderStatus.PAUSED: "warning",
    OrderStatus.FINISHED: "success",
    OrderStatus.DECLINED: "danger",
    OrderStatus.CANCELLED: "neutral",
}
