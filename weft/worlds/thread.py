"""One thread of a scenario as a greenlet that stops at every step it wants to take.

A suspended thread is either *waiting* with a request (the step it wants to take next), *finished* with a value, or
*broken* by an exception. Whoever drives it answers the request with a result.

A thread that is dropped in mid-flight is unwound: its ``finally`` blocks run, and any step they try is refused.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import greenlet  # ordinary functions suspended in mid-call, without `yield`; what gevent and SQLAlchemy stand on

from weft.errors import UsageError

if TYPE_CHECKING:
    from types import FrameType

    from weft.cells.cell import Cell
    from weft.cells.effects import Kind


class Request(NamedTuple):
    """A step that a thread wants to take. ``operands`` begin with the thread number where the kind asks for it."""

    cell: Cell
    kind: Kind
    operands: tuple[Any, ...]


class Unwind(BaseException):
    """Ends a thread that is no longer needed. Not an error; never seen outside."""


_MOST_REFUSALS = 10_000


class SuspendedThread:
    """A thread function in a greenlet.

    Attributes:
        number: The thread's number in its scenario.
        request: The step it waits for, or ``None`` when it has ended.
        value: What it returned, if it finished.
        error: What it raised, if it broke.
        handled: The exception that the ``except`` block it waits in handles, which frames show only with ``as``.
    """

    __slots__ = ("_fresh", "_greenlet", "_hub", "_refusals", "error", "handled", "number", "request", "value")

    def __init__(self, number: int, function: Callable[[], Any]) -> None:
        self.number = number
        self.request: Request | None = None
        self.value: Any = None
        self.error: Exception | None = None
        self.handled: BaseException | None = None
        self._hub = greenlet.getcurrent()
        self._greenlet = greenlet.greenlet(function)
        self._fresh = True
        self._refusals = -1

    def resume(self, result: Any = None) -> None:
        """Run to the next request, or to the end. ``result`` answers the request (ignored at the start)."""
        self.handled = None
        collecting = gc.isenabled()
        gc.disable()  # a collection runs finalisers and callbacks of whoever is around, at a moment that nothing repeats
        try:
            answer = self._greenlet.switch() if self._fresh else self._greenlet.switch(result)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever the code under test raises is the finding
            self.request = None
            self.error = error if isinstance(error, Exception) else RuntimeError(f"{type(error).__name__} {error}".rstrip())
            return
        finally:
            if collecting:
                gc.enable()
        self._fresh = False
        if self._greenlet.dead:
            self.request, self.value = None, answer
        else:
            self.request = answer

    def ask(self, request: Request) -> Any:
        """Called inside the thread: suspend it until the request is answered."""
        if self._refusals >= 0:
            self._refusals += 1
            if self._refusals > _MOST_REFUSALS:
                self._hub.throw(UsageError(f"thread {self.number} catches BaseException in a loop and cannot be stopped"))
            raise Unwind
        self.handled = sys.exception()
        return self._hub.switch(request)

    @property
    def ended(self) -> bool:
        """Whether it finished or broke."""
        return self.request is None and not self._fresh

    @property
    def frame(self) -> FrameType | None:
        """The innermost frame while it waits."""
        return self._greenlet.gr_frame

    @property
    def context_variables(self) -> int:
        """How many ``contextvars`` it has set."""
        return len(self._greenlet.gr_context or ())

    def drop(self) -> None:
        """End the thread wherever it is; steps its clean-up tries are refused, and what it raises on its way out is ignored."""
        if self._fresh or self._greenlet.dead:
            return
        self._refusals = 0
        try:
            self._greenlet.throw(Unwind)
        except KeyboardInterrupt:
            raise
        except BaseException:  # Unwind itself, wrapped in a group by `except*`, or replaced by clean-up code
            if self._refusals > _MOST_REFUSALS:
                raise
        self.request = None
