"""What each status means, in plain words: what is being done, and what the reader may do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from numbers_app.models import Answer, LookUpResult, OrderStatus, Problem, Status, Substitution

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

LOOK_UP_COLOURS = {
    LookUpResult.SHOWN: "success",
    LookUpResult.ABSENT: "neutral",
    LookUpResult.UNREADABLE: "warning",
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
    Substitution.NONE: _("If the number is taken: nothing is bought in its place, and the line is stopped."),
    Substitution.DIGITS: _(
        "If the number is taken: another one with the same digits. For a want, those that it begins with, contains or "
        "ends with; for a given number, its last four."
    ),
    Substitution.PLACE: _(
        "If the number is taken: another one of the same town and region, or of the same area code where no town is "
        "known."
    ),
    Substitution.KIND: _(
        "If the number is taken: any other one that fits. For a want, whatever fits the want; for a given number, any "
        "of its country and type."
    ),
}

# What to do about what a preview found.
PROBLEM_EXPLANATIONS = {
    Problem.NO_TOKEN: _("Enter an API token for the location, or a default one, under API tokens; then preview again."),
    Problem.NOT_CONNECTED: _(
        "The location has no phone system at the provider. Turn it on in the location's settings there, and preview "
        "again."
    ),
    Problem.SUSPENDED: _("The location's phone account is suspended or closed. Ask the provider to open it again."),
    Problem.OWNED: _("The number is on the provider's books already. Take the line out."),
    Problem.IN_ANOTHER_ORDER: _("Another purchase asks for the number. Take the line out, or wait for its end."),
    Problem.NOT_OFFERED: _(
        "The provider does not offer the number now. Take the line out, and search for another one or add a want."
    ),
    Problem.NOTHING_FOUND: _("Nothing that fits is on offer. Ask for fewer digits, or for another place or type."),
    Problem.ADDRESS_NEEDED: _(
        "The country asks for an address or a regulatory bundle. Take the line out, and add it again with the SID."
    ),
    Problem.NOT_CHECKED: _("The provider did not answer, or not usably. Preview again in a few minutes."),
    Problem.PRICE_ROSE: _("The number costs more than was confirmed. Preview again to see and confirm the new price."),
    Problem.OVER_A_CAP: _("It would break a cap. Ask for less, or ask somebody who may change the limits."),
    Problem.TAKEN: _("Somebody else has bought the number. Choose another, or allow a substitute."),
    Problem.NO_SUBSTITUTE: _("The number was taken, and no other one fits the rule. Choose another, or a wider rule."),
    Problem.REJECTED: _("The provider refused. Its own words say why; mend that, and try again."),
    Problem.FAILED: _("It was given up, and nothing was bought. It can be tried again."),
    Problem.CANCELLED: _("It was cancelled before anything was sent."),
}

# What to do about what was stopped, once the order was submitted.
STOPPED_EXPLANATIONS = {
    Problem.NO_TOKEN: _("Enter a token for the location under API tokens, or a default one, and order it anew."),
    Problem.NOT_CONNECTED: _("Set the location's phone system up in the provider's own pages, and try again."),
    Problem.SUSPENDED: _("Ask the provider why the location's account is not active, and try again when it is."),
    Problem.OWNED: _("You have this number already; there is nothing to do. Take another one if more are wanted."),
    Problem.IN_ANOTHER_ORDER: _("Wait for the other purchase; if that one comes to nothing, order it anew."),
    Problem.NOT_OFFERED: _("Somebody else has taken it. Search for another number, or allow a substitute."),
    Problem.NOTHING_FOUND: _("Ask for fewer things at a time: fewer digits, fewer capabilities, or another type."),
    Problem.ADDRESS_NEEDED: _("Enter the SID of an address or bundle of the location, and ask for it again."),
    Problem.NOT_CHECKED: _("The provider did not answer. Order it anew later."),
    Problem.PRICE_ROSE: _(
        "Nothing is bought for more than was confirmed. Order it anew to see and confirm the new price."
    ),
    Problem.OVER_A_CAP: _("Ask somebody who keeps the limits to raise the cap, or order fewer numbers."),
    Problem.TAKEN: _("Somebody else has bought it. Search for another number, or order one of a kind instead."),
    Problem.NO_SUBSTITUTE: _("Allow more as a substitute (same place, any of the kind), and order it anew."),
    Problem.REJECTED: _("Read what the provider said. If that is mended, try again; else order another number."),
    Problem.FAILED: _("It is certain that nothing was bought. Try again later."),
    Problem.CANCELLED: _("It was cancelled before it was sent. Order it anew if it is wanted after all."),
}
