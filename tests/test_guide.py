"""The guide: whole in both languages, its links, anchors and pictures there, and its words those of the interface."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from numbers_app import guide
from numbers_app.guide_links import FIELDS, PAGES, STATUSES, Part, part_for_page
from tests.interface import LOCALE, shown_in

LANGUAGES = ("en", "es")
EVERY_PAGE = [(language, name) for language in LANGUAGES for name in guide.names()]
BOLD = re.compile(r"\*\*([^*]+)\*\*")
MARKS = re.compile(r"\{%\s*(help_link|word_help|status_help|field_help)\s([^%]*)%\}")
LARGEST_PICTURE = 150_000  # bytes
LARGEST_FOLDER = 6_000_000


def text_of(language: str, name: str) -> str:
    return (guide.FOLDER / language / f"{name}.md").read_text()


def url_names(patterns: list[Any], namespace: str = "") -> set[str]:
    found = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found |= url_names(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.add(namespace + pattern.name)
    return found


def test_guide_has_both_languages() -> None:
    assert guide.languages() == LANGUAGES


def test_languages_have_the_same_pages_and_headings_and_pictures() -> None:
    def outline(language: str) -> dict[str, Any]:
        pages = [guide.read_page(name, language) for name in guide.names(language)]
        return {
            page.name: (
                sorted(heading.anchor for heading in page.headings),  # a glossary is sorted by its own words
                [picture.partition("/")[2] for picture in page.pictures],
                sorted(set(page.links)),
            )
            for page in pages
        }

    assert outline("es") == outline("en")


@pytest.mark.parametrize(("language", "name"), EVERY_PAGE)
def test_page_leads_only_to_what_is_there(language: str, name: str) -> None:
    page = guide.read_page(name, language)

    for link in page.links:
        where, _, anchor = link.partition("#")
        target = guide.read_page(where, language)
        assert not anchor or target.heading(anchor)
    anchors = [heading.anchor for heading in page.headings]
    assert len(anchors) == len(set(anchors))


@pytest.mark.parametrize(("language", "name"), EVERY_PAGE)
def test_pictures_are_of_the_pages_language_and_have_words_for_who_does_not_see_them(language: str, name: str) -> None:
    page = guide.read_page(name, language)

    assert all(picture.startswith(f"{language}/") for picture in page.pictures)
    assert 'alt=""' not in page.body
    assert page.body.count("<img ") == len(page.pictures)


def test_every_picture_is_shown_and_none_is_large() -> None:
    shown = {picture for language, name in EVERY_PAGE for picture in guide.read_page(name, language).pictures}
    files = {str(file.relative_to(guide.PICTURES)): file.stat().st_size for file in guide.PICTURES.rglob("*.png")}

    assert set(files) == shown
    assert max(files.values()) <= LARGEST_PICTURE
    assert sum(files.values()) <= LARGEST_FOLDER


def test_first_page_names_every_page() -> None:
    for language in LANGUAGES:
        assert {page.name for page in guide.contents(language)} == set(guide.names(language))


def test_glossary_is_in_the_order_of_the_alphabet() -> None:
    """By the letters alone, as readers look words up."""
    for language in LANGUAGES:
        words = [heading.text for heading in guide.read_page("glossary", language).headings]
        assert words == sorted(words, key=plain)


def plain(word: str) -> str:
    return word.casefold().translate(str.maketrans("áéíóúüñ", "aeiouun"))


@pytest.mark.parametrize(("language", "name"), EVERY_PAGE)
def test_words_in_bold_are_the_interfaces_own(language: str, name: str) -> None:
    if language != "en" and not (LOCALE / language).is_dir():
        pytest.skip(f"The interface does not speak {language!r} yet.")

    unknown = [word for word in BOLD.findall(text_of(language, name)) if word not in shown_in(language) | GROUPS]

    assert unknown == []


GROUPS = {"Viewer", "Buyer", "Approver", "Manager"}  # rows of the database, named in English


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_desk_has_its_part_of_the_guide(language: str) -> None:
    names = url_names(get_resolver().url_patterns)
    assert len(names) > 50

    for name in names:
        assert_there(part_for_page(name), language)
        assert name.startswith("admin:jsi18n") or "numbers_app" not in name or part_for_page(name) != PAGES[""]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_known_part_is_there(language: str) -> None:
    for part in (*PAGES.values(), *FIELDS.values(), *STATUSES.values()):
        assert_there(part, language)


def assert_there(part: Part, language: str) -> None:
    page = guide.read_page(part.page, language)
    assert not part.anchor or page.heading(part.anchor)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mark_in_a_template_leads_somewhere(language: str) -> None:
    """Those whose word is not known before the page is shown are tested by their tables."""
    found = 0
    with translation.override(language):
        for file in Path(guide.settings.BASE_DIR, "templates").rglob("*.html"):
            for mark in MARKS.finditer(file.read_text()):
                if not re.fullmatch(r'(\s*"[^"]*")+\s*', mark[2]):
                    continue
                found += 1
                shown = Template("{% load guide %}" + mark[0]).render(Context())
                assert 'target="_blank"' in shown, (file, mark[0])
    assert found > 5


def test_html_in_the_guide_is_shown_as_text() -> None:
    shown = guide.MARKDOWN.render('<script>alert(1)</script>\n\n<img src=x onerror="y"> [x](javascript:alert(1))')

    assert "<script" not in shown
    assert "<img" not in shown
    assert "javascript:" not in shown or "href" not in shown


@pytest.mark.parametrize("bad", ["[x](https://example.com/)", "[x](../../deploy.md)", "![x](../other.png)", "## Bare"])
def test_page_with_what_the_guide_must_not_hold_is_refused(bad: str) -> None:
    tokens = guide.MARKDOWN.parse(bad)

    with pytest.raises(guide.GuideError):
        guide.Mended("page").mend(tokens)


@pytest.mark.parametrize(("asked", "got"), [("es", "es"), ("es-mx", "es"), ("en-gb", "en"), ("fr", "en")])
def test_page_is_in_the_readers_language_else_in_english(asked: str, got: str) -> None:
    with translation.override(asked):
        assert guide.reader_language() == got


def test_missing_page_and_missing_heading_are_told() -> None:
    with pytest.raises(guide.NoSuchPage):
        guide.read_page("nowhere", "en")
    with pytest.raises(guide.NoSuchPage):
        guide.read_page("glossary", "en").heading("nothing")
