"""What each status means, in plain words: what is being done, and what the reader may do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from numbers_app.models import Answer, OrderStatus, Problem, Status, Substitution

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

ORDER_ICONS = {
    OrderStatus.AWAITING_APPROVAL: "approval_delegation",
    OrderStatus.RUNNING: "outgoing_mail",
    OrderStatus.PAUSED: "pause_circle",
    OrderStatus.FINISHED: "check_circle",
    OrderStatus.DECLINED: "block",
    OrderStatus.CANCELLED: "do_not_disturb_on",
}

ORDER_EXPLANATIONS = {
    OrderStatus.AWAITING_APPROVAL: _(
        "Somebody else who may approve orders has to look at it. Nothing is sent before that."
    ),
    OrderStatus.RUNNING: _("The numbers are being bought. You can close this page and come back."),
    OrderStatus.PAUSED: _("Nothing more is sent until it is resumed. What had been sent is still brought to its end."),
    OrderStatus.FINISHED: _("Every number wanted is bought or stopped."),
    OrderStatus.DECLINED: _("It was declined, and nothing was bought."),
    OrderStatus.CANCELLED: _("Nothing more is asked for. What had been sent is still brought to its end."),
}

SUBSTITUTION_EXPLANATIONS = {
    Substitution.NONE: _("If it is taken, nothing else is bought."),
    Substitution.DIGITS: _(
        "If it is taken, another number with the digits that were asked for (for a given number, its last four) "
        "is bought, of the same country, type and capabilities."
    ),
    Substitution.PLACE: _(
        "If it is taken, another number of the same place (or area code) is bought, of the same country, type and "
        "capabilities."
    ),
    Substitution.KIND: _(
        "If it is taken, any number that fits what was asked for is bought; for a given number, one of the same "
        "country and type."
    ),
}

# What to do about each problem of a line.
PROBLEM_EXPLANATIONS = {
    Problem.NO_TOKEN: _("Enter a token for the location under API tokens, or a default one, and try again."),
    Problem.NOT_CONNECTED: _("Set the location's phone system up in the provider's own pages, and try again."),
    Problem.SUSPENDED: _("Ask the provider why the location's account is not active, and try again when it is."),
    Problem.OWNED: _("You have this number already; there is nothing to do. Take another one if more are wanted."),
    Problem.IN_ANOTHER_ORDER: _("Wait for the other purchase; if that one comes to nothing, try again."),
    Problem.NOT_OFFERED: _("Somebody else has taken it. Search for another number, or allow a substitute."),
    Problem.NOTHING_FOUND: _("Ask for fewer things at a time: fewer digits, fewer capabilities, or another type."),
    Problem.ADDRESS_NEEDED: _("Enter the SID of an address or bundle of the location, and ask for it again."),
    Problem.NOT_CHECKED: _("The provider did not answer. Try again later."),
    Problem.PRICE_ROSE: _(
        "Nothing is bought for more than was confirmed. Order it anew to see and confirm the new price."
    ),
    Problem.OVER_A_CAP: _("Ask somebody who keeps the limits to raise the cap, or order fewer numbers."),
    Problem.NO_SUBSTITUTE: _("Allow more as a substitute (same place, any of the kind), and order it anew."),
    Problem.REJECTED: _("Read what the provider said. If that is mended, try again; else order another number."),
    Problem.FAILED: _("It is certain that nothing was bought. Try again later."),
    Problem.CANCELLED: _("It was cancelled before it was sent. Order it anew if it is wanted after all."),
}
