"""Fails where fewer than 95 in 100 branches are covered: ``branches.py COVERAGE_JSON``, in each place of its own."""

import json
import sys
from pathlib import Path

PLACES = ("numbers_app/purchasing/", "numbers_app/inventory.py", "numbers_app/leadconnector/")
LEAST_PERCENT = 95


def main() -> int:
    files = json.loads(Path(sys.argv[1]).read_text())["files"]
    failed = False
    for place in PLACES:
        parts = [file["summary"] for name, file in files.items() if name.startswith(place)]
        branches = sum(part["num_branches"] for part in parts)
        percent = 100 * sum(part["covered_branches"] for part in parts) / branches if branches else 0.0
        failed |= percent < LEAST_PERCENT
        print(f"{place:<32}{percent:6.1f} % of {branches} branches; wanted: {LEAST_PERCENT}")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
