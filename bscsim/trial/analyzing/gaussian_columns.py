"""The columns of an analysis under the Gaussian truth: what a usual calculator assumes, simulated."""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.rules import draws
from bscsim.trial.analyzing.analysis import of_sums
from bscsim.trial.analyzing.seen import correlation, explained, variances
from bscsim.trial.analyzing.sums import Sums
from bscsim.trial.cluster_stats import ClusterStats
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.gaussian_trials import gaussian_trials
from bscsim.trial.normals import STEP
from bscsim.trial.parallel_trial import ParallelTrial
from bscsim.trial.reading.pool import usual_units
from bscsim.trial.settings import AnalysisSettings
from bscsim.trial.trial import Trial

Array = NDArray[Any]
Columns = dict[str, Array]


def gaussian_columns(trial: Trial, analysis: AnalysisSettings, first: int, last: int, seed: int) -> Columns:
    """Simulate and analyze replicates first to last - 1 of a trial with a Gaussian truth.

    The contract is that of :func:`bscsim.trial.analyzing.compute.compute`; truth.effect is realized in each replicate.
    "randomization.average.p" is of the average null, where that test is among the estimators. A constrained analysis
    is taken as its large-sample equal, analysis of covariance. Covariates other than the baseline, the cohort and those
    of truth.r2 explain nothing, so they are left out; the components are those of the outcome as it is measured, so
    that reliability changes nothing. Centers are lost to measurement by lot, as ``trial.attrition`` says for the wave.

    ValueError on designs that are not parallel, and on moderators.

    >>> import bscsim
    >>> from bscsim.trial.settings import DesignSettings, MeasureSettings
    >>> truth, what = GaussianTruth(0.3, var={"staff": 1.0}), AnalysisSettings(outcome="survey")
    >>> measures = {"survey": MeasureSettings(of="staff")}
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), measures, (what,), truth=truth)
    >>> gaussian_columns(trial, what, 0, 3, seed=0)["truth.effect"].tolist()
    [0.3, 0.3, 0.3]
    """
    truth = trial.truth
    if truth is None:
        raise ValueError("the trial's truth is the model, not Gaussian")
    if trial.design.type != "parallel":
        raise ValueError(f"a Gaussian truth is offered for parallel designs, not for {trial.design.type}")
    if analysis.moderator:
        raise ValueError("a Gaussian truth has no moderators; leave analysis.moderator out or use the mechanism")
    design = parallel_trial(trial, analysis)
    alpha = trial.target.alpha
    out: Columns = {}
    for null in ("none", "sharp"):
        made = gaussian_trials(truth, design, first, last, seed, null)
        made = made._replace(stats=thinned(made.stats, trial, analysis, design, seed, first))
        stats = _changed(made.stats, design) if analysis.model == "change" else made.stats
        prefix = "" if null == "none" else "sharp."
        for name, found in of_sums(stats, analysis.estimators, alpha, seed, first).items():
            out |= {f"{name}.{prefix}{part}": np.asarray(v, np.float64) for part, v in found._asdict().items()}
        if null == "none":
            treated, realized = made.stats, made.realized
        else:
            twin = made.stats
    if "randomization" in analysis.estimators:
        made = gaussian_trials(truth, design, first, last, seed, "average")
        made = made._replace(stats=thinned(made.stats, trial, analysis, design, seed, first))
        stats = _changed(made.stats, design) if analysis.model == "change" else made.stats
        out["randomization.average.p"] = of_sums(stats, ["randomization"], alpha, seed, first)["randomization"].p
    return out | _truths(truth, realized) | _seen(treated, twin, design)


def thinned(
    stats: ClusterStats, trial: Trial, analysis: AnalysisSettings, design: ParallelTrial, seed: int, first: int
) -> ClusterStats:
    """The statistics without the centers that are lost by the analysis' wave: linearly more from the first wave on."""
    rates, waves = trial.attrition, trial.design.waves
    if not (rates.treated or rates.control):
        return stats
    begins, ends = min(waves.values()), max(waves.values())
    passed = (waves[analysis.wave] - begins) / (ends - begins) if ends > begins else 1.0
    replicate = np.arange(first, first + len(stats.n), dtype=np.int64)[:, None]
    key = np.asarray(design.layout().key, np.int64)[None, :]
    of, where = np.broadcast_arrays(replicate, key)
    u = draws.uniform(seed, of, where, 0, STEP, draws.STUDY_ATTRITION)  # type: ignore[arg-type]
    kept = np.asarray(u) >= passed * np.where(stats.treated, rates.treated, rates.control)
    parts = ("n", "x1", "xx", "xy", "y1", "yy")
    return stats._replace(**{
        name: values * kept.reshape(kept.shape + (1,) * (values.ndim - 2))
        for name in parts for values in (getattr(stats, name),)
    })  # fmt: skip


def parallel_trial(trial: Trial, analysis: AnalysisSettings) -> ParallelTrial:
    """The design as the Gaussian truth knows it.

    Units a center are those sampled, or on average there, times the response rate, rounded. In an open cohort a person
    has stayed with the chance that the scenario's turnover leaves between the waves.

    >>> import bscsim
    >>> from bscsim.trial.settings import DesignSettings, MeasureSettings
    >>> measures = {"survey": MeasureSettings(of="staff", response=0.8)}
    >>> analysis = AnalysisSettings(outcome="survey", cohort="closed", covariates=("baseline", "sector"))
    >>> parallel_trial(Trial(bscsim.Scenario(), DesignSettings(), measures, ()), analysis)
    ParallelTrial(collaboratives=(2,), centers_per_collaborative=8, control_centers=16, staff=16, cohort='closed',
                  covariates=('baseline',))
    """
    design, measure = trial.design, trial.measures[analysis.outcome]
    known = trial.truth.r2 if trial.truth is not None else {}
    names = [name for name in ("center", "staff") if known.get(name, 0.0) > 0]
    names += [name for name in dict.fromkeys(analysis.covariates) if name in ("baseline", "baseline_center_mean")][:1]
    if analysis.model != "ancova" and not any(name.startswith("baseline") for name in names):
        names.append("baseline")
    if "cohort" in analysis.covariates and len(design.by_cohort) > 1:
        names.append("cohort")
    units = measure.sample if measure.sample != "all" else usual_units(trial.scenario.population, measure)
    answers = measure.response if measure.of == "staff" else 1.0
    return ParallelTrial(
        tuple(cohort.collaboratives for cohort in design.by_cohort), design.centers_per_collaborative,
        design.control_centers, max(1, round(units * answers)),
        _stays(trial, analysis) if analysis.cohort == "open" else analysis.cohort, tuple(names),
    )  # fmt: skip


def _stays(trial: Trial, analysis: AnalysisSettings) -> float:
    waves = trial.waves_of(analysis.outcome)
    years = (trial.design.waves[analysis.wave] - trial.design.waves[waves[0]]) / 12
    counts = trial.scenario.population.sector_counts
    rates = [getattr(trial.scenario.parameters, f"turn_base_{name}") for name in ("child_care", "head_start", "school")]
    mean = sum(n * rate for n, rate in zip(counts, rates, strict=True)) / max(sum(counts), 1)
    return exp(-mean * max(years, 0.0))


def _changed(stats: ClusterStats, design: ParallelTrial) -> ClusterStats:
    """The statistics of y less its baseline, the column of which is left out."""
    i = 2 + next(c for c, name in enumerate(design.covariates) if name.startswith("baseline"))
    kept = [c for c in range(stats.x1.shape[-1]) if c != i]
    return stats._replace(
        x1=stats.x1[..., kept],
        xx=stats.xx[..., kept, :][..., kept],
        xy=stats.xy[..., kept] - stats.xx[..., kept, i],
        y1=stats.y1 - stats.x1[..., i],
        yy=stats.yy - 2 * stats.xy[..., i] + stats.xx[..., i, i],
        cluster_level=tuple(stats.cluster_level[c] for c in kept),
    )


def _truths(truth: GaussianTruth, realized: Array) -> Columns:
    def same(value: float) -> Array:
        return np.full(len(realized), float(value))

    total = sum(truth.untreated.values()) ** 0.5
    return {
        "truth.effect": realized, "truth.measured": realized, "truth.spill": same(0), "truth.compliers": realized,
        "truth.scale": same(total), "truth.collaborative": same(truth.treated["collaborative"]),
        "truth.centers": same(truth.sd_effect**2), "truth.last": realized,
    }  # fmt: skip


def _seen(treated: ClusterStats, twin: ClusterStats, design: ParallelTrial) -> Columns:
    now, apart = (Sums(stats.n, stats.y1, stats.yy) for stats in (treated, twin))
    arm = treated.treated
    out = {}
    for name, part in (("treated", arm), ("control", ~arm)):
        there = (part & (now.n > 0)).sum(axis=1)
        out[f"seen.centers_{name}"] = there.astype(np.float64)
        out[f"seen.units_{name}"] = (now.n * part).sum(axis=1)
        out[f"seen.lost_{name}"] = 1 - there / np.maximum(part.sum(axis=1), 1)
    out["seen.withdrawn"] = np.zeros(len(arm))
    out["seen.stayed"] = np.full(len(arm), design.stays if design.has_baseline else np.nan)
    out |= variances(apart, now.n > 0, now, arm)
    nothing = np.full(len(arm), np.nan)
    out["seen.autocorrelation"], out["seen.r2"] = nothing, nothing.copy()
    if design.has_baseline:
        column = 2 + next(c for c, name in enumerate(design.covariates) if name.startswith("baseline"))
        out["seen.autocorrelation"] = correlation(Sums(twin.n, twin.x1[..., column], twin.n), apart)
    if len(design.covariates):
        means = twin.x1[..., 2:] / np.maximum(twin.n, 1.0)[..., None]
        out["seen.r2"] = explained(apart, [means[..., c] for c in range(means.shape[-1])])
    return out
