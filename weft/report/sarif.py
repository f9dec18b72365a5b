"""SARIF 2.1.0, the format of code scanning: a result a finding, an interleaving as one flow a thread in a common order.

Only what is not as expected is a result. A step's importance says what it has to do with the violation: essential if it decides,
important if it leads there, unimportant if it plays no part. ``partialFingerprints`` names race and slug, so that a finding that
moves to another line stays the same finding.

Source: SARIF 2.1.0 (OASIS standard), 3.36 to 3.38; the limits of GitHub's code scanning are kept by far.
"""

from __future__ import annotations

from typing import Any

import msgspec

import weft
from weft.report import document
from weft.report.places import in_project, place, unexpected

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_IMPORTANCE = {"decisive": "essential", "leads": "important", "none": "unimportant"}
_RULES = {
    "assertion": "An assertion of a thread is false.",
    "data-race": "Two accesses to one plain cell, one of them a write, that nothing orders.",
    "deadlock": "Nobody can take a step and somebody has not finished.",
    "exception": "A thread raises an exception.",
    "final": "A check at the end of an execution does not hold.",
    "forbidden": "A step is about to be taken that is forbidden while a lock is held.",
    "held-at-return": "A thread returns and still holds a lock.",
    "invariant": "An invariant does not hold in some state.",
    "linearizability": "No order of the calls explains what they returned.",
    "livelock": "From some state on nobody can finish, although steps are possible.",
    "lock-order": "Locks are taken in opposite orders.",
    "misuse": "A thread breaks the contract of a primitive.",
    "never": "A situation that must be reached never is.",
    "unexpected-verdict": "A race has not the verdict that it must have.",
    "inconclusive": "A search did not come to its end; that is never a pass.",
    "error": "A race is itself wrong.",
    "engine-bug": "weft contradicts itself.",
    "not-run": "A race was not searched.",
}


def sarif(report: document.Report) -> bytes:
    """``report`` as a SARIF log."""
    driver = {
        "name": "weft",
        "version": weft.__version__,
        "rules": [{"id": name, "shortDescription": {"text": text}} for name, text in sorted(_RULES.items())],
    }
    results = [_result(race, violation) for race, violation in unexpected(report)]
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2) + b"\n"


def _result(race: document.Race, found: document.Violation | None) -> dict[str, Any]:
    file, line = place(race, found)
    name = f"{race.file}::{race.name}"
    if found is None:
        rule = race.judgement.replace(" ", "-") if race.judgement != "not as expected" else "unexpected-verdict"
        text, slug = f"{name}: {race.judgement}: {race.reason}", rule
    else:
        rule, slug = found.slug.partition(":")[0], found.slug
        because = f", because {found.because}" if found.because else ""
        command = f". To see it: {found.command}" if found.command else ""
        text = f"{name}: {found.message}{because}{command}"
    result: dict[str, Any] = {
        "ruleId": rule,
        "level": "warning" if race.judgement in ("inconclusive", "not run") else "error",
        "message": {"text": text},
        "locations": [_location(file, line)],
        "partialFingerprints": {"weft/1": f"{name} {slug}"},
    }
    if found is not None and found.trace is not None and found.trace.steps:
        result["codeFlows"] = [{"threadFlows": _flows(race, found.trace)}]
    return result


def _location(file: str, line: int, text: str = "") -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": line}}}
    if text:
        location["message"] = {"text": text}
    return location


def _flows(race: document.Race, trace: document.Trace) -> list[dict[str, Any]]:
    flows = []
    for thread in trace.threads:
        steps = [_step(race, step) for step in trace.steps if step.thread == thread.name]
        if steps:
            flows.append({"id": thread.name, "locations": steps})
    return flows


def _step(race: document.Race, step: document.Step) -> dict[str, Any]:
    file, line = (step.file, step.line) if in_project(step.file) else (race.file, max(race.line, 1))
    said = step.text if step.result == "None" else f"{step.text} -> {step.result}"
    return {
        "location": _location(file, line, f"{step.thread}: {said}"),
        "executionOrder": step.number,
        "importance": _IMPORTANCE[step.part],
        "state": {step.cell: {"text": step.after}},
    }
