"""A hash of names that is the same in every run: no addresses, no ``hash()`` of strings.

The original hashes two pointers. Pointers differ between runs, and a schedule must replay, so we hash
the names given at creation. Names need not be unique: equal hashes only cost probes.

Source: FNV-1a, 64 bits (Fowler, Noll, Vo), cut to 63 so that it fits a signed word.
"""

from __future__ import annotations

from typing import Final

HASH_BITS: Final = 63
HASH_MASK: Final = (1 << HASH_BITS) - 1

_OFFSET: Final = 0xCBF2_9CE4_8422_2325
_PRIME: Final = 0x0000_0100_0000_01B3
_WORD: Final = (1 << 64) - 1


def hash_of_name(name: str) -> int:
    """The FNV-1a hash of ``name``'s UTF-8 bytes."""
    word = _OFFSET
    for byte in name.encode():
        word = ((word ^ byte) * _PRIME) & _WORD
    return word & HASH_MASK


def mix(first: int, second: int) -> int:
    """One hash from two; not symmetric, and every bit of both reaches the low bits that pick a slot."""
    word = ((first ^ (first >> 29)) * 0xBF58_476D_1CE4_E5B9 + second) & _WORD
    word = ((word ^ (word >> 32)) * 0x94D0_49BB_1331_11EB) & _WORD
    return (word ^ (word >> 31)) & HASH_MASK
