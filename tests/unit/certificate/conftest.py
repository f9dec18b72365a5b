"""Certificates, whole and changed."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.certificate import racing
from weft.automaton.automaton import Automaton
from weft.certificate.writing import certify
from weft.scenario import Scenario
from weft.search.exhaustive import explore
from weft.search.result import Exploration
from weft.verify import Certificate

FILE = "tests/unit/certificate/racing.py"
RACES = [value for value in vars(racing).values() if isinstance(value, Scenario)]

Change = Callable[[dict[str, Any], list[list[int]]], None]
"""Changes the header and the states of a certificate in place."""


class Certified:
    """A race with its certificate."""

    def __init__(self, race: Scenario, folder: Any, *, merge: bool = True, **options: Any) -> None:
        self.race = race if race.file else replace(race, file=os.path.abspath(FILE))

        def write(automaton: Automaton) -> str:
            return certify(automaton, f"{FILE}::{race.name}", files=[FILE], merged=merge, folder=str(folder))

        self.found: Exploration = explore(race, merge=merge, certify=write, **options)
        self.file = self.found.certificate

    def verify(self, file: str | None = None, **options: Any) -> dict[str, Any]:
        return Certificate(file or self.file).verify(self.race, **options)

    def changed(self, change: Change) -> str:
        """Another file, with ``change`` made and every checksum right."""
        with open(self.file, "rb") as stream:
            stream.readline()
            text, _, states = zlib.decompress(stream.read()).partition(b"\n")
        header = json.loads(text)
        width = len(header["threads"]) + len(header["slots"])
        numbers = [int.from_bytes(states[k : k + 4], "little") for k in range(0, len(states), 4)]
        count = len(numbers) // width
        vectors = [list(vector) for vector in zip(*(numbers[k : k + count] for k in range(0, len(numbers), count)), strict=True)]
        change(header, vectors)
        packed = b"".join(number.to_bytes(4, "little") for column in zip(*vectors, strict=True) for number in column)
        rest = zlib.compress(json.dumps(header).encode() + b"\n" + packed)
        name = self.file + ".changed"
        with open(name, "wb") as stream:
            stream.write(b"weft-certificate/1 " + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
        return name


@pytest.fixture(params=RACES, ids=lambda race: race.name)
def certified(request: pytest.FixtureRequest, tmp_path: Any) -> Certified:
    return Certified(request.param, tmp_path)


@pytest.fixture
def certify_race(tmp_path: Any) -> Callable[..., Certified]:
    return lambda race, **options: Certified(race, tmp_path, **options)
