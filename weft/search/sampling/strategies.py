"""The strategies by name, as the command line has them: ``uniform``, ``pct:3``, ``pos``, ``surw``, ``states``, ``reads-from``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from weft.errors import UsageError
from weft.search.sampling.novelty import ReadsFrom, States
from weft.search.sampling.pct import DEPTH, Pct
from weft.search.sampling.pos import Pos
from weft.search.sampling.strategy import Strategy
from weft.search.sampling.surw import Surw
from weft.search.sampling.uniform import Uniform

PLAIN: dict[str, Callable[[int], Strategy]] = {
    "uniform": Uniform,
    "pos": Pos,
    "surw": Surw,
    "states": States,
    "reads-from": ReadsFrom,
}

ALL = ("uniform", "pct:2", "pct:3", "pos", "surw", "states", "reads-from")
"""What ``all`` stands for."""


def strategy(name: str, seed: int) -> Strategy:
    """The strategy ``name`` with its seed. ``pct`` alone has depth 3.

    Raises:
        UsageError: There is none of that name.
    """
    if name in PLAIN:
        return PLAIN[name](seed)
    kind, _, depth = name.partition(":")
    if kind == "pct" and (not depth or (depth.isascii() and depth.isdigit() and 1 <= int(depth) <= 99)):
        return Pct(seed, depth=int(depth or DEPTH))
    raise UsageError(f"no strategy {name!r}; expected {', '.join(PLAIN)}, pct:D with a depth from 1 to 99, or all")


def named(names: Sequence[str]) -> tuple[str, ...]:
    """``names`` in full, each once, with what ``all`` stands for.

    Raises:
        UsageError: One is unknown.
    """
    full = [one for name in names for one in (ALL if name == "all" else (name,))]
    return tuple(dict.fromkeys(strategy(name, 0).name for name in full))
