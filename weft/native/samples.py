"""Samples of what threads are doing: read from a speedscope file, or taken from inside the process.

py-spy samples from outside and stops the process for an instant. Where it cannot, ``InProcess`` looks at ``sys._current_frames()``
from a thread of its own: that thread needs the GIL to look, so under the GIL it sees threads only where they give it up, which
favours waits. Both write the same format.

Source: https://www.speedscope.app/file-format-schema.json; what py-spy 0.4 writes.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from weft.errors import UsageError

_THREAD = re.compile(r'Thread \w+ "(?P<name>.*)"')


class Frame(NamedTuple):
    """A function, and the line where it is."""

    function: str
    file: str
    line: int


Stack = tuple[Frame, ...]
"""Outermost first."""


UNNAMED = "threads without a name"


def _is_worker(frame: Frame) -> bool:
    return frame.function.endswith("_work") and frame.file.endswith(os.path.join("native", "workers.py"))


@dataclass(slots=True)
class Samples:
    """What threads were seen doing: for each, by name, stacks with the seconds that they stand for."""

    by_thread: dict[str, Counter[Stack]] = field(default_factory=dict)

    def of(self, names: Sequence[str]) -> Samples:
        """Those of some of weft's workers only, in this order.

        py-spy looks for a thread's name once, and may do so before it has one. Such threads are known by what they run.
        """
        found = {name: Counter(self.by_thread.get(name, {})) for name in names}
        missing = [name for name in names if not found[name]]
        nameless = {stack: seconds for stack, seconds in self.by_thread.get("", {}).items() if any(map(_is_worker, stack))}
        if nameless:
            found[missing[0] if len(missing) == 1 else UNNAMED] = Counter(nameless)
        return Samples({name: stacks for name, stacks in found.items() if stacks})


def read(file: Path) -> Samples:
    """The samples of a speedscope file.

    Raises:
        UsageError: It is not one.
    """
    try:
        document = json.loads(file.read_bytes())
        frames = [Frame(f["name"], f.get("file") or "", f.get("line") or 0) for f in document["shared"]["frames"]]
        found = Samples()
        for profile in document["profiles"]:
            seconds = {"seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6, "nanoseconds": 1e-9}[profile["unit"]]
            match = _THREAD.fullmatch(profile["name"])
            stacks = found.by_thread.setdefault(match["name"] if match else profile["name"], Counter())
            for sample, weight in zip(profile["samples"], profile["weights"], strict=True):
                stacks[tuple(frames[index] for index in sample)] += weight * seconds
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as reason:
        raise UsageError(f"{file.name} is no speedscope file with sampled profiles: {type(reason).__name__} {reason}") from None
    return found


def write(file: Path, samples: Samples, *, exporter: str) -> None:
    """Write a speedscope file."""
    numbers: dict[Frame, int] = {}
    profiles: list[dict[str, Any]] = []
    for name, stacks in samples.by_thread.items():
        taken = [([numbers.setdefault(frame, len(numbers)) for frame in stack], seconds) for stack, seconds in stacks.items()]
        profiles.append(
            {
                "type": "sampled",
                "name": f'Thread {len(profiles)} "{name}"',
                "unit": "seconds",
                "startValue": 0.0,
                "endValue": sum(seconds for _, seconds in taken),
                "samples": [sample for sample, _ in taken],
                "weights": [seconds for _, seconds in taken],
            }
        )
    document = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": exporter,
        "name": "weft profile",
        "activeProfileIndex": 0,
        "shared": {"frames": [{"name": frame.function, "file": frame.file, "line": frame.line} for frame in numbers]},
        "profiles": profiles,
    }
    file.write_text(json.dumps(document))


class InProcess:
    """Takes samples of this process's other threads. Use as a context manager."""

    def __init__(self, *, rate: int) -> None:
        self.samples = Samples()
        self._pause_seconds = 1 / rate
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sampler", daemon=True)

    def __enter__(self) -> InProcess:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        own, before = threading.get_ident(), time.monotonic()
        while not self._over.wait(self._pause_seconds):
            now = time.monotonic()
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident != own:
                    stacks = self.samples.by_thread.setdefault(names.get(ident, f"thread {ident}"), Counter())
                    stacks[_stack(frame)] += now - before  # type: ignore[assignment]
            before = now


def _stack(frame: FrameType | None) -> Stack:
    found: list[Frame] = []
    while frame is not None:
        found.append(Frame(frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno or 0))
        frame = frame.f_back
    return tuple(reversed(found))
