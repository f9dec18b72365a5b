"""Loads: mixed traffic on shared state that lives as long as the run, for real threads.

    @load(why="every operation at once")
    def mixed_calls(t: Traffic) -> None:
        counter = AtomicInt64(0)

        def one_call(choose: Random, number: int) -> None:
            t.call("add", counter.add, choose.randrange(10))

        t.callers(one_call)

        @t.invariant
        def never_below_zero() -> None:
            require(counter.load() >= 0, "the counter is below zero")

A race is set up anew for each execution; a load is set up once, and its threads make one call after the other. After so many calls
each they rest: then its invariants are asked and its history is explained. Its final checks come after the last call, and may take
everything down to look for leaks.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from random import Random
from typing import Any

from weft.cells import world
from weft.cells.monitor import Invoke, Respond
from weft.cells.shared import Shared
from weft.errors import UsageError
from weft.scenario import Setting

OneCall = Callable[[Random, int], Any]
"""``one_call(choose, number)``: make one call, or a few, as thread ``number``."""


@dataclass(slots=True)
class Traffic(Setting):
    """What a load's set-up fills in. Invariants, final checks and the history are those of a race's ``Setting``.

    Attributes:
        wanted: How many threads there will be.
        one_call: What each of them does again and again.
        made_watchers: Told of the shared objects that were made, while the threads rest.
    """

    wanted: int = 4
    one_call: OneCall | None = None
    made_watchers: list[Callable[[Shared], None]] = field(default_factory=list)

    def callers(self, one_call: OneCall) -> OneCall:
        """Let every thread call ``one_call(choose, number)`` again and again; usable as a decorator.

        All that is random must come from ``choose``, which the run's seed decides.
        """
        self.one_call = one_call
        return one_call

    def call(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return ``function(*arguments)``, counted under ``name`` and by its answer if that is text. A history counts so too."""
        world.current.emit(Invoke(name))
        result = function(*arguments)
        world.current.emit(Respond(result))
        return result

    def watch_made(self, note: Callable[[Shared], None]) -> Callable[[Shared], None]:
        """Have ``note(shared)`` told of every shared object made since the set-up began, in time for the next invariant."""
        self.made_watchers.append(note)
        return note


@dataclass(frozen=True, slots=True)
class Load:
    """Traffic, and what to say of it; made by ``load``.

    Attributes:
        name: Unique in its file.
        build: The set-up.
        why: One sentence: what it is for.
        threads: How many, unless asked otherwise.
        calls: Calls of each thread between two rests.
        within: Entered around everything, for planted bugs.
        expect: ``VIOLATED`` if a defect is planted.
        file, line: Where it was written.
    """

    name: str
    build: Callable[[Traffic], None]
    why: str = ""
    threads: int = 4
    calls: int = 8
    within: Callable[[], AbstractContextManager[Any]] = nullcontext
    expect: str = "HOLDS"
    file: str = ""
    line: int = 0

    def set_up(self, threads: int) -> Traffic:
        """Run the set-up in the current world.

        Raises:
            UsageError: It says nothing of what to call.
        """
        traffic = Traffic(wanted=threads)
        self.build(traffic)
        if traffic.one_call is None:
            raise UsageError(f"load {self.name} calls nothing; its set-up must say t.callers(one_call)")
        traffic.names = [f"thread-{number}" for number in range(threads)]
        return traffic


def load(
    *,
    why: str = "",
    threads: int = 4,
    calls: int = 8,
    within: Callable[[], AbstractContextManager[Any]] = nullcontext,
    expect: str = "HOLDS",
    name: str | None = None,
) -> Callable[[Callable[[Traffic], None]], Load]:
    """Turn a set-up function into a ``Load`` that ``weft stress`` finds in its file. See ``Load``."""
    if expect not in ("HOLDS", "VIOLATED"):
        raise UsageError(f"a load can expect HOLDS or VIOLATED, not {expect!r}")

    def make(build: Callable[[Traffic], None]) -> Load:
        code = build.__code__
        said = why or inspect.cleandoc(build.__doc__ or "")
        return Load(name or build.__name__, build, said, threads, calls, within, expect, code.co_filename, code.co_firstlineno)

    return make
