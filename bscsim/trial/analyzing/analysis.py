"""The estimates of one analysis, from the units of its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.analyzing.models import Built, Measured, built
from bscsim.trial.analyzing.permuting import permutation_test
from bscsim.trial.analyzing.places import Study, side_by_side, study_of
from bscsim.trial.analyzing.registry import estimated
from bscsim.trial.analyzing.series import segmented_series
from bscsim.trial.analyzing.sums import Model, part_of
from bscsim.trial.cluster_stats import ClusterStats, Estimates
from bscsim.trial.dataset import Units
from bscsim.trial.enrolled import Enrolled
from bscsim.trial.estimators import randomization
from bscsim.trial.settings import AnalysisSettings
from bscsim.trial.trial import Trial

Array = NDArray[Any]

PERMUTATIONS = 199
"""Allocations that a randomization test draws where all are too many; its smallest p is 0.005."""


def analyze(
    trial: Trial,
    analysis: AnalysisSettings,
    enrolled: Enrolled,
    units: Units,
    alpha: float = 0.05,
    seed: int = 0,
    first: int = 0,
) -> dict[str, Estimates]:
    """Estimate the effect by every estimator of an analysis, in R replicates of one world.

    The twin's units under the same labels give the estimates of the sharp null.

    Covariates: "baseline" is the unit's own value at the measure's first wave in a closed cohort, else its center's
    mean there; "baseline_center_mean" always the latter; a baseline that is missing is the mean over all centers
    (units) of the replicate, of both arms. The others are in :func:`.columns_of`. A covariate that does not vary in a
    replicate is left out there.

    Models: "ancova"; "change", y less that baseline, who has none left out; "constrained", both waves as outcomes with
    a column for the period and the treatment only after it, cells of persons in closed cohorts and of center and
    period otherwise. A moderator makes the product of treatment and (moderator less its mean) the tested effect, with
    both of them as covariates. A stepped wedge stacks all waves of the measure, with an effect of each; a center counts
    as exposed at waves after the month in which it began (what is measured in that very month was so before). Its mixed
    models have an intercept of each unit in its center where units are measured again (:func:`.followed`), else of each
    period.

    Parameters
    ----------
    trial, analysis
        What is analyzed; the analysis need not be one of the trial's.
    enrolled
        Of the R replicates.
    units
        Of the outcome, measured with the analysis' kind of cohort, at all waves.
    alpha
        1 - alpha is the intervals' level.
    seed, first
        Of randomization tests: the seed, and the number of the first replicate.

    Returns
    -------
    dict
        By name of the estimator, in the file's order; [R] numbers each, FAILED where a replicate does not allow it.

    Raises
    ------
    ValueError
        on an estimator that does not fit the design or model, and on a baseline where there is none.

    Examples
    --------
    >>> import bscsim
    >>> from bscsim.trial.analyzing.places import example
    >>> from bscsim.trial.settings import DesignSettings, MeasureSettings
    >>> analysis = AnalysisSettings(outcome="score", estimators=("ols_cr2_centers",))
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), {"score": MeasureSettings()}, (analysis,))
    >>> two = example()._replace(treated=np.isin(np.arange(8), [4, 6])[None], in_study=np.arange(8)[None] > 3)
    >>> units = Units(*(np.array(part) for part in ([0] * 4, [1] * 4, [4, 5, 6, 7], [0] * 4, [0.5, 0.1, 0.7, 0.3])))
    >>> found = analyze(trial, analysis, two, units)["ols_cr2_centers"]
    >>> found.b.round(3).tolist(), found.df.round(3).tolist()
    ([0.4], [2.0])
    """
    return analyze_worlds(trial, analysis, enrolled, [units], alpha, seed, first)[0]


def analyze_worlds(
    trial: Trial, analysis: AnalysisSettings, enrolled: Enrolled, worlds: Sequence[Units], alpha: float = 0.05,
    seed: int = 0, first: int = 0,
) -> list[dict[str, Estimates]]:  # fmt: skip
    """Do :func:`analyze` in several worlds at once, which costs little more than one: estimators fit them together.

    >>> import bscsim
    >>> from bscsim.trial.analyzing.places import example, example_units
    >>> from bscsim.trial.settings import DesignSettings, MeasureSettings
    >>> what = AnalysisSettings(outcome="score", estimators=("paired_t_centers",))
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(type="pre_post"), {"score": MeasureSettings()}, (what,))
    >>> one = example_units()
    >>> pair = analyze_worlds(trial, what, example(), [one, one._replace(y=2 * one.y)])
    >>> [found["paired_t_centers"].b.round(6).tolist() for found in pair]
    [[1.666667], [3.333333]]
    """
    R, W = len(enrolled.treated), len(worlds)
    study = study_of(enrolled, planned_centers(trial), W)
    together = side_by_side(list(worlds), R)
    found: dict[str, Estimates] = {}
    made: Built | None = None
    for name in analysis.estimators:
        if name == "segmented":
            month = trial.month(0, analysis.wave)
            found[name] = segmented_series(study, together, month, alpha)
            continue
        if made is None:
            made = built(trial, analysis, Measured(study, together), enrolled)
        if name == "randomization":
            found[name] = _randomized(made, study, alpha, seed, first, W)
        else:
            found[name] = estimated(name, made.model, alpha)
    return [{name: _slice(each, w * R, (w + 1) * R) for name, each in found.items()} for w in range(W)]


def planned_centers(trial: Trial) -> int:
    """Centers that the design asks for, in all arms.

    >>> import bscsim
    >>> from bscsim.trial.settings import DesignSettings
    >>> planned_centers(Trial(bscsim.Scenario(), DesignSettings(), {}, ()))
    32
    """
    design = trial.design
    treated = sum(cohort.collaboratives for cohort in design.by_cohort) * design.centers_per_collaborative
    if design.type in ("stepped_wedge", "pre_post"):
        return treated
    if design.type == "matched_comparison":
        return treated * (1 + design.comparisons)
    return treated + design.control_centers


def of_sums(stats: ClusterStats, names: Sequence[str], alpha: float, seed: int, first: int) -> dict[str, Estimates]:
    """Estimates of statistics that are there already, as the Gaussian truth makes them.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 3.0, 2.0, 4.0]], [True, True, False, False])
    >>> of_sums(stats, ["cluster_t_centers", "randomization"], 0.05, 0, 0)["randomization"].p.round(3).tolist()
    [0.667]
    """
    found = {}
    for name in names:
        if name == "randomization":
            found[name] = randomization.estimate(stats, alpha, permutations=PERMUTATIONS, seed=seed, first=first)
        else:
            found[name] = estimated(name, Model(stats), alpha)
    return found


def _randomized(made: Built, study: Study, alpha: float, seed: int, first: int, worlds: int) -> Estimates:
    R = len(study.there) // worlds
    if made.moved is None:
        columns = range(made.model.stats.x1.shape[-1])
        own = [part_of(made.model, np.arange(w * R, (w + 1) * R), columns).stats for w in range(worlds)]
        parts = [
            randomization.estimate(stats, alpha, permutations=PERMUTATIONS, seed=seed, first=first) for stats in own
        ]
        return Estimates(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    shape = made.sums.n.shape
    ones = np.ones(shape)
    fixed = [np.broadcast_to(column if column.ndim == 3 else column[..., None], shape) for column in made.fixed]
    sums = made.sums.centered()
    return permutation_test(
        study, sums, made.moved, np.stack([ones, *fixed], axis=-1), alpha, seed, PERMUTATIONS, first, worlds
    )


def _slice(estimates: Estimates, first: int, last: int) -> Estimates:
    return Estimates(*(part[first:last] for part in estimates))
