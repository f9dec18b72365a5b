"""Choosing races by words: ``-k "umount and not (slow or seed)"``, as pytest does.

A word matches a race if it is part of its ``FILE::RACE``, whatever the case. ``not`` binds tighter than ``and``, ``and`` tighter
than ``or``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from weft.errors import UsageError

Match = Callable[[str], bool]
_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")


def matcher(expression: str, *, option: str = "-k") -> Match:
    """A function that says whether a race's name matches ``expression``, which ``option`` gave.

    Raises:
        UsageError: It is not an expression.
    """
    return _Parser(expression, option).parse()


class _Parser:
    def __init__(self, expression: str, option: str) -> None:
        self._expression = expression
        self._option = option
        self._tokens = _TOKEN.findall(expression)

    def parse(self) -> Match:
        match = self._any()
        if self._tokens:
            self._refuse(self._tokens[0])
        return match

    def _refuse(self, seen: str) -> None:
        raise UsageError(
            f"{self._option} {self._expression!r}: {seen or 'its end'!r} does not fit here; "
            "expected words joined by and, or, not, ( )"
        )

    def _next_is(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            del self._tokens[0]
            return True
        return False

    def _any(self) -> Match:
        parts = [self._all()]
        while self._next_is("or"):
            parts.append(self._all())
        return lambda name: any(part(name) for part in parts)

    def _all(self) -> Match:
        parts = [self._one()]
        while self._next_is("and"):
            parts.append(self._one())
        return lambda name: all(part(name) for part in parts)

    def _one(self) -> Match:
        if self._next_is("not"):
            inner = self._one()
            return lambda name: not inner(name)
        if self._next_is("("):
            inner = self._any()
            if not self._next_is(")"):
                self._refuse(self._tokens[0] if self._tokens else "")
            return inner
        if not self._tokens or self._tokens[0] in ("and", "or", ")"):
            self._refuse(self._tokens[0] if self._tokens else "")
        word = self._tokens.pop(0).lower()
        return lambda name: word in name.lower()
