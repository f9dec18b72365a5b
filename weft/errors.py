"""The families of errors, which never mix.

A finding about the code under test is a ``Violation``, a value inside a result, and not here. What is here
ends the work: the caller is wrong (``UsageError``), the program escaped control
(``NondeterminismError``), or weft itself is wrong (``EngineBug``). Each message says where, what was seen, what
was expected and what to do next.
"""

from __future__ import annotations


class WeftError(Exception):
    """Anything weft raises on purpose."""


class UsageError(WeftError):
    """The caller is wrong: a bad path, schedule, option or scenario. Exit code 2."""


class SharedStateError(UsageError):
    """Mutable state that threads share was found outside cells. The message names class and attribute."""


class NondeterminismError(WeftError):
    """A thread did not repeat itself when fed the same results: it reads a clock, randomness or an address."""


class EngineBug(WeftError):
    """Weft contradicts itself. Never the caller's fault; exit code 4."""


class CheckFailed(AssertionError):
    """A check of a scenario does not hold. Raised by ``require``; becomes a violation."""


def require(condition: object, message: str) -> None:
    """Fail the running check unless ``condition`` is true.

    Args:
        condition: Anything with a truth value.
        message: What should have held, with the values that were seen.

    Raises:
        CheckFailed: The condition is false. Unlike ``assert`` it is not removed by ``python -O``.
    """
    if not condition:
        raise CheckFailed(message)
