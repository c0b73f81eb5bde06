"""What the data say of the variances of a fitted mixed model, and through them of the treatment's standard error.

The variances theta_i (V = sum of theta_i V_i) are all groups' residual, cluster and cell variances. With A = X'V^-1 X,
Phi = A^-1, G_i = Z'V^-1 V_i V^-1 Z and H_ij = Z'V^-1 V_i V^-1 V_j V^-1 Z for Z = (X, y) everything else follows; the
residual's terms (V_0 = I) come from the others by V^-1 = sum of theta_i V^-1 V_i V^-1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import Array
from bscsim.trial.estimators.groups import Group
from bscsim.trial.estimators.moments import moments
from bscsim.trial.estimators.profile import Profile


class Components(NamedTuple):
    """c variances of a fit in R replicates: for every group the residual's, the clusters', the cells' (if any)."""

    theta: Array
    """[R, c] the variances."""
    phi: Array
    """[R, q, q] Phi, covariance of the fixed effects with the variances taken as known."""
    b: Array
    """[R, q] fixed effects."""
    g: Array
    """[R, c, q+1, q+1] G_i."""
    h: Array
    """[R, c, c, q+1, q+1] symmetric part of H_ij."""
    trace: Array
    """[R, c, c] trace of V^-1 V_i V^-1 V_j."""


def components(profile: Profile, phi: Array) -> Components:
    """Turn a fit (phi [R, P] of the profile likelihood) into its variances and what belongs to them.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> from bscsim.trial.estimators.groups import group_of
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> found = components(Profile((group_of(stats),)), np.log([[61.0]]))
    >>> found.theta.round(6).tolist()
    [[0.5, 15.0]]
    """
    point = profile(phi)
    q, R = profile.q, len(phi)
    ratios = zip(profile.groups, profile.ratios(phi), strict=True)
    parts = [_group(group, kappa * point.s2, g) for group, (kappa, g) in ratios]
    c = sum(part[0].shape[1] for part in parts)
    theta, G = np.concatenate([part[0] for part in parts], axis=1), np.concatenate([part[1] for part in parts], axis=1)
    H, trace = np.zeros((R, c, c, q + 1, q + 1)), np.zeros((R, c, c))
    at = 0
    for own, _, own_h, own_trace in parts:
        here = slice(at, at + own.shape[1])
        H[:, here, here], trace[:, here, here] = own_h, own_trace
        at += own.shape[1]
    A = (theta[:, :, None, None] * G).sum(axis=1)
    return Components(theta, np.linalg.inv(A[:, :q, :q]), point.b, G, H, trace)


def expected(found: Components) -> Array:
    """Expected information of the variances under REML, [R, c, c] (Kenward & Roger 1997, eq. 2 ff.).

    I_ij = (tr(V^-1 V_i V^-1 V_j) - 2 tr(Phi H_ij) + tr(Phi G_i Phi G_j)) / 2, which is tr(P V_i P V_j) / 2.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> from bscsim.trial.estimators.lmm import fit
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> round(float(expected(fit(stats).found)[0, 1, 1]) ** -0.5, 3)  # 30.5 / 2: se of the centers' variance, s2 known
    15.25
    """
    q = found.b.shape[1]
    phi = found.phi[:, None]
    turned = phi @ found.g[..., :q, :q]
    crossed = np.einsum("rcab,rdba->rcd", turned, turned)
    straight = np.einsum("rab,rcdab->rcd", found.phi, found.h[..., :q, :q])
    return np.asarray(0.5 * (found.trace - 2 * straight + crossed))


def observed(found: Components) -> Array:
    """Observed information of the variances under REML, [R, c, c]: y'P V_i P V_j P y - tr(P V_i P V_j) / 2.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> from bscsim.trial.estimators.lmm import fit
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> found = fit(stats).found  # with equal sizes it is the expected one at the estimate
    >>> bool(np.allclose(observed(found), expected(found)))
    True
    """
    q = found.b.shape[1]
    r = np.concatenate([-found.b, np.ones((len(found.b), 1))], axis=1)
    across = (found.g @ r[:, None, :, None])[:, :, :q, 0]
    bent = np.einsum("ra,rcdab,rb->rcd", r, found.h, r)
    return np.asarray(bent - across @ found.phi @ across.swapaxes(1, 2) - expected(found))


def inverse_of_kept(information: Array, keep: Array) -> Array:
    """Covariance [R, c, c] of the variances that are kept [R, c] bool; rows and columns of the others are 0.

    NaN where the information is singular: two variances that the data cannot tell apart.

    >>> inverse_of_kept(np.diag([2.0, 4.0])[None], np.array([[True, False]])).tolist()
    [[[0.5, 0.0], [0.0, 0.0]]]
    """
    both = keep[:, :, None] & keep[:, None, :]
    one = np.eye(keep.shape[1])
    matrix = np.where(both, information, one)
    with np.errstate(invalid="ignore", divide="ignore"):
        diagonal = np.sqrt(np.abs(np.diagonal(matrix, axis1=1, axis2=2)))
        scale = diagonal[:, :, None] * diagonal[:, None, :]
        scaled = matrix / scale
    good = np.isfinite(scaled).all(axis=(1, 2))
    good &= np.linalg.eigvalsh(np.where(good[:, None, None], scaled, one))[:, 0] > 1e-9
    out = np.linalg.inv(np.where(good[:, None, None], scaled, one)) / np.where(scale > 0, scale, 1.0)
    return np.where(good[:, None, None], np.where(both, out, 0.0), np.nan)


def by_variance(found: Components, column: int) -> Array:
    """Derivative of Phi[column, column] by each variance, [R, c]: (Phi G_i Phi)[column, column]."""
    q = found.b.shape[1]
    v = found.phi[:, :, column]
    return np.asarray(np.einsum("ra,rcab,rb->rc", v, found.g[..., :q, :q], v))


def _group(group: Group, s2: Array, ratios: Array) -> tuple[Array, Array, Array, Array]:
    """The variances of a group, with G, H and the traces, from its moments in units of the residual variance."""
    found = moments(group, ratios)
    s = s2[:, None, None, None]
    theta = np.concatenate([s2[:, None], s2[:, None] * ratios], axis=1)
    G = _with_residual(found.m, found.mi, ratios) / s**2
    R, L = ratios.shape
    q1 = G.shape[-1]
    H = np.empty((R, L + 1, L + 1, q1, q1))
    for i in range(L):  # V_i times the identity above gives the residual's row; so does the residual's own
        H[:, i + 1] = _with_residual(found.mi[:, i], found.mij[:, i], ratios)
    H[:, 0] = _with_residual(G[:, 0] * s[:, 0] ** 2, H[:, 1:, 0], ratios)
    trace = np.empty((R, L + 1, L + 1))
    for i in range(L):
        trace[:, i + 1] = _trace_with_residual(found.ti[:, i], found.tij[:, i], ratios)
    first = _trace_with_residual(group.units, found.ti, ratios)
    trace[:, 0] = _trace_with_residual(first[:, 0], trace[:, 1:, 0], ratios)
    return theta, G, H / s[..., None] ** 3, trace / s[..., 0] ** 2


def _with_residual(whole: Array, parts: Array, ratios: Array) -> Array:
    """Put the residual's term before the others [R, L, ...]: the whole [R, ...] less ratio times each."""
    rest = whole - (ratios[:, :, None, None] * parts).sum(axis=1)
    return np.concatenate([rest[:, None], parts], axis=1)


def _trace_with_residual(whole: Array, parts: Array, ratios: Array) -> Array:
    return np.concatenate([(whole - (ratios * parts).sum(axis=1))[:, None], parts], axis=1)
