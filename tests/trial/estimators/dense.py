"""The same mixed models with whole matrices of units: slow, plain, and from the definitions.

REML by a general optimizer; Kenward and Roger by their formulas with n x n matrices; Satterthwaite by numerical second
derivatives of the restricted likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize

Array = np.ndarray


class Dense(NamedTuple):
    """A model y ~ N(X b, sum of theta_i V_i)."""

    X: Array
    y: Array
    parts: tuple[Array, ...]

    def deviance(self, theta: Sequence[float] | Array) -> float:
        """Minus twice the restricted log-likelihood, as lme4's REMLcrit."""
        V = self.covariance(theta)
        sign, logdet = np.linalg.slogdet(V)
        if sign <= 0:
            return float("inf")
        inverse = np.linalg.inv(V)
        xvx = self.X.T @ inverse @ self.X
        r = self.y - self.X @ self.b(theta)
        n, q = self.X.shape
        return float((n - q) * np.log(2 * np.pi) + logdet + np.linalg.slogdet(xvx)[1] + r @ inverse @ r)

    def covariance(self, theta: Sequence[float] | Array) -> Array:
        return np.asarray(sum(t * part for t, part in zip(theta, self.parts, strict=True)))

    def phi(self, theta: Sequence[float] | Array) -> Array:
        return np.linalg.inv(self.X.T @ np.linalg.solve(self.covariance(theta), self.X))

    def b(self, theta: Sequence[float] | Array) -> Array:
        return self.phi(theta) @ self.X.T @ np.linalg.solve(self.covariance(theta), self.y)

    def reml(self, start: Sequence[float]) -> Array:
        """Variances >= 0 of greatest restricted likelihood."""
        bounds = [(0, None)] * len(start)
        best = np.array(start)
        for _ in range(4):  # start again where it stopped: a general optimizer stops early
            best = optimize.minimize(
                self.deviance, best, bounds=bounds, method="Nelder-Mead",
                options={"xatol": 1e-12, "fatol": 1e-13, "maxiter": 20_000, "maxfev": 20_000},
            ).x  # fmt: skip
        return best

    def kenward_roger(self, theta: Array, column: int = 1) -> tuple[float, float]:
        """Standard error and df, from the article's A1, A2, B, g, c1 to c3, E*, V* and rho with one contrast."""
        inverse, phi = np.linalg.inv(self.covariance(theta)), self.phi(theta)
        left = [inverse @ part for part in self.parts]
        P = [-self.X.T @ one @ inverse @ self.X for one in left]
        c = range(len(theta))
        Q = [[self.X.T @ left[i] @ left[j] @ inverse @ self.X for j in c] for i in c]
        trace = np.trace
        info = [
            [trace(left[i] @ left[j]) - 2 * trace(phi @ Q[i][j]) + trace(phi @ P[i] @ phi @ P[j]) for j in c] for i in c
        ]
        W = np.linalg.inv(0.5 * np.array(info))
        bias = sum(W[i, j] * (Q[i][j] - P[i] @ phi @ P[j]) for i in c for j in c)
        adjusted = phi + 2 * phi @ bias @ phi
        contrast = np.eye(self.X.shape[1])[:, [column]]
        big = contrast @ np.linalg.inv(contrast.T @ phi @ contrast) @ contrast.T
        turned = [big @ phi @ P[i] @ phi for i in c]
        a1 = sum(W[i, j] * np.trace(turned[i]) * np.trace(turned[j]) for i in c for j in c)
        a2 = sum(W[i, j] * np.trace(turned[i] @ turned[j]) for i in c for j in c)
        B, g = (a1 + 6 * a2) / 2, (2 * a1 - 5 * a2) / (3 * a2)
        c1, c2, c3 = (value / (3 + 2 * (1 - g)) for value in (g, 1 - g, 3 - g))
        mean, variance = 1 / (1 - a2), 2 * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
        rho = variance / (2 * mean**2)
        return float(adjusted[column, column] ** 0.5), float(4 + 3 / (rho - 1))

    def satterthwaite(self, theta: Array, column: int = 1, keep: Sequence[int] | None = None) -> float:
        """df by numerical derivatives of the deviance and of Phi in the variances that are kept."""
        kept = range(len(theta)) if keep is None else keep
        step = np.zeros((len(theta), len(theta)))
        for i in kept:
            step[i, i] = 1e-3 * theta[i]
        slope = [self._slope(theta, step[i], column) / (2 * step[i, i]) for i in kept]
        bend = [
            [
                (
                    self.deviance(theta + step[i] + step[j]) - self.deviance(theta + step[i] - step[j])
                    - self.deviance(theta - step[i] + step[j]) + self.deviance(theta - step[i] - step[j])
                ) / (4 * step[i, i] * step[j, j])
                for j in kept
            ]
            for i in kept
        ]  # fmt: skip
        C = np.linalg.inv(0.5 * np.array(bend))
        return float(2 * self.phi(theta)[column, column] ** 2 / (np.array(slope) @ C @ np.array(slope)))

    def _slope(self, theta: Array, step: Array, column: int) -> float:
        return float(self.phi(theta + step)[column, column] - self.phi(theta - step)[column, column])


def same(labels: Array, among: Array | None = None) -> Array:
    """1 where two units have the same label, and both are among those meant."""
    inside = np.ones(len(labels), bool) if among is None else among
    return (labels[:, None] == labels[None, :]) * np.outer(inside, inside).astype(float)
