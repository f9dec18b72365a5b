"""How an execution ended, in terms that every engine shares, so that their answers can be compared.

An **outcome** is an ending without its violation's wording: what the threads returned and what the observers saw,
or who is deadlocked, or who broke and how. Shared objects appear by their text, since each engine makes its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from types import FunctionType, MethodType
from typing import Any, Literal

from weft.cells.cell import Cell
from weft.cells.effects import Kind
from weft.cells.mutex import Mutex
from weft.cells.rwmutex import RWMutex
from weft.cells.values import SharedIdentity, identity, is_frozen_dataclass, order_key
from weft.errors import CheckFailed, SharedStateError, UsageError, WeftError
from weft.scenario import Results, Setting

EndingKind = Literal["finished", "deadlock", "broken", "faulty", "livelock"]


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of one execution.

    Attributes:
        kind: ``finished`` when every thread returned.
        results: What each thread returned, portable; ``None`` for a thread that did not.
        observed: What the scenario's observers returned, portable.
        slug: The violation's stable name (``deadlock``, ``final:no_leak``), or empty.
        message: One sentence about the violation, or empty.
    """

    kind: EndingKind
    results: tuple[Any, ...]
    observed: tuple[Any, ...] = ()
    slug: str = ""
    message: str = ""

    @property
    def outcome(self) -> tuple[Any, ...]:
        """What two engines must agree on."""
        return (self.kind, self.results, self.observed, self.slug)


class Words(str):
    """Text that stands for a value and is shown as it is, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def portable(value: Any) -> Any:
    """``value`` with shared objects replaced by their text, so that engines and processes agree on it."""
    if isinstance(value, SharedIdentity):
        return Words(repr(value))
    if type(value) is tuple:
        return tuple(portable(part) for part in value)
    if type(value) is frozenset:
        return tuple(portable(part) for part in sorted(value, key=order_key))
    return _portable_structure(value)


def _portable_structure(value: Any) -> Any:
    """Named tuples and frozen dataclasses are kept unless something in them must change; functions go by name and content."""
    kind = type(value)
    if kind is FunctionType:
        contents = tuple(cell.cell_contents for cell in value.__closure__ or ())
        return (value.__qualname__, portable((contents, value.__defaults__, tuple((value.__kwdefaults__ or {}).items()))))
    if kind is MethodType:
        return (value.__func__.__qualname__, portable(value.__self__))
    if kind is partial:
        return ("partial", portable((value.func, value.args, tuple(value.keywords.items()))))
    if isinstance(value, tuple):
        parts: list[Any] = list(value)
    elif is_frozen_dataclass(value):
        parts = [getattr(value, f.name) for f in fields(value)]
    else:
        return value
    shown = [portable(part) for part in parts]
    return value if all(new is old for new, old in zip(shown, parts, strict=True)) else (kind.__qualname__, *shown)


def _immutable(who: str, value: Any) -> Any:
    try:
        identity(value)
    except SharedStateError as reason:
        raise refuse_mutable_result(who, reason) from None
    return portable(value)


def shown(cell: Cell, value: Any, names: Sequence[str]) -> Any:
    """What ``cell`` holds, for a trace: portable, with locks in words."""
    if isinstance(cell, Mutex):
        return Words(f"held by {_name(value - 1, names)}" if value else "free")
    if isinstance(cell, RWMutex):
        writer, queued, readers, waiting = value
        parts = [f"written by {_name(writer - 1, names)}"] if writer else []
        parts += [f"read by {', '.join(_name(r, names) for r in readers)}"] if readers else []
        parts += [f"wanted by {', '.join(_name(w, names) for w in (*([queued - 1] if queued else []), *waiting))}"] * bool(
            queued or waiting
        )
        return Words("; ".join(parts) or "free")
    return portable(value)


def _name(number: int, names: Sequence[str]) -> str:
    return names[number] if 0 <= number < len(names) else "the set-up"


def judge(setting: Setting, values: Sequence[Any], *, before_check: Callable[[Results], None] | None = None) -> Ending:
    """Observe and check a finished execution; the caller has put a world in force where nobody runs.

    Args:
        setting: What to observe and to check.
        values: What the threads returned.
        before_check: Called before each check, with the results that the check will be given.

    Raises:
        WeftError: The scenario itself is at fault.
    """
    results = Results(setting.names, values)
    returned = tuple(_immutable(f"thread {name}", value) for name, value in zip(setting.names, values, strict=True))
    observed = tuple(_immutable(f"the observer {look.name}", look.function(results)) for look in setting.observers)
    for check in setting.checks:
        if before_check is not None:
            before_check(results)
        try:
            check.function(results)
        except (CheckFailed, AssertionError) as reason:
            text = str(reason) or "the condition is false"
            return Ending("finished", returned, observed, f"final:{check.name}", text)
        except WeftError:
            raise
        except Exception as error:  # whatever the code under test raises is the finding
            return Ending("finished", returned, observed, f"final:{check.name}", _say(error))
    return Ending("finished", returned, observed)


def broken(setting: Setting, values: Sequence[Any], *, number: int, error: Exception) -> Ending:
    """A thread raised."""
    if isinstance(error, WeftError):
        raise error
    name = setting.names[number]
    if isinstance(error, (CheckFailed, AssertionError)):
        slug, text = f"assertion:{name}", f"{name}: {error or 'an assertion is false'}"
    else:
        slug, text = f"exception:{type(error).__name__}", f"{name} raised {_say(error)}"
    return Ending("broken", tuple(map(portable, values)), slug=slug, message=text)


def misused(setting: Setting, values: Sequence[Any], *, number: int, step: str, slug: str, message: str) -> Ending:
    """A thread broke a primitive's contract at ``step``."""
    text = f"{setting.names[number]} at {step}: {message}"
    return Ending("broken", tuple(map(portable, values)), slug=f"misuse:{slug}", message=text)


def faulty(values: Sequence[Any], *, slug: str, message: str) -> Ending:
    """Something is wrong with the state itself."""
    return Ending("faulty", tuple(map(portable, values)), slug=slug, message=message)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thread that cannot take its step: which one, and what the cell held."""

    number: int
    cell: Cell
    kind: Kind
    value: Any


def deadlocked(setting: Setting, values: Sequence[Any], waiting: Sequence[Waiting]) -> Ending:
    """Nobody can take a step and somebody has not finished."""
    text = "; ".join(_say_wait(setting, w) for w in waiting)
    return Ending("deadlock", tuple(map(portable, values)), slug="deadlock", message=text)


def _say_wait(setting: Setting, wait: Waiting) -> str:
    holders: tuple[int, ...] = ()
    if isinstance(wait.cell, Mutex):
        holders = (wait.value - 1,)
    elif isinstance(wait.cell, RWMutex):
        writer, queued, readers, _ = wait.value
        holders = (writer - 1,) if writer else (readers or (queued - 1,))
    held = " and ".join("itself" if h == wait.number else setting.names[h] for h in holders if h >= 0)
    return f"{setting.names[wait.number]} waits at {wait.cell.label}.{wait.kind.name}" + (f", held by {held}" if held else "")


def _say(error: Exception) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def refuse_mutable_result(who: str, reason: Exception) -> UsageError:
    """The error for a thread or an observer that returns something mutable."""
    return UsageError(f"{who} returned something mutable, which cannot be part of an outcome: {reason}")
