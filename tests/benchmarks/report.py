"""What was measured: a table for people, a file for machines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


class WrongResult(Exception):
    """The books are not what they must be; no speed makes up for it."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure; without an aim it is for information."""

    name: str
    value: float
    unit: str
    aim: float | None
    at_least: bool

    @property
    def met(self) -> bool:
        if self.aim is None:
            return True
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    def row(self) -> tuple[str, ...]:
        aim = "" if self.aim is None else f"{'>=' if self.at_least else '<='} {self.aim:g}"
        verdict = "" if self.aim is None else "met" if self.met else "NOT MET"
        return self.name, f"{self.value:g}", self.unit, aim, verdict


class Report:
    """The measures, in their order."""

    def __init__(self) -> None:
        self.measures: list[Measure] = []

    def add(
        self, name: str, value: float, unit: str, *, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        aim = at_most if at_least is None else at_least
        rounded = round(value, 4)
        self.measures.append(Measure(name=name, value=rounded, unit=unit, aim=aim, at_least=at_least is not None))

    def table(self) -> str:
        if not self.measures:
            return "Nothing was measured."
        rows = [("name", "value", "unit", "aim", ""), *(measure.row() for measure in self.measures)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        missed = [measure.name for measure in self.measures if not measure.met]
        verdict = f"Aims not met: {', '.join(missed)}." if missed else "Every aim that was measured is met."
        return "\n".join([*lines, verdict])

    def write(self, path: Path) -> None:
        figures = {
            measure.name: {"value": measure.value, "unit": measure.unit, "aim": measure.aim, "met": measure.met}
            for measure in self.measures
        }
        path.write_text(json.dumps(figures, indent=2) + "\n")


def say(words: str) -> None:
    """Show how far it is; at once, also into a file."""
    print(words, flush=True)
