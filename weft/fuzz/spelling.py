"""Operations as Python that can be pasted: what a race file says, with the imports that it needs."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

from weft.errors import UsageError

_ATOMS = (bool, int, float, str, bytes, type(None))
_BRACKETS: dict[type, tuple[str, str]] = {tuple: ("(", ")"), list: ("[", "]"), set: ("{", "}"), frozenset: ("frozenset({", "})")}


def spelled(value: Any, imports: set[tuple[str, str]] | None = None) -> str:
    """``value`` as it would be written by hand: what has its default is left out. Shown as ``repr`` where that cannot be.

    Args:
        value: An operation or a part of one.
        imports: If given, the (module, name) pairs that the text needs are added.

    Raises:
        UsageError: With ``imports``, if no text makes the value again.
    """
    kind = type(value)
    if isinstance(value, Enum):
        return f"{_named(kind, imports)}.{value.name}"
    if is_dataclass(value):
        return f"{_named(kind, imports)}({', '.join(_arguments(value, imports))})"
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return f"{_named(kind, imports)}({', '.join(spelled(part, imports) for part in value)})"
    if kind in _BRACKETS:
        return _in_brackets(value, imports)
    if kind is dict:
        pairs = (f"{spelled(key, imports)}: {spelled(held, imports)}" for key, held in value.items())
        return f"{{{', '.join(pairs)}}}"
    if imports is not None and kind not in _ATOMS:
        raise UsageError(
            f"{value!r:.80}, part of an operation, cannot be written into a race file; make operations of numbers, strings, "
            "tuples, enums and dataclasses"
        )
    return _in_double_quotes(value) if kind is str else repr(value)


def _in_double_quotes(text: str) -> str:
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain[0] == "'" and not set(plain[1:-1]) & {'"', "'", "\\"} else plain


def _named(kind: type, imports: set[tuple[str, str]] | None) -> str:
    if imports is not None:
        imports.add((kind.__module__, kind.__qualname__.partition(".")[0]))
    return kind.__qualname__


def _arguments(value: Any, imports: set[tuple[str, str]] | None) -> list[str]:
    """Those that do not have their default; by name from the first one left out on."""
    written, in_order = [], True
    for field in fields(value):
        held = getattr(value, field.name)
        default = field.default if field.default_factory is MISSING else field.default_factory()
        if default is not MISSING and type(held) is type(default) and held == default:
            in_order = False
        elif field.init:
            text = spelled(held, imports)
            written.append(text if in_order and not field.kw_only else f"{field.name}={text}")
    return written


def _in_brackets(value: Any, imports: set[tuple[str, str]] | None) -> str:
    opening, closing = _BRACKETS[type(value)]
    parts = [spelled(part, imports) for part in (sorted(value, key=repr) if isinstance(value, set | frozenset) else value)]
    if not parts and isinstance(value, set | frozenset):
        return f"{type(value).__name__}()"
    return f"{opening}{', '.join(parts)}{',' if type(value) is tuple and len(parts) == 1 else ''}{closing}"
