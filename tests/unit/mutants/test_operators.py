"""The operators: what each makes of a small text, and what becomes of all the mutants of a small subject."""

from __future__ import annotations

import textwrap

import pytest

from weft.cells.atomic import AtomicInt64, AtomicUint32
from weft.check.mutants.generated import generate, sampled
from weft.check.mutants.operators import OPERATORS, applied, changes
from weft.check.mutants.splitting import split

SUBJECT = "tests/unit/mutants/subject"
CODE = f"{SUBJECT}/counter.py"

TEXT = '''
class C:
    def f(self, x):
        """Text."""
        self.mu.lock()
        try:
            a = self.a.load()
            if a < 3 and x:
                return None
            self.b.add(1)
            self.c.add(x)
            return self.b.load()
        finally:
            self.mu.unlock()
'''


def results(operator):
    made = []
    for change in changes(TEXT):
        assert change.function == "C.f"
        if change.operator == operator:
            before, after = TEXT.splitlines(), applied(TEXT, change.splices).splitlines()
            made.append([line.strip() for line in after if line not in before])
    return made


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("swap-steps", [[]]),
        ("split-rmw", [['__weft_split__(self.b, \'add\', 1)']]),
        ("drop-step", [["pass"]] * 4),
        ("repeat-step", [[f"{step}; {step}"] for step in ("self.mu.lock()", "self.b.add(1)", "self.c.add(x)", "self.mu.unlock()")]),
        ("drop-check", [["pass"]]),
        ("weaken-compare", [["if a <= 3 and x:"]]),
        ("drop-operand", [["if x:"], ["if a < 3:"]]),
    ],
)  # fmt: skip
def test_an_operator_changes_the_text_where_it_fits(operator, expected):
    assert results(operator) == expected


def test_swapped_steps_change_places():
    [swap] = [change for change in changes(TEXT) if change.operator == "swap-steps"]
    assert "self.c.add(x)\n            self.b.add(1)\n" in applied(TEXT, swap.splices)


def test_a_section_loses_its_first_or_its_last_statement():
    early, late = ([c for c in changes(TEXT) if c.operator == operator] for operator in ("enter-late", "leave-early"))
    assert "        a = self.a.load()\n        self.mu.lock()\n        try:\n            pass\n" in applied(TEXT, early[0].splices)
    assert applied(TEXT, late[0].splices).endswith("self.mu.unlock()\n        return self.b.load()\n")
    assert (len(early), len(late)) == (1, 1)


def test_every_mutant_of_this_is_valid_and_differs():
    texts = {applied(TEXT, change.splices) for change in changes(TEXT)}
    assert len(texts) == len(changes(TEXT))
    for text in texts:
        compile(text, "x", "exec")
    assert {change.operator for change in changes(TEXT)} == set(OPERATORS)


@pytest.mark.parametrize("cell", [AtomicInt64, AtomicUint32])
def test_a_split_operation_does_alone_what_the_atomic_one_does(cell):
    for operation, operands in (("add", (-3,)), ("or_", (6,)), ("and_", (6,)), ("exchange", (9,)), ("compare_and_swap", (5, 7))):
        for start in (5, 2):
            one, other = cell(start), cell(start)
            assert getattr(one, operation)(*operands) == split(other, operation, *operands)
            assert one.load() == other.load()


def test_names_say_where_and_a_sample_is_the_same_for_the_same_seed():
    found = generate([CODE])
    names = [mutant.name for mutant in found]
    assert len(set(names)) == len(names)
    assert f"{CODE}::Stock.take::split-rmw-1" in names
    chosen = sampled(found, size=5, seed=3)
    assert sampled(found, size=5, seed=3) == chosen
    assert len(chosen) == 5
    assert sampled(found, size=500, seed=3) == found
    assert generate([SUBJECT], without=[f"{SUBJECT}/{name}.py" for name in ("races", "planted", "broken_race")]) == found


def test_the_difference_is_what_goes_and_what_comes():
    [mutant] = [m for m in generate([CODE]) if m.change.operator == "weaken-compare"]
    assert mutant.difference() == "- if left <= 0:\n+ if left < 0:"


def run(mutants, *arguments):
    return mutants("--operators", CODE, "--cpu-seconds", "2", "--max-states", "2000", *arguments)


def test_what_the_races_say_of_every_mutant(mutants):
    result = run(mutants)
    status = {m["name"].partition("::")[2]: m["status"] for m in result.record["mutants"]}
    alive = {name: how for name, how in status.items() if how != "killed"}
    assert alive == {
        "never_called::drop-step-1": "not reached",
        "never_called::repeat-step-1": "not reached",
        "never_called::split-rmw-1": "not reached",
        "Stock.take::repeat-step-2": "survived",  # the same value is written again
        "Stock.take::drop-check-1": "unfinished",  # there is no end to the stock
    }
    assert status["Stock.take::split-rmw-1"] == "killed"
    assert (result.code, result.record["exit_code"]) == (1, 1)
    scores = {each["where"].partition("::")[2]: (each["killed"], each["mutants"]) for each in result.record["functions"]}
    assert scores["never_called"] == (0, 3)
    assert scores["Stock.drain"] == (1, 1)
    assert "| `tests/unit/mutants/subject/counter.py::never_called` | 3 | 0 | 0 | 0 % |" in result.page


KNOWN = """
    [[equivalent]]
    mutant = "tests/unit/mutants/subject/counter.py::never_called::drop-step-1"
    change = '''
    - stock.taken.add(-1)
    + pass
    '''
    why = "nobody calls it"
"""


def test_an_argued_mutant_is_not_alive_and_does_not_count(mutants, tmp_path):
    known = tmp_path / "known.toml"
    known.write_text(textwrap.dedent(KNOWN))
    result = run(mutants, "-m", "never_called and drop or split-rmw and take", "--known", str(known))
    assert (result.code, result.record["counts"], result.record["score"]) == (0, {"equivalent": 1, "killed": 1}, 100)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("drop-step-1", "drop-step-9", "there is no mutant"),
        ("(-1)", "(-2)", "and the entry argues about"),
        ('why = "nobody calls it"', "", "an entry has why = None, expected a text"),
        ("[[equivalent]]", "[[equivalent", "not valid TOML"),
    ],
)
def test_an_argument_about_something_else_is_refused(mutants, tmp_path, old, new, text):
    known = tmp_path / "known.toml"
    known.write_text(textwrap.dedent(KNOWN).replace(old, new))
    result = run(mutants, "-m", "drop-step", "--known", str(known))
    assert result.code == 2
    assert text in result.out
