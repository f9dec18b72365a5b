"""Numbers and short phrases as people read them."""

from __future__ import annotations

from weft.report import document

EXACT_BELOW = 10**9
"""Larger numbers of interleavings are shown rounded; the JSON has them exactly."""


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 step``, ``2,000 steps``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def interleavings(race: document.Race) -> str:
    """How many interleavings a search stands for; ``-`` where that is not known."""
    if race.interleavings is None:
        return "unbounded" if race.cyclic else "-"
    return big(int(race.interleavings))


def big(number: int) -> str:
    """A number that may be huge."""
    if number < EXACT_BELOW:
        return f"{number:,}"
    digits = str(number)
    return f"{digits[0]}.{digits[1:3]}e{len(digits) - 1}"


def seconds(value: float) -> str:
    """Wall time to a sensible number of digits."""
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"
