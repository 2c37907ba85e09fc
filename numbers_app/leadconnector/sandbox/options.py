"""How one sandbox behaves; checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SHARES = ("fault_rate", "list_fault_rate", "faults_after_sale_share", "taken_rate")
SPANS = ("list_lag_seconds", "latency_seconds", "hang_seconds", "slow_seconds")
HIGHEST_PORT = 65_535
MOST_LOCATIONS = 10_000


@dataclass(frozen=True, kw_only=True)
class SandboxOptions:
    """Where the sandbox listens, where it keeps its state, and what goes wrong how often. Raises ValueError."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    state: Path | None = None
    """The SQLite file; None keeps the state in a temporary file that `stop` deletes."""
    list_lag_seconds: float = 5.0
    """How long a sale stays out of the list of active numbers."""
    latency_seconds: float = 0.0
    """How long every reply waits; the work behind it is done at once."""
    hang_seconds: float = 120.0
    """How long a timeout fault keeps the caller waiting before it hangs up without a word."""
    slow_seconds: float = 3.0
    fault_rate: float = 0.0
    """Share of purchase calls that meet a random fault, 0 to 1."""
    list_fault_rate: float = 0.0
    faults_after_sale_share: float = 0.5
    """Share of the purchase faults that strike after the number was sold."""
    taken_rate: float = 0.0
    """Share of the ordinary numbers on offer that turn out to be somebody else's when they are bought."""
    seed: int = 0
    limits: bool = True
    locations: int = 12

    def __post_init__(self) -> None:
        wrong = [f"{name} must be between 0 and 1" for name in SHARES if not 0 <= getattr(self, name) <= 1]
        wrong += [f"{name} must be 0 or more" for name in SPANS if not getattr(self, name) >= 0]
        if not 0 <= self.port <= HIGHEST_PORT:
            wrong.append(f"port must be between 0 and {HIGHEST_PORT}")
        if not 0 <= self.locations <= MOST_LOCATIONS:
            wrong.append(f"locations must be between 0 and {MOST_LOCATIONS}")
        if not self.host:
            wrong.append("host must not be empty")
        if wrong:
            raise ValueError("; ".join(wrong) + ".")
