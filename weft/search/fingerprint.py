"""Fingerprints of states, updated one component at a time (Zobrist hashing).

A state's fingerprint is the exclusive-or of one pseudo-random mark for each (position, number) pair in it, so a step changes it
by a few marks. Marks come from splitmix64, so they are the same in every run and on every machine.

Limit: two states with one fingerprint are taken for one, and what lies behind the second is not searched. With n states and b
bits this happens somewhere with probability about n*n / 2**(b+1), which every verdict states.

Source: Zobrist, A new hashing method with application for game playing, 1970; Steele et al., OOPSLA 2014 (splitmix64); Wolper and
Leroy, CAV 1993 (hash compaction).
"""

from __future__ import annotations

_MASK = (1 << 64) - 1


def mix64(number: int) -> int:
    """The splitmix64 finaliser of ``number``: 64 well-mixed bits."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


class Marks(dict[int, int]):
    """The mark of ``position << 32 | number``; number 0 (nothing there) has mark 0.

    Args:
        bits: Size of a mark: 64 or 128.
    """

    def __init__(self, bits: int = 64) -> None:
        super().__init__()
        self._wide = bits == 128

    def __missing__(self, key: int) -> int:
        mark = 0
        if key & 0xFFFF_FFFF:
            mark = mix64(key)
            if self._wide:
                mark = mark << 64 | mix64(mix64(key ^ 0x5851F42D4C957F2D))
        self[key] = mark
        return mark


def omission_probability(states: int, bits: int) -> float:
    """An upper bound on the probability that any state was taken for another one."""
    return min(1.0, states * states / 2.0 ** (bits + 1))
