"""The scenario as a whole: what fits together, what it is known by, and what its record of itself says."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from bscsim.scenario.faults import InputError
from bscsim.scenario.parameters import Parameters
from bscsim.scenario.population import Population, make_pool
from bscsim.scenario.scenario import Scenario, Simulation, pool_faults, require_pool, resolved
from tests.strategies import scenarios

ROSTER = "id,sector,area,staff\n" + "".join(f"{number},school,Wake,{4 + number % 5}\n" for number in range(10))


@pytest.fixture
def roster(tmp_path):
    path = tmp_path / "centers.csv"
    path.write_text(ROSTER)
    return str(path)


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_seeds_that_work(seed):
    assert Simulation(seed=seed).seed == seed


@pytest.mark.parametrize("given", [
    {"seed": -1}, {"seed": 1.5}, {"seed": 1.0}, {"seed": 2**63}, {"seed": True}, {"seed": "1"}, {"seed": None},
    {"replicates": 0}, {"replicates": 1.5}, {"replicates": 2**32}, {"twin": 1}, {"twin": "yes"}, {"dt": "day"},
])
def test_what_is_no_simulation_is_refused(given):
    with pytest.raises(ValidationError):
        Simulation(**given)


@pytest.mark.parametrize(("given", "word"), [
    ({"enrolment": {"collaboratives": 2}}, "16 places"),
    ({"population": {"centers": 9}}, "rule all takes every center"),
    ({"population": {"sizes": 5}, "enrolment": {"team_size": 6}}, "largest has 5 staff"),
    ({"calender": {}}, "calender"), ({"name": "a/b"}, "letters"), ({"name": ""}, "letters"), ({"name": 3}, "string"),
    ({"name": ".hidden"}, "letters"), ({"name": "x" * 81}, "letters"), ({"parameters": None}, "parameters"),
])
def test_what_does_not_fit_together_is_refused(given, word):
    with pytest.raises(ValidationError, match=word):
        Scenario(**given)


def test_nobody_treated_fits_any_pool():
    assert Scenario(population={"centers": 50}, enrolment={"collaboratives": 0}).enrolment.places == 0


def test_the_digest_is_of_what_changes_numbers():
    plain = Scenario()
    same = [Scenario(name="other"), Scenario(simulation={"replicates": 7}),
            Scenario(population={"sectors": {"child_care": 4, "head_start": 4}}), Scenario(supports={"stipend": -0.0})]
    assert {scenario.digest for scenario in same} == {plain.digest}
    others = [{"simulation.seed": 2}, {"simulation.dt": "week"}, {"simulation.twin": False},
              {"parameters.k_hour": 0.05}, {"calendar.starts": 8},
              {"elements.shared_learning.calls": False}, {"supports.stipend": 0.1},
              {"enrolment.rule": "random"}, {"population.drivers": 5}, {"population.areas": 1}]
    digests = {plain.with_values(change).digest for change in others}
    assert len(digests) == len(others)
    assert plain.digest not in digests


def test_the_digest_is_the_same_in_another_process():
    code = "from bscsim.scenario.scenario import Scenario; print(Scenario().digest)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == Scenario().digest


def test_a_roster_counts_by_content_not_by_path(roster, tmp_path):
    enrolment = {"rule": "random"}
    one = Scenario(population={"roster": roster}, enrolment=enrolment)
    copy = tmp_path / "copy.csv"
    copy.write_text(ROSTER)
    two = Scenario(population={"roster": str(copy)}, enrolment=enrolment)
    assert one != two
    assert one.digest == two.digest
    copy.write_text(ROSTER + "99,school,Wake,7\n")
    assert one.digest != two.digest
    copy.unlink()
    with pytest.raises(InputError):
        _ = two.digest


def test_a_roster_is_checked_against_the_enrolment_when_it_is_read(roster):
    small = Scenario(
        population={"roster": roster, "min_staff": 8}, enrolment={"centers_per_collaborative": 2, "rule": "top"})
    assert pool_faults(small, make_pool(small.population)) == []
    crowded = small.with_values({"enrolment.centers_per_collaborative": 3})
    with pytest.raises(InputError, match="only 2 centers can join"):
        require_pool(crowded, make_pool(crowded.population))
    stay = crowded.with_values({"population.below_min": "pool"})
    with pytest.raises(InputError, match="only 2 centers can join"):  # kept in the pool, but they cannot join
        require_pool(stay, make_pool(stay.population))
    everyone = small.with_values({"population.min_staff": 4, "enrolment.rule": "all"})
    with pytest.raises(InputError, match="rule all"):
        require_pool(everyone, make_pool(everyone.population))


def test_a_team_that_exceeds_every_center_of_a_roster_is_refused(tmp_path):
    path = tmp_path / "small.csv"
    path.write_text("id,sector,area,staff\n1,school,Wake,4\n2,school,Wake,5\n")
    scenario = Scenario(
        population={"roster": str(path)}, enrolment={"centers_per_collaborative": 2, "team_size": 6})
    with pytest.raises(InputError, match="largest has 5 staff"):
        require_pool(scenario, make_pool(scenario.population))


def test_changes_are_checked_and_leave_the_original_alone():
    scenario = Scenario()
    assert scenario.with_values({"elements.shared_learning": 0.5}).elements.e4 == 0.5
    assert scenario.with_values({"calendar.waves": [0, 16]}).calendar.waves == (0, 16)
    assert scenario == Scenario()
    for change in ({"parameters.k_our": 1}, {"calendar.ends": 99}, {"k_hour": 0.05}):
        with pytest.raises(ValidationError):
            scenario.with_values(change)


def test_a_change_to_a_roster_leaves_the_synthetic_settings_behind(roster):
    changed = Scenario().with_values({"population.roster": roster, "enrolment.rule": "random"})
    assert changed.population == Population(roster=roster)
    assert changed.with_values({"population.roster": None, "enrolment.rule": "all"}) == Scenario()


@given(scenarios())
@settings(max_examples=60)
def test_a_resolved_scenario_is_plain_and_loads_back(scenario):
    content = json.loads(json.dumps(resolved(scenario), allow_nan=False))
    again = Scenario.model_validate(content)
    assert again == scenario
    assert hash(again) == hash(scenario)
    assert again.digest == scenario.digest
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_the_defaults_are_the_feasibility_study():
    scenario = Scenario()
    assert scenario.name == "ccl_feasibility"
    assert scenario.parameters == Parameters()
    assert (scenario.population.centers, scenario.enrolment.places) == (8, 8)
