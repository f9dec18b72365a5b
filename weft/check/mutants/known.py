"""What is known of mutants that survive: equivalent to the original, or a gap of the races. Each is argued, in a TOML file::

    [[equivalent]]
    mutant = "impl/mount.py::Mount.dec_ref::weaken-compare-1"
    change = '''
    - if count == 0:
    + if count <= 0:
    '''
    why = "the low 63 bits of a count are never negative"

``[[gap]]`` has the same keys. An argument is about one change: when the code has moved on and the mutant of that name is another,
the entry is refused.
"""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from weft.check.mutants.generated import Generated
from weft.check.paths import shown
from weft.errors import UsageError


@dataclass(frozen=True, slots=True)
class Argued:
    """Why a mutant survives."""

    kind: Literal["equivalent", "gap"]
    change: str
    why: str


def read_known(file: str) -> dict[str, Argued]:
    """The arguments in ``file``, by the mutant's name.

    Raises:
        UsageError: The file cannot be read or is not of this form.
    """
    try:
        with open(file, "rb") as stream:
            content = tomllib.load(stream)
    except OSError as error:
        raise UsageError(f"--known {file!r}: {error.strerror}; name a TOML file of argued mutants") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{shown(file)}: not valid TOML: {error}") from None
    known: dict[str, Argued] = {}
    for kind in ("equivalent", "gap"):
        for entry in content.get(kind, []):
            known[_text(file, entry, "mutant")] = Argued(kind, _text(file, entry, "change"), _text(file, entry, "why"))
    return known


def _text(file: str, entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{shown(file)}: an entry has {key} = {value!r}, expected a text; {entry.get('mutant', 'it has no name')}")
    return textwrap.dedent(value).strip()


def check_known(known: dict[str, Argued], mutants: Iterable[Generated], *, file: str) -> None:
    """See that every argument is about a mutant that there is.

    Raises:
        UsageError: One is not, or is about another change.
    """
    there = {mutant.name: mutant for mutant in mutants}
    for name, argued in known.items():
        if name not in there:
            raise UsageError(f"{shown(file)}: there is no mutant {name}; delete the entry, or correct its name")
        now = there[name].difference()
        if now != argued.change:
            raise UsageError(
                f"{shown(file)}: {name} is now\n{now}\nand the entry argues about\n{argued.change}\nargue again, or delete it"
            )
