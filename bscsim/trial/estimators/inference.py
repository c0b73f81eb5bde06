"""From an estimate, its standard error and degrees of freedom to the p-value and the interval."""

from __future__ import annotations

import numpy as np

from bscsim.trial.cluster_stats import FAILED, Array, Estimates


def check_alpha(alpha: float) -> None:
    """Raise ValueError unless 0 < alpha < 1.

    >>> check_alpha(0.05)
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; it must lie between 0 and 1, such as 0.05")


def t_inference(b: Array, se: Array, df: Array, status: Array, alpha: float = 0.05) -> Estimates:
    """Test b = 0 two-sided by t = b / se with df degrees of freedom (inf: the normal) in each of R replicates.

    Whatever is not finite, or has no positive standard error and degrees of freedom, is FAILED; failed rows become
    NaN. ValueError unless 0 < alpha < 1.

    >>> import numpy as np
    >>> found = t_inference(np.array([2.0]), np.array([1.0]), np.array([np.inf]), np.array([0]))
    >>> round(float(found.p[0]), 4), round(float(found.low[0]), 4)
    (0.0455, 0.04)
    """
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    check_alpha(alpha)
    with np.errstate(invalid="ignore"):
        good = (status != FAILED) & np.isfinite(b) & np.isfinite(se) & (se > 0) & (df > 0)
    b, se, df = (np.where(good, values, np.nan) for values in (b, se, df))
    normal = np.isposinf(df)
    finite = np.where(good & ~normal, df, 1.0)
    t = -np.abs(b / se)
    p = 2 * np.where(normal, ndtr(t), stdtr(finite, t))
    half = se * np.where(normal, ndtri(1 - alpha / 2), stdtrit(finite, 1 - alpha / 2))
    return Estimates(b, se, df, p, b - half, b + half, np.where(good, status, FAILED).astype(np.int8))
