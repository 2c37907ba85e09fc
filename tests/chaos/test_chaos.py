"""Whole runs, each in a process of its own: ``make chaos``. SEEDS, else SEED, else chance says which; PURCHASES how
many numbers are asked for in each."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

from leadway_site.broker import end_with_parent
from tests.browser.needs import go_without
from tests.chaos.needs import missing
from tests.chaos.processes import BASE_DIR

SEEDS = (os.environ.get("SEEDS") or os.environ.get("SEED") or str(random.randrange(1_000_000))).split()
PURCHASES = os.environ.get("PURCHASES") or "3000"


@pytest.mark.parametrize("seed", SEEDS)
def test_broken_desk_buys_every_number_at_most_once_and_loses_none(seed: str, capfd: pytest.CaptureFixture) -> None:
    if lacking := missing():
        go_without(lacking, remedy="Install it.")

    with capfd.disabled():  # a run takes minutes, and says how far it is
        print(flush=True)
        code = subprocess.run(
            [sys.executable, "-m", "tests.chaos", "--seed", seed, "--purchases", PURCHASES],
            cwd=BASE_DIR,
            preexec_fn=end_with_parent,
            check=False,
        ).returncode

    assert code == 0, f"See above; once more: make chaos SEED={seed} PURCHASES={PURCHASES}"
