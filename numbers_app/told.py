"""Tells what stands in the books in the reader's language.

The engine writes its sentences as they are, in English, and nothing of this is in its way. A page or a mail takes a
sentence apart by the templates of `sentences`, and puts it together again in the language that is active. What is in
no template are the words of the provider or of a person: they stay as they were said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache, partial
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from numbers_app import sentences
from numbers_app.formatting import as_read
from numbers_app.models import Answer, Problem, Source, Status, Substitution

FIELD = re.compile(r"%\((\w+)\)(?:\.\d)?[sdf]")
AMOUNT = r"[+\d][\d.,\xa0]*(?: [A-Z]{3})?"
WHOLE = r"[0-9]{1,9}"  # of what is counted: its plural is chosen by it
AMOUNTS = {  # the fields that hold numbers: so the end of a sentence is not taken for one
    *("already", "asked", "before", "cap", "count", "found", "monthly", "most"),
    *("now", "numbers", "purchase", "row", "seconds", "total", "wanted"),
}
MONEY = re.compile(r"\d+(?:\.\d+)?(?: [A-Z]{3})?")
TAIL = re.compile(r"(.*?)(?: \(status (?P<status>\d+)\))?(?: \(trace (?P<trace>[^()]*)\))?", re.DOTALL)
BREAKS = re.compile(r"(?<=[.!?”])(?: |; )")  # where one sentence may end and another begin
# Anybody may have written a text, so its reading is bounded. What is beyond are nobody's sentences but the provider's.
LONGEST = 2000  # characters
MOST_BREAKS = 30  # that are looked at from where a sentence begins, and sentences in a row
DEEPEST = 5  # sentences in one another
LABELS = (Status, Answer, Problem, Substitution, Source)


class Piece(NamedTuple):
    """Some of a text; ``ours`` where it was told anew."""

    text: str
    ours: bool


class Template(NamedTuple):
    """How one sentence is recognised, and how its template reads in the active language."""

    pattern: re.Pattern[str]
    tell: Callable[[dict[str, str]], str]
    weight: int
    """How many letters are its own."""


def told(text: str) -> str:
    """A text of the books in the reader's language, as far as it is the desk's own."""
    return "".join(piece.text for piece in pieces(text))


def told_in_html(text: str) -> SafeString:
    """The same for a page; what the provider said is marked as English, for those who have the page read out."""
    if translation.get_language() == settings.LANGUAGE_CODE:
        return format_html("{}", text)
    marked = ((piece.text if piece.ours or not piece.text.strip() else quoted(piece.text),) for piece in pieces(text))
    return format_html_join("", "{}", marked)


def quoted(text: str) -> SafeString:
    return format_html('<span lang="{}">{}</span>', settings.LANGUAGE_CODE, text)


def pieces(text: str) -> Sequence[Piece]:
    return taken_apart(str(text or ""), translation.get_language() or settings.LANGUAGE_CODE)


@lru_cache(maxsize=4096)
def taken_apart(text: str, language: str, deep: int = 0) -> tuple[Piece, ...]:
    """Our sentences that it begins with, then somebody's own words, which may end with a sentence of ours."""
    if len(text) > LONGEST or deep > DEEPEST:
        return (Piece(text, ours=False),)
    marked = TAIL.fullmatch(text)
    if marked and marked[1] != text and retold(text, templates(), deep) is None:
        return (*taken_apart(marked[1], language, deep), *tails(marked))
    found: list[Piece] = []
    while text.strip() and len(found) < MOST_BREAKS:
        first, text, is_last = beginning(text, deep)
        if first is None:
            break
        found.append(Piece(first, ours=True))
        if is_last:
            return tuple(found)
    return (*found, *ending(text, deep))


def beginning(text: str, deep: int) -> tuple[str | None, str, bool]:
    """The longest beginning that is a sentence of ours, told; what follows it; and whether that is nothing."""
    whole = retold(text, templates(), deep)
    if whole is not None:
        return whole, "", True
    for gap in reversed([*islice(BREAKS.finditer(text), MOST_BREAKS)]):
        first = retold(text[: gap.start()], templates(), deep)
        if first is not None:
            return first + gap.group(), text[gap.end() :], False
    return None, text, False


def ending(text: str, deep: int) -> tuple[Piece, ...]:
    """Somebody's words, and the longest end that is a sentence of ours."""
    for gap in [*BREAKS.finditer(text)][-MOST_BREAKS:]:
        last = retold(text[gap.end() :], templates(), deep)
        if last is not None:
            return (Piece(text[: gap.end()], ours=False), Piece(last, ours=True))
    return (Piece(text, ours=False),)


def tails(marked: re.Match[str]) -> Iterator[Piece]:
    for name, sentence in zip(("status", "trace"), sentences.TAILS, strict=True):
        if marked[name] is not None:
            yield Piece(" " + gettext(sentence) % {name: marked[name]}, ours=True)


def retold(text: str, among: Sequence[Template], deep: int) -> str | None:
    """The text as one of these sentences, in the active language; None where it is none of them."""
    for template in among:
        found = template.pattern.fullmatch(text)
        if found:
            given = found.groupdict()
            return template.tell(given) % {name: part_told(part, deep) for name, part in given.items()}
    return labels()[text[:-1]].label + "." if text.endswith(".") and text[:-1] in labels() else None


def part_told(part: str, deep: int) -> str:
    """A part of a sentence: an amount, a word that stands nowhere else, a label, or sentences of their own."""
    if MONEY.fullmatch(part):
        return str(as_read(part))
    if part in labels():
        return str(labels()[part].label)
    word = retold(part, part_templates(), deep + 1)
    if word is not None:
        return word
    language = translation.get_language() or settings.LANGUAGE_CODE
    return "".join(piece.text for piece in taken_apart(part, language, deep + 1))


@cache
def templates() -> Sequence[Template]:
    """Those with the most words of their own first. A file's row was kept in the language of whoever read it in."""
    found = [as_template(sentence, partial(one, sentence)) for sentence in (*sentences.ENGINE, *sentences.CLIENT)]
    for singular, plural, name in sentences.COUNTED:
        tell = partial(counted, singular, plural, name)
        found += [as_template(form, tell, amount=WHOLE) for form in (singular, plural)]
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found += [as_template(gettext(sentence), partial(one, sentence)) for sentence in sentences.CELLS]
    return sorted(found, key=lambda template: -template.weight)


@cache
def part_templates() -> Sequence[Template]:
    found = [as_template(sentence, partial(one, sentence)) for sentence in sentences.PARTS]
    return sorted(found, key=lambda template: -template.weight)


@cache
def labels() -> dict[str, Any]:
    """The words of statuses and rules as the books have them: in English, or as the database knows them."""
    with translation.override(settings.LANGUAGE_CODE):
        words = {str(choice.label): choice for kind in LABELS for choice in kind}
    return words | {choice.value: choice for choice in Substitution}


def one(sentence: str, given: dict[str, str]) -> str:
    return as_texts(gettext(sentence))


def counted(singular: str, plural: str, name: str, given: dict[str, str]) -> str:
    return as_texts(translation.ngettext(singular, plural, int(given[name])))


def as_texts(template: str) -> str:
    """The parts of a sentence that was taken apart are texts, numbers too."""
    return FIELD.sub(r"%(\1)s", template)


def as_template(form: str, tell: Callable[[dict[str, str]], str], *, amount: str = AMOUNT) -> Template:
    words = FIELD.split(form)
    # Every second one is a field's name.
    pattern = "".join(
        f"(?P<{word}>{amount if word in AMOUNTS else '.+?'})" if position % 2 else re.escape(word.replace("%%", "%"))
        for position, word in enumerate(words)
    )
    return Template(re.compile(pattern, re.DOTALL), tell, len("".join(words[::2])))
