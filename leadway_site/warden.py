"""Ends what a desk leaves behind when it is killed and can't do so itself: ``python -I warden.py PID``.

A small process of its own, away from the terminal. It knows nothing of the desk but its process id, remembers the
desk's descendants, and exits when they are gone. Linux ends most of them by itself (`broker.end_with_parent`); other
systems have no such call.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

import psutil

LOOK_SECONDS = 0.5
TERM_SECONDS = 10.0  # a purchase under way gets this long to come to its end
KILL_SECONDS = 5.0


def lives(process: psutil.Process) -> bool:
    """Whether the very process still runs; one that is dead and merely not yet collected does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def descendants(processes: Iterable[psutil.Process]) -> set[psutil.Process]:
    """The processes with all their children and children's children, as far as they still run."""
    found = set()
    for process in processes:
        try:
            found |= {process, *process.children(recursive=True)}
        except psutil.NoSuchProcess:
            continue
    return found


def end(processes: Iterable[psutil.Process], *, patience_seconds: float = TERM_SECONDS) -> None:
    """Ask the processes and their descendants to stop, wait, and kill those that did not."""
    left = running(processes)
    for process in left:
        send(process, kill=False)
    left = wait(left, seconds=patience_seconds)
    for process in left:
        send(process, kill=True)
    wait(left, seconds=KILL_SECONDS)


def running(processes: Iterable[psutil.Process]) -> set[psutil.Process]:
    return {process for process in descendants(processes) if lives(process)}


def wait(processes: set[psutil.Process], *, seconds: float) -> set[psutil.Process]:
    """Those that still run, with what they started meanwhile, when all have ended or the time is over."""
    deadline = time.monotonic() + seconds
    while (left := running(processes)) and time.monotonic() < deadline:
        processes = left
        time.sleep(0.05)
    return left


def send(process: psutil.Process, *, kill: bool) -> None:
    try:
        process.kill() if kill else process.terminate()
    except psutil.NoSuchProcess:
        return


def watch(pid: int) -> None:
    """Wait for the process to end, then end what it left behind."""
    known: set[psutil.Process] = set()
    try:
        desk = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    own = psutil.Process()
    while lives(desk):
        known = descendants([desk, *known]) - {desk, own}
        time.sleep(LOOK_SECONDS)
    end(known)


if __name__ == "__main__":
    watch(int(sys.argv[1]))
