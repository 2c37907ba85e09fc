"""Bar charts as plain geometry; `templates/desk/chart.html` draws them. Each stands beside a table of the same data.

Every place and size is text with a point: a language that writes numbers with a comma must not break a drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from numbers_app.formatting import show_rounded

WIDTH = 720
HEIGHT = 210
LEFT, RIGHT, TOP, BOTTOM = 58, 28, 12, 26
STEPS = (1, 2, 4, 6, 8, 10)  # their halves are written with one digit too
# Lines on a tile of 8 by 8; what has none is filled.
TEXTURES = {
    "refused": "M0 8L8 0M-2 2L2 -2M6 10L10 6",
    "errors": "M0 8L8 0M-2 2L2 -2M6 10L10 6",
    "given_up": "M0 8L8 0M0 0L8 8",
    "limited": "M0 8L8 0M0 0L8 8",
    "cancelled": "M0 2H8M0 6H8",
    "under_way": "M1 2h2M5 6h2",
    "p95": "M0 2H8M0 6H8",
}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is told apart: by colour, and by a texture for who sees or prints no colours."""

    name: str
    label: str

    @property
    def texture(self) -> str:
        return TEXTURES.get(self.name, "")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One part of a bar; ``kind`` says how it is filled."""

    kind: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A label at the axis, and where its line is."""

    at: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One column: what is said of it, and its parts from below."""

    says: str
    x: str
    width: str
    marks: Sequence[Mark]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A whole drawing; ``name`` tells its parts from those of the page's other charts."""

    name: str
    title: str
    summary: str
    kinds: Sequence[Kind]
    bars: Sequence[Bar]
    across: Sequence[Tick]
    up: Sequence[Tick]
    height: int = HEIGHT
    left: int = LEFT
    room: int = WIDTH - LEFT
    """How wide the drawing is beside its scale."""
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, kw_only=True)
class Column:
    """What is to be drawn as one bar."""

    label: str
    says: str
    parts: Mapping[str, float]


def draw(
    *,
    name: str,
    title: str,
    summary: str,
    kinds: Sequence[Kind],
    columns: Sequence[Column],
    labels: int,
    whole: bool = True,
) -> Chart:
    """Stacked bars, one a column, and so many labels below; ``whole`` where there are no halves of what is counted."""
    top = ceiling(max((sum(column.parts.values()) for column in columns), default=0))
    if whole:
        top = max(top, 2)
    each = (WIDTH - LEFT - RIGHT) / max(len(columns), 1)
    every = -(-len(columns) // labels)
    return Chart(
        name=name,
        title=title,
        summary=summary,
        kinds=kinds,
        bars=[bar(column, kinds, x=LEFT + n * each, each=each, top=top) for n, column in enumerate(columns)],
        across=[
            Tick(at=text(LEFT + (n + 0.5) * each), label=column.label)
            for n, column in enumerate(columns)
            if (len(columns) - 1 - n) % every == 0  # the last one, today, always has its label
        ],
        up=[
            Tick(at=text(height_of(share * top, top)), label=show_rounded(share * top, digits=6))
            for share in (0, 0.5, 1)
        ],
    )


def bar(column: Column, kinds: Sequence[Kind], *, x: float, each: float, top: float) -> Bar:
    gap = each * 0.15
    marks = []
    below = 0.0
    for kind in kinds:
        amount = column.parts.get(kind.name, 0)
        if amount:
            y = height_of(below + amount, top)
            marks.append(
                Mark(
                    kind=kind.name,
                    x=text(x + gap),
                    y=text(y),
                    width=text(each - 2 * gap),
                    height=text(height_of(below, top) - y),
                )
            )
        below += amount
    return Bar(says=column.says, x=text(x), width=text(each), marks=marks)


def height_of(amount: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * amount / top


def ceiling(most: float) -> float:
    """The next round number that is not below."""
    if most <= 0:
        return 1.0
    size = 1.0
    while size * 10 < most:
        size *= 10
    while size > most:
        size /= 10
    return next(step * size for step in STEPS if step * size >= most)


def text(number: float) -> str:
    return f"{number:.1f}"
