"""Reads the environment, and remembers what is wrong with it instead of raising.

The settings must be importable before Django can say anything in a friendly way; so a wrong variable gets its default
here, and the system check in ``numbers_app.checks`` stops the start with every problem at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import getaddresses
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ

T = TypeVar("T")

MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One variable that is missing or wrong, and what to set."""

    name: str
    message: str
    hint: str


@dataclass
class Environment:
    """The variables, read one by one; ``problems`` holds what could not be used."""

    env: environ.Env = field(default_factory=environ.Env)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, name: str, message: str, hint: str) -> None:
        self.problems.append(Problem(name=name, message=message, hint=hint))

    def read(self, name: str, cast: Callable[[str], T], *, default: T, hint: str, secret: bool = False) -> T:
        """The variable through ``cast``, or ``default`` where it is empty or where ``cast`` raises ValueError."""
        raw = os.environ.get(name, "").strip()
        if not raw:
            return default
        try:
            return cast(raw)
        except (ValueError, environ.ImproperlyConfigured):
            shown = "the value given" if secret else f"'{raw}'"
            self.complain(name, f"{name} can't be used: {shown} is not right.", hint)
            return default

    def text(self, name: str, *, default: str = "") -> str:
        return os.environ.get(name, "").strip() or default

    def words(self, name: str, *, default: list[str] | None = None) -> list[str]:
        """A list separated by commas; spaces around the words don't count."""
        words = [word.strip() for word in os.environ.get(name, "").split(",")]
        return [word for word in words if word] or list(default or [])

    def flag(self, name: str, *, default: bool) -> bool:
        return self.read(name, as_flag, default=default, hint=f"Set {name} to true or false.")

    def database(self, name: str, *, default: str) -> dict[str, Any]:
        """Django's database dictionary for the URL; only PostgreSQL and SQLite are supported."""
        fallback = environ.Env.db_url_config(default)
        hint = f"Set {name} to postgres://USER:PASSWORD@HOST:PORT/NAME, or leave it out for the embedded SQLite."
        return self.read(name, as_database, default=fallback, hint=hint, secret=True)

    def mail(self, name: str, *, folder: Path) -> dict[str, Any]:
        """Django's settings for the mail server of the URL; without one, mails are kept as files in ``folder``."""
        files = {"EMAIL_BACKEND": environ.Env.EMAIL_SCHEMES["filemail"], "EMAIL_FILE_PATH": str(folder)}
        hint = (
            f"Set {name} to smtp+tls://USER:PASSWORD@HOST:587, smtp+ssl://USER:PASSWORD@HOST:465, smtp://HOST:25 "
            "or consolemail://, or leave it out to keep mails in VAR_DIR/mails."
        )
        return self.read(name, as_mail, default=files, hint=hint, secret=True)


def as_flag(raw: str) -> bool:
    """True or false from the usual words; raises ValueError."""
    word = raw.lower()
    if word in ("true", "yes", "on", "1"):
        return True
    if word in ("false", "no", "off", "0"):
        return False
    raise ValueError(raw)


def as_seconds(raw: str) -> int:
    """Whole seconds from 1 to 300; raises ValueError."""
    seconds = int(raw)
    if not 1 <= seconds <= 300:
        raise ValueError(raw)
    return seconds


def as_port(raw: str) -> int:
    """A TCP port; raises ValueError."""
    port = int(raw)
    if not 1 <= port <= 65535:
        raise ValueError(raw)
    return port


def as_http_url(raw: str) -> str:
    """An http(s) address without its trailing slash; plain http only to this machine. Raises ValueError."""
    parts = urlsplit(raw)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError(raw)
    return as_site_url(raw)


def as_redis_url(raw: str) -> str:
    """The address of a Redis server, over TCP or a unix socket; raises ValueError."""
    parts = urlsplit(raw)
    if parts.scheme not in ("redis", "rediss", "redis+socket") or not (parts.hostname or parts.path.strip("/")):
        raise ValueError(raw)
    return raw


def as_database(raw: str) -> dict[str, Any]:
    """Django's database dictionary; raises ValueError for what is neither PostgreSQL nor SQLite."""
    config = dict(environ.Env.db_url_config(raw))
    if config.get("ENGINE") not in ("django.db.backends.postgresql", "django.db.backends.sqlite3"):
        raise ValueError(raw)
    if not config.get("NAME"):
        raise ValueError(raw)
    return config


def as_mail(raw: str) -> dict[str, Any]:
    """Django's settings for a mail server; raises ValueError."""
    parts = urlsplit(raw)
    if parts.query or parts.fragment:
        raise ValueError(raw)
    if parts.scheme == "consolemail":
        return {"EMAIL_BACKEND": environ.Env.EMAIL_SCHEMES["consolemail"]}
    if parts.scheme not in MAIL_PORTS or not parts.hostname or parts.path.strip("/"):
        raise ValueError(raw)
    config = {name: value for name, value in environ.Env.email_url_config(raw).items() if value}
    return {"EMAIL_PORT": MAIL_PORTS[parts.scheme], **config}


def as_mail_address(raw: str) -> str:
    """`name@host`, with or without a name before it; raises ValueError."""
    found = getaddresses([raw])
    user, at, host = found[0][1].rpartition("@") if len(found) == 1 else ("", "", "")
    if not (user and at and host) or any(sign in raw for sign in "\r\n"):
        raise ValueError(raw)
    return raw


def as_site_url(raw: str) -> str:
    """The address under which browsers reach the desk, without its trailing slash; raises ValueError."""
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(raw)
    return raw.rstrip("/")


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK
