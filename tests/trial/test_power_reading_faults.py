"""Power studies that cannot be: what is wrong, where, and what would work; all at once; never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bscsim
from bscsim import formulas
from bscsim.scenario.faults import InputError
from tests.trial.bad_power import BAD, GOOD

CONTRACT = Path(__file__).parents[2] / "experiments" / "power_three_cohorts.yaml"

GAUSS = "{gaussian: {effect: 0.3, var: {collaborative: 0.09, center: 0.1, residual: 0.9}}}"


@pytest.fixture
def faults(tmp_path):
    def found(overrides=(), text="", **entries: str) -> list[str]:
        file = tmp_path / "s.yaml"
        file.write_text(text or "".join(f"{key}: {value}\n" for key, value in (GOOD | entries).items()))
        with pytest.raises(InputError) as caught:
            bscsim.load(file, overrides)
        return [str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults]

    return found


@pytest.mark.parametrize("name", BAD)
def test_a_fault_at_its_place_in_words(faults, name):
    entries, where, path, said = BAD[name]
    found = faults(**entries)
    assert len(found) <= 2, found
    fault = next((one for one in found if f": {path}: " in one and said in one), "")
    assert fault, found
    if where:
        _, line, column, _ = fault.split(":", 3)
        number, _, text = where.partition(":")
        written = [f"{key}: {value}" for key, value in (GOOD | entries).items()]
        assert line == number
        assert written[int(line) - 1][int(column) - 1 :].startswith(text), fault


def test_cohorts_without_controls(faults):
    cohorts = "[{starts: 0, collaboratives: 9}, {starts: 9, collaboratives: 1}]"
    found = faults(design=f"{{control_centers: 3, cohorts: {cohorts}}}")
    assert found == [
        "s.yaml:3:27: design.control_centers: 3, shared in proportion to the collaboratives [9, 1], leave a cohort "
        "without a control center; at least 6"  # a tenth of 5 is no more than a remainder of one half
    ]


def test_all_faults_at_once_those_of_the_scenario_too(faults):
    found = faults(
        ["design.control_centers=1", "parameters.k_hour=9"], scenario="{calendar: {ends: 0}}",
        measures="{score: {reliability: 2}, other: {waves: [never]}}", analysis="{outcome: scor}",
        target="{power: 2}", costs="{classrom: 3}", search="{over: design.type, between: [1, 2]}",
    )  # fmt: skip
    paths = [fault.split(": ")[1] for fault in found]
    assert sorted(paths) == sorted([
        "design.control_centers", "parameters.k_hour", "calendar.ends", "measures.score.reliability",
        "measures.other.waves.0", "analysis.0.outcome", "target.power", "costs.classrom", "search.over",
    ])  # fmt: skip


def test_what_is_missing_is_said_once(faults):
    assert faults(text="kind: power\n") == [
        "s.yaml:1:1: measures: is missing; it needs a mapping of names to measures, such as {class_score: {of: "
        "classrooms, sample: 3}}",
        "s.yaml:1:1: analysis: is missing; it needs one analysis or a list, each such as {outcome: class_score, wave: "
        "post}",
    ]


def test_the_ceiling_is_the_limit_of_the_closed_form_and_is_no_fault_without_a_search(faults, tmp_path):
    entries = {"truth": GAUSS, "design": "{collaboratives: 4, control_centers: 40}"}
    search = "{over: design.centers_per_collaborative, between: [4, 40]}"
    found = faults(**entries, target="{power: 0.8}", search=search)
    limit = formulas.power(0.3, formulas.partially_nested(
        4, 1e7, 1e7, 40, var_collaborative=0.09, var_center=0.1, var_unit=0.9))  # fmt: skip
    assert f"the ceiling of power, {limit:.3f}," in found[0]
    lower = int(limit * 100) / 100
    file = tmp_path / "fine.yaml"
    for more in (f"target: {{power: {lower}}}\nsearch: {search}\n", "target: {power: 0.8}\n"):
        file.write_text("".join(f"{key}: {value}\n" for key, value in (GOOD | entries).items()) + more)
        assert bscsim.load(file).kind == "power"


TEXT = CONTRACT.read_text(encoding="utf-8")
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 700), st.just(10**400), st.floats(-2, 2), st.sampled_from([
        "post", "staff", "all", "baseline", "parallel", "stepped_wedge", "pre_post", "wait_list", "matched_comparison",
        "interrupted_series", "classrooms", "reports", "[1, 2]", "[]", "{}", "[[sector], []]", "{a: 1}", "[{a: 1}]",
        "x", "design.collaboratives", "[2, 9]", "[[2, 9]]", "{gaussian: {effect: 1}}", "[cluster_t]", "'0'", ".nan",
    ]),
)  # fmt: skip
PATHS = st.sampled_from([
    "design", "design.type", "design.cohorts", "design.cohorts.0", "design.cohorts.0.starts", "design.cohorts.2.x",
    "design.collaboratives", "design.centers_per_collaborative", "design.control_centers", "design.strata",
    "design.pairs_on", "design.waits", "design.match_on", "design.comparisons", "design.waves", "design.waves.post",
    "design.waves.x", "measures", "measures.class_score", "measures.class_score.of", "measures.class_score.sample",
    "measures.class_score.waves", "measures.class_score.reliability", "measures.x", "attrition", "attrition.centers",
    "attrition.treated", "analysis", "analysis.0", "analysis.0.outcome", "analysis.0.wave", "analysis.0.cohort",
    "analysis.0.model", "analysis.0.estimators", "analysis.0.covariates", "analysis.1.moderator", "target",
    "target.power", "target.sides", "costs", "search", "search.over", "search.between", "search.step", "search.budget",
    "truth", "truth.gaussian", "truth.gaussian.var", "compare", "question", "replicates", "scenario",
    "population.centers", "population.sizes", "population.min_staff", "calendar", "calendar.ends", "calendar.waves",
    "enrolment.rule", "enrolment.mode", "enrolment", "simulation", "simulation.twin", "name",
])  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(PATHS, VALUES), min_size=1, max_size=4), cut=st.integers(0, 2 * len(TEXT)))
def test_whatever_is_changed_is_a_study_or_bad_input(tmp_path, changes, cut):
    file = tmp_path / "s.yaml"
    line = TEXT.count("\n", 0, cut)  # leave a line out, or none
    lines = [text for at, text in enumerate(TEXT.splitlines()) if at != line]
    file.write_text("\n".join(lines) + "\n")
    overrides = [f"{path}={'null' if value is None else str(value).lower() if isinstance(value, bool) else value}"
                 for path, value in changes]  # fmt: skip
    try:
        study = bscsim.load(file, overrides)
    except InputError:
        return
    design = study.design
    assert len(design.digest) == 64
    for cell in range(min(design.cells, 3)):
        design.notes(cell)
        assert design.trial(cell).months[-1] <= design.trial(cell).scenario.calendar.horizon
