"""Which interleavings a search may leave out: the names of the reductions, as users switch them.

Source of each: its own module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Reduction:
    """Switches; everything off is the plain search.

    Attributes:
        persistent: Follow only a persistent set of threads in each state (``persistent.py``).
        locks: ... and believe that what lies behind a lock held inside the set cannot interfere (``futures.py``).
        chains: ... and do not store states with one way on, unless a cycle may close there. They are checked like all others, and
            passed again when another way leads to them: memory for time. Source: Behrmann, Larsen and Pelanek, To Store or Not to
            Store, CAV 2003.
        sleep: ... and do not try steps whose effect another order has shown (``sleep.py``). Only one walker alone can, so it is not
            among those that give the same counts on any number of cores.
        symmetry: Take states for one that differ only in the roles of threads that are alike (``symmetry.py``). Not together with
            the others, which look at what each thread may still do: that is learned in one role and not known in the others.
    """

    persistent: bool = False
    locks: bool = False
    chains: bool = False
    sleep: bool = False
    symmetry: bool = False

    def __post_init__(self) -> None:
        if self.symmetry and self.persistent:
            raise ValueError("persistent sets need to know every thread in every role; symmetry leaves roles out")

    def __bool__(self) -> bool:
        return self.persistent or self.symmetry

    def without(self, *names: str) -> Reduction:
        """The same with some reductions switched off; without persistent sets there is none."""
        return replace(self, **dict.fromkeys(names, False))

    @property
    def names(self) -> tuple[str, ...]:
        """The reductions switched on."""
        return tuple(name for name in self.__slots__ if getattr(self, name)) if self else ()


NONE = Reduction()
ALL = Reduction(persistent=True, locks=True, chains=True)
SYMMETRY = Reduction(symmetry=True)
ASLEEP = replace(ALL, sleep=True)
