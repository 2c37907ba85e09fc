"""What the pipeline is held against: threads that POST, and keep nothing. A process of its own.

It reads lines of JSON, a path and a body each, and POSTs them when all are read. It knows nothing of ours.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from http import HTTPStatus
from typing import Any

import requests

IN_FLIGHT = 64
HEADERS = {"Authorization": "Bearer sandbox-bench", "Version": "2021-07-28", "Accept": "application/json"}


def main() -> None:
    address = sys.argv[1]
    calls = [json.loads(line) for line in sys.stdin]
    turns = itertools.count()  # its next step can't be interrupted, so each call goes to one thread
    bought = [0] * IN_FLIGHT
    threads = [threading.Thread(target=post, args=(address, calls, turns, bought, n)) for n in range(IN_FLIGHT)]
    began, worked = time.monotonic(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - worked
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "bought": sum(bought)}))


def post(address: str, calls: list[tuple[str, Any]], turns: itertools.count[int], bought: list[int], n: int) -> None:
    with requests.Session() as session:
        session.trust_env = False
        while (turn := next(turns)) < len(calls):
            path, body = calls[turn]
            reply = session.post(address + path, json=body, headers=HEADERS, timeout=60)
            bought[n] += reply.status_code == HTTPStatus.CREATED


if __name__ == "__main__":
    main()
