"""Times, money, SIDs and replies as people read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import given, settings
from hypothesis import strategies as st

from numbers_app.formatting import show_price, show_sid, show_sum, show_time
from numbers_app.models import Answer, Status

steady = settings(derandomize=True, deadline=None)  # the same examples each time, however slow the machine


def rendered(template: str, **values: object) -> str:
    return Template("{% load desk %}" + template).render(Context(values))


@pytest.mark.parametrize(
    ("price", "unit", "shown"),
    [
        (Decimal("1.1500"), "USD", "1.15 USD"),
        (Decimal("2.0000"), "USD", "2 USD"),
        (Decimal(100), "EUR", "100 EUR"),
        (Decimal(0), "USD", "0 USD"),
        (Decimal("0.0001"), "", "0.0001"),
        (None, "USD", None),
    ],
)
def test_price_is_written_without_idle_digits(price: Decimal | None, unit: str, shown: str | None) -> None:
    assert show_price(price, unit) == shown


@steady
@given(st.decimals(min_value=0, max_value=999_999, places=4))
def test_shown_price_is_the_price(price: Decimal) -> None:
    shown = show_price(price, "USD")

    assert shown is not None
    assert Decimal(shown.removesuffix(" USD").replace(",", "")) == price
    assert "E" not in shown.removesuffix(" USD")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("380.549999999999"), "380.55 USD"),
        (Decimal("8.6"), "8.60 USD"),
        (Decimal("1E+3"), "1,000.00 USD"),
        (Decimal("0.0075"), "0.0075 USD"),
        (Decimal(0), "0.00 USD"),
        (None, None),
    ],
)
def test_sum_is_written_to_the_cent_or_finer(amount: Decimal | None, shown: str | None) -> None:
    assert show_sum(amount, "USD") == shown


def test_time_is_written_in_utc_and_for_the_script() -> None:
    at = datetime(2026, 3, 10, 23, 30, 5, 999, tzinfo=timezone(timedelta(hours=-6)))

    assert show_time(at) == ('<time datetime="2026-03-11T05:30:05.000999+00:00">2026-03-11 05:30:05 UTC</time>')
    assert show_time(None) == "–"


def test_sid_is_cut_short_and_whole_in_its_tooltip() -> None:
    assert show_sid("AC0123456789") == '<span class="desk-code" title="AC0123456789">AC01234567…</span>'
    assert show_sid("") == "–"
    assert "<b>" not in show_sid('"><b>bold</b>')


@pytest.mark.parametrize(
    ("template", "value", "shown"),
    [
        ("{{ value|phone }}", "+18305551234", "+1 830-555-1234"),
        ("{{ value|phone }}", "<b>", "&lt;b&gt;"),
        ("{{ value|when }}", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02 03:04:05 UTC"),
        ("{{ value|when }}", None, "–"),
        ("{{ value|status_colour }}", Status.PURCHASED.value, "success"),
        ("{{ value|answer_colour }}", Answer.UNKNOWN.value, "warning"),
        ("{{ value|pretty }}", '{"b":[1,"é"]}', "{\n  &quot;b&quot;: [\n    1,\n    &quot;é&quot;\n  ]\n}"),
        ("{{ value|pretty }}", {"a": 1}, "{\n  &quot;a&quot;: 1\n}"),
        ("{{ value|pretty }}", "<h1>Bad gateway</h1>", "&lt;h1&gt;Bad gateway&lt;/h1&gt;"),
    ],
)
def test_template_words_write_for_people(template: str, value: object, shown: str) -> None:
    assert shown in rendered(template, value=value)


@steady
@given(st.text())
def test_pretty_reply_is_escaped_and_keeps_what_was_said(text: str) -> None:
    shown = rendered("{{ value|pretty }}", value=text)

    assert "<" not in shown


@pytest.mark.parametrize("depth", [10, 60_000])
def test_reply_of_any_depth_is_shown(depth: int) -> None:
    text = "[" * depth + "]" * depth

    shown = rendered("{{ value|pretty }}", value=text)

    assert shown.count("[") == depth


@steady
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_pretty_json_is_the_same_json(value: object) -> None:
    from numbers_app.selectors import pretty_json

    assert json.loads(pretty_json(json.dumps(value))) == value


@pytest.mark.parametrize("sandbox", [True, False])
def test_templates_know_whether_it_is_a_rehearsal(sandbox: bool, settings: object) -> None:
    settings.SANDBOX = sandbox  # type: ignore[attr-defined]

    assert rendered("{% rehearsing as it_is %}{{ it_is }}") == str(sandbox)
