"""Every known defect of this kind of code is planted, or it is said why not; and what is planted is found by the check that should.

A handful here, one of each kind of check; all of them, in the race and by the check that each names, among the slow tests.
"""

from __future__ import annotations

import os

import pytest

from weft.check.collect import collect
from weft.check.mutants.collecting import collect_planted
from weft.check.mutants.trial import searched
from weft.check.run import Plan

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

SEED = "S1 S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 S14 S15 S16 S18"
GVISOR_AND_LINUX = "G06 G10 G11 G12 G15 G16 G24 G27 G31 H1 H4 H9 L03 L05 L07 L11 L23 L25"
OPERATORS = "M1 M3 M5 M6 M8 M12 M15 M16 M18 M19 M22 M24 M27 M28 M33 M36 M39 M44"
KNOWN = {*SEED.split(), *GVISOR_AND_LINUX.split(), *OPERATORS.split()}
"""Every label of the list of known defects: of the seed, of gVisor, suspected there, of Linux, and the table of operators."""

QUICK = {
    "H1": "final:nobody_is_inside_what_was_umounted",
    "S1": "final:the_mount_point_was_one_when_it_was_taken",
    "S2": "final:the_tree_is_released",
    "S4": "forbidden:dropping_a_reference",
    "S8": "exception:AttributeError",
    "S12-seek": "data-race:",
    "G11": "invariant:indexes_agree_while_mount_mu_is_free",
    "G27": "deadlock",
    "M44-connect": "final:what_is_mounted_is_found",
}

PLANTED, NOT_PLANTED = collect_planted([os.path.join(ROOT, "stress", "planted")])
SHOWN = [bug for bug in PLANTED if not bug.gap]


@pytest.fixture(scope="module")
def races():
    folders = [os.path.join(ROOT, "stress", name) for name in ("races", "sequential")]
    return {race.scenario.name: race for race in collect(folders) if race.scenario.expect == "HOLDS"}


def named(slug):
    return next(bug for bug in PLANTED if bug.slug == slug)


def test_every_known_defect_is_planted_or_it_is_said_why_not():
    labels = {label.partition("-")[0] for bug in PLANTED for label in (bug.slug, *bug.covers)}
    assert labels | {defect.slug for defect in NOT_PLANTED} >= KNOWN
    assert all(defect.why for defect in NOT_PLANTED)


def test_every_bug_says_what_it_is_and_which_race_and_oracle_should_show_it():
    for bug in PLANTED:
        assert bug.source, bug.slug
        assert bug.what, bug.slug
        assert bug.oracle, bug.slug
        assert bool(bug.race) != bool(bug.gap), bug.slug


@pytest.mark.parametrize("slug", QUICK)
def test_each_kind_of_check_finds_a_bug_of_its_kind(races, slug):
    bug = named(slug)
    with bug():
        run = searched(races[bug.race], Plan())
    assert run.slug.startswith(QUICK[slug])
    assert searched(races[bug.race], Plan()).kind == "held"


@pytest.mark.slow
@pytest.mark.parametrize("bug", SHOWN, ids=lambda bug: bug.slug)
def test_each_bug_is_found_in_the_race_and_by_the_check_that_should(races, bug):
    with bug():
        run = searched(races[bug.race], Plan())
    assert run.kind == "violated"
    assert run.slug.startswith(bug.check)
