from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.leadway_site.desks import RunningDesk


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """A folder that does not exist yet, with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="leadway-desk-") as folder:
        yield Path(folder) / "var"


@pytest.fixture
def desk(var_dir: Path) -> Iterator[Callable[..., RunningDesk]]:
    """Makes desks on ``var_dir``, and ends what is left of them."""
    made: list[RunningDesk] = []

    def make(**options: str | int) -> RunningDesk:
        made.append(RunningDesk(var_dir, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for running in made:
        running.end()
