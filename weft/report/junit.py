"""JUnit XML, which every CI system reads: a test case a race, in the shape that pytest gives it.

A race that is not as expected is a failure; one whose search did not end, that is itself wrong or that shows weft to be wrong is an
error, since none of these passes; one that was never begun is skipped. Counts are properties, with the names that weft's pytest
plugin uses.
"""

from __future__ import annotations

import re

from junitparser import Error, Failure, Skipped
from junitparser.xunit2 import JUnitXml, TestCase, TestSuite

from weft.report import document
from weft.report.in_short import first_violation, in_a_line, properties
from weft.report.summary import problem

_WIDTH = 100
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold."""


def junit(report: document.Report) -> bytes:
    """The XML of ``report``."""
    suite = TestSuite("weft")  # type: ignore[no-untyped-call]
    for race in report.races:
        suite.add_testcase(_case(race))
    suite.time = report.seconds
    xml = JUnitXml("weft")
    xml.add_testsuite(suite)
    text: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    return text + b"\n"


def _case(race: document.Race) -> TestCase:
    case = TestCase(race.name, classname=race.file.removesuffix(".py").replace("/", "."), time=race.seconds)
    for name, value in properties(race).items():
        case.add_property(name, _legal(str(value)))
    kind = {"as expected": None, "not as expected": Failure, "not run": Skipped}.get(race.judgement, Error)
    if kind is not None:
        outcome = kind(_legal(in_a_line(race)), first_violation(race).slug if race.violations else race.judgement)
        outcome.text = _legal("\n".join(line.plain for line in problem(race, width=_WIDTH)))
        case.result = [outcome]
    return case


def _legal(text: str) -> str:
    return _ILLEGAL.sub("?", text)
