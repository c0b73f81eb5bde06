"""Estimators by the name that a study file gives them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.analyzing.sums import Model, part_of, patterns
from bscsim.trial.cluster_stats import FAILED, Estimates
from bscsim.trial.estimators import gee, lmm, ols_cr2
from bscsim.trial.estimators.cluster_t import cluster_t
from bscsim.trial.estimators.paired import paired_t
from bscsim.trial.estimators.partially_nested import partially_nested

Array = NDArray[Any]

OF_SUMS: Final[dict[str, Callable[..., Estimates]]] = {
    "cluster_t": partial(cluster_t, level="collaborative"),
    "cluster_t_centers": partial(cluster_t, level="center"),
    "partially_nested": partial(partially_nested, zero="kept"),
    "partially_nested_dropped": partial(partially_nested, zero="dropped"),
    "gee": partial(gee.estimate, correction="kauermann_carroll"),
    "gee_md": partial(gee.estimate, correction="mancl_derouen"),
    "gee_fg": partial(gee.estimate, correction="fay_graubard"),
    "gee_centers": partial(gee.estimate, correction="kauermann_carroll", nested=False),
    "ols_cr2": partial(ols_cr2.estimate, nested=True),
    "ols_cr2_centers": partial(ols_cr2.estimate, nested=False),
    "paired_t": partial(paired_t, level="collaborative"),
    "paired_t_centers": partial(paired_t, level="center"),
}
"""Those that read the sums of centers alone. The GEE's degrees of freedom are t(J - p), J independent units."""

MIXED: Final[dict[str, Callable[..., Estimates]]] = {
    "lmm_kr": lmm.lmm_kr,
    "lmm_satterthwaite": lmm.lmm_satterthwaite,
    "lmm_between_within": lmm.lmm_between_within,
}
"""Mixed models, which may have cells within centers. None of them knows collaboratives."""

SPECIAL: Final = ("randomization", "segmented")
"""Those that read more than sums."""


def estimated(name: str, model: Model, alpha: float) -> Estimates:
    """Estimates of one of :data:`OF_SUMS` or :data:`MIXED`, each replicate with the covariates that vary in it.

    Raises ValueError for another name, and what the estimator raises.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 3.0, 2.0, 4.0]], [True, True, False, False], x=np.zeros((1, 4, 1)))
    >>> estimated("cluster_t_centers", Model(stats), 0.05).b.tolist()
    [-1.0]
    """
    if name not in OF_SUMS and name not in MIXED:
        raise ValueError(f"estimator {name!r} is none of {', '.join([*OF_SUMS, *MIXED])}")
    R = len(model.stats.n)
    groups = patterns(model.stats)
    if len(groups) == 1:
        return _fit(name, part_of(model, *groups[0]), alpha)
    out, status = np.full((6, R), np.nan), np.full(R, FAILED, np.int8)
    for rows, columns in groups:
        found = _fit(name, part_of(model, rows, columns), alpha)
        out[:, rows], status[rows] = np.stack(found[:6]), found.status
    b, se, df, p, low, high = out
    return Estimates(b, se, df, p, low, high, status)


def _fit(name: str, model: Model, alpha: float) -> Estimates:
    if name in MIXED:
        return MIXED[name](model.stats, alpha, cells=model.cells)
    return OF_SUMS[name](model.stats, alpha)
