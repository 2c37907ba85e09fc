"""The environment of the benchmarks: a database, a Redis database and secrets of their own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from cryptography.fernet import Fernet

SERVER_URL = "postgres://postgres@127.0.0.1:5432/postgres"
REDIS_URL = "redis://127.0.0.1:6379"
DATABASE = "leadway_bench"
REDIS_DATABASE = 9
CLEARED = ("LEADCONNECTOR_TOKEN", "LEADCONNECTOR_BASE_URL", "LEADCONNECTOR_COMPANY_ID", "LEADCONNECTOR_TIMEOUT_SECONDS")
CLEARED += ("DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")


def take_over_environment(var_dir: Path) -> str:
    """Make the settings, here and in every child, those of the benchmarks; returns the database server's address.

    To be called before Django is set up. The names of both databases are fixed, whatever the addresses say: what a
    desk of this machine has in them is not for the benchmarks to empty.
    """
    server = os.environ.get("DATABASE_URL", "").strip() or SERVER_URL
    broker = urlsplit(os.environ.get("REDIS_URL", "").strip() or REDIS_URL)
    os.environ |= dict.fromkeys(CLEARED, "")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "leadway_site.settings",
        "DATABASE_URL": urlsplit(server)._replace(path=f"/{DATABASE}").geturl(),
        "REDIS_URL": broker._replace(path=f"/{REDIS_DATABASE}").geturl(),
        "VAR_DIR": str(var_dir),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
    return server


@contextmanager
def own_database(server: str) -> Iterator[None]:
    """An empty database, dropped at the end; one that a killed run left behind is dropped before."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
        try:
            yield
        finally:
            connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
