"""What a first start makes: the desk's own secrets, in a file that its owner alone can read."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

SECRETS_FILE = "secrets.env"
HEADING = (
    "# Made by the first start, for this desk alone. Keep a copy: API tokens in the database open with these keys.\n"
)
CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aeiou"


def secret_key() -> str:
    return secrets.token_urlsafe(50)


def encryption_key() -> str:
    return Fernet.generate_key().decode()


MAKERS: dict[str, Callable[[], str]] = {"SECRET_KEY": secret_key, "FIELD_ENCRYPTION_KEYS": encryption_key}


def make_secrets(var_dir: Path) -> list[str]:
    """Write those secrets that are set nowhere to ``var_dir``; returns their names. What is there stays."""
    missing = [name for name in MAKERS if not os.environ.get(name, "").strip()]
    if missing:
        lines = "".join(f"{name}={MAKERS[name]()}\n" for name in missing)
        path = var_dir / SECRETS_FILE
        write_private(path, (path.read_text() if path.exists() else HEADING) + lines)
    return missing


def write_private(path: Path, text: str) -> None:
    """Write the whole file or nothing, readable by its owner alone from its first moment on."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def readable_password() -> str:
    """A random password that can be read out: four groups of two syllables, about 50 bits."""
    return "-".join("".join(syllable() for _ in range(2)) for _ in range(4))


def syllable() -> str:
    return secrets.choice(CONSONANTS) + secrets.choice(VOWELS)
