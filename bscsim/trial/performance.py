"""How an estimator performs over replicates, every number with its Monte Carlo error."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK, Array, Estimates
from bscsim.trial.estimators.inference import check_alpha
from bscsim.trial.failures import rejections
from bscsim.trial.share import Measure, Share, mean_of, plain, share_of
from bscsim.trial.size_adjusted import SizeAdjusted, size_adjusted_power


@dataclass(frozen=True, slots=True)
class Performance:
    """Measures of one estimator; but for power under its rules, and the counts, of the fits that did not fail."""

    alpha: float
    replicates: int
    ok: int
    boundary: int
    """Fits with a variance estimated zero."""
    failed: int
    target: Measure
    """The true effect that bias and coverage refer to; its error is 0 where it was typed in."""
    power: dict[str, Share | None]
    """Share of p <= alpha, by the rule for failed fits (:func:`.rejections`); under a null: the type I error."""
    bias: Measure
    """Mean estimate less the target."""
    empirical_se: Measure
    """SD of the estimates."""
    model_se: Measure
    """Root of the mean squared standard error."""
    relative_error_of_model_se: Measure
    """model_se / empirical_se - 1."""
    mse: Measure
    """Mean squared distance from the target."""
    coverage: Share
    """Intervals that hold the target."""
    bias_eliminated_coverage: Share
    """Intervals that hold the mean estimate: coverage but for the bias."""
    coverage_of_realized: Share | None
    """Intervals that hold the effect in the replicate's own centers; above nominal where effects vary."""
    type_s: Share | None
    """Of the significant estimates, those of the wrong sign; None if the target is 0."""
    type_m: Measure | None
    """Mean of |estimate / target| of the significant ones; None if the target is 0."""
    size_adjusted_power: SizeAdjusted | None
    """With the critical p-value of the null; None without a null."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data; None for what does not exist.

        >>> from bscsim.trial.estimators.inference import t_inference
        >>> found = t_inference(np.array([1.0, 3.0]), np.ones(2), np.full(2, np.inf), np.zeros(2))
        >>> performance(found, 1.5).as_dict()["bias"]
        {'value': 0.5, 'mcse': 1.0}
        """
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def performance(
    estimates: Estimates,
    truth: float | None = None,
    alpha: float = 0.05,
    *,
    realized: ArrayLike | None = None,
    fallback: Estimates | None = None,
    null: Estimates | None = None,
    paired: bool = True,
) -> Performance:
    """Measure an estimator by the true effect.

    With n fits that did not fail, estimates b_i, standard errors s_i, mean b and target d (Morris, White & Crowther
    2019, Stat Med 38:2074, Table 6), and Monte Carlo standard errors after the semicolon:

    - bias: b - d; SD(b_i) / sqrt(n), where the target is known
    - empirical SE: SD(b_i) = E; E / sqrt(2 (n - 1))
    - model SE: M = sqrt(mean s_i^2); sqrt(var(s_i^2) / (4 n M^2))
    - relative error of the model SE: M / E - 1; (M / E) sqrt(var(s_i^2) / (4 n M^4) + 1 / (2 (n - 1)))
    - mean squared error: mean (b_i - d)^2; SD((b_i - d)^2) / sqrt(n)
    - coverage, power and other shares p: sqrt(p (1 - p) / n), with Wilson's interval

    Type S and type M errors: Gelman & Carlin 2014, Perspect Psychol Sci 9:641.

    Parameters
    ----------
    estimates
        Of R replicates, their intervals made with the same alpha.
    truth
        The target: the effect in the population of centers. None: the mean of realized, with its own error, of which
        the part it shares with the mean estimate is taken off the error of the bias.
    alpha
        Level of the test; 0 to 1, ends excluded.
    realized
        [R] effect in each replicate's own treated centers, or None.
    fallback
        Another estimator's estimates of the same replicates, in the place of failed fits under that rule.
    null, paired
        The same estimator's under the average null, for :func:`.size_adjusted_power`.

    Returns
    -------
    Performance
        A number that does not exist is NaN (of a single fit, of none).

    Raises
    ------
    ValueError
        without truth and realized, on lengths that do not agree, and on alpha outside (0, 1).

    Examples
    --------
    >>> from bscsim.trial.estimators.inference import t_inference
    >>> b = np.array([0.5, 2.5, 3.5, 1.5, np.nan])
    >>> found = t_inference(b, np.ones(5), np.full(5, np.inf), np.zeros(5))
    >>> made = performance(found, 2.0)
    >>> made.bias.value, made.power["exclude"], made.power["non_rejection"], made.failed
    (0.0, Share(count=2, of=4), Share(count=2, of=5), 1)
    """
    check_alpha(alpha)
    R, real = len(estimates.b), None if realized is None else np.asarray(realized, np.float64)
    if real is not None and real.shape != (R,):
        raise ValueError(f"realized has the shape {real.shape}; there are {R} replicates")
    if truth is None and real is None:
        raise ValueError("performance needs the truth, or the realized effects whose mean it is")
    target = Measure(float(truth), 0.0) if truth is not None else mean_of(np.asarray(real))
    fitted = estimates.status != FAILED
    found, own = Estimates(*(array[fitted] for array in estimates)), None if real is None else real[fitted]
    d, significant = target.value, found.b[found.p <= alpha]
    empirical, model, relative, mse = _errors(found, d)
    return Performance(
        alpha=alpha,
        replicates=R,
        ok=_count(estimates, OK),
        boundary=_count(estimates, BOUNDARY),
        failed=_count(estimates, FAILED),
        target=target,
        power=rejections(estimates, alpha, fallback),
        bias=_bias(found.b, target, own if truth is None else None),
        empirical_se=empirical,
        model_se=model,
        relative_error_of_model_se=relative,
        mse=mse,
        coverage=_covers(found, d),
        bias_eliminated_coverage=_covers(found, found.b.mean() if len(found.b) else nan),
        coverage_of_realized=None if own is None else _covers(found, own),
        type_s=share_of(significant * d < 0) if d else None,
        type_m=mean_of(np.abs(significant / d)) if d else None,
        size_adjusted_power=None if null is None else size_adjusted_power(estimates, null, alpha, paired=paired),
    )


def _count(estimates: Estimates, status: int) -> int:
    return int(np.count_nonzero(estimates.status == status))


def _bias(b: Array, target: Measure, realized: Array | None) -> Measure:
    """Mean less target; realized: the effects of the fits, where the target is the mean of all replicates' effects."""
    found = mean_of(b)
    var = found.mcse**2 + target.mcse**2
    if realized is not None and len(b) > 1:  # cov(mean of n fits, mean of R effects) = cov / R
        share = target.mcse**2 / realized.var(ddof=1) if realized.std() > 0 else 0.0
        var -= 2 * share * float(np.cov(b, realized)[0, 1])
    return Measure(found.value - target.value, sqrt(max(var, 0.0)))


def _errors(found: Estimates, target: float) -> tuple[Measure, Measure, Measure, Measure]:
    """Empirical SE, model SE, the relative error of the second, and the mean squared error."""
    n = len(found.b)
    if n < 2:
        none = Measure(nan, nan)
        return none, none, none, none
    square = found.se**2
    empirical, model = float(found.b.std(ddof=1)), sqrt(float(square.mean()))
    noise = float(square.var(ddof=1)) / (4 * n)
    ratio = model / empirical if empirical > 0 else nan
    return (
        Measure(empirical, empirical / sqrt(2 * (n - 1))),
        Measure(model, sqrt(noise) / model),
        Measure(ratio - 1, ratio * sqrt(noise / model**4 + 1 / (2 * (n - 1)))),
        mean_of((found.b - target) ** 2),
    )


def _covers(found: Estimates, value: float | Array) -> Share:
    """Of the intervals that exist, those that hold the value."""
    there = ~(np.isnan(found.low) | np.isnan(found.high))
    return share_of(((found.low <= value) & (value <= found.high))[there])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, Share | Measure | SizeAdjusted):
        return value.as_dict()
    return plain(value) if isinstance(value, float) else value
