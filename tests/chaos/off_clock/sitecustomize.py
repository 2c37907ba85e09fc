"""Loaded at the start of a process whose clock is off.

libfaketime 0.9.10 leaves the monotonic clock alone when told to, but then takes the time at which Python's own sleep
ends for one of the wall's, and refuses it. Without being told it makes every wait for a lock a minute longer.
"""

import select
import time


def sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = sleep
