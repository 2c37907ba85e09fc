"""The Content-Security-Policy: on every answer, with no foreign origin, and kept by what we write ourselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.admin.test_permissions import RULES, fill_in
from tests.admin.world import ROLES, World

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
SCRIPTS = sorted(Path(settings.BASE_DIR, "numbers_app/static").rglob("*.js"))
WORDS = {"'none'", "'self'", "'unsafe-eval'", "data:"}
# What a browser would run or paint from within a page.
INLINE = {
    "a script in the page": r"<script(?![^>]*\ssrc=)[^>]*>",
    "a style in the page": r"<style\b",
    "a style attribute": r"\sstyle\s*=",
    "a bound style attribute made of text": r"""x-bind:style="'""",
    "a handler": r"\son[a-z]+\s*=",
    "htmx's handler": r"\shx-on\b",
    "a script in an address": r"javascript:",
    "a foreign origin": r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""",
}


def directives(header: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in header.split(";"))}


@pytest.mark.parametrize("role", ROLES)
def test_every_answer_carries_the_policy(role: str, world: World, visit: Callable[[str], Client]) -> None:
    client = visit(role)

    bare = [
        address
        for address in RULES
        if "Content-Security-Policy" not in client.get(fill_in(address, books=world.mine, world=world)).headers
    ]

    assert bare == []


def test_policy_names_no_foreign_origin_and_allows_nothing_inline(world: World, visit: Callable[[str], Client]) -> None:
    policy = directives(visit("root").get("/admin/").headers["Content-Security-Policy"])

    assert policy["default-src"] == policy["object-src"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == ["'self'", "'unsafe-eval'"]
    assert policy["style-src"] == policy["form-action"] == policy["base-uri"] == ["'self'"]
    assert {source for sources in policy.values() for source in sources} <= WORDS


def test_error_carries_the_policy(
    world: World, visit: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_args: object) -> None:
        raise RuntimeError

    client = visit("root")
    client.raise_request_exception = False
    monkeypatch.setattr("numbers_app.admin.navigation.sidebar", break_down)

    response = client.get("/admin/")

    assert response.status_code == 500
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_form_of_another_day_and_unknown_host_are_refused_with_the_policy(db: None) -> None:
    late = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "somebody"})
    strange = Client(headers={"host": "elsewhere.example"}).get("/admin/")

    assert (late.status_code, strange.status_code) == (403, 400)
    for response in (late, strange):
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR / "templates")))
def test_template_has_nothing_that_the_policy_forbids(template: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", template.read_text())

    assert [what for what, pattern in INLINE.items() if re.search(pattern, text, re.IGNORECASE)] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_runs_no_text_as_code_and_writes_no_style_attribute(script: Path) -> None:
    assert re.findall(r"\beval\(|new Function|setAttribute\(\"style\"|innerHTML\s*=", script.read_text()) == []


def test_patterns_find_what_they_are_for() -> None:
    bad = """<script>1</script> <style>a{}</style> <p style="x"> <p onclick="x"> <a href="javascript:x">
        <img src="https://cdn.example/x"> <p x-bind:style="'width'"> <p hx-on:click="x">"""

    assert [what for what, pattern in INLINE.items() if not re.search(pattern, bad, re.IGNORECASE)] == []
    assert not re.search(INLINE["a script in the page"], "<script src=\"{% static 'a.js' %}\" defer></script>")
