"""Unfold's decorators, with types: Unfold has none, and an untyped decorator makes what it decorates untyped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from unfold import decorators

F = TypeVar("F", bound=Callable[..., Any])


def display(**options: Any) -> Callable[[F], F]:
    return cast(Callable[[F], F], decorators.display(**options))


def action(**options: Any) -> Callable[[F], F]:
    return cast(Callable[[F], F], decorators.action(**options))
