"""gunicorn's configuration. One process of threads: the pages wait for the database, the buying is the worker's."""

from typing import Any

from leadway_site.settings import PORT

wsgi_app = "leadway_site.wsgi"
bind = f"127.0.0.1:{PORT}"  # for other machines put a proxy with HTTPS before it
worker_class = "gthread"
workers = 1
threads = 8
preload_app = True  # a wrong environment stops the server itself, and not one child after another
graceful_timeout = 10
control_socket_disable = True  # it would lie in the home folder, and two desks would share it
loglevel = "warning"


def post_worker_init(worker: Any) -> None:
    """In the process that answers: threads don't survive the fork."""
    from numbers_app import pulse
    from numbers_app.models import Role

    pulse.start(Role.WEB)


def worker_exit(server: Any, worker: Any) -> None:
    from numbers_app import pulse

    pulse.stop()
