"""Catching a thread in the act of leaving control: clocks, random numbers, addresses.

The compiled search feeds a thread recorded results and relies on it doing the same again. What breaks that is caught in two
ways: here, by watching every call into C while the thread runs alone; and in ``automaton.py``, by comparing each repeated step
with the recorded one.
"""

from __future__ import annotations

import gc
import random
import sys
import sysconfig
from types import FrameType
from typing import Any

from weft.errors import NondeterminismError

_CLOCKS = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "process_time_ns"},
    "datetime": {"now", "utcnow", "today"},
    "posix": {"urandom", "getrandom", "times"},
    "_thread": {"get_ident", "get_native_id"},
}
_SUSPICIOUS = frozenset({"id", "random", "getrandbits"}.union(*_CLOCKS.values()))
_STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"]


class Watch:
    """Watches one thread at a time: inside the ``with`` block it sees every call into C, and garbage collection calls nothing.

    A profiler written in C (``cProfile``) cannot be put back once it is replaced, so while one runs nothing is watched; repeated
    steps are still compared.

    Attributes:
        offence: One phrase naming the call that must not be and where it stands, or empty.
    """

    def __init__(self) -> None:
        self.offence = ""
        self._before: Any = None
        self._collecting = True
        self._callbacks: list[Any] = []

        def look(frame: FrameType, event: str, function: Any, suspicious: frozenset[str] = _SUSPICIOUS) -> None:
            # Called for every call and return there is: half of a search's time goes here if it does more than this.
            if event == "c_call" and function.__name__ in suspicious:
                self.note(frame, function)

        self._look = look

    def __enter__(self) -> None:
        self.offence = ""
        self._before, self._collecting = sys.getprofile(), gc.isenabled()
        gc.disable()
        if gc.callbacks:  # what others want to know of a collection is not the thread's doing
            self._callbacks = gc.callbacks[:]
            gc.callbacks.clear()
        if self._replaceable:
            sys.setprofile(self._look)

    def __exit__(self, *_: object) -> None:
        if self._replaceable:
            sys.setprofile(self._before)
        if self._callbacks:
            gc.callbacks[:], self._callbacks = self._callbacks, []
        if self._collecting:
            gc.enable()

    @property
    def _replaceable(self) -> bool:
        return self._before is None or callable(self._before)

    def note(self, frame: FrameType, function: Any) -> None:
        """A call into C of a function whose name is suspicious."""
        if self.offence or not _forbidden(function, frame):
            return
        name = getattr(function, "__qualname__", repr(function))
        module = getattr(function, "__module__", None) or type(getattr(function, "__self__", None)).__module__
        code = frame.f_code
        self.offence = f"calls {module}.{name}() at {code.co_filename}:{frame.f_lineno} in {code.co_qualname}"

    def settle(self, thread: str) -> None:
        """Raise ``NondeterminismError`` if there was an offence."""
        if self.offence:
            raise NondeterminismError(
                f"thread {thread} {self.offence}: what it returns differs from run to run, so no schedule can be repeated; "
                "read it in the set-up, or make it a parameter of the scenario"
            )


def _forbidden(function: Any, frame: FrameType) -> bool:
    if function is id:
        return not frame.f_code.co_filename.startswith(_STANDARD_LIBRARY)
    owner = getattr(function, "__self__", None)
    if isinstance(owner, random.Random):
        return function.__name__ in ("random", "getrandbits")
    module = getattr(function, "__module__", None) or getattr(owner, "__module__", None)
    return function.__name__ in _CLOCKS.get(module, ()) if isinstance(module, str) else False
