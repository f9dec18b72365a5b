"""What the page's scripts read: one JSON object a race, with every text once, and the source files.

Kept on one line a race, so that a change of one race changes one line of a committed report. Scripts put these texts into the page
as text nodes only; ``embedded`` makes sure that none of them can end the ``<script>`` element that carries it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from weft.report import document
from weft.report.html.portrait import Pictured, Portrait

MOST_NODES_DRAWN = 150
"""Local states drawn of one thread; of larger automata the ones nearest the start."""

_DANGEROUS = re.compile(rb"[<>&]|\xe2\x80[\xa8\xa9]")


class Texts:
    """Texts by number, each once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        """The number of ``text``."""
        return self._numbers.setdefault(text, len(self._numbers))

    def all(self) -> list[str]:
        """The texts by number."""
        return list(self._numbers)


def race(made: Pictured) -> dict[str, Any]:
    """The payload of one race."""
    texts = Texts()
    found: dict[str, Any] = {
        "traces": [
            _trace(violation.trace, violation.decided_at, texts)
            for violation in made.race.violations
            if violation.trace is not None
        ]
    }
    if made.portrait is not None:
        found |= _automata(made.portrait, texts)
        found["graph"] = _graph(made.portrait, texts)
    return {"threads": made.race.threads, **found, "texts": texts.all()}


def _trace(trace: document.Trace, decided_at: int | None, texts: Texts) -> dict[str, Any]:
    names = [thread.name for thread in trace.threads]
    steps = [
        [
            names.index(step.thread),
            texts(step.cell),
            texts(step.text),
            texts(step.result),
            texts(step.before),
            texts(step.after),
            texts(step.file),
            step.line,
            texts(step.function),
            ("none", "leads", "decisive").index(step.part),
            int(step.folded),
        ]
        for step in trace.steps
    ]
    return {
        "threads": [[t.name, t.letter, t.fate, texts(t.what), texts(t.file), t.line] for t in trace.threads],
        "calls": [
            [names.index(call.thread), texts(call.text), texts(call.result or ""), call.first_step or 0, call.last_step or 0]
            for call in trace.calls
        ],
        "cells": [[texts(cell.name), texts(cell.initial)] for cell in trace.cells],
        "steps": steps,
        "decided": decided_at,
    }


def _automata(portrait: Portrait, texts: Texts) -> dict[str, Any]:
    return {
        "nodes": [[n.thread, n.kind, texts(n.text), texts(n.file), n.line, texts(n.function)] for n in portrait.nodes],
        "edges": [[e.source, e.target, texts(e.result)] for e in portrait.edges],
        "most": MOST_NODES_DRAWN,
        "excerpts": portrait.excerpts,
    }


def _graph(portrait: Portrait, texts: Texts) -> dict[str, Any] | None:
    graph = portrait.graph
    if graph is None:
        return None
    return {
        "cells": list(map(texts, graph.cells)),
        "states": [[s.parent, s.nodes, [[slot, texts(value)] for slot, value in s.changes], s.end] for s in graph.states],
        "edges": graph.edges,
    }


def embedded(data: object) -> str:
    """``data`` as JSON that is safe between ``<script>`` and ``</script>``."""
    text = msgspec.json.encode(data)
    return _DANGEROUS.sub(lambda m: "".join(f"\\u{ord(c):04x}" for c in m[0].decode()).encode(), text).decode()


def source_files(races: Sequence[Pictured]) -> dict[str, str]:
    """By file as shown the path to read it from, for all code under test."""
    found: dict[str, str] = {}
    for made in races:
        if made.portrait is not None:
            found |= made.portrait.sources
    return dict(sorted(found.items()))
