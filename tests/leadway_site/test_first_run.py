from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from leadway_site import first_run


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in first_run.MAKERS:
        monkeypatch.delenv(name, raising=False)


def test_secrets_are_made_for_the_owner_alone(var_dir: Path) -> None:
    made = first_run.make_secrets(var_dir)

    path = var_dir / first_run.SECRETS_FILE
    values = dict(line.split("=", 1) for line in path.read_text().splitlines() if not line.startswith("#"))
    assert made == ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"]
    assert len(values["SECRET_KEY"]) >= 50
    assert Fernet(values["FIELD_ENCRYPTION_KEYS"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(var_dir.stat().st_mode) == 0o700
    assert [path.name for path in var_dir.iterdir()] == [first_run.SECRETS_FILE]


def test_secret_that_is_set_is_not_made(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "given by the operator")

    made = first_run.make_secrets(var_dir)

    assert made == ["FIELD_ENCRYPTION_KEYS"]
    assert "SECRET_KEY" not in (var_dir / first_run.SECRETS_FILE).read_text()


def test_secret_that_was_made_before_stays_when_another_is_added(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "given by the operator")
    first_run.make_secrets(var_dir)
    before = (var_dir / first_run.SECRETS_FILE).read_text()
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("FIELD_ENCRYPTION_KEYS", "as read from the file")

    first_run.make_secrets(var_dir)

    assert (var_dir / first_run.SECRETS_FILE).read_text().startswith(before)


def test_nothing_is_written_when_all_is_set(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in first_run.MAKERS:
        monkeypatch.setenv(name, "given by the operator")

    made = first_run.make_secrets(var_dir)

    assert made == []
    assert not var_dir.exists()


def test_password_is_readable_and_never_the_same() -> None:
    passwords = {first_run.readable_password() for _ in range(100)}

    assert len(passwords) == 100
    assert all(re.fullmatch(r"[a-z]{4}(-[a-z]{4}){3}", password) for password in passwords)
