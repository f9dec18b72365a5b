"""Every cell of ``impl`` says what it is, who guards it and what holds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = {"Mutex", "RWMutex", "SeqCount"}
ATOMICS = {"AtomicBool", "AtomicInt64", "AtomicReference", "AtomicUint32"}
CELLS = LOCKS | ATOMICS | {"Field", "SharedDict", "SharedList", "SharedSet"}
CHECKS = [ROOT / "impl/invariants.py", ROOT / "impl/memfs/invariants.py", *(ROOT / "stress/adapters").glob("*.py")]


def cells():
    """(path, line, class, attribute, kind) of every cell that an object of ``impl`` is made with."""
    for path in sorted((ROOT / "impl").rglob("*.py")):
        for cls in ast.walk(ast.parse(path.read_text())):
            if isinstance(cls, ast.ClassDef):
                for node in ast.walk(cls):
                    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
                    made = node.value.func if isinstance(target, ast.Attribute) and isinstance(node.value, ast.Call) else None
                    if isinstance(made, ast.Name) and made.id in CELLS:
                        yield path, node.lineno, cls.name, target.attr, made.id


def comment_above(path, line):
    lines = path.read_text().splitlines()
    found = []
    for text in reversed(lines[: line - 1]):
        if text.strip().startswith("#"):
            found.insert(0, text.strip("# "))
        elif not found and "self." in text and not text.strip().startswith("#"):
            continue  # declared together with the field before
        else:
            break
    return " ".join(found)


def test_every_cell_says_who_guards_it_and_what_holds() -> None:
    found = list(cells())
    assert len(found) > 30
    for path, line, cls, attribute, kind in found:
        text = comment_above(path, line)
        where = f"{path.relative_to(ROOT)}:{line}: {cls}.{attribute}"
        assert text, f"{where} has no comment"
        if kind not in LOCKS:
            assert re.search(r"[Gg]uarded by|[Aa]tomic|[Ww]ritten under", text), f"{where} does not say who guards it"
            assert re.search(r"Invariant|Never", text), f"{where} does not say what holds"


def test_every_invariant_that_is_named_is_checked() -> None:
    named = {
        name for path, line, *_ in cells() for name in re.findall(r"Invariant ([a-z]+(?:-[a-z]+)+)", comment_above(path, line))
    }
    checks = "".join(path.read_text() for path in CHECKS)
    assert len(named) > 8
    assert not {name for name in named if f'"{name}"' not in checks}
