"""Where the workers' time goes, by py-spy: `make bench ONLY=pipeline PROFILE=1`."""

from __future__ import annotations

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

from tests.benchmarks.report import say

SHOWN = 25
PATIENCE_SECONDS = 60


@contextmanager
def profiled(processes: list[psutil.Process]) -> Iterator[None]:
    """Watch each process, and say at the end in which functions it was at work.

    Only threads at work are counted, not those that wait. The watching takes time too: the speeds of such a run are
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
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or "py-spy"
    command = [program, "record", "--pid", str(process.pid), "--output", str(output), "--format", "raw", "--nolineno"]
    return subprocess.Popen([*command, "--rate", "50"], stdout=subprocess.DEVNULL)


def show(stacks: list[tuple[list[str], int]]) -> None:
    """The functions with the most time of their own, and with the most time including what they call."""
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for frames, samples in stacks:
        own[frames[-1]] += samples
        for frame in set(frames):
            whole[frame] += samples
    total = sum(own.values()) or 1
    for title, counted in (("its own", own), ("with what it calls", whole)):
        say(f"  Share of the workers' time, {title}:")
        for frame, samples in counted.most_common(SHOWN):
            say(f"  {100 * samples / total:5.1f} %  {frame}")
