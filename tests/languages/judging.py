"""Finds what is in English on a page that should be in Spanish."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.apps import apps
from django.db import models
from django.utils import translation
from django_countries import countries

from numbers_app.files.columns import COLUMNS
from tests.languages.reading import texts

CATALOGUE = Path(__file__).parents[2] / "numbers_app" / "locale" / "es" / "LC_MESSAGES" / "django.po"
TOLD = {"because", "reason", "words", "paused_because", "sync_error", "error", "errors"}  # the books' own sentences
# Words that are the same in both, or are no language's.
SAME = {
    *("SID", "SIDs", "KYC", "SMS", "MMS", "USD", "API", "CSV", "XLSX", "Excel", "ID", "HTTP", "JSON", "MB", "UTC"),
    *("AD", "BU", "bundle", "Twilio", "Leadway", "Numbers", "Viewer", "Buyer", "Approver", "Manager", "sandbox", "esc"),
    *("Error", "General", "Local", "No", "TX", "ms", "Token", "Tokens", "Total", "Web", "no", "token", "tokens"),
}
ENGLISH = re.compile(
    r"\b(the|of|is|are|was|were|and|or|not|to|can|add|view|change|for|by|with|it|its|that|this|which|been|you|your"
    r"|nothing|have|from|who|every|what)\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]{2,}")
NAMED = re.compile(r"“[^”]*”|«[^»]*»")


def read_catalogue(path: Path = CATALOGUE) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


@cache
def sentences() -> dict[str, list[str]]:
    """What we say in English in two words or more and otherwise in Spanish, by its first word."""
    found = defaultdict(list)
    for message in read_catalogue():
        said = message.id
        if isinstance(said, str) and " " in said and "%" not in said and said != message.string:
            found[said.split()[0]].append(said)
    return found


def has_english_sentence(text: str) -> bool:
    words = [(match.start(), match.group()) for match in re.finditer(r"\S+", text)]
    return any(text.startswith(said, start) for start, first in words for said in sentences().get(first, ()))


def data() -> re.Pattern[str]:
    """What the books hold of others' words (names, labels and marks), and names that are the same in both languages."""
    found = set()
    for model in apps.get_models():
        names = [field.name for field in model._meta.fields if is_data(field)]
        for row in model._base_manager.values_list(*names):
            found |= {str(value) for value in row if isinstance(value, str) and WORD.search(value)}
    english, spanish = country_names("en"), country_names("es")
    found |= {name for code, name in english.items() if name == spanish[code]} | set(COLUMNS)
    return re.compile("|".join(map(re.escape, sorted(found, key=len, reverse=True))), re.IGNORECASE)


def country_names(language: str) -> dict[str, str]:
    with translation.override(language):
        return {code: str(name) for code, name in countries}


def is_data(field: Any) -> bool:
    model = field.model._meta
    return (
        isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and field.name not in TOLD
        and model.app_label in ("numbers_app", "auth")
        and model.model_name != "permission"
    )


def faults(english: str, spanish: str, known: re.Pattern[str]) -> Iterator[str]:
    """The texts of the Spanish page that are in English, as far as one can tell."""
    both = set(texts(english))
    return (text for text in texts(spanish) if is_english(text, text in both, known))


@lru_cache(maxsize=100_000)
def is_english(text: str, in_both: bool, known: re.Pattern[str]) -> bool:
    left = known.sub(" ", text)
    words = [word for word in WORD.findall(left) if word not in SAME]
    return bool(words) and (in_both or bool(ENGLISH.search(left)) or has_english_sentence(left))


def show(found: dict[str, Iterable[str]]) -> str:
    return "\n".join(f"{address}: {text}" for address, said in found.items() for text in sorted(said))
