"""A curve through powers on the probit scale: a line, and as much bend as the powers themselves show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, log, pi, sqrt
from statistics import NormalDist
from typing import NamedTuple

Triple = tuple[float, float, float]
Square = tuple[Triple, Triple, Triple]

SPREAD: Triple = (2.0, 1.0, 0.2)
"""SD of height, slope and bend before anything is seen, about (target, 1, 0): weak against a hundred replicates where
the closed form is right, and where it is wrong, weak against what a search sees of slope and bend."""


def probit(share: float) -> float:
    """Normal quantile of a share above 0 and below 1.

    >>> round(probit(0.8), 4)
    0.8416
    """
    return NormalDist().inv_cdf(share)


def chance(number: float) -> float:
    """Normal distribution function: the power whose probit is the number.

    >>> round(chance(0.8416), 4)
    0.8
    """
    return 0.5 * erfc(-number / sqrt(2))


class Point(NamedTuple):
    """What was seen at one value: where it lies, and how many of the replicates rejected."""

    x: float
    rejected: int
    replicates: int


@dataclass(frozen=True, slots=True)
class Curve:
    """probit(power) = height + slope x + bend x^2 as far as it rises, level from there; x is 0 at the search's start.

    x counts probits as the closed form has them, so a slope of 1 and no bend say that the closed form is right.
    """

    height: float
    slope: float
    bend: float
    covariance: Square

    def probit_at(self, x: float) -> float:
        """Probit of the power at x."""
        x = self._rising(x)
        return self.height + (self.slope + self.bend * x) * x

    def error_at(self, x: float) -> float:
        """Standard error of it."""
        x = self._rising(x)
        (hh, hs, hb), (_, ss, sb), (_, _, bb) = self.covariance
        return sqrt(hh + x * (2 * hs + x * (ss + 2 * hb + x * (2 * sb + x * bb))))

    def _rising(self, x: float) -> float:
        """The x within the half of the parabola that rises."""
        if self.bend == 0:
            return x
        vertex = -self.slope / (2 * self.bend)
        return max(x, vertex) if self.bend > 0 else min(x, vertex)


def fit_curve(points: Sequence[Point], goal: float) -> Curve:
    """Binomial maximum likelihood of a probit curve under a ridge (:data:`SPREAD`), by Fisher scoring.

    The ridge keeps the fit finite where all reject, or none, and determined where only one or two values were seen.

    >>> curve = fit_curve([Point(-0.5, 6300, 10_000), Point(0.5, 9090, 10_000)], probit(0.8))
    >>> round(curve.height, 2), round(curve.slope, 2), round(curve.probit_at(-0.5), 2)
    (0.83, 1.0, 0.33)
    """
    prior = (goal, 1.0, 0.0)
    found = prior
    value = _likelihood(points, prior, found)
    for _ in range(100):
        score, information = _derivatives(points, prior, found)
        move = _times(_inverse(information), score)
        size = 1.0
        while (new := _likelihood(points, prior, _moved(found, move, size))) < value - 1e-12:
            size /= 2
        found, value = _moved(found, move, size), new
        if max(map(abs, move)) < 1e-9:
            break
    return Curve(*found, _inverse(_derivatives(points, prior, found)[1]))


def misfit(points: Sequence[Point], curve: Curve) -> float:
    """Pearson's chi-square of the points about the curve; about as many as points less 3 if it fits."""
    total = 0.0
    for x, rejected, of in points:
        p = min(max(chance(curve.probit_at(x)), 1e-9), 1 - 1e-9)
        total += (rejected - of * p) ** 2 / (of * p * (1 - p)) if of else 0.0
    return total


def _likelihood(points: Sequence[Point], prior: Triple, at: Triple) -> float:
    total = -sum(((a - b) / sd) ** 2 for a, b, sd in zip(at, prior, SPREAD, strict=True)) / 2
    for x, rejected, of in points:
        number = at[0] + (at[1] + at[2] * x) * x
        total += rejected * log(max(chance(number), 1e-300)) + (of - rejected) * log(max(chance(-number), 1e-300))
    return total


def _derivatives(points: Sequence[Point], prior: Triple, at: Triple) -> tuple[Triple, Square]:
    """Score and expected information."""
    s0, s1, s2 = ((b - a) / sd**2 for a, b, sd in zip(at, prior, SPREAD, strict=True))
    m0, m1, m2, m3, m4 = 1 / SPREAD[0] ** 2, 0.0, 0.0, 0.0, 0.0
    for x, rejected, of in points:
        number = min(max(at[0] + (at[1] + at[2] * x) * x, -8.0), 8.0)
        p, q = chance(number), chance(-number)
        density = exp(-number * number / 2) / sqrt(2 * pi)
        pull, weight = (rejected - of * p) * density / (p * q), of * density * density / (p * q)
        s0, s1, s2 = s0 + pull, s1 + pull * x, s2 + pull * x * x
        m0, m1, m2 = m0 + weight, m1 + weight * x, m2 + weight * x**2
        m3, m4 = m3 + weight * x**3, m4 + weight * x**4
    return (s0, s1, s2), ((m0, m1, m2), (m1, m2 + 1 / SPREAD[1] ** 2, m3), (m2, m3, m4 + 1 / SPREAD[2] ** 2))


def _inverse(matrix: Square) -> Square:
    """Of a symmetric matrix."""
    (a, b, c), (_, d, e), (_, _, f) = matrix
    A, B, C = d * f - e * e, c * e - b * f, b * e - c * d
    D, E, F = a * f - c * c, b * c - a * e, a * d - b * b
    det = a * A + b * B + c * C
    return (A / det, B / det, C / det), (B / det, D / det, E / det), (C / det, E / det, F / det)


def _times(matrix: Square, vector: Triple) -> Triple:
    a, b, c = (sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix)
    return a, b, c


def _moved(at: Triple, move: Triple, size: float) -> Triple:
    return at[0] + size * move[0], at[1] + size * move[1], at[2] + size * move[2]
