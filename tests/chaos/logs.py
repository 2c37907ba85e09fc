"""What the processes said that breakage alone does not explain."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

BEGINNING = "Traceback (most recent call last):"
LINKS = ("During handling of the above exception", "The above exception was the direct cause")
# How lost connections, and services that are away or have just come back, show in tracebacks.
EXPECTED = re.compile(
    r"OperationalError|InterfaceError|AdminShutdown|PoolTimeout|ConnectionError|ConnectionRefused|ConnectionReset"
    r"|BrokenPipe|TimeoutError|server closed the connection|connection is closed|the connection is lost"
    r"|database system is (starting up|shutting down|in recovery)|Connection (refused|reset|closed)"
)
LONGEST = 200


def unexpected(folder: Path) -> Counter[str]:
    """The closing lines of tracebacks, by how often they came."""
    found: Counter[str] = Counter()
    for log in sorted(folder.glob("*.log")):
        kind = re.sub(r"-\d+$", "", log.stem)
        for line in closing_lines(log.read_text(errors="replace").splitlines()):
            if not EXPECTED.search(line):
                found[f"{kind}: {re.sub(r'[0-9]+', 'N', line)[:LONGEST]}"] += 1
    return found


def closing_lines(lines: list[str]) -> list[str]:
    """The line after each traceback, the exception and its words; of a chain, the last."""
    closing: list[str] = []
    inside = False
    for line in lines:
        if line.strip() == BEGINNING:
            inside = True
        elif closing and line.startswith(LINKS):
            closing.pop()
        elif inside and line and not line[0].isspace():
            closing.append(line)
            inside = False
    return closing
