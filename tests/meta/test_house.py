"""House rules that a reader would otherwise have to check by eye."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [path for package in ("weft", "impl", "model", "stress") for path in sorted((ROOT / package).rglob("*.py"))]


def test_every_module_has_a_header() -> None:
    for path in SOURCES:
        text = path.read_text()
        assert not text or ast.get_docstring(ast.parse(text)), f"{path.relative_to(ROOT)} has no header"


def test_no_file_has_grown_beyond_400_lines() -> None:
    for path in SOURCES:
        assert path.read_text().count("\n") <= 400, path.relative_to(ROOT)


def test_no_name_says_nothing() -> None:
    for path in SOURCES:
        assert path.stem not in {"utils", "common", "helpers", "manager", "core", "base"}, path


def test_a_todo_names_its_issue() -> None:
    for path in SOURCES:
        for line in path.read_text().splitlines():
            assert not re.search(r"\b(TODO|FIXME|XXX)\b(?!.*#\d)", line), f"{path}: {line}"


def test_ci_types_the_commands_of_the_readme() -> None:
    commands = re.findall(r"^\$ (.*)$", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    assert "weft check stress" in commands[0]
    assert "pytest" in commands[1]


def test_the_model_is_short_enough_to_be_read() -> None:
    assert sum(path.read_text().count("\n") for path in (ROOT / "model").glob("*.py")) < 600
