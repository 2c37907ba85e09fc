"""Where the workers' time goes, by py-spy: `make bench ONLY=pipeline PROFILE=1`."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.conf import settings

from tests.benchmarks.report import WrongResult, say

SHOWN = 20
OURS = "(numbers_app/"
PACKAGE = re.compile(r"\(([^/()]+)[^()]*\)$")  # of "function (package/module.py)"
PATIENCE_SECONDS = 60


@contextmanager
def profiled(processes: list[psutil.Process]) -> Iterator[None]:
    """Watch each process, and say at the end in which functions it was at work.

    Only the thread that holds the interpreter's lock is counted: what waits costs nothing, and what computes without
    the lock, as TLS does, is not what the others wait for. The watching takes time too, so the speeds of such a run are
    not those of the engine.
    """
    outputs = [settings.VAR_DIR / f"profile-{process.pid}.txt" for process in processes]
    watchers = [watch(process, output) for process, output in zip(processes, outputs, strict=True)]
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.send_signal(signal.SIGINT)  # it writes what it has seen
        for watcher in watchers:
            watcher.wait(PATIENCE_SECONDS)
    stacks = [line.rpartition(" ") for output in outputs for line in output.read_text().splitlines()]
    show([(stack.split(";"), int(samples)) for stack, _, samples in stacks])


def watch(process: psutil.Process, output: Path) -> subprocess.Popen[bytes]:
    program = shutil.which("py-spy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        raise WrongResult("A profile needs py-spy: make setup installs it.")
    command = [program, "record", "--pid", str(process.pid), "--output", str(output), "--format", "raw"]
    return subprocess.Popen([*command, "--nolineno", "--gil", "--rate", "50"], stdout=subprocess.DEVNULL)


def show(stacks: list[tuple[list[str], int]]) -> None:
    """Where the time is spent: by package, by function, and by what of ours asked for it."""
    packages: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    for frames, samples in stacks:
        packages[package_of(frames[-1])] += samples
        functions[frames[-1]] += samples
        ours.update(dict.fromkeys((frame for frame in frames if OURS in frame), samples))
    total = sum(functions.values()) or 1
    for title, counted in (
        ("by package", packages),
        ("by function", functions),
        ("of our functions, with what they call", ours),
    ):
        say(f"  Share of the workers' time, {title}:")
        for name, samples in counted.most_common(SHOWN):
            say(f"  {100 * samples / total:5.1f} %  {name}")


def package_of(frame: str) -> str:
    named = PACKAGE.search(frame)
    return named[1] if named else frame
