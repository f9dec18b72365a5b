"""The base of all cells, and the metaclass that lets a world choose which object stands for a new one.

A cell is an identity with one value. Where the value lives is the world's business: inside the cell in the
native and the controlled world, in the search's memory vector in the compiled one. A subclass adds methods, each of
which performs one or more steps by ``self._step(KIND, operands...)``.

Choice a reader may question: making a cell returns ``world.adopt(cell)``, not always the new object. A thread that
is re-executed makes its cells anew, and the code under test must find that ``is`` means what it did before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar

from weft.cells import world
from weft.cells.effects import BLOCKED, Kind, Misuse
from weft.cells.values import SharedIdentity, settled
from weft.errors import SharedStateError


class CellMeta(type):
    """Hands every finished cell to the current world, which answers with the cell to use."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        return world.current.adopt(super().__call__(*args, **kwargs))


class Cell(SharedIdentity, metaclass=CellMeta):
    """One piece of shared mutable state; one operation on it is one step.

    Attributes:
        blocking: Whether any of its steps may have to wait (locks). Class attribute.
        tag: Who made it: (thread number or -1 for the set-up, how-manieth).
        value: The value in worlds that keep it in the cell. Not for code under test.
    """

    __slots__ = ("_guard", "_label", "_owner", "tag", "value")

    blocking: ClassVar[bool] = False

    tag: world.Tag
    value: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__slots__" not in cls.__dict__:
            raise SharedStateError(
                f"{cls.__qualname__} derives from a cell, so its attributes would be shared outside cells; derive from Shared and "
                "hold the cell in an attribute"
            )

    def __init__(self, initial: Any) -> None:
        self.value = settled(initial)
        self._owner: object = None
        self._label: str | None = None

    def _step(self, kind: Kind, *operands: Any) -> Any:
        return world.current.step(self, kind, operands)

    @property
    def _tag(self) -> world.Tag:
        return self.tag

    @property
    def made_as(self) -> tuple[int, int, str]:
        """Who made it, as its how-manieth, and as what: a thread's third thing may be a lock here and a counter there."""
        return (*self.tag, type(self).__name__)

    @property
    def label(self) -> str:
        """How a trace names this cell: owner and attribute, or its class and tag."""
        if self._label is None:
            thread, k = self.tag
            return f"{type(self).__name__}#{k}" if thread < 0 else f"{type(self).__name__}#{thread}.{k}"
        return f"{self._owner}.{self._label}" if self._owner is not None else self._label

    def name_as(self, owner: object, label: str) -> None:
        """Give the cell its place in a trace; the first name stays."""
        if self._label is None:
            self._owner, self._label = owner, label

    def is_named_after(self, owner: object) -> bool:
        """Whether ``owner`` gave it its place."""
        return self._owner is owner

    def __repr__(self) -> str:
        return f"<{self.label}>"

    def __hash__(self) -> int:
        return hash(self.tag)  # not the address: sets of cells must yield the same order in every execution

    def __reduce__(self) -> Any:
        raise SharedStateError(f"{self!r} is shared state and cannot be copied or pickled")

    # -- the native world ------------------------------------------------------------------------------------

    def renamed(self, value: Any, rename: Callable[[int], int]) -> Any:
        """``value`` of this cell with other thread numbers in the places of the old ones."""
        del rename
        return value

    def prepare_native(self) -> None:
        """Make what real threads need: a lock, with a condition where a step may wait."""
        self._guard: Any = threading.Condition() if self.blocking else threading.Lock()

    def step_native(self, kind: Kind, operands: tuple[Any, ...]) -> Any:
        """Perform one step under real threads; waits while it is blocked."""
        with self._guard:
            outcome = kind.effect(self.value, *operands)
            while outcome is BLOCKED:
                self._guard.wait()
                outcome = kind.effect(self.value, *operands)
            if isinstance(outcome, Misuse):
                raise RuntimeError(f"{self.label}.{kind.name}: {outcome.message}")
            changed = outcome[0] is not self.value
            self.value = outcome[0]
            if self.blocking and changed:
                self._guard.notify_all()
            return outcome[1]
