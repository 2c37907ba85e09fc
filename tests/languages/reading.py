"""Reads a page as a person does: its texts, and what is read out or shown on hovering."""

from __future__ import annotations

import re
from html.parser import HTMLParser

UNSEEN = {"script", "style", "template", "code", "pre"}
UNCLOSED = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# `data-label` heads a cell on a phone; `data-busy` and `data-confirm` are what a button says and asks.
SPOKEN = {
    "title", "alt", "placeholder", "aria-label", "aria-description", "aria-valuetext", "data-label", "data-busy",
    "data-confirm", "data-none", "data-some", "data-month", "data-placeholder",
}  # fmt: skip
ICONS = "material-symbols-outlined"


class PageReader(HTMLParser):
    """Leaves out what says of itself that it is in a language of its own, such as the provider's words."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[tuple[str, bool]] = []

    @property
    def hidden(self) -> bool:
        return any(hidden for _tag, hidden in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        foreign = "lang" in about and tag != "html"
        hidden = tag in UNSEEN or foreign or ICONS in about.get("class", "") or "desk-code" in about.get("class", "")
        if not self.hidden and not hidden:
            said = {*SPOKEN, "value"} if tag == "input" and about.get("type") in ("submit", "button") else SPOKEN
            self.texts += [about[name] for name in said if about.get(name)]
        if tag not in UNCLOSED:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        if any(tag == opened for opened, _hidden in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.hidden and data.strip():
            self.texts.append(data)


def texts(html: str) -> list[str]:
    reader = PageReader()
    reader.feed(html)
    return [re.sub(r"\s+", " ", text).strip() for text in reader.texts]
