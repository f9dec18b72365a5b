"""Budgets: how much a search may cost before it gives up, and what it says then."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Budget:
    """Upper limits; ``None`` is no limit. A search that meets one is inconclusive, never a pass."""

    max_states: int | None = None
    max_transitions: int | None = None
    max_seconds: float | None = None
    max_memory_bytes: int | None = None


def memory_bytes() -> int:
    """The memory this process has resident now; the most it ever had where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@dataclass(slots=True)
class Meter:
    """Watches one search against a budget."""

    budget: Budget
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self.started

    def exceeded(self, *, states: int, transitions: int) -> str:
        """Which limit has been met, as a phrase; empty while none has."""
        budget = self.budget
        if budget.max_states is not None and states >= budget.max_states:
            return f"max-states {budget.max_states:,}"
        if budget.max_transitions is not None and transitions >= budget.max_transitions:
            return f"max-transitions {budget.max_transitions:,}"
        if budget.max_seconds is not None and self.seconds >= budget.max_seconds:
            return f"max-seconds {budget.max_seconds:g}"
        if budget.max_memory_bytes is not None and memory_bytes() >= budget.max_memory_bytes:
            return f"max-memory {budget.max_memory_bytes:,} bytes"
        return ""
