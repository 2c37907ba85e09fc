"""The words of the interface: every text in the code that is marked for translation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import trans_real

BASE_DIR = Path(settings.BASE_DIR)
MARKS = ("_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy")
IN_TEMPLATES = re.compile(r"""\{%\s*translate\s+(?:"([^"]*)"|'([^']*)')|\b_\("([^"]*)"\)""")
BLOCKS = re.compile(r"\{%\s*blocktranslate[^%]*%\}(.*?)\{%\s*endblocktranslate", re.DOTALL)
LOCALE = BASE_DIR / "numbers_app" / "locale"


@lru_cache
def marked_words() -> frozenset[str]:
    """In English, as they stand in the code."""
    words: set[str] = set()
    for file in sorted((BASE_DIR / "numbers_app").rglob("*.py")):
        words.update(words_of_code(file.read_text()))
    for file in sorted((BASE_DIR / "templates").rglob("*.html")):
        words.update(words_of_template(file.read_text()))
    return frozenset(words)


def words_of_code(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            for given in node.args:
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    yield given.value


def words_of_template(text: str) -> Iterator[str]:
    for found in IN_TEMPLATES.finditer(text):
        yield next(filter(None, found.groups()), "")
    for found in BLOCKS.finditer(text):
        for form in re.split(r"\{%\s*plural\s*%\}", found[1]):
            yield " ".join(form.split())


def shown_in(language: str) -> set[str]:
    """Every text that the interface has in the language, Django's own and Unfold's among them, as a label shows it."""
    known = dict(trans_real.translation(language)._catalog.items())
    if language == "en":
        texts = {*marked_words(), *(key for key in known if isinstance(key, str))}
    else:
        texts = {text for text in known.values() if isinstance(text, str)}
    return {str(capfirst(text)) for text in texts} | texts
