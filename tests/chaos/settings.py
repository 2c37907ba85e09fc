"""The product's settings with waits so short that a life of a purchase takes seconds: for `make chaos` alone.

They keep the proportions of the real ones: HTTP < latest start < lease; the list's lag < settle. A worker that is
stopped past its lease may still send when it wakes up, and no clock can tell the provider not to listen. So it must
wake up before anybody has asked for the number again: lease - latest start + settle > the stop + the list's lag.
"""

from leadway_site.settings import *  # noqa: F403
from leadway_site.settings import CELERY_BROKER_TRANSPORT_OPTIONS as TRANSPORT_OPTIONS

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

LEADCONNECTOR_CONNECT_TIMEOUT_SECONDS = 2
LEADCONNECTOR_TIMEOUT_SECONDS = 3
PURCHASE_LEASE_SECONDS = 16
PURCHASE_REDISPATCH_SECONDS = 5
PURCHASE_BACKOFF_SECONDS = 0.5
PURCHASE_BACKOFF_MAX_SECONDS = 5
PURCHASE_SETTLE_SECONDS = 14
PURCHASE_LOOKUP_SECONDS = 2
ORDER_SLICE_SECONDS = 4
# A worker that is stopped finds its order in another's hands when it wakes up.
ORDER_LEASE_SECONDS = 12
ORDER_REDISPATCH_SECONDS = 3

# Past the lease also for a worker whose clock is a minute fast; short enough that messages do come back in a run.
CELERY_BROKER_TRANSPORT_OPTIONS = TRANSPORT_OPTIONS | {"visibility_timeout": 90, "unacked_restore_interval": 3}
CELERY_TASK_SOFT_TIME_LIMIT = PURCHASE_LEASE_SECONDS + 10
CELERY_TASK_TIME_LIMIT = PURCHASE_LEASE_SECONDS + 30
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = PURCHASE_LEASE_SECONDS
