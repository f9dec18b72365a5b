"""What CI systems read: JUnit XML, SARIF, GitHub's commands and summaries, and the schema of the JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml
from sarif_pydantic import Sarif

from tests.unit.cli.conftest import RACES, ROOT, Weft

FAILING = "tests/golden/failing.py"
MIXED = (f"{FAILING}::lost_update", f"{RACES}/lost_update.py", f"{RACES}/faulty.py", f"{RACES}/large.py", f"{RACES}/livelock.py")


@pytest.fixture
def files(weft: Weft, tmp_path: Path) -> Path:
    """All files of one run with every kind of answer in it."""
    options = [text for kind in ("json", "junit", "sarif") for text in (f"--{kind}", str(tmp_path / kind))]
    result = weft("check", *MIXED, "--max-states", "200", *options)
    assert result.exit_code == 2  # a race is wrong, which outweighs a verdict
    return tmp_path


def sarif_of(files: Path) -> dict[str, Any]:
    return json.loads((files / "sarif").read_text())


def test_junit_has_a_case_a_race_and_calls_nothing_a_pass_that_is_none(files: Path) -> None:
    [suite] = JUnitXml.fromfile(str(files / "junit"))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (10, 1, 6, 0)
    by_name = {case.name: case for case in suite}
    assert by_name["atomic_update"].is_passed
    assert [type(outcome) for outcome in by_name["many_steps"].result] == [Error]  # inconclusive is never a pass
    failed = next(case for case in suite if case.classname == "tests.golden.failing")
    [outcome] = failed.result
    assert isinstance(outcome, Failure)
    assert (outcome.type, outcome.message) == (
        "final:both_deposits_count",
        "VIOLATED final:both_deposits_count: credit is 1, expected 2",
    )
    assert "because alice saw account.credit as 0 in step 1" in outcome.text
    assert "weft replay tests/golden/failing.py::lost_update v1:a1.b2.a1" in outcome.text


def test_junit_holds_what_xml_cannot(weft: Weft, tmp_path: Path) -> None:
    race = tmp_path / "odd.py"
    race.write_text(
        "from weft import AtomicInt64, Setting, require, scenario\n\n"
        "@scenario()\ndef odd(s: Setting) -> None:\n    number = AtomicInt64(0)\n"
        "    s.thread(number.load, name='reader')\n\n    @s.final\n    def says(_: object) -> None:\n"
        "        require(False, 'bell \\x07 escape \\x1b <&>')\n"
    )
    weft("check", str(race), "--junit", str(tmp_path / "junit"))
    [suite] = JUnitXml.fromfile(str(tmp_path / "junit"))
    [case] = suite
    assert "bell ? escape ? <&>" in case.result[0].message


def test_sarif_is_what_another_ones_model_of_the_standard_takes_and_gives_back(files: Path) -> None:
    log = sarif_of(files)
    assert Sarif.model_validate(log).model_dump(by_alias=True, exclude_none=True, mode="json") == log


def test_sarif_has_only_what_is_not_as_expected_and_each_rule_is_declared(files: Path) -> None:
    [run] = sarif_of(files)["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    found = [(result["ruleId"], result["level"]) for result in run["results"]]
    assert found == [("final", "error"), *[("error", "error")] * 5, ("inconclusive", "warning")]
    assert {rule for rule, _ in found} <= rules


def test_a_sarif_finding_is_an_interleaving_with_one_flow_a_thread(files: Path) -> None:
    [run] = sarif_of(files)["runs"]
    result = run["results"][0]
    [code_flow] = result["codeFlows"]
    orders = {flow["id"]: [step["executionOrder"] for step in flow["locations"]] for flow in code_flow["threadFlows"]}
    assert orders == {"alice": [1, 4], "bob": [2, 3]}
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (FAILING, 37)
    assert result["partialFingerprints"] == {"weft/1": f"{FAILING}::lost_update final:both_deposits_count"}


def test_every_file_and_line_of_sarif_exists(files: Path) -> None:
    places = re.findall(r'"uri": "([^"]+)"\s*},\s*"region": {\s*"startLine": (\d+)', (files / "sarif").read_text())
    assert len(places) > 10
    for file, line in places:
        assert len((Path(ROOT) / file).read_text().splitlines()) >= int(line) >= 1


@pytest.mark.parametrize("document", ["check", "baseline", "list"])
def test_the_schema_holds_for_what_is_written(weft: Weft, files: Path, document: str) -> None:
    schema = json.loads(weft("schema", document).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    if document == "list":
        written = json.loads(weft("list", *MIXED, "--json").stdout)
    elif document == "baseline":
        weft("check", f"{RACES}/lost_update.py", "--baseline-write", str(files / "baseline"))
        written = json.loads((files / "baseline").read_text())
    else:
        written = json.loads((files / "json").read_text())
    jsonschema.validate(written, schema)
    broken = {**written, "races": [{**written["races"][0], "name": 7}]}
    with pytest.raises(jsonschema.ValidationError, match="7 is not of type 'string'"):
        jsonschema.validate(broken, schema)


def test_github_gets_a_command_a_finding_on_its_line_and_a_summary(weft: Weft, tmp_path: Path, monkeypatch: Any) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("what another step said\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = weft("check", f"{FAILING}::lost_update", f"{RACES}/large.py", "--max-states", "50", "--ci", "github")
    commands = [line for line in result.stdout.splitlines() if line.startswith("::")]
    assert len(commands) == 2
    assert commands[0].startswith(f"::error file={FAILING},line=37,title=lost_update%3A final%3Aboth_deposits_count::credit is 1")
    assert "%0Aweft replay " in commands[0]
    assert commands[1].startswith(f"::warning file={RACES}/large.py,line=11,title=many_steps%3A inconclusive::")
    text = summary.read_text()
    assert text.startswith("what another step said\n### weft: 2 races: 1 not as expected, 1 inconclusive;")
    assert "VIOLATED final:both_deposits_count" in text
    assert f"| inconclusive | `{RACES}/large.py::many_steps` | HOLDS | INCONCLUSIVE |" in text


def test_without_a_summary_to_write_to_the_commands_are_all(weft: Weft, monkeypatch: Any) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    result = weft("check", f"{RACES}/lost_update.py", "--ci", "github")
    assert result.exit_code == 0
    assert "::" not in result.stdout.replace("::lost", "")


@pytest.mark.parametrize("option", ["--json", "--junit", "--sarif", "--baseline-write"])
def test_a_file_that_cannot_be_written_is_refused_before_the_search(weft: Weft, tmp_path: Path, option: str) -> None:
    result = weft("check", f"{RACES}/lost_update.py", option, str(tmp_path / "no" / "such" / "folder"))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"weft: {option} " in result.stderr
