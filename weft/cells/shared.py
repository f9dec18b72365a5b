"""Objects that threads share: their attributes are fixed after ``__init__``, what changes lives in cells.

This rule is what lets the search keep all mutable state in one vector. It is enforced, not assumed: setting an
attribute later, or putting a list, a dictionary or a plain object into one, raises ``SharedStateError`` naming
class and attribute.
"""

from __future__ import annotations

from typing import Any

from weft.cells import world
from weft.cells.cell import Cell
from weft.cells.values import SharedIdentity, identity
from weft.errors import SharedStateError


class SharedMeta(type):
    """Seals an object when its ``__init__`` has finished and lets the world choose its stand-in."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        made = super().__call__(*args, **kwargs)
        object.__setattr__(made, "_sealed", True)
        return world.current.intern(made)


class Shared(SharedIdentity, metaclass=SharedMeta):
    """Base class of objects that several threads may hold.

    Set attributes in ``__init__`` only: cells, other shared objects, immutable values, or tuples of these.
    An attribute called ``name`` (a string) is how traces show the object. Subclasses must not define
    ``__eq__``: shared objects are the same only as objects.

    Raises:
        SharedStateError: On any attribute set after ``__init__``, or set to something mutable.
    """

    _sealed: bool
    _tag: world.Tag

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Any:  # noqa: D102
        made = super().__new__(cls)
        object.__setattr__(made, "_sealed", False)
        object.__setattr__(made, "_tag", world.current.new_tag())
        return made

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__eq__" in cls.__dict__ or "__hash__" in cls.__dict__:
            raise SharedStateError(f"{cls.__qualname__} defines __eq__ or __hash__; shared objects compare by identity only")

    def __setattr__(self, attribute: str, value: Any) -> None:
        where = f"{type(self).__qualname__}.{attribute}"
        if self._sealed:
            raise SharedStateError(
                f"{where} was set to {value!r:.60} after __init__; attributes of shared objects are fixed then: "
                "declare it as a cell (AtomicInt64, Field, SharedDict, ...) and store into that"
            )
        try:
            identity(value)
        except SharedStateError as reason:
            raise SharedStateError(
                f"{where} is a {type(value).__qualname__}, which threads would share outside cells ({reason}); "
                "use SharedList, SharedDict, SharedSet, a tuple, or a class derived from Shared"
            ) from None
        _name_cells(self, attribute, value)
        object.__setattr__(self, attribute, value)

    def __delattr__(self, attribute: str) -> None:
        raise SharedStateError(f"{type(self).__qualname__}.{attribute} was deleted; attributes of shared objects are fixed")

    def __repr__(self) -> str:
        name = getattr(self, "name", None)
        if isinstance(name, str):
            return name
        thread, k = self._tag
        return f"{type(self).__name__}#{k}" if thread < 0 else f"{type(self).__name__}#{thread}.{k}"

    def __reduce__(self) -> Any:
        raise SharedStateError(f"{self!r} is shared state and cannot be copied or pickled")


def _name_cells(owner: Shared, label: str, value: Any) -> None:
    if isinstance(value, Cell):
        value.name_as(owner, label)
    elif isinstance(value, tuple):
        for k, part in enumerate(value):
            _name_cells(owner, f"{label}[{k}]", part)
