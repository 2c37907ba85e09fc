"""Text that a spreadsheet would take for a formula, made harmless and read back as it was."""

from __future__ import annotations

import re

E164 = re.compile(r"\+\d{7,15}", re.ASCII)
SKIPPED = r"\s\"'`‘’“”\u00ad\u200b-\u200f\u2060\ufeff"  # what some programs drop before they look for a formula
FORMULA_MARKS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"  # with the full-width and small forms
FORMULA = re.compile(rf"[{SKIPPED}]*[{FORMULA_MARKS}]| *[\t\r\n]")
GUARD = "'"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might take the text for a formula. A number in E.164 is none: it is added up to itself."""
    return bool(FORMULA.match(text)) and not E164.fullmatch(text)


def guarded(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet might take it for a formula."""
    return GUARD + text if is_formula(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    bare = text.removeprefix(GUARD)
    return bare if is_formula(bare) else text
