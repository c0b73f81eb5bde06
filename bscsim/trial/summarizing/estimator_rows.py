"""One estimator in one cell: power, size, bias, coverage and what it can detect."""

from __future__ import annotations

from dataclasses import replace
from math import nan
from typing import Any

import numpy as np

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, Array, Estimates
from bscsim.trial.performance import Performance, performance
from bscsim.trial.share import Measure
from bscsim.trial.share import plain as finite
from bscsim.trial.size_adjusted import size_adjusted_power
from bscsim.trial.summarizing.columns import Columns, estimates_of, value_of
from bscsim.trial.summarizing.plain import measure_data, share_data
from bscsim.trial.summarizing.sizes import Size, size_of
from bscsim.trial.summarizing.testing import sided, under_average
from bscsim.trial.summarizing.words import RANDOMIZED, about
from bscsim.trial.trial import Trial

FALLBACK = "cluster_t"
"""The estimator that stands in for failed fits under the third rule, where the analysis has it."""


def estimator_data(trial: Trial, columns: Columns, name: str, asked: int) -> dict[str, Any]:
    """The row of an estimator; asked: replicates that the study wants.

    >>> from bscsim.trial.settings import DesignSettings
    >>> b = np.array([0.1, 0.3, 0.5])
    >>> columns = {"gee.b": b, "gee.se": b * 0 + 0.1, "gee.df": b * 0 + 50, "gee.p": np.array([0.3, 0.004, 0.0]),
    ...            "gee.low": b - 0.2, "gee.high": b + 0.2, "truth.effect": b * 0 + 0.3}
    >>> made = estimator_data(Trial(None, DesignSettings(), {}, ()), columns, "gee", 3)
    >>> made["fitted"], round(made["power"]["value"], 3), made["bias"]["value"], made["size_verdict"]
    (3, 0.667, 0.0, 'too few replicates')
    """
    raw = estimates_of(columns, name)
    known = about(name)
    row: dict[str, Any] = {"name": name, "title": known.title, "words": known.words, "asked": asked}
    if raw is None:
        return row | _nothing()
    alpha, sides = trial.target.alpha, trial.target.sides
    found = sided(raw, sides)
    sharp, average = nulls_of(trial, columns, name, raw)
    size = size_of(trial, name, sharp, average)
    second = estimates_of(columns, FALLBACK) if name != FALLBACK else None
    made = _performance(trial, columns, found, None if second is None else sided(second, sides))
    adjusted = None if average is None else size_adjusted_power(found, average, alpha)
    if adjusted is not None and adjusted.critical_p == 0:  # too coarse a test for its level has no power there to tell
        adjusted = None
    return row | _counts(found) | _powers(made) | _sizes(size) | {
        "size_adjusted_power": None if adjusted is None else measure_data(adjusted.power),
    } | _errors(made, columns, found) | {
        "mdes": mdes_of(trial, columns, found), "mean_df": _mean_df(found),
    }  # fmt: skip


def nulls_of(
    trial: Trial, columns: Columns, name: str, raw: Estimates
) -> tuple[Estimates | None, Estimates | None]:
    """An estimator under the sharp and the average null with the p-values of the study's test; None if not there."""
    alpha, sides = trial.target.alpha, trial.target.sides
    twin = estimates_of(columns, name, "sharp")
    average = under_average(columns, name, center_of(trial, columns, raw), alpha, sides)
    return None if twin is None else sided(twin, sides), average


def size_data(trial: Trial, columns: Columns, name: str) -> dict[str, Any]:
    """Of an estimator's row what it says of the size alone: what a search asks of the value that it ends at."""
    raw = estimates_of(columns, name)
    nulls = (None, None) if raw is None else nulls_of(trial, columns, name, raw)
    return _sizes(size_of(trial, name, *nulls))


def center_of(trial: Trial, columns: Columns, estimates: Estimates) -> float:
    """What an estimate is centered at under the average null.

    Randomized designs: the mean estimate, as they estimate the trial's contrast without bias (contamination is no
    noise), and bias is told apart. Designs without randomization: the true effect as measured, so that what they take
    for an effect where there is none shows as a type I error.

    >>> from bscsim.trial.settings import DesignSettings
    >>> from bscsim.trial.estimators.inference import t_inference
    >>> found = t_inference(np.array([1.0, 2.0]), np.ones(2), np.ones(2), np.zeros(2))
    >>> columns = {"truth.measured": np.array([0.2, 0.4])}
    >>> for type in ("parallel", "pre_post"):
    ...     print(round(center_of(Trial(None, DesignSettings(type=type), {}, ()), columns, found), 2))
    1.5
    0.3
    """
    fitted = estimates.b[estimates.status != FAILED]
    mean = float(fitted.mean()) if len(fitted) else nan
    if trial.design.type in RANDOMIZED:
        return mean
    truth = value_of(columns, "truth.measured", value_of(columns, "truth.effect"))
    return mean if np.isnan(truth) else truth


def _performance(trial: Trial, columns: Columns, found: Estimates, second: Estimates | None) -> Performance:
    """Against the true effect; where it is unknown in a replicate, that replicate has no part in bias and coverage."""
    real = np.asarray(columns.get("truth.effect", np.full(len(found.b), nan)), np.float64)
    typed = None if trial.truth is None else float(trial.truth.effect)
    if not np.isfinite(real).any():
        typed = nan if typed is None else typed
        return performance(found, typed, trial.target.alpha, fallback=second)
    known = found._replace(status=np.where(np.isnan(real), FAILED, found.status).astype(np.int8))
    filled = np.where(np.isnan(real), float(np.nanmean(real)), real)
    made = performance(known, typed, trial.target.alpha, realized=filled, fallback=second)
    if np.isnan(real).any():  # powers and counts are of all replicates
        whole = performance(found, 0.0, trial.target.alpha, fallback=second)
        return replace(made, power=whole.power)
    return made


def _counts(found: Estimates) -> dict[str, int]:
    failed = int((found.status == FAILED).sum())
    fitted = len(found.b) - failed
    boundary = int((found.status == BOUNDARY).sum())
    return {"fitted": fitted, "converged": fitted, "boundary": boundary, "failed": failed}


def _powers(made: Performance) -> dict[str, Any]:
    rules = {"power": "exclude", "power_failures_as_misses": "non_rejection", "power_fallback": "fallback"}
    return {name: share_data(made.power[rule]) for name, rule in rules.items()}


def _sizes(size: Size) -> dict[str, Any]:
    return {
        "type1_sharp": share_data(size.sharp), "type1_average": share_data(size.average),
        "size_verdict": size.verdict, "size_reason": size.reason,
    }  # fmt: skip


def _errors(made: Performance, columns: Columns, found: Estimates) -> dict[str, Any]:
    fitted = found.status != FAILED
    b = found.b[fitted]
    mean = Measure(float(b.mean()), float(b.std(ddof=1) / len(b) ** 0.5)) if len(b) > 1 else Measure(nan, nan)
    return {
        "bias": measure_data(made.bias), "bias_measured": measure_data(_bias_of(columns, "truth.measured", found)),
        "empirical_se": measure_data(made.empirical_se), "model_se": measure_data(made.model_se),
        "coverage": share_data(made.coverage), "coverage_realized": share_data(made.coverage_of_realized),
        "type_s": share_data(made.type_s), "type_m": measure_data(made.type_m), "mean_estimate": measure_data(mean),
    }  # fmt: skip


def _bias_of(columns: Columns, name: str, found: Estimates) -> Measure:
    """Mean of estimate less a truth of the same replicate, which leaves out what is chance in both."""
    if name not in columns:
        return Measure(nan, nan)
    gap: Array = found.b - np.asarray(columns[name], np.float64)
    gap = gap[(found.status != FAILED) & np.isfinite(gap)]
    return Measure(float(gap.mean()), float(gap.std(ddof=1) / len(gap) ** 0.5)) if len(gap) > 1 else Measure(nan, nan)


def mdes_of(trial: Trial, columns: Columns, found: Estimates) -> dict[str, float | None] | None:
    """Smallest effect found with the power asked for: estimates shifted along their mean."""
    from bscsim.trial.searching.mdes import mdes_from

    fitted = (found.status != FAILED) & (found.df > 0) & (found.se > 0)
    if fitted.sum() < 20:
        return None
    b, se, df = found.b[fitted], found.se[fitted], found.df[fitted]
    target = trial.target
    made = mdes_from(b, se, df, float(b.mean()), target.alpha, target.sides, target.power)
    scale = value_of(columns, "truth.scale")
    numbers = {"value": made.value, "low": made.low, "high": made.high, "sd": made.value / scale if scale else nan}
    return {name: finite(number) for name, number in numbers.items()}


def _mean_df(found: Estimates) -> float | None:
    """Mean degrees of freedom of the fits that have finite ones."""
    df = found.df[(found.status != FAILED) & np.isfinite(found.df)]
    return float(df.mean()) if len(df) else None


def _nothing() -> dict[str, Any]:
    """The row of an estimator that the columns do not hold."""
    names = (
        "power", "power_failures_as_misses", "power_fallback", "type1_sharp", "type1_average", "size_adjusted_power",
        "bias", "bias_measured", "empirical_se", "model_se", "coverage", "coverage_realized", "type_s", "type_m",
        "mean_estimate", "mdes", "mean_df",
    )  # fmt: skip
    counts = dict.fromkeys(("fitted", "converged", "boundary", "failed"), 0)
    return counts | dict.fromkeys(names) | {"size_verdict": "too few replicates", "size_reason": "not analyzed"}
