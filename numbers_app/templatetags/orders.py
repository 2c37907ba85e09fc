"""How orders are written for people."""

from __future__ import annotations

from decimal import Decimal

from django import template

from numbers_app.explanations import PROBLEM_EXPLANATIONS
from numbers_app.formatting import show_sum
from numbers_app.models import OrderLine, Problem
from numbers_app.order_words import KIND, kind_in_words

register = template.Library()


@register.filter
def kind(line: OrderLine) -> str:
    """What kind of number the line wants."""
    return kind_in_words({name: getattr(line, name) for name in KIND})


@register.filter
def money(amount: Decimal | None, unit: str = "USD") -> str:
    """What something costs a month, or a dash where it is not known."""
    return show_sum(amount, unit) or "–"


@register.filter
def what_to_do(problem: str) -> str:
    """What to do about a line's problem."""
    return str(PROBLEM_EXPLANATIONS[Problem(problem)])
