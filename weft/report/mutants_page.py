"""The page of ``weft mutants --page``: Markdown with the score, by mutant or by function, and what survives with the reason."""

from __future__ import annotations

from weft.report.mutants import Mutant, Report, short, tally


def page(made: Report) -> str:
    """The whole page."""
    planted = any(mutant.source for mutant in made.mutants)
    lines = ["# Planted bugs" if planted else "# Generated mutants", "", f"{tally(made)}.", ""]
    lines += _planted(made) if planted else _by_operator(made) + _by_function(made)
    for status, title in _SECTIONS:
        chosen = [mutant for mutant in made.mutants if mutant.status == status]
        if chosen:
            lines += ["", f"## {title}", ""] + [line for mutant in chosen for line in _explained(mutant)]
    return "\n".join(lines).rstrip() + "\n"


_SECTIONS = (
    ("survived", "Survived"),
    ("not reached", "Executed by no race"),
    ("unfinished", "Not decided: a search met its limit of states"),
    ("wrongly listed", "Killed, although listed as a gap or as equivalent"),
    ("engine bug", "The engine contradicted itself"),
    ("gap", "Known gaps"),
    ("elsewhere", "Not defects of this code"),
    ("equivalent", "Equivalent to the original"),
)


def _planted(made: Report) -> list[str]:
    lines = [
        "Steps and preemptions are those of the schedule found; `weft check` shows it for the bugs that have a race of their own.",
        "",
        "| bug | what | source | killed by | in race | steps | preemptions | states |",
        "|---|---|---|---|---|--:|--:|--:|",
    ]
    for mutant in made.mutants:
        if mutant.status == "killed" and mutant.killed_by is not None:
            run = mutant.killed_by
            name = mutant.name + (f" ({', '.join(mutant.covers)})" if mutant.covers else "")
            cells = (name, mutant.what, mutant.source, f"`{run.slug}`", f"`{short(run.race)}`")
            lines.append(
                "| " + " | ".join(_cell(cell) for cell in cells) + f" | {run.steps} | {run.preemptions} | {run.states:,} |"
            )
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _by_operator(made: Report) -> list[str]:
    lines = ["| operator | mutants | equivalent | killed | of the others |", "|---|--:|--:|--:|--:|"]
    for operator in sorted({mutant.operator for mutant in made.mutants}):
        chosen = [mutant for mutant in made.mutants if mutant.operator == operator and mutant.status != "not run"]
        equivalent = sum(mutant.status == "equivalent" for mutant in chosen)
        killed = sum(mutant.status == "killed" for mutant in chosen)
        lines.append(f"| {operator} | {len(chosen)} | {equivalent} | {killed} | {_per_cent(killed, len(chosen) - equivalent)} |")
    return [*lines, ""]


def _by_function(made: Report) -> list[str]:
    lines = ["| function | mutants | equivalent | killed | of the others |", "|---|--:|--:|--:|--:|"]
    for each in made.functions:
        share = _per_cent(each.killed, each.mutants - each.equivalent)
        lines.append(f"| `{each.where}` | {each.mutants} | {each.equivalent} | {each.killed} | {share} |")
    return lines


def _per_cent(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else "-"


def _explained(mutant: Mutant) -> list[str]:
    about = " ".join(part for part in (mutant.what and f"{mutant.what}.", mutant.why) if part)
    lines = [f"- **{mutant.name}**" + (f" ({mutant.source})" if mutant.source else "") + (f": {about}" if about else "")]
    if mutant.change:
        lines += ["", "  ```diff", *(f"  {line}" for line in mutant.change.splitlines()), "  ```"]
    return lines
