"""What a suite needs and this machine may lack."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def go_without(what: str, *, remedy: str) -> NoReturn:
    """Skip on somebody's own machine; in CI, where it has to be there, fail."""
    words = f"{what} is missing. {remedy}"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(words, pytrace=False)
    pytest.skip(words)
