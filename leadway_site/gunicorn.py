"""gunicorn's configuration. One process of threads: the pages wait for the database, the buying is the worker's."""

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
