"""Chances: of treatment, of cohorts and collaboratives, of two centers together, and what they do not depend on."""

from __future__ import annotations

import numpy as np
import pytest

from bscsim.trial.enrolling.deciding import decide
from bscsim.trial.settings import CohortSettings
from tests.trial.enrolling_cases import DESIGNS, SEED, pool, some, trial


@pytest.mark.parametrize("name", ["parallel", "stratified", "wait_list"])
def test_each_center_has_the_same_chance(name: str) -> None:
    """Within 4.5 standard errors for each of 80 centers; the chi-square over centers within 4 of its SDs."""
    replicates, candidates = 3000, some(pool(1, 80), np.zeros(3000, int))
    candidates = candidates._replace(replicates=np.arange(replicates), eligible=np.ones_like(candidates.eligible),
                                     applied=np.ones_like(candidates.applied))  # fmt: skip
    seen = decide(trial(**DESIGNS[name]), candidates, SEED)
    second = seen.treated & (seen.cohort == 1)
    for chance, hits in ((30 / 80, seen.treated), (56 / 80, seen.in_study), (10 / 80, second)):
        z = (hits.mean(axis=0) - chance) / (chance * (1 - chance) / replicates) ** 0.5
        assert np.abs(z).max() < 4.5
        assert abs((z**2).sum() - 80) < 4 * (2 * 80) ** 0.5


def test_two_centers_are_treated_together_as_often_as_by_drawing_lots() -> None:
    """20 of 60: both of two in t(t-1)/(n(n-1)) of the replicates, also of neighbours in the pool."""
    replicates = 3000
    candidates = some(pool(1, 60), np.zeros(replicates, int))
    everybody = np.ones_like(candidates.eligible)
    candidates = candidates._replace(replicates=np.arange(replicates), eligible=everybody, applied=everybody)
    seen = decide(trial(cohorts=(CohortSettings(collaboratives=4),), control_centers=40), candidates, SEED)
    chance = 20 * 19 / (60 * 59)
    for apart in (1, 2, 3, 30):
        both = seen.treated & np.roll(seen.treated, apart, axis=1)
        z = (both.mean(axis=0) - chance) / (chance * (1 - chance) / replicates) ** 0.5
        assert np.abs(z).max() < 4.5


@pytest.mark.parametrize("kind", ["stepped_wedge", "parallel"])
def test_each_center_has_the_same_chance_of_every_collaborative_when_all_are_in(kind: str) -> None:
    replicates, candidates = 3000, some(pool(1, 60), np.zeros(3000, int))
    everybody = np.ones_like(candidates.eligible)
    candidates = candidates._replace(replicates=np.arange(replicates), eligible=everybody, applied=everybody)
    strata = ("sector", "size")
    seen = decide(trial(type=kind, strata=strata, centers_per_collaborative=10, control_centers=0), candidates, SEED)
    for number in range(6):
        z = ((seen.collaborative == number).mean(axis=0) - 1 / 6) / (1 / 6 * 5 / 6 / replicates) ** 0.5
        assert np.abs(z).max() < 4.5


@pytest.mark.parametrize("name", ["parallel", "stratified", "pairs", "stepped_wedge"])
def test_allocation_is_independent_of_practice(name: str) -> None:
    """The correlation within the study, over replicates: mean 0 within four standard errors."""
    replicates = 600
    candidates = pool(replicates)
    seen = decide(trial(**DESIGNS[name]), candidates, SEED)
    arm = seen.cohort if name == "stepped_wedge" else seen.treated
    r = np.array([np.corrcoef(arm[row][inside], candidates.practice[row][inside])[0, 1]
                  for row, inside in enumerate(seen.in_study)])  # fmt: skip
    assert abs(r.mean()) < 4 * r.std(ddof=1) / replicates**0.5
    assert 0.05 < r.std() < 0.2  # 1/sqrt(56) for a study of 56 centers
