"""The catalogues of the languages: complete, sound, as the sources are, and compiled."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from django.conf import settings
from django.utils import translation

from numbers_app import borrowed
from tests.languages.judging import CATALOGUE, read_catalogue

ROOT = Path(settings.BASE_DIR)
FIELD = re.compile(r"%\(\w+\)(?:\.\d)?[sdf]|%%n?|%[sd]|\{\w*\}|</?\w+[^>]*>")
MESSAGES = [message for message in read_catalogue() if message.id]
needs_gettext = pytest.mark.skipif(
    not shutil.which("xgettext"), reason="GNU gettext is not here (Debian, Ubuntu: apt install gettext)"
)


def forms(message: Message) -> list[tuple[str, str]]:
    """Each translation with the sentence that it is of."""
    if isinstance(message.id, str):
        return [(message.id, message.string)]
    singular, plural = message.id
    one, *many = message.string
    return [(singular, one), *((plural, form) for form in many)]


def test_every_sentence_is_translated() -> None:
    lacking = [message.id for message in MESSAGES if message.fuzzy or not all(form for _said, form in forms(message))]

    assert MESSAGES
    assert lacking == []


def test_translation_has_the_fields_and_marks_of_its_sentence() -> None:
    wrong = [
        (said, form)
        for message in MESSAGES
        for said, form in forms(message)
        if sorted(FIELD.findall(said)) != sorted(FIELD.findall(form))
    ]

    assert wrong == []


def test_translation_begins_and_ends_as_its_sentence_does() -> None:
    """With a space or a line's end where that has one, and with a full stop where that is a sentence."""

    def ends(text: str) -> tuple[bool, bool, bool]:
        return text[:1].isspace(), text[-1:].isspace(), text.rstrip().endswith((".", "?", "!", "…", ":"))

    wrong = [(said, form) for message in MESSAGES for said, form in forms(message) if ends(said) != ends(form)]

    assert wrong == []


def test_question_is_opened_and_closed() -> None:
    wrong = [form for message in MESSAGES for _said, form in forms(message) if form.count("¿") != form.count("?")]

    assert wrong == []


def test_compiled_catalogue_is_what_the_catalogue_says() -> None:
    compiled = BytesIO()
    write_mo(compiled, read_catalogue())

    def read(file: BytesIO) -> dict[object, str]:
        known = dict(GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
        return {said: form for said, form in known.items() if said}

    compiled.seek(0)
    assert read(BytesIO(CATALOGUE.with_suffix(".mo").read_bytes())) == read(compiled), "Run `make messages`."


def messages(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ".ci/messages.py", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)


@needs_gettext
def test_catalogue_has_what_the_sources_say() -> None:
    check = messages("--check")

    assert check.returncode == 0, check.stdout + check.stderr


@needs_gettext
def test_words_of_unfold_are_translated() -> None:
    """It ships no catalogue. What is left out belongs to what the desk does not use."""
    unused = [f"contrib/{name}" for name in ("import_export", "guardian", "constance", "simple_history", "forms")]

    listed = messages("--list", "unfold", *unused)

    sentences = listed.stdout.split("\0")
    with translation.override("es"):
        lacking = {said for said in sentences if translation.gettext(said) == said}
    assert listed.returncode == 0, listed.stderr
    assert len(sentences) > len(borrowed.UNFOLD)
    assert lacking <= SAME_IN_UNFOLD


SAME_IN_UNFOLD = {"Error", "General", "No", "%(class_name)s %(instance)s", "%(full_result_count)s total"}
