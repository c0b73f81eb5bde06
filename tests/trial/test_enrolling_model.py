"""What recruiters see of the model at month 0: that of the whole run, whatever the calendar; burn-ins are shared."""

from __future__ import annotations

import numpy as np
import pytest

import bscsim
from bscsim.engine.burnin import BurnIns, digest
from bscsim.rules.readiness import readiness
from bscsim.scenario.population import make_pool
from bscsim.trial.enrolling import enrol
from bscsim.trial.enrolling.candidates import at_start, candidates, measured_readiness
from bscsim.trial.settings import DesignSettings
from bscsim.trial.trial import Trial
from tests.trial.enrolling_cases import same

POOL = {
    "population.centers": 24, "population.sizes": "stock", "population.min_staff": 6, "population.areas": 3,
    "enrolment.rule": "random", "enrolment.collaboratives": 2, "enrolment.centers_per_collaborative": 4,
    "calendar.burn_in": 6, "calendar.horizon": 20, "calendar.waves": [0, 16],
}  # fmt: skip


@pytest.fixture(scope="module")
def scenario() -> bscsim.Scenario:
    return bscsim.Scenario().with_values(POOL)


def test_month_0_is_that_of_the_whole_run(scenario: bscsim.Scenario) -> None:
    seen = candidates(scenario, False, range(6), 3)
    run = bscsim.simulate(scenario, 6, 3)
    np.testing.assert_array_equal(seen.size, run.labels.size)
    np.testing.assert_array_equal(seen.applied, run.labels.applied)
    np.testing.assert_array_equal(seen.components, run.labels.readiness_measured)
    assert np.array_equal(seen.eligible, run.labels.size >= 6)
    assert 0 < seen.eligible.sum() < seen.eligible.size
    assert np.array_equal(np.isfinite(seen.readiness), seen.eligible)
    staff = run.staff(0).query("world == 'treated' and filled and role != 'parent'")
    drivers = [name for name in staff.columns if name.startswith("P") and name[1:].lstrip("_").isdigit()]
    means = staff.assign(mean=staff[drivers].mean(axis=1)).groupby(["replicate", "center"])["mean"].mean()
    np.testing.assert_allclose(seen.practice.ravel(), means.to_numpy(), rtol=1e-5)


def test_those_who_apply_in_the_field_are_those_of_the_whole_run(scenario: bscsim.Scenario) -> None:
    field = scenario.with_values({"enrolment.mode": "field"})
    seen = candidates(field, True, range(6), 3)
    run = bscsim.simulate(field, 6, 3)
    np.testing.assert_array_equal(seen.applied, run.labels.applied)
    assert np.isfinite(seen.readiness[seen.eligible & ~seen.applied]).all()
    study = enrol(Trial(field, DesignSettings(centers_per_collaborative=2, control_centers=4), {}, ()), range(6), 3)
    assert not (study.in_study & ~seen.applied).any()
    assert study.in_study.any()


@pytest.mark.parametrize("exponent", [0.0, 1.0, -1.0, 3.0])
def test_measured_readiness_is_that_of_the_rule(exponent: float) -> None:
    components = np.random.default_rng(1).uniform(0, 1, (30, 3))
    components[0, 1] = 0.0
    expected = [readiness(*row, exponent) for row in components.tolist()]
    np.testing.assert_allclose(measured_readiness(components, exponent), expected, rtol=1e-10)


def test_the_simulation_that_follows_finds_the_burn_ins(scenario: bscsim.Scenario) -> None:
    trial = Trial(scenario, DesignSettings(centers_per_collaborative=3, control_centers=6), {}, ())
    kept, pool = BurnIns(), make_pool(scenario.population)
    assert digest(at_start(scenario), pool, 3) == digest(scenario, pool, 3)
    alone, shared = enrol(trial, range(4), 3), enrol(trial, range(4), 3, kept)
    same(alone, shared, slice(None))
    assert (kept.hits, kept.misses) == (0, 4)
    bscsim.simulate(scenario, range(4), 3, burn_ins=kept)
    assert (kept.hits, kept.misses) == (4, 4)


def test_a_replicate_is_the_same_in_any_batch_and_on_any_threads(scenario: bscsim.Scenario) -> None:
    design = DesignSettings(type="matched_comparison", centers_per_collaborative=2, comparisons=1)
    trial = Trial(scenario, design, {}, ())
    whole = enrol(trial, range(5), 3, threads=2)
    same(whole, enrol(trial, [4, 1], 3, threads=1), [4, 1])
    assert whole.treated.any()
