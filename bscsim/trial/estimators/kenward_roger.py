"""Kenward and Roger's standard error and degrees of freedom of one fixed effect."""

from __future__ import annotations

import numpy as np

from bscsim.trial.cluster_stats import Array
from bscsim.trial.estimators.information import Components, by_variance, expected, inverse_of_kept


def kenward_roger(found: Components, column: int, keep: Array) -> tuple[Array, Array]:
    """Adjusted standard error [R] and degrees of freedom [R] of b[column] (Kenward & Roger 1997, Biometrics 53:983).

    With W the inverse of the expected information of the variances, Q_ij = X'V^-1 V_i V^-1 V_j V^-1 X and
    P_i = X'V^-1 V_i V^-1 X:

        Phi_A = Phi + 2 Phi (sum of W_ij (Q_ij - P_i Phi P_j)) Phi,   df = 2 Phi[c,c]^2 / (d'W d),  d = dPhi[c,c]/dtheta

    The df are what their F approximation comes to for a single contrast, whose scale factor is then 1; V is linear in
    the variances, so second derivatives vanish. keep: [R, c] variances that count as estimated; pbkrtest keeps all,
    also those estimated zero.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> from bscsim.trial.estimators.lmm import fit
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> done = fit(stats)
    >>> [round(float(value[0]), 4) for value in kenward_roger(done.found, 1, done.identified)]
    [3.9051, 2.0]
    """
    q = found.b.shape[1]
    W = inverse_of_kept(expected(found), keep)
    P = found.g[..., :q, :q]
    Q = np.einsum("rcd,rcdab->rab", W, found.h[..., :q, :q])
    mixed = np.einsum("rcd,rdab->rcab", W, P)
    bias = Q - (P @ found.phi[:, None] @ mixed).sum(axis=1)
    v = found.phi[:, :, column]
    variance = found.phi[:, column, column] + 2 * np.einsum("ra,rab,rb->r", v, bias, v)
    d = by_variance(found, column)
    with np.errstate(invalid="ignore", divide="ignore"):
        df = 2 * found.phi[:, column, column] ** 2 / np.einsum("rc,rcd,rd->r", d, W, d)
        return np.sqrt(variance), df
