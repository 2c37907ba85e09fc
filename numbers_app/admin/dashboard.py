"""The first page after sign-in: what needs a person, then the figures, then how the provider and the engine are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from numbers_app import first_page, health
from numbers_app.admin import drawing
from numbers_app.admin.moving import moving_context
from numbers_app.admin.navigation import ORDERS
from numbers_app.admin.reviewing import REVIEW
from numbers_app.figures import Figures, figures
from numbers_app.first_page import Need, Stage, Step
from numbers_app.formatting import show_count, show_rounded, show_sum
from numbers_app.health import Engine, Hour
from numbers_app.models import Location
from numbers_app.models.permissions import MAY_BUY, MAY_REVIEW, SEE_PURCHASES

PURCHASES = "admin:numbers_app_purchase_changelist"
LOCATIONS = "admin:numbers_app_location_changelist"


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's hook: adds all that the page shows, scoped to the user's locations."""
    user = request.user
    context["title"] = ""
    context["may_buy"] = user.has_perm(MAY_BUY)
    context["has_locations"] = Location.objects.visible_to(user).exists()
    if not user.has_perm(SEE_PURCHASES):
        return context
    found = figures(user)
    hours = health.provider_hours()
    under_way = any(day.total for day in found.days)
    engine = health.engine(user)
    return context | {
        "sees": True,
        "needs": shown_needs(request),
        "stages": [shown_stage(stage) for stage in first_page.stages(user)],
        "figures": found,
        "has_history": bool(found.bought or under_way),
        "tiles": tiles(found),
        "success": shown_share(found.success_percent),
        "cost_table": drawing.cost_table(found.months),
        "has_costs": any(month.costs for month in found.months),
        "cost_chart": drawing.cost_chart(found.months),
        "day_chart": drawing.day_chart(found.days),
        "day_table": drawing.day_table(found.days),
        "hours": [shown_hour(hour) for hour in reversed(hours) if hour.calls],
        "calls": sum_of(hours),
        "call_chart": drawing.call_chart(hours),
        "latency_chart": drawing.latency_chart(hours),
        "engine": shown_engine(engine),
        "troubles": engine.troubles(),
        "recent": first_page.recent(user),
        **moving_context(request),
    }


# ── What needs a person

NEED_LINKS = {
    Need.APPROVAL: (ORDERS, "?waits=me"),
    Need.REVIEW: (REVIEW, "#needs_review"),
    Need.STOPPED: (REVIEW, "#stopped"),
    Need.ORPHANS: (REVIEW, "#orphans"),
    Need.VANISHED: (REVIEW, "#vanished"),
    Need.PAUSED: (ORDERS, "?status__exact=paused"),
    Need.UNREAD: (LOCATIONS, ""),
    Need.MAILS: ("admin:numbers_app_mailpreference_mine", ""),
}
# For who may not decide at the review desk.
READERS_LINKS = {Need.REVIEW: (PURCHASES, "?status__exact=needs_review"), Need.STOPPED: (LOCATIONS, "")}


def shown_needs(request: HttpRequest) -> list[dict[str, Any]]:
    links = NEED_LINKS if request.user.has_perm(MAY_REVIEW) else NEED_LINKS | READERS_LINKS
    return [
        {
            "need": need.value,
            "words": need_in_words(need, many),
            "link": reverse(links[need][0]) + links[need][1],
        }
        for need, many in first_page.needs(request.user).items()
    ]


def need_in_words(need: Need, many: int) -> str:
    """A sentence that begins with the number."""
    words = {
        Need.APPROVAL: ngettext(
            "%(many)s order waits for your approval", "%(many)s orders wait for your approval", many
        ),
        Need.REVIEW: ngettext("%(many)s purchase waits for a decision", "%(many)s purchases wait for a decision", many),
        Need.STOPPED: ngettext("%(many)s location’s queue is stopped", "%(many)s locations’ queues are stopped", many),
        Need.ORPHANS: ngettext(
            "%(many)s number is explained by no purchase", "%(many)s numbers are explained by no purchase", many
        ),
        Need.VANISHED: ngettext(
            "%(many)s number vanished from the provider’s list",
            "%(many)s numbers vanished from the provider’s list",
            many,
        ),
        Need.PAUSED: ngettext("%(many)s order is paused", "%(many)s orders are paused", many),
        Need.UNREAD: ngettext("%(many)s location could not be read", "%(many)s locations could not be read", many),
        Need.MAILS: ngettext(
            "%(many)s mail of the last 7 days could not be sent",
            "%(many)s mails of the last 7 days could not be sent",
            many,
        ),
    }
    return words[need] % {"many": up_to(many, first_page.MOST_COUNTED)}


def up_to(many: int, most: int) -> str:
    """A count that went no further than ``most``."""
    return f"{show_count(most - 1)}+" if many >= most else show_count(many)


# ── The first steps

STEP_LINKS = {
    Step.TOKEN: "admin:numbers_app_apitoken_add",
    Step.LOCATIONS: LOCATIONS,
    Step.PEOPLE: "admin:auth_user_changelist",
    Step.LIMITS: "admin:numbers_app_limits_changelist",
    Step.ASK: "admin:numbers_app_purchase_search",
    Step.BOUGHT: PURCHASES,
}


def shown_stage(stage: Stage) -> dict[str, Any]:
    return {
        "step": stage.step.value,
        "label": stage.step.label,
        "done": stage.done,
        "is_next": stage.is_next,
        "optional": stage.optional,
        "link": reverse(STEP_LINKS[stage.step]) if stage.allowed else "",
    }


# ── Figures


def tiles(found: Figures) -> dict[str, str]:
    costs = [show_sum(amount, unit) for unit, amount in sorted(found.costs.items())]
    nothing = "–" if found.unpriced else show_sum(Decimal(0), "USD")
    return {"cost": " + ".join(filter(None, costs)) or str(nothing)}


def shown_share(percent: float | None) -> str:
    """Never rounded up to all, nor down to nothing."""
    if percent is None:
        return "–"
    rounded = round(percent, 1)
    if rounded in (0, 100) and rounded != percent:
        rounded = 0.1 if rounded == 0 else 99.9
    return _("%(number)s %%") % {"number": show_rounded(rounded, digits=3)}


# ── Health


def shown_hour(hour: Hour) -> dict[str, Any]:
    return {
        "at": hour.at,
        "calls": hour.calls,
        "errors": hour.errors,
        "limited": hour.limited,
        "refused": hour.refused,
        "p50": shown_seconds(hour.p50),
        "p95": shown_seconds(hour.p95),
        "budget": "–" if hour.budget_peak is None else _("%(number)s %%") % {"number": hour.budget_peak},
    }


def shown_seconds(seconds: float | None) -> str:
    """Two digits: the buckets know no more."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return _("%(number)s ms") % {"number": show_rounded(seconds * 1000, digits=2)}
    return _("%(number)s s") % {"number": show_rounded(seconds, digits=2)}


def sum_of(hours: list[Hour]) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for hour in hours:
        sums.update(calls=hour.calls, errors=hour.errors, limited=hour.limited)
    return dict(sums)


def shown_engine(engine: Engine) -> dict[str, Any]:
    wait = engine.oldest_wait
    return {
        "workers": engine.workers,
        "beats": engine.beats,
        "broker_answers": engine.broker_answers,
        "queued": up_to(engine.queued, health.MOST_COUNTED),
        "under_way": up_to(engine.under_way, health.MOST_COUNTED),
        "oldest": health.since(engine.oldest_due, engine.now) if wait else "",
    }
