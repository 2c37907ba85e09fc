"""What was said of one number and of another, made comparable."""

from __future__ import annotations

import re

ALIKE = re.compile(r"\+?\d[\d ().-]{5,}\d|\b[0-9a-fA-F]{8}[0-9a-fA-F-]{4,}")  # numbers, times and IDs in what was said


def without_numbers(words: str) -> str:
    """The words with numbers, times and IDs taken out."""
    return " ".join(ALIKE.sub("…", words).split())
