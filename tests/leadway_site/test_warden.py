"""The warden by itself: on Linux the kernel is mostly there before it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from leadway_site import warden
from tests.waiting import wait_until

FAMILY = """
import subprocess, sys, time
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', flush=True); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", stubborn], start_new_session=True, stdout=subprocess.PIPE)
child.stdout.readline()
subprocess.Popen(["sleep", "600"], start_new_session=True)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def family() -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process]]]:
    """A process with two children of sessions of their own, one of whom does not hear SIGTERM."""
    parent = subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    parent.stdout.readline()
    children = psutil.Process(parent.pid).children(recursive=True)
    yield parent, children
    warden.end([psutil.Process(parent.pid), *children], patience_seconds=0)
    parent.wait(10)
    parent.stdout.close()


Family = tuple[subprocess.Popen[bytes], list[psutil.Process]]


def test_children_of_a_killed_process_are_ended(family: Family) -> None:
    parent, children = family
    assert len(children) == 2
    guard = subprocess.Popen([sys.executable, "-I", str(Path(warden.__file__)), str(parent.pid)])
    looked = psutil.Process(guard.pid)
    wait_until(lambda: looked.status() == psutil.STATUS_SLEEPING and looked.cpu_times().user > 0, what="it watches")

    parent.kill()

    assert guard.wait(60) == 0
    assert not any(warden.lives(child) for child in children)


def test_process_that_ignores_the_request_is_killed(family: Family) -> None:
    _, children = family

    warden.end(children, patience_seconds=0.2)

    assert not any(warden.lives(child) for child in children)


def test_watching_a_process_that_is_gone_already_ends_at_once() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(30)

    warden.watch(gone.pid)
