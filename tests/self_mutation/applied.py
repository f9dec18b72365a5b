"""Running tests on a mutant: the changed text takes the place of a module's own when it is imported; no file of weft is touched."""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from types import CodeType

from tests.self_mutation.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
KERNEL = "weft.search._kernel"


def mutated(mutant: Mutant) -> str:
    """The whole text of the mutant's file.

    Raises:
        LookupError: What it changes is not there exactly once.
    """
    text = (ROOT / mutant.file).read_text()
    if text.count(mutant.before) != 1:
        raise LookupError(f"{mutant.name}: {mutant.file} has {text.count(mutant.before)} times what it changes; update mutants.py")
    return text.replace(mutant.before, mutant.after)


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads one module from a changed text, and caches nothing."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._text, self.path, "exec", dont_inherit=True)


class _Finder:
    def __init__(self, name: str, loader: importlib.machinery.SourceFileLoader | importlib.machinery.ExtensionFileLoader) -> None:
        self._name, self._loader = name, loader

    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self._loader) if name == self._name else None


@contextlib.contextmanager
def applied(name: str):
    """The mutant in force for everything imported inside; the name of its module."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    assert not any(module == "weft" or module.startswith("weft.") for module in sys.modules), "weft is imported already"
    with tempfile.TemporaryDirectory() as folder:
        if mutant.file.endswith(".py"):
            module = mutant.file.removesuffix(".py").replace("/", ".")
            loader = _Changed(module, str(ROOT / mutant.file), mutated(mutant))
        else:
            module, loader = KERNEL, importlib.machinery.ExtensionFileLoader(KERNEL, str(_compiled(mutant, Path(folder))))
        sys.meta_path.insert(0, _Finder(module, loader))
        yield module


def _compiled(mutant: Mutant, folder: Path) -> Path:
    """The kernel, compiled from a changed copy of its sources."""
    copy = folder / "search"
    shutil.copytree(ROOT / "weft" / "search", copy, ignore=shutil.ignore_patterns("*.so", "*.py", "__pycache__"))
    (copy / Path(mutant.file).relative_to("weft/search")).write_text(mutated(mutant))
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    made = folder / f"_kernel{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = f"-I{sysconfig.get_paths()['include']}"
    command = [compiler, "-O1", "-shared", "-fPIC", "-pthread", include, str(copy / "_kernel.c"), "-o", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made


OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=-m 'not slow'"]


def _leave_alone(module: str) -> None:
    """Keep pytest from importing the module itself, which it does with all of weft, to rewrite asserts."""
    from _pytest.assertion.rewrite import AssertionRewritingHook

    find = AssertionRewritingHook.find_spec
    AssertionRewritingHook.find_spec = lambda hook, name, *rest: None if name == module else find(hook, name, *rest)


def main() -> int:
    """``python -m tests.self_mutation.applied MUTANT TEST...`` runs pytest on the mutant; its exit code."""
    name, *tests = sys.argv[1:]
    os.chdir(ROOT)
    with applied(name) as module:
        import pytest

        _leave_alone(module)
        return int(pytest.main(OPTIONS + tests))


if __name__ == "__main__":
    sys.exit(main())
