"""What the processes use: CPU seconds by kind, and memory."""

from __future__ import annotations

from collections.abc import Iterable

import psutil
import redis
from django.conf import settings

from tests.benchmarks.stack import Stack

MIB = 1024 * 1024
KINDS = ("worker", "beat", "web", "sandbox")


def cpu_seconds(stack: Stack) -> dict[str, float]:
    """So far, of each kind of process. PostgreSQL's are all that run on this machine; none where it is elsewhere."""
    used = {kind: sum(map(spent, family(stack.processes(kind)))) for kind in KINDS}
    used["postgres"] = sum(
        spent(process) for process in psutil.process_iter(["name"]) if name_of(process) == "postgres"
    )
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        cpu = broker.info("cpu")
    return used | {"redis": cpu["used_cpu_user"] + cpu["used_cpu_sys"]}


def name_of(process: psutil.Process) -> str:
    return process.info["name"] or ""


def spent(process: psutil.Process) -> float:
    """Its own time and that of its children that have ended."""
    try:
        return sum(process.cpu_times()[:4])
    except psutil.NoSuchProcess:
        return 0.0


def family(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """The processes and all that descend from them."""
    return [member for process in processes for member in (process, *process.children(recursive=True))]


def memory_mib(stack: Stack, kind: str) -> list[float]:
    """What each process of a kind, with its children, has in memory."""
    return [sum(member.memory_info().rss for member in family([process])) / MIB for process in stack.processes(kind)]
