"""Waiting for what happens elsewhere, without fixed sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(true: Callable[[], T], *, what: str, seconds: float = 30, shown: Callable[[], object] = str) -> T:
    """The first truthy value; fails with ``what``, and what is ``shown`` then, when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        if value := true():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s {shown()}")
        time.sleep(0.05)
