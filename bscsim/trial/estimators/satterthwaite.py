"""Satterthwaite's degrees of freedom of one fixed effect of a mixed model."""

from __future__ import annotations

import numpy as np

from bscsim.trial.cluster_stats import Array
from bscsim.trial.estimators.information import Components, by_variance, expected, inverse_of_kept, observed


def satterthwaite(found: Components, column: int, keep: Array) -> tuple[Array, Array]:
    """Model-based standard error [R] and degrees of freedom [R] of b[column].

    Giesbrecht & Burns 1985, Biometrics 41:477: df = 2 Phi[c,c]^2 / (d'C d), d = dPhi[c,c]/dtheta, C the inverse of
    the observed information of the variances, as in lmerTest. keep: [R, c] variances that count as estimated, the
    others being taken as known. Where a kept one is estimated zero, and where the observed information is not positive
    definite, C is that of the expected information: the observed one means nothing where the likelihood has no peak.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> from bscsim.trial.estimators.lmm import fit
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> done = fit(stats)
    >>> [round(float(value[0]), 4) for value in satterthwaite(done.found, 1, done.identified)]
    [3.9051, 2.0]
    """
    C = inverse_of_kept(observed(found), keep)
    usable = np.isfinite(C).all(axis=(1, 2)) & ~(keep & (found.theta == 0)).any(axis=1)
    C = np.where(usable[:, None, None], C, inverse_of_kept(expected(found), keep))
    variance = found.phi[:, column, column]
    d = by_variance(found, column)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(variance), 2 * variance**2 / np.einsum("rc,rcd,rd->r", d, C, d)
