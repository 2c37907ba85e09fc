"""The whole desk in one terminal: ``python -m leadway_site.desk``, which is what ``make run`` runs.

It refuses what can't work, makes what a first start needs, and then watches over the Procfile's processes.
"""

from __future__ import annotations

import errno
import fcntl
import importlib
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

import psutil
from django.core.management import execute_from_command_line
from honcho.environ import parse_procfile

from leadway_site import settings
from leadway_site.broker import end_with_parent
from leadway_site.first_run import MAKERS, make_secrets
from leadway_site.supervisor import SIGNALS, Supervisor

LOCK_FILE = "desk.lock"
STOP_SECONDS = 10
AFTER_CRASH_SECONDS = 20  # what a killed desk left behind is ended within this time


class CannotStart(Exception):
    """The message says why, and what to do."""


def main() -> int:
    """Run the desk until it is stopped; returns its exit code."""
    if "MAKELEVEL" in os.environ:
        end_with_parent()  # a make that is killed takes the desk with it
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup has the last word
            signal.signal(number, leave)
    try:
        refuse_wrong_environment()
        lock = take_lock(settings.VAR_DIR, address=address())
        return run(lock)
    except CannotStart as reason:
        sys.stderr.write(f"\n{reason}\n\n")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def stop_signals_held() -> Iterator[None]:
    """A signal that comes meanwhile is heard at the end.

    What its handler raises amid a fork or an import Python may print and forget: their own callbacks run there.
    """
    held = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def address() -> str:
    return f"http://127.0.0.1:{settings.PORT}/"


def refuse_wrong_environment() -> None:
    """Raises CannotStart. Secrets that are not set are no mistake here: the first start makes them."""
    problems = [problem for problem in settings.ENVIRONMENT.problems if problem.name not in MAKERS]
    if problems:
        raise CannotStart("\n".join(f"{problem.message}\n  {problem.hint}" for problem in problems))


def take_lock(var_dir: Path, *, address: str) -> IO[str]:
    """The lock on ``var_dir``, held until the file is closed; two desks would sell each other's broker.

    Raises CannotStart where another desk has it. What a crashed desk left behind is given time to end.
    """
    lock = (var_dir / LOCK_FILE).open("a+")
    deadline = time.monotonic() + AFTER_CRASH_SECONDS
    while True:
        lock.seek(0)
        pid, _, where = lock.read().partition(" ")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            alive = pid.isdigit() and psutil.pid_exists(int(pid))
            if alive or time.monotonic() > deadline:
                raise CannotStart(
                    f"A desk already runs on {var_dir}, at {where} (process {pid}).\n"
                    "  Stop that one first, or set VAR_DIR to another folder, and PORT to another port."
                ) from taken
            time.sleep(0.2)
        else:
            break
    wait_for_ports(patience_seconds=AFTER_CRASH_SECONDS if pid else 0)
    note(lock, f"{os.getpid()} {address}")
    return lock


def note(lock: IO[str], text: str) -> None:
    """What a next desk should know: who holds the lock, or, left behind by a crash, who held it."""
    lock.seek(0)
    lock.truncate()
    lock.write(text)
    lock.flush()


def wait_for_ports(*, patience_seconds: float) -> None:
    """Raises CannotStart where a port is still taken after ``patience_seconds``."""
    ports = {"PORT": settings.PORT}
    if settings.OWN_SANDBOX:
        ports["SANDBOX_PORT"] = settings.SANDBOX_PORT
    deadline = time.monotonic() + patience_seconds
    for name, port in ports.items():
        while (obstacle := why_not(port)) and time.monotonic() < deadline:
            time.sleep(0.2)
        if obstacle:
            raise CannotStart(f"Port {port} {obstacle}.\n  Set {name} to another one, as in: make run {name}=8770")


def why_not(port: int) -> str:
    """Why nothing can listen on the port; empty where it can."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do; a listener still refuses
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "is in use by another program"
            return f"can't be used ({error.strerror})"
    return ""


def run(lock: IO[str]) -> int:
    """Prepare, then run the Procfile's processes until one ends or the desk is stopped."""
    try:
        with stop_signals_held():
            if make_secrets(settings.VAR_DIR):
                sys.stdout.write(f"Made secrets for this desk in {settings.VAR_DIR}.\n")
                sys.stdout.flush()
                importlib.reload(settings)
        os.environ.update(child_environment())
        prepare()
        supervisor = Supervisor(address=address())
        procfile = parse_procfile((settings.BASE_DIR / "Procfile").read_text())
        for name, command in procfile.processes.items():
            if name not in not_wanted():
                supervisor.add_process(name, command, cwd=str(settings.BASE_DIR))
        return supervisor.run()
    finally:
        note(lock, "")


def child_environment() -> dict[str, str]:
    """What the desk's processes see besides: its own Python first on the path, and the settings that it goes by."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "VAR_DIR": str(settings.VAR_DIR),
        "PORT": str(settings.PORT),
        "SANDBOX_PORT": str(settings.SANDBOX_PORT),
    }


def prepare() -> None:
    """Database, admin user, demo locations, static files. Raises CannotStart.

    In a fork: this process stays small and without a database connection, and nothing is imported twice.
    """
    child = multiprocessing.get_context("fork").Process(target=prepare_and_exit)
    try:
        with stop_signals_held():
            child.start()
        child.join()
    finally:
        # The desk may have been stopped meanwhile. A child collected in the very moment of the stop counts as alive
        # for ever, so the wait has an end.
        if child.is_alive():
            child.terminate()
            child.join(STOP_SECONDS)
    if child.exitcode != 0:
        raise CannotStart("The desk can't start, for the reason above.")


def prepare_and_exit() -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the desk to hear, and it passes it on
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # held while it was forked
    end_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings.__name__)
    execute_from_command_line(["manage.py", "prepare_desk"])
    sys.exit(0)


def not_wanted() -> set[str]:
    """The Procfile's processes whose real counterpart is configured."""
    left_out = {"sandbox": not settings.OWN_SANDBOX, "broker": not settings.EMBEDDED_BROKER}
    return {name for name, out in left_out.items() if out}


if __name__ == "__main__":
    sys.exit(main())
