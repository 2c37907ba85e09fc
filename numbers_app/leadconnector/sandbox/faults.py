"""Random faults: drawn in the order of the calls from generators with a seed, so that a run can be had again."""

from __future__ import annotations

import random
import threading
from enum import StrEnum

from .magic import FAULTS_AFTER_SALE, FAULTS_BEFORE_SALE, Magic


class ListFault(StrEnum):
    """What can go wrong when the list of active numbers is read."""

    TIMEOUT = "list-timeout"
    RESET = "list-reset"
    ERROR_500 = "list-error-500"
    ERROR_502 = "list-error-502"
    LIMITED = "list-limited"
    TRUNCATED = "list-truncated"


class Faults:
    """Decides call by call; purchases and list reads have generators of their own, so neither disturbs the other."""

    def __init__(
        self, *, seed: int, rate: float, list_rate: float, after_sale_share: float, taken_rate: float = 0.0
    ) -> None:
        self._seed = seed
        self._taken_rate = taken_rate
        self._rate = rate
        self._list_rate = list_rate
        self._after_sale_share = after_sale_share
        self._purchases = random.Random(f"purchase {seed}")  # chance that can be had again is the point
        self._lists = random.Random(f"list {seed}")
        self._lock = threading.Lock()

    def draw_for_purchase(self) -> Magic | None:
        if not self._rate:
            return None
        with (
            self._lock
        ):  # three draws whatever comes of them: call n meets the same fault at any rate of hits before it
            hit, after, which = (self._purchases.random() for _ in range(3))
        if hit >= self._rate:
            return None
        kinds = FAULTS_AFTER_SALE if after < self._after_sale_share else FAULTS_BEFORE_SALE
        return kinds[int(which * len(kinds))]

    def is_taken(self, phone_number: str) -> bool:
        """Whether somebody else has the number: not drawn call by call, but the number's own fate with this seed."""
        return random.Random(f"taken {self._seed} {phone_number}").random() < self._taken_rate

    def draw_for_list(self) -> ListFault | None:
        if not self._list_rate:
            return None
        with self._lock:
            hit, which = self._lists.random(), self._lists.random()
        kinds = tuple(ListFault)
        return kinds[int(which * len(kinds))] if hit < self._list_rate else None
