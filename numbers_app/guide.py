"""The guide: Markdown files under ``docs/guide``, a folder a language, made into the pages of the help.

The same files are read on their own, where the code is kept. HTML in them is shown as text. A heading's anchor
stands before its words as ``<a id="…"></a>``, and is the same in all languages.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

FOLDER = Path(settings.BASE_DIR) / "docs" / "guide"
PICTURES = FOLDER / "pictures"
STATIC_PREFIX = "guide"  # under which the pictures are among the static files
FIRST = "index"
FALLBACK = "en"
ANCHOR = re.compile(r'<a id="([a-z0-9-]+)"></a>')
LINK = re.compile(r"([a-z-]+)\.md(#[a-z0-9-]+)?|#[a-z0-9-]+")
PICTURE = re.compile(r"\.\./pictures/([a-z]+/[a-z0-9-]+\.png)")
SIZE_AT = slice(16, 24)  # of a PNG file: its width and height


class NoSuchPage(LookupError):
    """The guide has no page of that name, or the page no such heading."""


class GuideError(Exception):
    """A file of the guide holds what it must not; the tests read them all."""


class Heading(NamedTuple):
    anchor: str
    text: str


@dataclass(frozen=True)
class GuidePage:
    """One page in one language."""

    name: str
    language: str
    title: str
    body: SafeString
    headings: tuple[Heading, ...]
    links: tuple[str, ...]
    """Where it leads to: names of pages, with an anchor or without."""
    pictures: tuple[str, ...]

    @property
    def address(self) -> str:
        return address(self.name)

    def heading(self, anchor: str) -> str:
        """The words of a heading; raises `NoSuchPage`."""
        for known, text in self.headings:
            if known == anchor:
                return text
        raise NoSuchPage(f"{self.language}/{self.name}.md has no heading with the anchor {anchor!r}.")


def address(name: str, anchor: str = "") -> str:
    """Where a page of the help is shown."""
    path = reverse("help") if name == FIRST else reverse("help_page", args=[name])
    return f"{path}#{anchor}" if anchor else path


def reader_language() -> str:
    """The guide's language that is nearest to the reader's."""
    wanted = (get_language() or FALLBACK).partition("-")[0]
    return wanted if wanted in languages() else FALLBACK


@lru_cache
def languages() -> tuple[str, ...]:
    return tuple(sorted(folder.parent.name for folder in FOLDER.glob(f"*/{FIRST}.md")))


@lru_cache
def names(language: str = FALLBACK) -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in (FOLDER / language).glob("*.md")))


@lru_cache
def read_page(name: str, language: str) -> GuidePage:
    """A page, made once for each process; raises `NoSuchPage`."""
    if name not in names(language):
        raise NoSuchPage(f"The guide has no page {language}/{name}.md.")
    tokens = MARKDOWN.parse((FOLDER / language / f"{name}.md").read_text(encoding="utf-8"))
    title = take_title(tokens)
    mended = Mended(name)
    mended.mend(tokens)
    body = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
    return GuidePage(
        name=name,
        language=language,
        title=title,
        body=mark_safe(body),  # noqa: S308  # our own files, in which HTML counts as text
        headings=tuple(mended.headings),
        links=tuple(mended.links),
        pictures=tuple(mended.pictures),
    )


@lru_cache
def contents(language: str) -> tuple[GuidePage, ...]:
    """All pages, in the order in which the first one names them."""
    first = read_page(FIRST, language)
    named = dict.fromkeys(link.partition("#")[0] for link in first.links)
    return (first, *(read_page(name, language) for name in named if name != FIRST))


def take_title(tokens: list[Token]) -> str:
    """The first heading, which stands at the head of the screen and not in the text."""
    if not tokens or tokens[0].type != "heading_open" or tokens[0].tag != "h1":
        raise GuideError("A page of the guide begins with its title.")
    title = tokens[1].content
    del tokens[:3]
    return title


class Mended:
    """What links, headings and pictures become in the help."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.headings: list[Heading] = []
        self.links: list[str] = []
        self.pictures: list[str] = []

    def mend(self, tokens: Sequence[Token]) -> None:
        for position, token in enumerate(tokens):
            if token.type == "heading_open":
                self.mend_heading(token, tokens[position + 1])
            elif token.type == "th_open":
                token.attrSet("scope", "col")
            for part in token.children or ():
                if part.type == "link_open":
                    part.attrSet("href", self.mend_link(str(part.attrGet("href"))))
                elif part.type == "image":
                    self.mend_picture(part)

    def mend_heading(self, opening: Token, inline: Token) -> None:
        found = ANCHOR.match(inline.content)
        if not found or not inline.children:
            raise GuideError(f"{self.page}: the heading “{inline.content}” has no anchor.")
        words = ANCHOR.sub("", inline.content)
        first = inline.children[0]
        first.content = ANCHOR.sub("", first.content)
        opening.attrSet("id", found[1])
        self.headings.append(Heading(found[1], words))

    def mend_link(self, href: str) -> str:
        found = LINK.fullmatch(href)
        if not found:
            raise GuideError(f"{self.page}: {href} leads out of the guide.")
        anchor = href.partition("#")[2]
        name = found[1] or self.page
        self.links.append(f"{name}#{anchor}" if anchor else name)
        return address(name, anchor)

    def mend_picture(self, token: Token) -> None:
        found = PICTURE.fullmatch(str(token.attrGet("src")))
        if not found:
            raise GuideError(f"{self.page}: {token.attrGet('src')} is no picture of the guide.")
        self.pictures.append(found[1])
        token.attrSet("src", static(f"{STATIC_PREFIX}/{found[1]}"))
        width, height = size_of(PICTURES / found[1])
        token.attrs |= {"width": width, "height": height}


def size_of(picture: Path) -> tuple[int, int]:
    """A PNG's width and height, so that the text does not jump when it arrives."""
    with picture.open("rb") as file:
        width, height = struct.unpack(">II", file.read(SIZE_AT.stop)[SIZE_AT])
    return width, height


def show_picture(_renderer: RendererHTML, tokens: Sequence[Token], position: int, _options: Any, _env: Any) -> str:
    """In its own size one click away: on a telephone its letters are small."""
    token = tokens[position]
    attrs = token.attrs
    return format_html(
        '<a class="guide-picture" href="{}"><img src="{}" alt="{}" width="{}" height="{}"></a>',
        attrs["src"], attrs["src"], token.content, attrs["width"], attrs["height"],
    )  # fmt: skip


def open_table(_renderer: RendererHTML, _tokens: Sequence[Token], _position: int, _options: Any, _env: Any) -> str:
    return '<div class="desk-scroll"><table class="desk-table">\n'


def close_table(_renderer: RendererHTML, _tokens: Sequence[Token], _position: int, _options: Any, _env: Any) -> str:
    return "</table></div>\n"


def make_markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("image", show_picture)
    made.add_render_rule("table_open", open_table)
    made.add_render_rule("table_close", close_table)
    return made


MARKDOWN = make_markdown()
