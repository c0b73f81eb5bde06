"""Realized numbers of a study against loops over rows."""

from __future__ import annotations

import numpy as np
import pytest

from bscsim.trial.analyzing.models import Measured
from bscsim.trial.analyzing.places import study_of
from bscsim.trial.analyzing.seen import components, seen
from bscsim.trial.analyzing.sums import Sums
from bscsim.trial.dataset import Array
from bscsim.trial.settings import CohortSettings
from tests.trial.analyzing_cases import POOL, analysis, center_means, enrolled, one, trial, units

R = 3
WHO = enrolled(R, seed=11)
TREATED = units(WHO, seed=12, empty=0.15)
TWIN = units(WHO, seed=13, empty=0.15)


def found(**more: object) -> dict[str, Array]:
    what = analysis("cluster_t", covariates=("baseline", "sector"), **more)
    gone = np.full(WHO.in_study.shape, np.nan)
    gone[WHO.treated & (WHO.collaborative == 1)] = 16  # in the month of the wave
    gone[WHO.treated & (WHO.collaborative == 2)] = 17
    study = study_of(WHO)
    return seen(trial(what), what, WHO, Measured(study, TREATED), Measured(study, TWIN), gone)


def anova(y: Array, center: Array) -> tuple[float, float]:
    """Mean squares by loops."""
    groups = [y[center == c] for c in np.unique(center)]
    n, J = len(y), len(groups)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (n - J)
    between = sum(len(g) * (g.mean() - y.mean()) ** 2 for g in groups) / (J - 1)
    size = (n - sum(len(g) ** 2 for g in groups) / n) / (J - 1)
    return (between - within) / size, within


def test_counts_and_losses() -> None:
    out = found()
    for r in range(R):
        row = one(WHO, TREATED, r)
        for name, arm, planned in (("treated", 1, 9), ("control", 0, 11)):
            centers = len(np.unique(row.center[row.arm == arm]))
            assert out[f"seen.centers_{name}"][r] == centers
            assert out[f"seen.units_{name}"][r] == (row.arm == arm).sum()
            assert out[f"seen.lost_{name}"][r] == pytest.approx(1 - centers / planned)
        before = {k for *k, w in zip(TREATED.center, TREATED.unit, TREATED.at, TREATED.wave, strict=True)
                  for k in [tuple(k)] if k[2] == r and w == 0}  # fmt: skip
        now = {k for *k, w in zip(TREATED.center, TREATED.unit, TREATED.at, TREATED.wave, strict=True)
               for k in [tuple(k)] if k[2] == r and w == 1}  # fmt: skip
        assert out["seen.stayed"][r] == pytest.approx(len(before & now) / len(before))
        assert out["seen.withdrawn"][r] == pytest.approx(3 / 9)  # at the wave, not after it


def test_components_are_those_of_an_analysis_of_variance() -> None:
    out = found()
    for r in range(R):
        row, treated = one(WHO, TWIN, r), one(WHO, TREATED, r)
        center, unit = anova(row.y, row.center)
        assert out["seen.var_center"][r] == pytest.approx(center)
        assert out["seen.var_unit"][r] == pytest.approx(unit)
        assert out["seen.icc"][r] == pytest.approx(center / (center + unit))
        some = treated.arm == 1
        own = anova(treated.y[some], treated.center[some])
        assert out["seen.var_center_treated"][r] == pytest.approx(own[0])
        assert out["seen.var_unit_treated"][r] == pytest.approx(own[1])
        size = np.unique(treated.center, return_counts=True)[1]
        assert out["seen.cv_size"][r] == pytest.approx(size.std(ddof=1) / size.mean())


def test_components_find_the_variances_they_were_made_with() -> None:
    """Unequal sizes, 400 replicates of 30 centers: means within 4 standard errors."""
    rng = np.random.default_rng(0)
    n = rng.integers(1, 9, (400, 30)).astype(float)
    level = 0.5 * rng.normal(size=n.shape)
    e = rng.normal(size=(*n.shape, 8)) * (np.arange(8) < n[..., None])
    y1 = n * level + e.sum(axis=2)
    yy = n * level**2 + 2 * level * e.sum(axis=2) + (e**2).sum(axis=2)
    for values, expected in zip(components(Sums(n, y1, yy), n > 0), (0.25, 1.0), strict=True):
        assert abs(values.mean() - expected) < 4 * values.std() / 20


def test_correlation_and_explained_variance() -> None:
    out = found()
    for r in range(R):
        row, first = one(WHO, TWIN, r), one(WHO, TWIN, r, wave=0)
        both = np.intersect1d(row.center, first.center)
        a = [first.y[first.center == c].mean() for c in both]
        b = [row.y[row.center == c].mean() for c in both]
        assert out["seen.autocorrelation"][r] == pytest.approx(np.corrcoef(a, b)[0, 1])
        y = center_means(row.y, row.center)
        x = np.column_stack([np.ones(len(y)), *(center_means(v, row.center) for v in (row.base, row.sector))])
        rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        adjusted = 1 - (rest @ rest / (len(y) - 3)) / y.var(ddof=1)
        assert out["seen.r2"][r] == pytest.approx(adjusted, rel=1e-9)


def test_no_baseline_no_correlation() -> None:
    what = analysis("cluster_t", wave="baseline")
    study = study_of(WHO)
    out = seen(trial(what), what, WHO, Measured(study, TREATED), Measured(study, TWIN))
    for name in ("stayed", "autocorrelation", "r2", "withdrawn"):
        assert np.isnan(out[f"seen.{name}"]).all()


def test_in_a_stepped_wedge_the_treated_are_those_exposed_at_the_wave() -> None:
    cohort = np.where(WHO.in_study, np.arange(POOL) % 2, -1)
    begins = np.where(WHO.in_study, np.array([0, 16])[cohort], 32_767)
    who = WHO._replace(treated=WHO.in_study, cohort=cohort, begins=begins)
    what = analysis("ols_cr2")
    made = trial(what, type="stepped_wedge", cohorts=(CohortSettings(), CohortSettings(starts=16)))
    study = study_of(who)
    out = seen(made, what, who, Measured(study, TREATED), Measured(study, TWIN))
    for r in range(R):
        row = one(who, TREATED, r)
        assert out["seen.centers_treated"][r] == len({c for c in row.center.tolist() if c % 2 == 0})
        assert out["seen.centers_control"][r] == len({c for c in row.center.tolist() if c % 2 == 1})
