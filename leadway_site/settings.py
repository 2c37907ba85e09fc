"""All settings. The environment is read here, at the top, and nowhere else.

A missing or wrong variable never raises here: `numbers_app.checks` reports every one of `ENVIRONMENT.problems` and
stops the start. `.env.example` explains each variable. A variable that is set wins over `.env`, and that over
`var/secrets.env`.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import environ
from celery.schedules import crontab, schedule
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF, UNSAFE_EVAL
from django.http import HttpRequest
from django.templatetags.static import static

from leadway_site.broker import socket_path
from leadway_site.environment import (
    Environment,
    as_http_url,
    as_mail_address,
    as_port,
    as_redis_url,
    as_seconds,
    as_site_url,
    is_loopback,
)
from leadway_site.first_run import MAKERS, SECRETS_FILE

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").resolve()
ENVIRONMENT = Environment()
try:
    VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    ENVIRONMENT.complain(
        "VAR_DIR", f"VAR_DIR can't be used: {VAR_DIR}: {error.strerror}.", "Set VAR_DIR to a folder you may write to."
    )
for name in MAKERS:  # an empty one is as good as none, and must not hide the one that the first start made
    if not os.environ.get(name, "").strip():
        os.environ.pop(name, None)
environ.Env.read_env(VAR_DIR / SECRETS_FILE)

PROVIDER_URL = "https://services.leadconnectorhq.com"

PORT = ENVIRONMENT.read("PORT", as_port, default=8000, hint="Set PORT to a number from 1 to 65535.")
SANDBOX_PORT = ENVIRONMENT.read(
    "SANDBOX_PORT",
    as_port,
    default=PORT + 1 if PORT < 65535 else PORT - 1,
    hint="Set SANDBOX_PORT to a number from 1 to 65535.",
)
if SANDBOX_PORT == PORT:
    ENVIRONMENT.complain("SANDBOX_PORT", f"SANDBOX_PORT and PORT are both {PORT}.", "Set them to different numbers.")
SECRET_KEY = ENVIRONMENT.text("SECRET_KEY")
DEBUG = ENVIRONMENT.flag("DEBUG", default=False)
ALLOWED_HOSTS = ENVIRONMENT.words("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = ENVIRONMENT.words("CSRF_TRUSTED_ORIGINS")
FIELD_ENCRYPTION_KEYS = ENVIRONMENT.words("FIELD_ENCRYPTION_KEYS")
REDIS_URL = ENVIRONMENT.read(
    "REDIS_URL",
    as_redis_url,
    default=f"redis+socket://{socket_path(VAR_DIR)}",
    hint="Set REDIS_URL to redis://HOST:PORT/DB, or leave it out for the embedded broker.",
    secret=True,
)
EMBEDDED_BROKER = not ENVIRONMENT.text("REDIS_URL")  # `make run` starts one
LEADCONNECTOR_TOKEN = ENVIRONMENT.text("LEADCONNECTOR_TOKEN")
LEADCONNECTOR_COMPANY_ID = ENVIRONMENT.text("LEADCONNECTOR_COMPANY_ID")
LEADCONNECTOR_BASE_URL = ENVIRONMENT.read(
    "LEADCONNECTOR_BASE_URL",
    as_http_url,
    default=PROVIDER_URL if LEADCONNECTOR_TOKEN else f"http://127.0.0.1:{SANDBOX_PORT}",
    hint=f"Set LEADCONNECTOR_BASE_URL to an https address such as {PROVIDER_URL}; http only for this machine.",
)
LEADCONNECTOR_TIMEOUT_SECONDS = ENVIRONMENT.read(
    "LEADCONNECTOR_TIMEOUT_SECONDS",
    as_seconds,
    default=60,
    hint="Set LEADCONNECTOR_TIMEOUT_SECONDS to whole seconds from 1 to 300; 45 to 60 is what works.",
)

SITE_URL = ENVIRONMENT.read(
    "SITE_URL",
    as_site_url,
    default=next((origin for origin in CSRF_TRUSTED_ORIGINS if "*" not in origin), f"http://localhost:{PORT}"),
    hint="Set SITE_URL to the address under which browsers reach the desk, such as https://numbers.example.com.",
)
DEFAULT_FROM_EMAIL = ENVIRONMENT.read(
    "DEFAULT_FROM_EMAIL",
    as_mail_address,
    default="Leadway Numbers <numbers@localhost>",
    hint="Set DEFAULT_FROM_EMAIL to the address that mails come from, such as numbers@example.com.",
)
MAIL = ENVIRONMENT.mail("EMAIL_URL", folder=VAR_DIR / "mails")

# Without credentials the desk talks to the sandbox. Anything on this machine's loopback can't be the real provider.
SANDBOX = is_loopback(LEADCONNECTOR_BASE_URL)
SANDBOX_TOKEN = "sandbox-desk"
OWN_SANDBOX = SANDBOX and not LEADCONNECTOR_TOKEN  # `make run` starts one, with demo locations

DATABASES = {
    "default": ENVIRONMENT.database(
        "DATABASE_URL",
        # Rehearsals and real books never share a file: what was queued in the sandbox must not be bought for money.
        default=f"sqlite:///{VAR_DIR / ('sandbox-desk.sqlite3' if SANDBOX else 'desk.sqlite3')}",
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # DEFERRED fails with "database is locked" as soon as two threads write
        "timeout": 30,
        # FULL: an attempt must be on the disk before its POST leaves, also when the power fails.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}  # a file: threads share it
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # the pool keeps the connections ...
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # ... and hands out none that a restart of the server has cut
    # A worker's tasks (CELERY_WORKER_CONCURRENCY), who writes down what was answered, the pulse, and a few to spare.
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 2, "max_size": 24, "timeout": 10}}

if not SECRET_KEY:
    SECRET_KEY = secrets.token_urlsafe(50)  # so that the check can speak; it stops the start
    ENVIRONMENT.complain("SECRET_KEY", "SECRET_KEY is not set.", "Set SECRET_KEY to a long random text, and keep it.")
if not FIELD_ENCRYPTION_KEYS:
    FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    ENVIRONMENT.complain(
        "FIELD_ENCRYPTION_KEYS",
        "FIELD_ENCRYPTION_KEYS is not set.",
        "Set FIELD_ENCRYPTION_KEYS to one or more Fernet keys, separated by commas; `make key` prints one.",
    )

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the other would put its own site in the place of ours
    "unfold.contrib.filters",
    "leadway_site.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_countries",
    "csp",
    "numbers_app",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",  # before all that answers: files, refusals and errors have the policy too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "numbers_app.languages.speak_as_chosen",  # what a user has chosen wins over cookie and browser
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "leadway_site.urls"
WSGI_APPLICATION = "leadway_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = ["numbers_app.languages.DeskBackend"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]  # each in its own words, for whoever reads no other
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60  # chosen before signing in
LOCALE_PATHS = [BASE_DIR / "numbers_app" / "locale"]  # first of all: it also has words that Django's and Unfold's lack
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [("guide", BASE_DIR / "docs" / "guide" / "pictures")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "leadway_site.static_files.KnownAddresses"},
}

EMAIL_BACKEND = MAIL["EMAIL_BACKEND"]
EMAIL_FILE_PATH = MAIL.get("EMAIL_FILE_PATH")
EMAIL_HOST = MAIL.get("EMAIL_HOST", "localhost")
EMAIL_PORT = MAIL.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = MAIL.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = MAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
MAIL_CLAIM_SECONDS = 600  # a mail whose sender died is sent again after this; far longer than one can take
MAIL_MAX_TRIES = 8
MAIL_BACKOFF_SECONDS = 60  # doubled with each try ...
MAIL_BACKOFF_MAX_SECONDS = 3600  # ... up to this
MAIL_ROUND_SECONDS = 60  # how long one round of sending may take; what is left is the next one's

SERVED_OVER_HTTPS = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SERVED_OVER_HTTPS
if SERVED_OVER_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, UNSAFE_EVAL],  # Unfold's Alpine compiles the expressions in its templates
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],  # Unfold's stylesheet has the arrows of its fields in it
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}


def own_file(name: str) -> Callable[[HttpRequest], str]:
    """Unfold asks for a file's address as often as it draws a page: what it is called is known only by then."""
    return lambda request: static(f"numbers_app/{name}")


UNFOLD = {
    "SITE_TITLE": "Leadway Numbers",
    "SITE_HEADER": "Leadway Numbers",
    "SITE_SYMBOL": "call",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": own_file("favicon.svg")}],
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "STYLES": [
        own_file("colours.css"),
        own_file("desk.css"),
        own_file("orders.css"),
        own_file("progress.css"),
        own_file("guide.css"),
        own_file("dashboard.css"),
        own_file("access.css"),
    ],
    "SCRIPTS": [
        own_file("desk.js"),
        own_file("orders.js"),
        own_file("access.js"),
    ],
    "DASHBOARD_CALLBACK": "numbers_app.admin.dashboard.context",
    "GLOBAL_CALLBACK": "numbers_app.admin.navigation.global_context",
    "ACCOUNT": {"navigation": "numbers_app.admin.navigation.account_links"},
}

SEARCH_TIMEOUT_SECONDS = min(15, LEADCONNECTOR_TIMEOUT_SECONDS)  # somebody sits before the page and waits

# The life of a purchase. Every wait is longer than the one inside it:
# HTTP < lease < Celery's soft limit < Celery's hard limit < the broker's visibility timeout.
LEADCONNECTOR_CONNECT_TIMEOUT_SECONDS = 5
PURCHASE_LEASE_SECONDS = LEADCONNECTOR_CONNECT_TIMEOUT_SECONDS + LEADCONNECTOR_TIMEOUT_SECONDS + 25
PURCHASE_REDISPATCH_SECONDS = 30  # a message that nobody took in this time is sent again
PURCHASE_DISPATCH_BATCH = 200  # rows that a sweep looks at for each of its other duties
PURCHASE_IN_FLIGHT = 32  # POSTs that one worker process has under way at a time
PURCHASE_AHEAD = 64  # purchases sent to the workers and not taken yet, at the most; more would leave the fair order
PURCHASE_BATCH = 12  # purchases in a message: a claim of twelve costs as many round trips as a claim of one
SWEEP_SECONDS = 1.0  # how long a sweep goes on while purchases wait: until the next one is due
PURCHASE_REFILL_SECONDS = 0.05  # how often a sweep looks for room while purchases wait
PURCHASE_MAX_ATTEMPTS = 12  # POSTs of one purchase, those that were never sent included
PURCHASE_MAX_UNKNOWN = 3  # POSTs of one purchase that may end without an answer; each costs minutes of looking
PURCHASE_BACKOFF_SECONDS = 2  # doubled with each attempt, with jitter ...
PURCHASE_BACKOFF_MAX_SECONDS = 600  # ... up to this
PURCHASE_SETTLE_SECONDS = 120  # how long the provider's list may lag behind a purchase
PURCHASE_LOOKUP_SECONDS = 15  # between two looks at the list while an outcome is unknown
HAND_OVERS_AT_ONCE = 6  # of a worker's threads, that wait for hands to send purchases with ...
READS_AT_ONCE = 6  # ... that read lists ...
ORDERS_AT_ONCE = (
    2  # ... and that go on with orders; the others of CELERY_WORKER_CONCURRENCY never wait for any of these
)
ORDERS_A_SWEEP = 20  # orders that are looked at in a second
ORDER_HANDS = 6  # locations that one order asks the provider about at a time
ORDER_SLICE_SECONDS = 15  # how long a worker goes on with an order before it looks what else there is
ORDER_REDISPATCH_SECONDS = 5  # an order that nobody took in this time is sent again
ORDER_LEASE_SECONDS = ORDER_SLICE_SECONDS + PURCHASE_LEASE_SECONDS  # a worker that dies loses its order after this
SYNCS_A_SWEEP = 2  # syncs of locations that are begun in a second: a thousand locations take a quarter of an hour
SYNC_REDISPATCH_SECONDS = 600  # a sync that nobody ended in this time is begun again
SYNC_RETRY_SECONDS = 3600  # ... and one that failed is tried again after this
COUNT_SECONDS = 5.0  # how long one round of counting for the first page may take; what is left is the next one's
BUDGET_NAME = "leadway:budget"  # how the keys of the request budget begin in Redis
PURCHASE_REVIEW_AFTER_SECONDS = 24 * 60 * 60  # unknown for so long: a person decides

# Celery: the database is the queue of record, a message only says "look at this row now".
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,  # past every lease: an unacknowledged message must not come back to a running task
    "unacked_restore_interval": 10,  # look for messages of killed workers every 10 s, not every 100 s
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,  # a frozen broker must not freeze the web page that publishes
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "max_retries": 1,  # a click must not wait 6 s for a broker that is away; the sweep sends again
    "interval_start": 0.0,
    "interval_step": 0.1,
}
CELERY_TASK_IGNORE_RESULT = True  # no result backend: the row is the result
CELERY_TASK_ACKS_LATE = True  # a killed worker's message comes back; safe only because a claim decides who POSTs
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # the same for a killed prefork child
CELERY_TASK_PUBLISH_RETRY = False  # a publish that fails is made good by the sweep, not by a waiting page
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # prefetched messages of a killed worker would wait for the visibility timeout
CELERY_WORKER_POOL = "threads"  # the work is waiting for HTTP; threads finish their tasks on SIGTERM
CELERY_WORKER_CONCURRENCY = 19  # two for the sweep, one each for mails, counting and noting, besides those named above
CELERY_TASK_SOFT_TIME_LIMIT = PURCHASE_LEASE_SECONDS + 10  # prefork only; threads rest on the HTTP timeouts
CELERY_TASK_TIME_LIMIT = PURCHASE_LEASE_SECONDS + 30
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = PURCHASE_LEASE_SECONDS  # after SIGQUIT: let running purchases end
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # would kill a POST in mid-flight
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "numbers_app.sweep",
        "schedule": schedule(1.0),
        "options": {"expires": 3600},  # by two machines' clocks, so long; more than one at a time is not done anyway
    },
    "mails": {
        "task": "numbers_app.send_mails",
        "schedule": schedule(10.0),
        "options": {"expires": 3600},
    },
    "count": {
        "task": "numbers_app.count_up",
        "schedule": schedule(20.0),
        "options": {"expires": 3600},
    },
    "count-everything": {
        "task": "numbers_app.count_everything",
        "schedule": crontab(hour=3, minute=0),
    },
    "explained": {
        "task": "numbers_app.note_explained",
        "schedule": schedule(60.0),
        "options": {"expires": 3600},
    },
    "sync": {
        "task": "numbers_app.sync_everything",
        "schedule": crontab(hour=4, minute=0),  # UTC: the night in the Americas
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "celery": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
    },
}
