"""axe-core in a page: what it finds that keeps people out.

The script comes in through the browser's developer protocol, which the page's Content-Security-Policy does not bind, so
that the policy stays in force while axe looks.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Rules that are off, each with its reason. Whole rules only: a part of a page is mended, not left out.
OFF: dict[str, str] = {}
MOST_NODES = 8  # of each violation that are told; the others are alike

RUN = """
    async ({ tags, off, only, most }) => {
        const rules = Object.fromEntries(off.map((rule) => [rule, { enabled: false }]));
        const runOnly = only ? { type: "rule", values: only } : { type: "tag", values: tags };
        const found = await axe.run(document, { runOnly, rules: only ? {} : rules, resultTypes: ["violations"] });
        return found.violations.map((violation) => ({
            rule: violation.id,
            help: violation.help,
            many: violation.nodes.length,
            nodes: violation.nodes.slice(0, most).map((node) => {
                const why = node.any.concat(node.all, node.none).map((one) => one.message).join("; ");
                return `${node.target.join(" ")}: ${node.html.slice(0, 200)} ${why}`;
            }),
        }));
    }
"""
# The other theme is one class away. What moves between two colours is not waited for.
TURN = """
    () => {
        if (!window.axeStandsStill) {
            window.axeStandsStill = new CSSStyleSheet();
            window.axeStandsStill.replaceSync("*, *::before, *::after { transition: none !important; }");
            document.adoptedStyleSheets.push(window.axeStandsStill);
        }
        return document.documentElement.classList.toggle("dark") ? "dark" : "light";
    }
"""


@cache
def source() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """All that axe finds in the page as it is, and the colours of its other theme."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(source())
    found = [told(one) for one in run(page)]
    theme = page.evaluate(TURN)
    try:
        found += [f"{theme}: {told(one)}" for one in run(page, only=["color-contrast"])]
    finally:
        page.evaluate(TURN)
    return found


def run(page: Page, *, only: list[str] | None = None) -> list[dict[str, Any]]:
    asked = {"tags": TAGS, "off": list(OFF), "only": only, "most": MOST_NODES}
    found: list[dict[str, Any]] = page.evaluate(RUN, asked)
    return found


def told(violation: dict[str, Any]) -> str:
    nodes = "".join(f"\n    {node}" for node in violation["nodes"])
    return f"{violation['rule']}, {violation['many']} times: {violation['help']}{nodes}"
