"""The settings of the tests: the product's own, with secrets that open nothing and a folder of their own."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
for name in ("LEADCONNECTOR_TOKEN", "LEADCONNECTOR_BASE_URL", "LEADCONNECTOR_COMPANY_ID"):
    os.environ[name] = ""


def remove(folder: str, owner: int) -> None:
    """At the end of the process that made it; what was forked from it leaves it alone."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def own_database(redis_url: str, worker: str) -> str:
    """Another database of the same Redis for each parallel test worker, counted down from the one that was given."""
    server, _, database = redis_url.rpartition("/")
    position = int(worker.removeprefix("gw")) if worker.startswith("gw") else 0
    return f"{server}/{int(database) - position}" if database.isdigit() else redis_url


# Each parallel test worker has a folder and a broker of its own, which the processes that it starts share with it.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
FOLDER = f"leadway-tests-{WORKER}-"
if "pytest" not in sys.modules and "VAR_DIR" not in os.environ:  # mypy, say, which leaves no time to clean up
    os.environ["VAR_DIR"] = str(Path(tempfile.gettempdir()) / f"leadway-checks-{os.getuid()}")
elif not Path(os.environ.get("VAR_DIR", "")).name.startswith(FOLDER):
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix=FOLDER)
    atexit.register(remove, os.environ["VAR_DIR"], os.getpid())
    os.environ["REDIS_URL"] = own_database(os.environ.get("REDIS_URL", ""), WORKER)

from leadway_site.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # No test takes the power away, so none has to wait for the disk.
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"  # noqa: F405
else:
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"  # noqa: F405
