"""The walls: who may import whom, held by reading the imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MAY_IMPORT = {"weft": set(), "model": set(), "impl": {"weft"}, "stress": {"weft", "model", "impl"}}

WEFT_LAYERS = [
    *("errors", "cells", "scenario", "worlds", "verify", "automaton", "search"),
    *("certificate", "native", "check", "cluster", "report", "fuzz", "cli"),
]
"""Lowest first; a layer imports itself and those before it."""

ABOVE_ALL = {"__init__", "__main__", "pytest_plugin"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_the_walls_allow(package: str) -> None:
    assert modules(package)
    for path in modules(package):
        for module in imports(path):
            top = module.split(".")[0]
            if top in MAY_IMPORT and top != package:
                assert top in MAY_IMPORT[package], f"{path.relative_to(ROOT)} imports {module}"


def test_impl_reaches_primitives_only_through_its_sync_module() -> None:
    for path in modules("impl"):
        reaches = [module for module in imports(path) if module.split(".")[0] == "weft"]
        assert not reaches or path.name == "sync.py", f"{path.name} imports {reaches}"


def layer(path: Path) -> str:
    inside = path.relative_to(ROOT / "weft")
    return inside.parts[0].removesuffix(".py")


def test_the_layers_inside_weft_are_ordered() -> None:
    for path in modules("weft"):
        own = layer(path)
        if own in ABOVE_ALL:
            continue
        for module in imports(path):
            parts = module.split(".")
            if parts[0] != "weft":
                continue
            if module == "weft" and own in ("report", "cli"):
                continue  # for __version__
            assert len(parts) > 1, f"{path} imports the package itself"
            allowed = WEFT_LAYERS[: WEFT_LAYERS.index(own) + 1]
            assert parts[1] in allowed, f"{path.relative_to(ROOT)} imports {module}"


def test_only_the_plugin_imports_pytest() -> None:
    for package in MAY_IMPORT:
        for path in modules(package):
            if path.name != "pytest_plugin.py":
                assert "pytest" not in {module.split(".")[0] for module in imports(path)}, path


def test_the_checker_of_certificates_shares_nothing_with_the_search_and_stays_small() -> None:
    path = ROOT / "weft" / "verify.py"
    ours = {module for module in imports(path) if module.split(".")[0] not in sys.stdlib_module_names}
    assert ours == {
        "weft.cells.lock",
        "weft.cells.values",
        "weft.scenario",
        "weft.worlds",
        "weft.worlds.controlled",
        "weft.worlds.faults",
    }
    assert len(path.read_text().splitlines()) < 250
    users = [other for other in modules("weft") if any(module.startswith("weft.verify") for module in imports(other))]
    assert users == [ROOT / "weft" / "cli" / "verify.py"]
