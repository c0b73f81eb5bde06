"""Whether a test holds its level under both nulls, and if not, why."""

from __future__ import annotations

from math import isnan, sqrt
from typing import Final, Literal, NamedTuple

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, Estimates
from bscsim.trial.share import Share, share_of
from bscsim.trial.summarizing.words import RANDOMIZED, about, percent
from bscsim.trial.trial import Trial

Verdict = Literal["holds", "too high", "too low", "too few replicates"]

FEW_COLLABORATIVES: Final = 6
"""Collaboratives up to which degrees of freedom of Satterthwaite's kind are known to be too many."""
BAND: Final = 3
"""Monte Carlo standard errors within which a size is taken for nominal."""

OF_DESIGN: Final = {
    "pre_post": "there is no comparison group, so that whatever changes between the waves (turnover, season, secular "
                "trend) passes for an effect",
    "matched_comparison": "centers that join differ from those that do not in what matching does not see (selection)",
    "interrupted_series": "season, and reports that are missing because of what they would show, pass for a change",
}  # fmt: skip


class Size(NamedTuple):
    """Type I error under the two nulls and what it says."""

    sharp: Share | None
    average: Share | None
    verdict: Verdict
    reason: str


def size_of(trial: Trial, name: str, sharp: Estimates | None, average: Estimates | None) -> Size:
    """Judge an estimator's size; estimates carry the p-values of the study's own test (one- or two-sided).

    Nominal means within 3 Monte Carlo standard errors sqrt(alpha (1 - alpha) / n) of alpha, under both nulls. With so
    few replicates that the band reaches zero nothing can be seen too low, and the verdict says so unless a size is too
    high. Failed fits are left out.

    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> from bscsim.trial.estimators.inference import t_inference
    >>> import numpy as np
    >>> trial = Trial(None, DesignSettings(), {}, (AnalysisSettings(),))
    >>> z = t_inference(np.linspace(-4, 4, 1000), np.ones(1000), np.full(1000, np.inf), np.zeros(1000))
    >>> found = size_of(trial, "cluster_t_centers", z, z)
    >>> found.sharp.value, found.verdict
    (0.51, 'too high')
    """
    alpha = trial.target.alpha
    tests = (sharp, average)
    shares = [None if one is None else share_of(one.p[one.status != FAILED] <= alpha) for one in tests]
    states = [_state(share, alpha) for share in shares]
    verdict: Verdict = "too few replicates"
    for word in ("too high", "too low", "holds"):
        if word in states:
            verdict = word
            break
    reason = ""
    if verdict in ("too high", "too low"):
        place = _places(states, verdict)
        cause = _why_high(trial, name, states, average) if verdict == "too high" else _why_low(trial, name, average)
        reason = f"{place}: {cause}"
    elif verdict == "too few replicates":
        enough = int(BAND**2 * (1 - alpha) / alpha + 1e-9) + 1
        reason = f"with fewer than {enough} fits a size cannot be told from {alpha:g}"
    return Size(shares[0], shares[1], verdict, reason)


def _state(share: Share | None, alpha: float) -> Verdict | None:
    if share is None or not share.of:
        return None
    band = BAND * sqrt(alpha * (1 - alpha) / share.of)
    if share.value > alpha + band:
        return "too high"
    if band >= alpha:
        return "too few replicates"
    return "too low" if share.value < alpha - band else "holds"


def _places(states: list[Verdict | None], verdict: Verdict) -> str:
    named = [name for name, state in zip(("sharp", "average"), states, strict=True) if state == verdict]
    return "under both nulls" if len(named) == 2 else f"under the {named[0]} null"


def _why_high(trial: Trial, name: str, states: list[Verdict | None], average: Estimates | None) -> str:
    if trial.design.type not in RANDOMIZED:
        return OF_DESIGN[trial.design.type]
    only_average = states[0] != "too high"
    if name == "randomization" and only_average:
        return "the randomization test is exact for the sharp null only: it asks whether anybody is affected"
    if not about(name).nested and only_average:
        return "centers of a collaborative share its effect, which this analysis ignores (partial nesting)"
    k = sum(cohort.collaboratives for cohort in trial.design.by_cohort)
    boundary = 0.0 if average is None else float((average.status == BOUNDARY).mean())
    if name == "partially_nested_dropped" or (name.startswith("partially") and boundary > 0.05):
        return (f"in {percent(boundary)} of the fits a variance is estimated zero (boundary), after which the degrees "
                "of freedom are too many")  # fmt: skip
    if k <= FEW_COLLABORATIVES:
        return f"with {k} collaboratives the degrees of freedom are estimated from few groups and come out too many"
    if average is not None and _ratio(average) < 0.95:
        return f"the standard error is on average {percent(1 - _ratio(average))} too small"
    return "the cause is not among the known ones (few collaboratives, boundary, partial nesting)"


def _why_low(trial: Trial, name: str, average: Estimates | None) -> str:
    if name == "randomization":
        return "p-values of a randomization test are few and coarse, and with covariates it errs on the safe side"
    if trial.design.type == "stepped_wedge" and name.startswith("lmm_") and average is not None:
        return ("beside centers the model has either their periods or the units measured again and again, and what the "
                "others keep is left in its residual; the standard error is on average "
                f"{percent(max(_ratio(average) - 1, 0.0))} too large")  # fmt: skip
    boundary = 0.0 if average is None else float((average.status == BOUNDARY).mean())
    if boundary > 0.05:
        return (f"in {percent(boundary)} of the fits a variance is estimated zero (boundary) that counts as estimated, "
                "which leaves too few degrees of freedom")  # fmt: skip
    if average is not None and _ratio(average) > 1.05:
        return f"the standard error is on average {percent(_ratio(average) - 1)} too large"
    k = sum(cohort.collaboratives for cohort in trial.design.by_cohort)
    return f"with {k} collaboratives the degrees of freedom are estimated from few groups and come out too few"


def _ratio(estimates: Estimates) -> float:
    """Model standard error over the spread of the estimates; 1 where there is no telling."""
    fitted = estimates.status != FAILED
    if fitted.sum() < 2:
        return 1.0
    spread = float(estimates.b[fitted].std(ddof=1))
    ratio = sqrt(float((estimates.se[fitted] ** 2).mean())) / spread if spread > 0 else 1.0
    return 1.0 if isnan(ratio) else ratio
