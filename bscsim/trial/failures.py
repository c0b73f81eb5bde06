"""What becomes of fits that failed: three rules, each named wherever its number stands."""

from __future__ import annotations

import numpy as np

from bscsim.trial.cluster_stats import FAILED, Estimates
from bscsim.trial.share import Share, share_of


def rejections(estimates: Estimates, alpha: float, fallback: Estimates | None = None) -> dict[str, Share | None]:
    """Share of replicates in which the effect is "significant", p <= alpha, under each rule for failed fits.

    "exclude": they are left out of both parts of the share. "non_rejection": they count as tests that do not reject.
    "fallback": the other estimator's test stands in their place, if one is given (else None); where it failed too, they
    do not reject. The rules agree where nothing failed.

    >>> from bscsim.trial.estimators.inference import t_inference
    >>> b, one = np.array([5.0, 0.0, np.nan, np.nan]), np.ones(4)
    >>> found = t_inference(b, one, 10 * one, np.array([0, 0, 2, 2]))
    >>> {rule: share and share.value for rule, share in rejections(found, 0.05).items()}
    {'exclude': 0.5, 'non_rejection': 0.25, 'fallback': None}
    """
    significant = estimates.p <= alpha  # False where NaN
    second = None if fallback is None else share_of(fall_back(estimates, fallback).p <= alpha)
    fitted = significant[estimates.status != FAILED]
    return {"exclude": share_of(fitted), "non_rejection": share_of(significant), "fallback": second}


def fall_back(estimates: Estimates, fallback: Estimates) -> Estimates:
    """The estimates, with another estimator's of the same replicates where they failed.

    ValueError if they are not of as many replicates.

    >>> from bscsim.trial.estimators.inference import t_inference
    >>> bad = t_inference(np.array([np.nan, 1.0]), np.ones(2), np.ones(2), np.zeros(2))
    >>> good = t_inference(np.array([7.0, 7.0]), np.ones(2), np.ones(2), np.zeros(2))
    >>> fall_back(bad, good).b.tolist()
    [7.0, 1.0]
    """
    if len(fallback.b) != len(estimates.b):
        raise ValueError(f"fallback has {len(fallback.b)} replicates, the estimates have {len(estimates.b)}")
    failed = estimates.status == FAILED
    return Estimates(*(np.where(failed, two, one) for one, two in zip(estimates, fallback, strict=True)))
