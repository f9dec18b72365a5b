"""How many states does weft need for ordinary Python, next to SPIN on a model written by hand? The umount race in miniature.

``promela/umount.pml`` has the steps of ``miniature.py``, one transition a step, with dead locals cleared.
"""

from __future__ import annotations

from collections.abc import Iterator

from stress.bench import spin
from stress.bench.beside_spin import beside
from stress.bench.miniature import race
from weft.check.benchmark import Row, benchmark
from weft.search.budget import Budget

WORDS = ("wu", "wwu", "wuu", "ppu", "puu", "wwpp", "wwuu")


@benchmark("The umount race in miniature, next to SPIN on a Promela model of the same steps", versions=spin.versions)
def umount_against_spin(limit: Budget) -> Iterator[Row]:
    """Two to four threads: w walks, u umounts, p walks and climbs through '..'."""
    for word in WORDS:
        yield from beside(word, race(word), "umount", {f"N{letter.upper()}": word.count(letter) for letter in "wup"}, limit)
