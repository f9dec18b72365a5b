"""GitHub Actions: annotations on the lines that a finding is about, and the summary of a job.

GitHub shows ten errors a step; all are written, gravest first, and the summary has them all.

Source: GitHub's workflow commands; the escapes are those of its toolkit.
"""

from __future__ import annotations

from weft.report import document
from weft.report.places import place, unexpected
from weft.report.summary import problem, tally

MOST_BYTES = 1_000_000
"""Of a summary; GitHub takes 1 MiB a step."""

_WIDTH = 100


def workflow_commands(report: document.Report) -> list[str]:
    """A workflow command a finding."""
    found = sorted(unexpected(report), key=lambda pair: pair[0].judgement in ("inconclusive", "not run"))
    return [_annotation(race, violation) for race, violation in found] + [
        f"::error title=weft baseline::{_escaped(text)}" for text in report.differences
    ]


def _annotation(race: document.Race, found: document.Violation | None) -> str:
    file, line = place(race, found)
    level = "warning" if race.judgement in ("inconclusive", "not run") else "error"
    if found is None:
        title, text = f"{race.name}: {race.judgement}", race.reason
    else:
        title, text = f"{race.name}: {found.slug}", found.message
        text += f"\nbecause {found.because}" if found.because else ""
        text += f"\n{found.command}" if found.command else ""
    return f"::{level} file={_escaped_property(file)},line={line},title={_escaped_property(title)}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def summary(report: document.Report) -> str:
    """Markdown: what is not as expected in full, everything else in a table that can be opened."""
    first, *rest = [line.plain for line in tally(report, verbose=True, width=10_000)]
    parts = [f"### weft: {first}", *rest]
    parts += [f"- {text}" for text in report.differences]
    for race in report.races:
        if race.judgement != "as expected":
            parts.append("```text\n" + "\n".join(line.plain for line in problem(race, width=_WIDTH)) + "\n```")
    rows = [
        f"| {race.judgement} | `{race.file}::{race.name}` | {race.expect} | {race.verdict or ''} | {race.states:,} |"
        for race in report.races
    ]
    table = ["| | race | expected | verdict | states |", "|---|---|---|---|--:|", *rows]
    parts.append("<details><summary>All races</summary>\n\n" + "\n".join(table) + "\n\n</details>")
    text = "\n\n".join(parts) + "\n"
    if len(text.encode()) <= MOST_BYTES:
        return text
    return text.encode()[:MOST_BYTES].decode(errors="ignore") + "\n\n(cut here; the job's log has the rest)\n"
