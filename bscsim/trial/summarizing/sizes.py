"""Whether a test holds its level under both nulls, and if not, why."""

from __future__ import annotations

from math import inf, sqrt
from typing import Final, Literal, NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, Estimates
from bscsim.trial.performance import performance
from bscsim.trial.share import Share, mean_of, share_of
from bscsim.trial.summarizing.words import RANDOMIZED, about, percent
from bscsim.trial.trial import Trial

Verdict = Literal["holds", "too high", "too low", "too few replicates"]

FEW_COLLABORATIVES: Final = 6
"""Collaboratives up to which degrees of freedom of Satterthwaite's kind are known to be too many."""
BAND: Final = 3
"""Monte Carlo standard errors within which a size is taken for nominal."""
FEW_CLUSTERS: Final = 50
"""Degrees of freedom up to which those of a sandwich, counted, are known to be too many (Cameron & Miller 2015)."""
CLEAR: Final = 2
"""Monte Carlo standard errors beyond which a difference is named as a reason."""
OFF: Final = 0.05
"""Relative error of a standard error below which it is no reason."""
NESTING: Final = "centers of a collaborative share its effect, which this analysis ignores (partial nesting)"
UNKNOWN: Final = "the cause is not among the known ones (few clusters, boundary, partial nesting, standard error)"

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
        null = _Nulls(trial, name, states, sharp, average)
        cause = _why_high(null) if verdict == "too high" else _why_low(null, null.basis("too low"))
        if verdict == "too low" and null.more_under_average:
            cause += f"; under the average null more are rejected, as {NESTING}"
        reason = f"{_places(states, verdict)}: {cause}"
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


class _Nulls(NamedTuple):
    """An estimator under both nulls, for the search of a reason."""

    trial: Trial
    name: str
    states: list[Verdict | None]
    sharp: Estimates | None
    average: Estimates | None

    @property
    def nested(self) -> bool:
        """Whether nesting is no reason: collaboratives are the units, or it is a series of them all."""
        return about(self.name).nested or self.name == "segmented"

    @property
    def more_under_average(self) -> bool:
        """Whether collaboratives are ignored and the average null is rejected clearly more often than the sharp one."""
        if self.nested or self.average is None:
            return False
        return self.sharp is None or _clearly_more(self.average, self.sharp, self.trial.target.alpha)

    def basis(self, verdict: Verdict) -> Estimates | None:
        """The fits in which to look for a reason other than nesting: of the sharp null where that cannot play a part.

        An analysis that ignores collaboratives has a standard error that is too small under the average null anyway.
        """
        off = [state == verdict for state in self.states]
        first = (off[0] and not self.nested) or not off[1]
        return self.sharp if self.average is None or (first and self.sharp is not None) else self.average


def _clearly_more(more: Estimates, less: Estimates, alpha: float) -> bool:
    """Whether one test rejects more often than another, by over 2 Monte Carlo errors of their difference (paired)."""
    if more.p.shape != less.p.shape:
        shares = [share_of(one.p[one.status != FAILED] <= alpha) for one in (more, less)]
        return shares[0].value - shares[1].value > CLEAR * sqrt(shares[0].mcse ** 2 + shares[1].mcse ** 2)
    both = (more.status != FAILED) & (less.status != FAILED)
    gap = mean_of((more.p[both] <= alpha) * 1.0 - (less.p[both] <= alpha))
    return gap.value > 0 and gap.value > CLEAR * gap.mcse


def _why_high(null: _Nulls) -> str:
    more = null.more_under_average
    if null.trial.design.type not in RANDOMIZED:
        own = OF_DESIGN[null.trial.design.type]
        return f"{own}; besides, {NESTING}" if more else own
    if null.states[0] != "too high" and null.name == "randomization":
        return "the randomization test is exact for the sharp null only: it asks whether anybody is affected"
    if not more:
        return _own_high(null, null.basis("too high"))
    if null.states[0] == "too high":
        return f"{NESTING}; besides, under the sharp null too, {_own_high(null, null.basis('too high'))}"
    if null.states[0] == "too low":
        return f"{NESTING}; under the sharp null it is too low: {_why_low(null, null.sharp)}"
    return NESTING


def _own_high(null: _Nulls, basis: Estimates | None) -> str:
    """Why a test rejects too often, nesting apart."""
    trial, name = null.trial, null.name
    boundary = _boundary(basis)
    if name == "partially_nested_dropped" or (name.startswith("partially") and boundary > 0.05):
        return (f"in {percent(boundary)} of the fits a variance is estimated zero (boundary), after which the degrees "
                "of freedom are too many")  # fmt: skip
    groups, word = _groups(trial, null.nested)
    mean = _mean_df(basis)
    if name.startswith("gee") and (mean <= FEW_CLUSTERS or (null.nested and groups <= FEW_COLLABORATIVES)):
        what = "collaboratives and control centers" if null.nested else "centers"
        return (f"the degrees of freedom, {what} less parameters (J - p, here {mean:.0f} on average), are too many "
                "for a sandwich with few clusters, the more so where their sizes differ")  # fmt: skip
    if groups <= FEW_COLLABORATIVES and name != "randomization":
        return f"with {groups} {word} the degrees of freedom are estimated from few groups and come out too many"
    off = _error_of_se(basis, trial.target.alpha)
    if off < 0:
        return f"the standard error is on average {percent(-off)} too small"
    return UNKNOWN


def _why_low(null: _Nulls, basis: Estimates | None) -> str:
    trial, name = null.trial, null.name
    if name == "randomization":
        return "p-values of a randomization test are few and coarse, and with covariates it errs on the safe side"
    off = _error_of_se(basis, trial.target.alpha)
    if trial.design.type == "stepped_wedge" and name.startswith("lmm_") and off > 0:
        return ("beside centers the model has either their periods or the units measured again and again, and what the "
                f"others keep is left in its residual; the standard error is on average {percent(off)} "
                "too large")  # fmt: skip
    boundary = _boundary(basis)
    if boundary > 0.05 and name.startswith(("partially", "lmm_")) and name != "partially_nested_dropped":
        return (f"in {percent(boundary)} of the fits a variance is estimated zero (boundary) that counts as estimated, "
                "which leaves too few degrees of freedom")  # fmt: skip
    if off > 0:
        return f"the standard error is on average {percent(off)} too large"
    if name == "gee_md":
        return "the correction of Mancl and DeRouen for few clusters is a little too large, on the safe side"
    groups, word = _groups(trial, null.nested)
    if not null.nested and groups > FEW_CLUSTERS:
        return UNKNOWN
    return f"with {groups} {word} the degrees of freedom are estimated from few groups and come out too few"


def _groups(trial: Trial, nested: bool) -> tuple[int, str]:
    """The fewest groups that an analysis takes for independent, and what they are."""
    design, k = trial.design, sum(cohort.collaboratives for cohort in trial.design.by_cohort)
    if nested:
        return k, "collaboratives"
    treated = k * design.centers_per_collaborative
    if design.type in ("stepped_wedge", "pre_post"):
        return treated, "centers"
    others = treated * design.comparisons if design.type == "matched_comparison" else design.control_centers
    return treated + others, "centers"


def _boundary(estimates: Estimates | None) -> float:
    return 0.0 if estimates is None or not len(estimates.b) else float((estimates.status == BOUNDARY).mean())


def _mean_df(estimates: Estimates | None) -> float:
    """Mean finite degrees of freedom; inf without any."""
    df = np.empty(0) if estimates is None else estimates.df[(estimates.status != FAILED) & np.isfinite(estimates.df)]
    return float(df.mean()) if len(df) else inf


def _error_of_se(estimates: Estimates | None, alpha: float) -> float:
    """Relative error of the model standard error; 0 if within 5%, or within 2 of its Monte Carlo errors of none."""
    if estimates is None:
        return 0.0
    error = performance(estimates, 0.0, alpha).relative_error_of_model_se
    return error.value if abs(error.value) > max(OFF, CLEAR * error.mcse) else 0.0  # NaN: 0
