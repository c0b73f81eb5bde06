"""The test that a study makes: one- or two-sided, and with the effect centered on zero (the average null)."""

from __future__ import annotations

import numpy as np

from bscsim.trial.cluster_stats import Array, Estimates
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.summarizing.columns import Columns, estimates_of


def sided(estimates: Estimates, sides: int) -> Estimates:
    """The estimates with the p-value of the study's test; one-sided: that the program helps, half of p where b > 0.

    Of a test whose distribution is symmetric this is exact; of a randomization test nearly.

    >>> both = t_inference(np.array([2.0, -2.0]), np.ones(2), np.full(2, np.inf), np.zeros(2))
    >>> sided(both, 1).p.round(4).tolist()
    [0.0228, 0.9772]
    """
    if sides == 2:
        return estimates
    return estimates._replace(p=np.where(estimates.b > 0, estimates.p / 2, 1 - estimates.p / 2))


def under_average(columns: Columns, name: str, center: float, alpha: float, sides: int) -> Estimates | None:
    """An estimator's estimates had the effect been zero in the mean with all its variation: b less the center.

    Estimators are shift equivariant, so that se and df stay. A test without degrees of freedom (randomization) needs a
    column of its own, "randomization.average.p"; None without it.

    >>> columns = {"gee.b": np.array([3.0]), "gee.se": np.ones(1), "gee.df": np.array([np.inf]), "gee.p": np.zeros(1)}
    >>> under_average(columns, "gee", 1.0, 0.05, 2).p.round(4).tolist()
    [0.0455]
    """
    found = estimates_of(columns, name)
    if found is None:
        return None
    p: Array | None = columns.get(f"{name}.average.p")
    if p is not None:
        status = np.where(np.isnan(p), 2, found.status).astype(np.int8)
        return sided(found._replace(b=found.b - center, p=np.asarray(p, np.float64), status=status), sides)
    if not (found.df > 0).any():
        return None
    return sided(t_inference(found.b - center, found.se, found.df, found.status, alpha), sides)
