"""Rules of the house that a program can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from honcho.environ import parse_procfile

from tests.leadway_site.desks import BASE_DIR

READERS = ("read", "text", "words", "flag", "database", "mail")  # the methods of leadway_site.environment.Environment


def variables_of_settings() -> set[str]:
    """Every name that settings.py takes from the environment."""
    names = set()
    for node in ast.walk(ast.parse((BASE_DIR / "leadway_site" / "settings.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            reads = node.func.attr in READERS or (node.func.attr == "get" and "environ" in ast.unparse(node.func))
            if reads and isinstance(node.args[0], ast.Constant):
                names.add(str(node.args[0].value))
    return names


def test_example_explains_exactly_the_variables_that_settings_read() -> None:
    explained = re.findall(r"^# ([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), flags=re.MULTILINE)

    assert len(explained) == len(set(explained))
    assert set(explained) == variables_of_settings()


def test_example_sets_nothing_by_itself() -> None:
    lines = (BASE_DIR / ".env.example").read_text().splitlines()

    assert all(line.startswith("# ") or not line for line in lines)


def test_procfile_names_the_whole_desk_and_replaces_its_shells() -> None:
    processes = parse_procfile((BASE_DIR / "Procfile").read_text()).processes

    assert set(processes) == {"web", "broker", "worker", "beat", "sandbox"}
    assert all(command.startswith("exec ") for command in processes.values())


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True)


def test_imports_point_down_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([linter, "--no-cache"], cwd=BASE_DIR, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_requirements_are_explained_and_pinned_with_hashes(name: str) -> None:
    wanted = (BASE_DIR / f"{name}.in").read_text().splitlines()
    pinned = (BASE_DIR / f"{name}.txt").read_text().replace("\\\n", "").splitlines()

    assert all("#" in line or line.startswith("-r ") for line in wanted if line)
    assert all(
        "==" in line and "--hash=sha256:" in line for line in pinned if line and not line.lstrip().startswith("#")
    )


def test_make_lists_its_targets_when_called_alone() -> None:
    done = subprocess.run(["make"], cwd=BASE_DIR, capture_output=True, text=True, check=False)

    listed = re.findall(r"^make (\S+)", done.stdout, flags=re.MULTILINE)
    assert done.returncode == 0
    assert {"help", "run", "setup", "test", "test-services", "lint", "types", "coverage", "requirements"} <= set(listed)
