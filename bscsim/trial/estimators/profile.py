"""The restricted likelihood of groups of clusters, the residual variance and the fixed effects profiled out.

Minus twice the restricted log-likelihood, constants aside, of V = s2 V(ratios) with N units and q columns is

    h = (N - q) log S + log|V(ratios)| + log|X'V(ratios)^-1 X|,   S = min over b of (y - Xb)'V(ratios)^-1 (y - Xb)

(Harville 1977, JASA 72:320). Parameters are phi = log(1 + g n*) for every ratio g, n* the most units of a cluster (a
cell): with equal sizes h is convex in it, and a variance of zero is phi = 0. A second group adds the logarithm of its
residual variance over the first's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import Array
from bscsim.trial.estimators.groups import Group, take, unpack
from bscsim.trial.estimators.moments import Moments, largest, levels, moments, value


class Point(NamedTuple):
    """h and its derivatives by P parameters in R replicates, with what was profiled out."""

    h: Array
    """[R]."""
    gradient: Array
    """[R, P]."""
    hessian: Array
    """[R, P, P]."""
    b: Array
    """[R, q] fixed effects."""
    s2: Array
    """[R] residual variance of the first group."""


class Slopes(NamedTuple):
    """z'V^-1 z and log|V| with their derivatives by P parameters."""

    m: Array
    dm: Array
    d2m: Array
    logdet: Array
    dlog: Array
    d2log: Array


class Profile:
    """The profile likelihood of groups as a function of phi [R, P]; callable for some of the replicates.

    P: the ratios of the first group (cluster, then cell); for every other group the log ratio of residual variances
    and its ratios.
    """

    def __init__(self, groups: tuple[Group, ...]) -> None:
        self.groups = groups
        self.scales = tuple(largest(group) for group in groups)
        self.q = int((np.sqrt(8 * groups[0].zz.shape[1] + 1) - 1) / 2) - 1
        lower: list[float] = []
        for i, group in enumerate(groups):
            lower += [-np.inf] * (i > 0) + [0.0] * levels(group)
        self.lower = np.array(lower)
        """[P] 0 for a variance, -inf for a log ratio."""

    def ratios(self, phi: Array) -> list[tuple[Array, Array]]:
        """Per group the ratio of its residual variance to the first group's [R], and its ratios [R, L]."""
        out, at = [], 0
        for i, (group, scale) in enumerate(zip(self.groups, self.scales, strict=True)):
            kappa = np.exp(phi[:, at]) if i else np.ones(len(phi))
            at += i > 0
            out.append((kappa, np.expm1(phi[:, at : at + levels(group)]) / scale))
            at += levels(group)
        return out

    def rows(self, rows: Array) -> Profile:
        """The same of some replicates only."""
        part = Profile.__new__(Profile)
        part.groups, part.q, part.lower = tuple(take(group, rows) for group in self.groups), self.q, self.lower
        part.scales = tuple(scale[rows] for scale in self.scales)
        return part

    def __call__(self, phi: Array) -> Point:
        """Evaluate at phi [R, P]."""
        slopes = self._slopes(phi)
        units = sum(group.units for group in self.groups)
        return _point(slopes, np.asarray(units) - self.q)

    def height(self, phi: Array) -> Array:
        """Return h at phi [R, P] alone, of a single group."""
        (group,) = self.groups
        _, g = self.ratios(phi)[0]
        packed, logdet = value(group, g)
        m = unpack(packed)
        q = self.q
        half = np.linalg.solve(m[:, :q, :q], m[:, :q, q:])
        S = m[:, q, q] - (m[:, q, :q] * half[..., 0]).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            h = (group.units - q) * np.log(np.where(S > 0, S, np.nan)) + logdet
        return np.asarray(h + np.linalg.slogdet(m[:, :q, :q])[1])

    def _slopes(self, phi: Array) -> Slopes:
        R, P = phi.shape
        q1 = self.q + 1
        total = Slopes(
            np.zeros((R, q1, q1)), np.zeros((R, P, q1, q1)), np.zeros((R, P, P, q1, q1)),
            np.zeros(R), np.zeros((R, P)), np.zeros((R, P, P)),
        )  # fmt: skip
        at = 0
        for i, (group, scale, (kappa, g)) in enumerate(zip(self.groups, self.scales, self.ratios(phi), strict=True)):
            own = _by_phi(moments(group, g), g + 1.0 / scale)
            at = _add(total, own, kappa, group.units, at, other=i > 0)
        return total


def _by_phi(found: Moments, dg: Array) -> Slopes:
    """Derivatives by phi of what depends on g: dg/dphi = d2g/dphi2 = g + 1/n*."""
    one, two = dg[..., None, None], (dg[:, :, None] * dg[:, None, :])
    dm, dlog = -found.mi * one, found.ti * dg
    d2m, d2log = 2 * found.mij * two[..., None, None], -found.tij * two
    for i in range(dg.shape[1]):
        d2m[:, i, i] += dm[:, i]
        d2log[:, i, i] += dlog[:, i]
    return Slopes(found.m, dm, d2m, found.logdet, dlog, d2log)


def _add(to: Slopes, own: Slopes, kappa: Array, units: Array, at: int, *, other: bool) -> int:
    """Add a group's share, its residual variance kappa times the first's, at parameter `at`; gives the next one's."""
    weight = 1.0 / kappa
    w3, w4, w5 = weight[:, None, None], weight[:, None, None, None], weight[:, None, None, None, None]
    L = int(own.dlog.shape[1])
    ratio = slice(at + other, at + other + L)
    to.m[...] += own.m * w3
    to.dm[:, ratio] = own.dm * w4
    to.d2m[:, ratio, ratio] = own.d2m * w5
    to.logdet[...] += own.logdet + units * np.log(kappa)
    to.dlog[:, ratio], to.d2log[:, ratio, ratio] = own.dlog, own.d2log
    if other:
        to.dm[:, at], to.d2m[:, at, at], to.dlog[:, at] = -own.m * w3, own.m * w3, units
        to.d2m[:, at, ratio] = to.d2m[:, ratio, at] = -own.dm * w4
    return at + other + L


def _point(slopes: Slopes, df: Array) -> Point:
    q = slopes.m.shape[-1] - 1
    inverse = np.linalg.inv(slopes.m[:, :q, :q])
    b = (inverse @ slopes.m[:, :q, q:])[..., 0]
    r = np.concatenate([-b, np.ones((len(b), 1))], axis=1)
    S = (slopes.m[:, q] * r).sum(axis=1)
    moved = (slopes.dm @ r[:, None, :, None])[..., 0]
    dS = (moved * r[:, None]).sum(axis=2)
    x = moved[..., :q]
    bent = ((slopes.d2m @ r[:, None, None, :, None])[..., 0] * r[:, None, None]).sum(axis=3)
    d2S = bent - 2 * x @ inverse @ x.swapaxes(1, 2)
    turned = inverse[:, None] @ slopes.dm[..., :q, :q]
    dX = np.trace(turned, axis1=2, axis2=3)
    curved = (inverse[:, None, None] * slopes.d2m[..., :q, :q]).sum(axis=(3, 4))
    R, P = dX.shape
    flat = turned.reshape(R, P, q * q)
    d2X = curved - flat @ turned.swapaxes(2, 3).reshape(R, P, q * q).swapaxes(1, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        good = S > 0
        log_S = np.log(np.where(good, S, np.nan))
        relative = dS / S[:, None]
        d2S = d2S / S[:, None, None] - relative[:, :, None] * relative[:, None, :]
        h = df * log_S + slopes.logdet + np.linalg.slogdet(slopes.m[:, :q, :q])[1]
    gradient = df[:, None] * relative + slopes.dlog + dX
    return Point(h, gradient, df[:, None, None] * d2S + slopes.d2log + d2X, b, S / df)
