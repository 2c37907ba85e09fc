"""The programs that a run needs, and where Debian keeps them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

OFF_SECONDS = 60
FAKETIME = "faketime/libfaketimeMT.so.1"


def find_postgres() -> Path | None:
    """The folder of the newest PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def find_redis() -> str | None:
    return shutil.which("redis-server")


def missing() -> str:
    """What is not there, and how to get it; empty where all is there."""
    wanted = {"PostgreSQL's initdb and postgres": find_postgres(), "redis-server": find_redis()}
    lacking = [name for name, found in wanted.items() if not found]
    return f"{' and '.join(lacking)} (Debian: apt-get install postgresql redis-server)" if lacking else ""


def clock_off_by(seconds: int) -> dict[str, str]:
    """The variables that put a process's clock off; empty where libfaketime is missing or has no effect."""
    for library in sorted(Path("/usr/lib").glob(f"*/{FAKETIME}")):
        variables = {
            "LD_PRELOAD": str(library),
            "FAKETIME": f"{seconds:+d}s",
            "DONT_FAKE_MONOTONIC": "1",  # waits stay as long as they are
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # its newer name
            "PYTHONPATH": str(Path(__file__).with_name("off_clock")),
        }
        told = subprocess.run(
            [sys.executable, "-c", "import time; time.sleep(0.01); print(time.time())"],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode == 0 and abs(float(told.stdout) - time.time() - seconds) < abs(seconds) / 2:
            return variables
    return {}
