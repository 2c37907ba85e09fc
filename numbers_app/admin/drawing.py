"""The first page's charts, each with the table of the same data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from numbers_app.charts import Chart, Column, Kind, draw
from numbers_app.figures import Day, Month, Outcome
from numbers_app.formatting import show_count, show_sum
from numbers_app.health import Hour

ZERO = Decimal(0)


def cost_chart(months: Sequence[Month]) -> Chart:
    """What each month added, in the currency that most of it is in."""
    currency = main_currency(months)
    return draw(
        name="cost",
        title=_("Cost a month, by the month in which the numbers were asked for"),
        summary=_("What the numbers bought in each of the last twelve months cost a month, in %(currency)s.")
        % {"currency": currency},
        kinds=[Kind(name="bought", label=currency)],
        columns=[
            Column(
                label=date_format(month.first, pgettext("a month below a chart", "M")),
                says=": ".join([month_name(month), str(show_sum(month.costs.get(currency, ZERO), currency))]),
                parts={"bought": float(month.costs.get(currency, 0))},
            )
            for month in months
        ],
        labels=12,
        whole=False,
    )


def main_currency(months: Sequence[Month]) -> str:
    sums: Counter[str] = Counter()
    for month in months:
        sums.update({unit: float(cost) for unit, cost in month.costs.items()})
    return sums.most_common(1)[0][0] if sums else "USD"


def month_name(month: Month) -> str:
    return date_format(month.first, "YEAR_MONTH_FORMAT")


def cost_table(months: Sequence[Month]) -> list[dict[str, Any]]:
    """The latest first."""
    return [
        {
            "month": month_name(month),
            "bought": month.bought,
            "cost": " + ".join(filter(None, (show_sum(cost, unit) for unit, cost in sorted(month.costs.items()))))
            or "–",
        }
        for month in reversed(months)
    ]


def day_chart(days: Sequence[Day]) -> Chart:
    return draw(
        name="days",
        title=_("Purchases a day, by what became of them"),
        summary=_("The purchases that were asked for on each of the last thirty days (UTC)."),
        kinds=[Kind(name=outcome.value, label=str(outcome.label)) for outcome in Outcome],
        columns=[
            Column(
                label=date_format(day.on, pgettext("a day below a chart", "j M")),
                says=" · ".join([date_format(day.on), outcomes_in_words(day)]),
                parts={outcome.value: many for outcome, many in day.outcomes.items()},
            )
            for day in days
        ],
        labels=10,
    )


def outcomes_in_words(day: Day) -> str:
    return ", ".join(f"{outcome.label}: {show_count(many)}" for outcome, many in day.outcomes.items() if many) or "0"


def day_table(days: Sequence[Day]) -> dict[str, Any]:
    """Days without any purchase are left out."""
    return {
        "outcomes": [outcome.label for outcome in Outcome],
        "rows": [(day.on, [day.outcomes[outcome] for outcome in Outcome]) for day in reversed(days) if day.total],
    }


def call_chart(hours: Sequence[Hour]) -> Chart:
    return draw(
        name="calls",
        title=_("Calls to the provider, by the hour"),
        summary=_("The calls of each of the last 24 hours (UTC), and how many of them brought no good answer."),
        kinds=[
            Kind(name="answered", label=_("answered")),
            Kind(name="limited", label=_("over the limit")),
            Kind(name="errors", label=_("errors")),
        ],
        columns=[
            Column(
                label=clock_hour(hour),
                says=": ".join(
                    [
                        clock_hour(hour),
                        ngettext("%(many)s call", "%(many)s calls", hour.calls) % {"many": show_count(hour.calls)},
                        ngettext("%(many)s error", "%(many)s errors", hour.errors) % {"many": show_count(hour.errors)},
                    ]
                ),
                parts={"answered": hour.answered, "limited": hour.limited, "errors": hour.errors},
            )
            for hour in hours
        ],
        labels=8,
    )


def latency_chart(hours: Sequence[Hour]) -> Chart:
    """The bar's lower part ends at the median, and the whole of it at the 95th percentile."""
    return draw(
        name="latency",
        title=_("How long the provider takes, by the hour"),
        summary=_("Milliseconds within which half of the calls were answered, and 95 of 100."),
        kinds=[Kind(name="p50", label=_("half of the calls")), Kind(name="p95", label=_("95 of 100"))],
        columns=[
            Column(
                label=clock_hour(hour),
                says=_("%(hour)s: half within %(p50)s ms, 95 of 100 within %(p95)s ms")
                % {"hour": clock_hour(hour), **written(hour)},
                parts={
                    "p50": milliseconds(hour.p50),
                    "p95": milliseconds(hour.p95) - milliseconds(hour.p50),
                },
            )
            for hour in hours
        ],
        labels=8,
    )


def written(hour: Hour) -> dict[str, str]:
    return {"p50": show_count(milliseconds(hour.p50)), "p95": show_count(milliseconds(hour.p95))}


def clock_hour(hour: Hour) -> str:
    return date_format(hour.at, "H:i")


def milliseconds(seconds: float | None) -> int:
    return round((seconds or 0) * 1000)
