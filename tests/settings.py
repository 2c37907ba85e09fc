"""The settings of the tests: the product's own, with secrets that open nothing and a folder of their own."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="leadway-tests-"))
for name in ("LEADCONNECTOR_TOKEN", "LEADCONNECTOR_BASE_URL", "LEADCONNECTOR_COMPANY_ID"):
    os.environ[name] = ""

from leadway_site.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
