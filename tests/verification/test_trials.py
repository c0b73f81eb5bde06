"""Trials of the Gaussian truth (model.md section 7): D4 variance formula, T19 power, T36 partial nesting.

Everything here is simulated by :mod:`bscsim.trial.gaussian_trials` and compared with the closed forms of
:mod:`bscsim.trial.formulas`, which know nothing of it.  Tolerances are Monte Carlo standard errors (MCSE); seeds are
fixed, so a test that passes passes always.
"""

from __future__ import annotations

import numpy as np
import pytest

from bscsim.trial import formulas
from bscsim.trial.cluster_stats import ClusterStats, Estimates
from bscsim.trial.estimators.cluster_t import cluster_t
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.estimators.lmm import lmm_kr
from bscsim.trial.estimators.partially_nested import partially_nested
from bscsim.trial.gaussian import COMPONENTS, GaussianTruth
from bscsim.trial.gaussian_trials import gaussian_trials
from bscsim.trial.parallel_trial import ParallelTrial
from bscsim.trial.performance import performance
from bscsim.trial.share import Share

R = 5000


def trials(truth: GaussianTruth, design: ParallelTrial, null: str = "none", last: int = R) -> ClusterStats:
    return gaussian_trials(truth, design, 0, last, seed=0, null=null).stats  # type: ignore[arg-type]


def by_center(stats: ClusterStats) -> Estimates:
    """The usual practice: Welch's t test of center means, whoever learned together."""
    return cluster_t(stats, level="center")


def closed_form(truth: GaussianTruth, design: ParallelTrial) -> formulas.Precision:
    assert isinstance(design.collaboratives, int)
    assert isinstance(design.staff, int)
    sizes = design.collaboratives, design.centers_per_collaborative, design.staff, design.control_centers
    return formulas.partially_nested(*sizes, **truth.for_formulas(design.covariates))


def has_power(share: Share | None, expected: float, sigma: float = 3.0) -> None:
    """A share of rejections is as expected, within so many of its MCSE."""
    assert share is not None
    error = sigma * (expected * (1 - expected) / share.of) ** 0.5
    assert abs(share.value - expected) <= error, f"rejects {share.value:.4f} instead of {expected:.4f} +- {error:.4f}"


def meets(found: Estimates, truth: GaussianTruth, expected: formulas.Precision) -> None:
    """Bias, empirical and model SE, power and coverage are those of the closed form within 3 MCSE."""
    made = performance(found, truth.effect)
    assert made.failed == 0
    assert abs(made.bias.value) <= 3 * made.bias.mcse
    for name in ("empirical_se", "model_se"):
        se = getattr(made, name)
        said = f"{name} is {se.value:.4f} instead of {expected.se:.4f} +- {3 * se.mcse:.4f}"
        assert abs(se.value - expected.se) <= 3 * se.mcse, said
    has_power(made.power["exclude"], formulas.power(truth.effect, expected))
    has_power(made.coverage, 0.95)


# D4, the variance formula


@pytest.mark.parametrize("large", COMPONENTS)
def test_d4_variance_of_the_difference_of_means(large: str) -> None:
    """tau2_coll/k + tau2_T/(km) + s2_T/(kmn) + tau2_C/J0 + s2_C/(J0 n), one component after the other large enough to
    carry the sum; arms differ in the others.  3 MCSE of a variance: 3 sqrt(2/(R-1)) = 6%."""
    var = dict.fromkeys(COMPONENTS, 0.05) | {large: 1.0}
    truth = GaussianTruth(0.3, 0.2, var, {"center": 0.1, "staff": 0.1})
    design = ParallelTrial(5, 3, 8, 4)
    k, m, n, J0 = 5, 3, 4, 8
    tau2, s2 = var["center"] + var["center_period"] + 0.2**2, var["staff"] + var["residual"]
    tau2_C, s2_C = 0.1 + var["center_period"], 0.1 + var["residual"]
    expected = var["collaborative"] / k + tau2 / (k * m) + s2 / (k * m * n) + tau2_C / J0 + s2_C / (J0 * n)
    assert closed_form(truth, design).var == pytest.approx(expected)
    b = cluster_t(trials(truth, design)).b
    assert b.var(ddof=1) == pytest.approx(expected, rel=3 * (2 / (R - 1)) ** 0.5)
    assert abs(b.mean() - 0.3) <= 3 * (expected / R) ** 0.5


@pytest.mark.parametrize(("cohort", "stays"), [("repeated", 0.0), (0.6, 0.6), ("closed", 1.0)])
def test_d4_variance_after_adjustment_for_the_baseline(cohort: str | float, stays: float) -> None:
    """ANCOVA on the center's baseline mean, by the correlation of its means at two waves (Teerenstra 2012), times
    1 + 1/(J-4), the price of the estimated slope (normal covariate).  24 + 24 centers of 5, staff correlated .8."""
    truth = GaussianTruth(0.3, var={"center": 0.2, "center_period": 0.05, "staff": 0.6, "residual": 0.15})
    design = ParallelTrial(1, 24, 24, 5, cohort, ("baseline_center_mean",))  # type: ignore[arg-type]
    correlation = formulas.wave_correlation(5, 0.25, 0.8, 0.8 * stays)
    expected = formulas.adjusted(formulas.two_level(48, 5, 0.25), correlation).var * (1 + 1 / 44)
    found = by_center(trials(truth, design))
    assert found.b.var(ddof=1) == pytest.approx(expected, rel=3 * (2 / (R - 1)) ** 0.5)


# T19, the linear-Gaussian mode

NESTED = GaussianTruth(
    0.55, 0.1, {"collaborative": 0.12, "center": 0.1, "center_period": 0.02, "staff": 0.4, "residual": 0.5},
    {"center": 0.08, "residual": 0.4},
)  # fmt: skip
TRIAL = ParallelTrial(8, 4, 24, 10)


@pytest.mark.parametrize("estimator", [cluster_t, partially_nested])
def test_t19_a_partially_nested_trial_has_the_power_of_its_closed_form(estimator: object) -> None:
    """Collaboratives that differ, arms with variances of their own: SE and power of both tests that respect it."""
    assert callable(estimator)
    meets(estimator(trials(NESTED, TRIAL)), NESTED, closed_form(NESTED, TRIAL))


@pytest.mark.parametrize(
    ("design", "r2", "expected"),
    [
        (ParallelTrial(1, 8, 8, 12), {}, formulas.two_level(16, 12, 0.2)),
        (
            ParallelTrial(1, 10, 14, 12, covariates=("center", "staff")), {"center": 0.5, "staff": 0.4},
            formulas.two_level(24, 12, 0.2, share=10 / 24, r2_cluster=0.5, r2_unit=0.4 * 0.5, covariates=1),
        ),
    ],
)  # fmt: skip
def test_t19_a_two_level_trial_has_the_power_of_its_closed_form(
    design: ParallelTrial, r2: dict[str, float], expected: formulas.Precision
) -> None:
    """Mixed model with Kenward-Roger, also with a covariate of the center and one of the staff; J - 2 and J - 3 df.
    A covariate's slope costs 1 + 1/(J-4) in variance, which the closed form leaves out."""
    truth = GaussianTruth(0.5, var={"center": 0.2, "staff": 0.4, "residual": 0.4}, r2=r2)
    price = 1 + 1 / (design.centers - 4) if r2 else 1.0
    meets(lmm_kr(trials(truth, design)), truth, formulas.Precision(expected.var * price, expected.df))


def test_t19_after_adjustment_for_the_baseline() -> None:
    truth = GaussianTruth(0.4, var={"center": 0.2, "center_period": 0.05, "staff": 0.6, "residual": 0.15})
    design = ParallelTrial(1, 14, 14, 8, "closed", ("baseline_center_mean",))
    adjusted = formulas.adjusted(formulas.two_level(28, 8, 0.25), formulas.wave_correlation(8, 0.25, 0.8, 0.8))
    meets(by_center(trials(truth, design)), truth, formulas.Precision(adjusted.var * (1 + 1 / 24), adjusted.df))


def test_t19_fails_on_a_wrong_df_and_a_wrong_variance() -> None:
    """On either side: centers instead of collaboratives counted by the closed form, or by the estimator."""
    found, expected = cluster_t(trials(NESTED, TRIAL)), closed_form(NESTED, TRIAL)
    centers = TRIAL.centers - 2
    with pytest.raises(AssertionError, match=r"rejects 0\.\d+ instead of"):
        meets(found, NESTED, formulas.Precision(expected.var, centers))
    wrong = t_inference(found.b, found.se, np.full(R, float(centers)), found.status)
    with pytest.raises(AssertionError, match=r"rejects 0\.\d+ instead of"):
        meets(wrong, NESTED, expected)
    variances = NESTED.for_formulas() | {"var_collaborative": 0.0}
    with pytest.raises(AssertionError, match="empirical_se"):
        meets(found, NESTED, formulas.partially_nested(8, 4, 10, 24, **variances))
    with pytest.raises(AssertionError, match="model_se"):
        meets(by_center(trials(NESTED, TRIAL)), NESTED, expected)


# T36, partial nesting


def rejected(found: Estimates) -> Share:
    share = performance(found, 0.0).power["exclude"]
    assert share is not None
    return share


@pytest.mark.parametrize(("between", "naive"), [(0.01, 0.0824), (0.03, 0.1427)])
def test_t36_ignoring_collaboratives_inflates_under_the_average_null(between: float, naive: float) -> None:
    """Four collaboratives of ten, 40 controls, 15 measured, tau2_coll as given, center .1, residual .9.

    Expected rejections of center means: 400,000 trials of scipy's Welch test (MCSE .0006; model.md has "about" .085 and
    .137).  The mixed model without collaboratives is as wrong; Welch's test of collaborative means stays below .065,
    and the partially nested model too."""
    truth = GaussianTruth(0.5, var={"collaborative": between, "center": 0.1, "residual": 0.9})
    stats = trials(truth, ParallelTrial(4, 10, 40, 15), "average", 6000)
    has_power(rejected(by_center(stats)), naive)
    has_power(rejected(lmm_kr(stats)), naive, 4.0)
    for estimator in (cluster_t, partially_nested):
        assert rejected(estimator(stats)).value < 0.065
    calculator = formulas.size_ignoring_collaboratives(
        4, 10, 15, 40, var_collaborative=between, var_center=0.1, var_unit=0.9
    )
    assert calculator == pytest.approx(naive, abs=0.01)


def test_t36_a_sharp_null_does_not_show_it() -> None:
    """Where nobody is affected collaboratives do nothing, and the usual test has its size: 3 MCSE."""
    truth = GaussianTruth(0.5, var={"collaborative": 0.03, "center": 0.1, "residual": 0.9})
    stats = trials(truth, ParallelTrial(4, 10, 40, 15), "sharp", 6000)
    has_power(rejected(by_center(stats)), 0.05)
    assert rejected(cluster_t(stats)).value < 0.065


@pytest.mark.parametrize("null", ["sharp", "average"])
def test_both_tests_that_respect_collaboratives_hold_their_size(null: str) -> None:
    """Eight collaboratives, arms with variances of their own: never above nominal by more than 3 MCSE."""
    stats = trials(NESTED, TRIAL, null)
    for estimator in (cluster_t, partially_nested):
        size = rejected(estimator(stats))
        assert size.value <= 0.05 + 3 * (0.05 * 0.95 / R) ** 0.5
    if null == "average":
        assert rejected(lmm_kr(stats)).value > 0.1
