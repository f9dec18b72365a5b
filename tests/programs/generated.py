"""Random small programs as Python source, for Hypothesis.

Each has two or three threads of a few statements over every kind of cell: loads, stores, locks, loops, ``with``, exceptions,
generators, closures, comprehensions, helpers, thread-local lists and dictionaries with aliasing, objects made in threads. The
source is compiled under a file name of its own that ``linecache`` knows, so tracebacks and traces show it.
"""

from __future__ import annotations

import itertools
import linecache
import textwrap
from typing import Any

from hypothesis import strategies as st

import weft
from tests.programs.making import program
from weft import Scenario

HEADER = """\
class Node(Shared):
    def __init__(self, value):
        self.value = value
        self.hits = AtomicInt64(value)

class Reading(Shared):
    def __init__(self, cell):
        self.first = cell.load()
        self.second = cell.load()

class Local:
    __slots__ = ("value", "others")
    def __init__(self, value):
        self.value = value
        self.others = []
    def __add__(self, other):
        return self.value + other.load()
    @property
    def size(self):
        return len(self.others)

def build(s):
    x, y, m, w, q = AtomicInt64(0), AtomicInt64(1), Mutex(), RWMutex(), SeqCount()
    b, u, f = AtomicBool(False), AtomicUint32(0), Field(0)
    r, d, l, t = AtomicReference(None), SharedDict([(0, 5)]), SharedList([1]), SharedSet([0])

    def helper(cell, value=0, *, plus=1):
        return cell.load() * 2 + value + plus

    def values(*cells):
        for cell in cells:
            yield cell.load()

"""

SIMPLE = (
    "{v} = {c}.load()",
    "{c}.store({e})",
    "{v} = {c}.add({k})",
    "{v} = {c}.compare_and_swap({e}, {k})",
    "{v} = {c}.exchange({e})",
    "{v} = {c}.load() * 2 + {v2}",
    "{v} = {v2} - {c}.load()",
    "{v} = helper({c}, {v2}, plus={k})",
    "{v} = f.read()",
    "f.write({e})",
    "b.store({v} > 0)",
    "{v} = int(b.exchange(True))",
    "{v} = u.add(-{k})",
    "d[{v} % 2] = {e}",
    "{v} = d.get({k}, 7)",
    "{v} = d[{v} % 2] if {v} % 2 in d else 3",
    "del d[{k}]",
    "l.append({e})",
    "{v} = l[{v} % 2]",
    "{v} = len(l)",
    "{v} = l.pop()",
    "{v} = int(t.add({v} % 3)) + {k}",
    "{v} = int({v} in t)",
    "r.store(Node({v}))",
    "n = Node({v}); {v} = int(r.exchange(n) is n)",
    "n = r.load(); {v} = n.value if n else -1",
    "n = r.load() or Node({v}); {v} = n.hits.add({k})",
    "{v} = Reading({c}).second",
    "a.append({v})",
    "a.append({c}.load())",
    "a = [{v}, {c}.load()]",
    "z = a",
    "z = list(a)",
    "z.append({k})",
    "g[{v}] = {e}",
    "g[{c}.load()] = {k}",
    "{v} = sum(v for v in g.values())",
    "o = Local({v}); {v} = o + {c}",
    "o.others.append({v}); {v} = o.size",
    "{v} = sum([cell.load() for cell in ({c}, {c2})])",
    "{v} = sum(cell.load() for cell in ({c}, {c2}))",
    "{v} = max({c}.load(), {c2}.load(), {v})",
    "{v} = int(0 <= {c}.load() < {k})",
    "{v} = len(f'{{{c}.load()}}{{{v}}}')",
    "{v} = next(it, {k})",
    "it = values({c}, {c2})",
    "it = iter([{v}, {k}])",
    "{v}, {v2} = {v2}, {c}.load()",
    "{v} = (lambda p={v}: p + {c}.load())()",
    "{v} = q.begin_read()",
    "count(); {v} = total()",
    "pair = ({v}, a)",
    "{v} = len(list(l))",
    "{v} = w.read_lock() or w.read_unlock() or {k}",
    "if m.try_lock(): {v} = {k}; m.unlock()",
    "assert {v} != {k} + 3, 'no'",
    "if {v} == {k}: raise KeyError({v})",
)
BLOCKS = (
    "with m:\n{body}",
    "with w.reading():\n{body}",
    "with w.writing():\n{body}",
    "for k in range(2):\n{body}",
    "for k in (0, {v}):\n{body}",
    "for k, {v} in enumerate(a[:2]):\n{body}",
    "for k in list(g):\n{body}",
    "if {v}:\n{body}\nelse:\n{other}",
    "if {c}.load():\n{body}",
    "try:\n{body}\nexcept (KeyError, IndexError) as error:\n    {v} = len(error.args) + 1\nfinally:\n{other}",
    "try:\n{body}\n    raise KeyError({v})\nexcept KeyError as error:\n    {v2} = error.args[0]\n{other}",
    "try:\n{body}\n    raise KeyError\nexcept KeyError:\n{other}",
    "left = 2\nwhile {v} < 2 and left:\n    left -= 1\n{body}",
    "q.begin_write()\ntry:\n{body}\nfinally:\n    q.end_write()",
    "match ({c}.load(), {v}):\n    case (0, p):\n{deep}\n    case _:\n        {v} = {k}",
    "def inner():\n    nonlocal v0, v1, v2, a, z, n, o, it, pair\n{body}\n    return {v}\n{v2} = inner()",
)
RESULTS = ("v0", "v1", "v2", "tuple(a)", "a is z", "tuple(g.items())", "pair[0]", "o.value", "n and n.value", "tuple(it)", "None")
START = """\
v0 = v1 = v2 = 0
a = []; z = a; g = {}; n = None; o = Local(0); it = iter(()); pair = (0, a)
def counter():
    c = 0
    def count():
        nonlocal c
        c += x.load() + 1
    return count, lambda: c
count, total = counter()
"""

variables = st.sampled_from(("v0", "v1", "v2"))
cells = st.sampled_from(("x", "y"))
numbers = st.integers(0, 2)


@st.composite
def statements(draw: st.DrawFn, depth: int) -> str:
    """One statement, possibly a block."""
    template = draw(st.sampled_from(BLOCKS if depth and draw(st.integers(0, 2)) == 0 else SIMPLE))
    filled: dict[str, Any] = {name: draw(variables) for name in ("v", "v2")}
    filled |= {name: draw(cells) for name in ("c", "c2")}
    filled["k"] = draw(numbers)
    filled["e"] = draw(st.sampled_from((filled["v"], str(filled["k"]), f"{filled['v']} + {filled['k']}")))
    if "{body}" in template or "{deep}" in template:
        body = draw(statements(depth - 1))
        filled["body"], filled["deep"] = textwrap.indent(body, "    "), textwrap.indent(body, "        ")
        filled["other"] = textwrap.indent(draw(statements(0)), "    ") if "{other}" in template else ""
    return template.format(**filled)


@st.composite
def sources(draw: st.DrawFn) -> str:
    """A program of two or three threads; the more threads, the shorter."""
    threads = draw(st.sampled_from((2, 2, 2, 3)))
    parts = [HEADER]
    for number in range(threads):
        body = draw(st.lists(statements(2), min_size=max(1, 7 - 2 * threads - number), max_size=max(1, 8 - 2 * threads - number)))
        shown = draw(st.lists(st.sampled_from(RESULTS), min_size=1, max_size=2))  # the less is shown, the more can merge
        text = textwrap.indent(f"{START}{chr(10).join(body)}\nreturn ({', '.join(shown)},)\n", "    ")
        parts.append(textwrap.indent(f"def thread{number}():\n{text}\n", "    "))
        parts.append(f"    s.thread(thread{number}, name={'abc'[number]!r})\n\n")
    parts.append("    s.observe(lambda _: (x.load(), y.load(), f.read(), d.items(), l.items()))\n")
    return "".join(parts)


_numbers = itertools.count()


def scenario_from(source: str) -> Scenario:
    """The scenario that ``source`` describes."""
    file = f"<generated {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {name: getattr(weft, name) for name in weft.__all__}
    exec(compile(source, file, "exec"), namespace)
    return program(file, namespace["build"])
