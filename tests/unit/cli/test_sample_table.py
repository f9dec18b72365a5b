"""``weft sample`` with several strategies and seeds: its table, its JSON, its budgets and its exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from tests.unit.cli.conftest import RACES, Weft
from weft.cli.progress_line import Progress
from weft.report.sampling import FORMAT, SampleReport, decoded, encoded

LOST = f"{RACES}/lost_update.py"
BOTH = (f"{LOST}::lost_update", f"{LOST}::atomic_update")


def sampled(weft: Weft, file: Path, *arguments: str) -> SampleReport:
    weft("sample", *arguments, "--json", str(file))
    return decoded(file.read_bytes())


def test_the_json_fits_its_schema_and_comes_back_as_it_was_written(weft: Weft, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    made = sampled(weft, file, RACES, "--runs", "20", "--seed", "1", "--seeds", "7", "--strategy", "all")
    assert encoded(made) == file.read_bytes()
    schema = json.loads(weft("schema", "sample").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(file.read_bytes()), schema)
    assert made.format == FORMAT
    with pytest.raises(msgspec.ValidationError):
        decoded(file.read_bytes().replace(b'"seeds"', b'"sheds"', 1))


def test_equal_seeds_give_equal_bytes_apart_from_seconds(weft: Weft, tmp_path: Path) -> None:
    texts = []
    for name in ("a.json", "b.json"):
        sampled(weft, tmp_path / name, *BOTH, "--runs", "50", "--seed", "4", "--seeds", "6", "--strategy", "all")
        texts.append(re.sub(rb'"seconds": [0-9.e-]+', b"", (tmp_path / name).read_bytes()))
    assert texts[0] == texts[1]


def test_every_seed_counts_and_one_of_them_alone_gives_the_same(weft: Weft, tmp_path: Path) -> None:
    many = sampled(weft, tmp_path / "a.json", BOTH[0], "--seed", "10", "--seeds", "8", "--strategy", "pos", "--strategy", "uniform")
    for strategy in many.races[0].strategies:
        assert len(strategy.first) == 8
        assert strategy.runs == sum(runs or 1000 for runs in strategy.first)
        assert strategy.interval
        assert strategy.slugs == {"final:both_counted": 8}
    alone = sampled(weft, tmp_path / "b.json", BOTH[0], "--seed", "13", "--strategy", "pos")
    assert alone.races[0].strategies[0].first == many.races[0].strategies[0].first[3:4]
    assert not alone.races[0].strategies[0].interval


def test_the_bound_of_pct_names_threads_and_steps(weft: Weft, tmp_path: Path) -> None:
    made = sampled(weft, tmp_path / "a.json", BOTH[0], "--seed", "1", "--strategy", "pct:2", "--seeds", "3")
    bound = made.races[0].strategies[0].bound
    assert bound is not None
    assert (bound.threads, bound.steps, bound.depth, bound.probability) == (2, 4, 2, 1 / 8)
    assert "1/(2·4^1) = 0.12" in weft("sample", BOTH[0], "--seed", "1", "--strategy", "pct:2").stdout


def test_it_never_says_that_anything_holds(weft: Weft) -> None:
    result = weft("sample", *BOTH, "--strategy", "all", "--seeds", "6", "--seed", "1", "--runs", "30")
    assert result.exit_code == 0
    assert "HOLDS" not in result.stdout
    assert "random schedules can only find" in result.stdout
    assert "seeds 1 to 6: " in result.stdout


def test_an_unknown_strategy_is_named_with_those_that_there_are(weft: Weft) -> None:
    for name in ("pot", "pct:0", "pct:x", "pct:100", "pos:3"):
        result = weft("sample", LOST, "--strategy", name)
        assert result.exit_code == 2
        assert f"no strategy {name!r}; expected uniform, pos, surw, states, reads-from, pct:D" in " ".join(result.stderr.split())


def test_a_limit_in_seconds_ends_a_strategy_and_is_said(weft: Weft, tmp_path: Path) -> None:
    arguments = (BOTH[1], "--runs", "100M", "--max-seconds", "0.2", "--seed", "1", "--seeds", "2")
    result = weft("sample", *arguments)
    assert result.exit_code == 0
    assert "atomic_update: pos ended at max-seconds 0.2" in result.stdout
    (strategy,) = sampled(weft, tmp_path / "a.json", *arguments).races[0].strategies
    assert (strategy.stopped_by, strategy.first, strategy.median) == ("max-seconds 0.2", [None], None)


def test_ctrl_c_keeps_what_is_known(weft: Weft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "pulse", interrupt)
    made = sampled(weft, tmp_path / "a.json", *BOTH, f"{LOST}::atomic_update", "--strategy", "all", "--runs", "500", "--seed", "1")
    assert [race.judgement for race in made.races][:1] == ["as expected"]
    assert made.races[1].strategies[0].stopped_by == "Ctrl-C"
    assert len(made.races[1].strategies) == 1
    assert made.exit_code == 3


def test_both_worlds_can_be_asked_for(weft: Weft, tmp_path: Path) -> None:
    found = {
        world: sampled(weft, tmp_path / "a.json", *BOTH, "--on", world, "--seed", "3", "--runs", "40")
        for world in ("automata", "code")
    }
    for automata, code in zip(found["automata"].races, found["code"].races, strict=True):
        assert (automata.world, code.world) == ("automata", "code")
        assert automata.strategies[0].first == code.strategies[0].first
        assert [v.trace and v.trace.schedule for v in automata.violations] == [
            v.trace and v.trace.schedule for v in code.violations
        ]
    assert "states left out: the strategy states needs automata" in weft("sample", LOST, "--on", "code", "--strategy", "all").stdout


def test_what_automata_refuse_is_said(weft: Weft, tmp_path: Path) -> None:
    race = tmp_path / "capturing.py"
    race.write_text(
        "from weft import AtomicInt64, Setting, scenario\n"
        "@scenario()\n"
        "def capturing(s: Setting) -> None:\n"
        "    numbers = [1]\n"
        "    cell = AtomicInt64(0)\n"
        "    s.thread(lambda: cell.add(numbers[0]), name='adder')\n"
    )
    result = weft("sample", str(race), "--runs", "5", "--seed", "1")
    assert result.exit_code == 0
    assert "capturing: on the real code, since the automata refuse it: thread adder reaches a list" in " ".join(
        result.stdout.split()
    )


def test_several_processes_give_the_answers_of_one(weft: Weft, tmp_path: Path) -> None:
    arguments = (RACES, "--runs", "20", "--seed", "2", "--seeds", "6", "--strategy", "pos", "--strategy", "states")
    texts = []
    for jobs in ("1", "3"):
        result = weft("sample", *arguments, "-j", jobs, "--json", str(tmp_path / jobs))
        texts.append((result.exit_code, re.sub(rb'"seconds": [0-9.e-]+', b"", (tmp_path / jobs).read_bytes())))
    assert texts[0] == texts[1]


def test_a_process_that_dies_is_an_error_of_its_race_alone(weft: Weft, tmp_path: Path) -> None:
    race = tmp_path / "dying.py"
    race.write_text(
        "import os\nfrom weft import AtomicInt64, Setting, scenario\n@scenario()\ndef dying(s: Setting) -> None:\n    os._exit(7)\n"
    )
    made = sampled(weft, tmp_path / "a.json", str(race), BOTH[1], "--seed", "1", "--runs", "10", "-j", "2")
    assert [race.judgement for race in made.races] == ["error", "inconclusive"]
    assert "7" in made.races[0].reason
    assert made.races[1].strategies[0].runs == 10
    assert made.exit_code == 2
