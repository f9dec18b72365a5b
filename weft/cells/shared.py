"""Objects that threads share: their attributes are fixed after ``__init__``, what changes lives in cells.

This rule is what lets the search keep all mutable state in one vector. It is enforced, not assumed: setting an
attribute later, or putting a list, a dictionary or a plain object into one, raises ``SharedStateError`` naming
class and attribute.
"""

from __future__ import annotations

from contextlib import suppress
from types import MemberDescriptorType
from typing import Any

from weft.cells import world
from weft.cells.cell import Cell
from weft.cells.values import SharedIdentity, settled
from weft.errors import SharedStateError


class SharedMeta(type):
    """Seals an object when its ``__init__`` has finished and lets the world choose its stand-in."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        found: dict[str, Any] = {name: getattr(cls, name) for name in ("__eq__", "__hash__")}  # also where @dataclass put them
        if found != {"__eq__": object.__eq__, "__hash__": Shared.__hash__}:
            raise SharedStateError(f"{cls.__qualname__} defines __eq__ or __hash__; shared objects compare by identity only")
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
        if "__del__" in cls.__dict__:
            raise SharedStateError(f"{cls.__qualname__} defines __del__; when it would run is up to the search, not to the code")

    def __setattr__(self, attribute: str, value: Any) -> None:
        where = f"{type(self).__qualname__}.{attribute}"
        if self._sealed:
            raise SharedStateError(
                f"{where} was set to {value!r:.60} after __init__; attributes of shared objects are fixed then: "
                "declare it as a cell (AtomicInt64, Field, SharedDict, ...) and store into that"
            )
        try:
            value = settled(value)
        except SharedStateError as reason:
            raise SharedStateError(
                f"{where} is a {type(value).__qualname__}, which threads would share outside cells ({reason}); "
                "use SharedList, SharedDict, SharedSet, a tuple, or a class derived from Shared"
            ) from None
        _name_cells(self, attribute, value)
        object.__setattr__(self, attribute, value)

    def __hash__(self) -> int:
        return hash(self._tag)  # not the address: sets of shared objects must yield the same order in every execution

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


def attributes_of(shared: Shared) -> dict[str, Any]:
    """Everything that ``shared`` holds, in slots and in its dictionary."""
    held = dict(vars(shared))
    for base in type(shared).__mro__:
        for name, descriptor in base.__dict__.items():
            if isinstance(descriptor, MemberDescriptorType):
                with suppress(AttributeError):
                    held[f"{base.__qualname__}.{name}"] = descriptor.__get__(shared)
    return held


def cells_named_after(owner: Shared, value: Any) -> int:
    """How many cells in an attribute's value know ``owner`` by name."""
    if isinstance(value, Cell):
        return value.is_named_after(owner)
    return sum(cells_named_after(owner, part) for part in value) if isinstance(value, tuple) else 0


def _name_cells(owner: Shared, label: str, value: Any) -> None:
    if isinstance(value, Cell):
        value.name_as(owner, label)
    elif isinstance(value, tuple):
        for k, part in enumerate(value):
            _name_cells(owner, f"{label}[{k}]", part)
