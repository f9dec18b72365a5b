"""A debugger inside a thread of a race, before one step of a schedule, with the frames that really wait there.

It is Python's own ``pdb``, entered on top of the suspended thread. ``n`` and ``s`` go on along the schedule: where others have the
next steps, they take them, and the prompt comes back when this thread's next line is reached. Looking at a cell, as in
``p counter.load()``, takes no step of the schedule. ``c`` runs to the schedule's end, ``q`` leaves.
"""

from __future__ import annotations

import pdb
import sys
from types import FrameType
from typing import Any

from weft.errors import UsageError
from weft.search.replay import code_under_test_frame
from weft.worlds.controlled import Execution


class Left(Exception):
    """The debugger was left with ``q``."""


class StopBefore:
    """To be called before each step; stops once, before step ``number``, in the thread that takes it or in ``thread``."""

    def __init__(self, threads: tuple[int, ...], *, number: int, thread: str | None) -> None:
        if not 1 <= number <= len(threads) + 1:
            raise UsageError(f"--step {number}: the schedule has {len(threads)} steps; {len(threads) + 1} is after the last")
        self._threads = threads
        self._number = number
        self._thread = thread
        self._debugger: _Debugger | None = None

    def __call__(self, execution: Execution, number: int) -> None:
        """Stop, if it is time; see ``search.replay``."""
        if self._debugger is not None and self._debugger.left:
            raise Left
        if number == self._number:
            which = self._which(execution)
            self._debugger = debugger = _Debugger(execution)
            execution.visit(which, debugger.enter)
            if debugger.left:
                raise Left

    def _which(self, execution: Execution) -> int:
        names = execution.setting.names
        going = [thread.number for thread in execution.threads if thread.request is not None]
        if self._thread is not None:
            if self._thread not in names:
                raise UsageError(f"--thread {self._thread!r}: the threads are {', '.join(names)}")
            which = names.index(self._thread)
        elif self._number <= len(self._threads):
            which = self._threads[self._number - 1]
        else:
            which = going[0] if going else -1
        if which not in going:
            left = ", ".join(names[k] for k in going) or "nobody"
            raise UsageError(f"before step {self._number} that thread has ended; {left} has not: name an earlier step or --thread")
        return which


class _Debugger(pdb.Pdb):
    """``pdb`` for one thread; weft's own frames are stepped over.

    Attributes:
        left: Whether it was told to quit.
    """

    def __init__(self, execution: Execution) -> None:
        super().__init__(skip=["weft.*", "greenlet.*", "contextlib"], nosigint=True)
        self._execution = execution
        self.left = False
        self.prompt = "(weft) "

    def enter(self) -> None:
        """Stop here: called in the thread."""
        frame = code_under_test_frame(sys._getframe())
        if frame is None:
            raise UsageError("this step is asked for by no code of yours; name another --step")
        self.reset()
        self._trace_from(frame)
        self.interaction(frame, None)
        if not self.left and self.stoplineno != -1:
            sys.settrace(self.trace_dispatch)

    def _trace_from(self, frame: FrameType) -> None:
        above: FrameType | None = frame
        while above is not None:
            above.f_trace = self.trace_dispatch
            self.botframe = above
            above = above.f_back

    def interaction(self, *arguments: Any, **named: Any) -> Any:
        """See ``pdb.Pdb``. Cells that are looked at from the prompt answer at once."""
        with self._execution.stopped():
            return super().interaction(*arguments, **named)

    def do_quit(self, arg: str) -> bool | None:  # noqa: ARG002 - as in pdb
        """q(uit): leave; the replay ends here."""
        self.left = True
        self.set_continue()
        return True

    do_q = do_exit = do_quit

    def do_EOF(self, arg: str) -> bool | None:  # noqa: N802 - the name that cmd.Cmd looks for
        """Leave, at the end of the input."""
        self.message("")
        return self.do_quit(arg)
