"""Effects of two-level factors: which ingredients matter, alone and together.

An effect is the mean over cells at the high side less that at the low side; a two-way interaction is half the
difference between the effects of one factor at the two levels of the other (Montgomery, Design and Analysis of
Experiments, ch. 6). Both are taken within each replicate, whose seed all cells share, so that luck which is common to
all cells cancels; the interval is that over replicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bscsim.record.intervals import Interval, interval

Array = NDArray[np.float64]
Term = tuple[int, ...]
"""Factors of an effect, by index: one of a main effect, two of an interaction."""
_SHOWN = 6
"""How many missing cells a message names."""


@dataclass(frozen=True)
class Effect:
    """One effect, in the unit of the response.

    terms
        The factors: (i,) or (i, j).
    estimate
        Over replicates: mean, t interval, percentiles.
    half_normal
        Where the absolute mean would stand if all effects were equal noise: the half-normal quantile of its rank.
    """

    terms: Term
    estimate: Interval
    half_normal: float


@dataclass(frozen=True)
class Effects:
    """All main effects and two-way interactions of a design.

    effects
        Main effects in the order of factors, then the pairs (0, 1), (0, 2), ...
    pseudo_error
        Lenth's pseudo standard error of an effect (see :func:`pseudo_standard_error`); needs no replicates.
    margin
        Lenth's margin of error: 0.975 quantile of t with m/3 degrees of freedom times the pseudo standard error.
    replicates, left_out
        Replicates used, and those left out because a cell has no value there.
    """

    effects: tuple[Effect, ...]
    pseudo_error: float
    margin: float
    replicates: int
    left_out: int


def effects(signs: ArrayLike, y: ArrayLike) -> Effects:
    """Compute the effects of a two-level design from y [cells, replicates] of one response (NaN: missing).

    ``signs`` [cells, factors] are -1 and 1: all combinations or a fraction of resolution V or more, in any order.
    ValueError says what is missing when some effects cannot be told apart, or no replicate has all cells.

    >>> signs = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    >>> found = effects(signs, [[0.0], [1.0], [4.0], [9.0]])
    >>> [(one.terms, one.estimate.mean) for one in found.effects]
    [((0,), 6.0), ((1,), 3.0), ((0, 1), 2.0)]
    """
    x, values = _checked(signs, y)
    terms, columns = model(x)
    _all_apart(x, terms, columns)
    complete = np.isfinite(values).all(axis=0)
    if not complete.any():
        raise ValueError(f"no replicate has a value in every cell; {_gaps(values)}")
    each = columns.T @ values[:, complete] * (2 / len(x))  # half of the cells on either side
    estimates = [interval(row) for row in each]
    quantiles = half_normal(np.array([one.mean for one in estimates]))
    error = pseudo_standard_error(np.array([one.mean for one in estimates]))
    return Effects(
        effects=tuple(Effect(*parts) for parts in zip(terms, estimates, quantiles, strict=True)),
        pseudo_error=error,
        margin=_margin(error, len(terms)),
        replicates=int(complete.sum()),
        left_out=int((~complete).sum()),
    )


def model(signs: Array) -> tuple[tuple[Term, ...], Array]:
    """Return the terms of the model, main effects and pairs, and their columns [cells, terms] of -1 and 1.

    >>> model(np.array([[-1.0, -1.0], [1.0, -1.0]]))[0]
    ((0,), (1,), (0, 1))
    """
    terms: tuple[Term, ...] = tuple(term for order in (1, 2) for term in combinations(range(signs.shape[1]), order))
    return terms, np.column_stack([signs[:, term].prod(axis=1) for term in terms])


def half_normal(estimates: ArrayLike) -> list[float]:
    """Half-normal quantile of each estimate by the rank i of its absolute value among m: Phi^-1(0.5 + 0.5 (i - 0.5)/m).

    Equal ones keep their order. Daniel 1959, Technometrics 1:311-341.

    >>> [round(q, 3) for q in half_normal([-3.0, 1.0])]
    [1.15, 0.319]
    """
    from scipy.special import ndtri

    sizes = np.abs(np.asarray(estimates, dtype=np.float64))
    ranks = np.empty(sizes.size)
    ranks[np.argsort(sizes, kind="stable")] = np.arange(1, sizes.size + 1)
    return [float(q) for q in ndtri(0.5 + 0.5 * (ranks - 0.5) / sizes.size)]


def pseudo_standard_error(estimates: ArrayLike) -> float:
    """Lenth's standard error of effects of which few are real: 1.5 times the median of the small absolute ones.

    Small: under 2.5 times (1.5 times the median of all). Lenth 1989, Technometrics 31:469-473.

    >>> round(pseudo_standard_error([0.1, -0.2, 0.3, 9.0]), 6)
    0.3
    """
    sizes = np.abs(np.asarray(estimates, dtype=np.float64))
    small = sizes[sizes < 2.5 * 1.5 * np.median(sizes)]
    return float(1.5 * np.median(small)) if small.size else 0.0


def _margin(error: float, number: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(number / 3, 0.975) * error)


def _checked(signs: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    x, values = np.asarray(signs, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.ndim != 2 or values.ndim != 2 or len(x) != len(values):
        raise ValueError(f"needs signs [cells, factors] and y [cells, replicates], not {x.shape} and {values.shape}")
    if x.size == 0 or not (np.abs(x) == 1).all():
        raise ValueError("signs are -1 (low) and 1 (high), of at least one factor")
    return x, values


def _all_apart(signs: Array, terms: tuple[Term, ...], columns: Array) -> None:
    """Refuse a design in which an effect is mixed up with the mean or another effect: columns must be orthogonal."""
    with_mean = np.column_stack([np.ones(len(signs)), columns])
    products = with_mean.T @ with_mean
    mixed = np.argwhere(np.triu(products, 1) != 0)
    if not mixed.size:
        return
    first, second = ("the mean" if at == 0 else _named(terms[at - 1]) for at in mixed[0])
    raise ValueError(
        f"effects cannot be told apart, first {first} and {second} ({len(mixed)} such pairs in {len(signs)} cells); "
        f"needs all combinations of levels or a fraction of resolution V{_missing(signs)}"
    )


def _missing(signs: Array) -> str:
    """Name the combinations that are not there, when few are; a fraction lacks most on purpose."""
    k = signs.shape[1]
    if k > 16:
        return ""
    codes = ((signs > 0) @ (1 << np.arange(k)[::-1])).astype(np.int64)
    absent = np.setdiff1d(np.arange(1 << k), codes)
    if not absent.size or absent.size > (1 << k) // 2:
        return ""
    shown = ["".join("+" if code >> bit & 1 else "-" for bit in range(k - 1, -1, -1)) for code in absent[:_SHOWN]]
    return f"; missing: {', '.join(shown)}{', ...' if absent.size > _SHOWN else ''}"


def _gaps(values: Array) -> str:
    """Name the cells with missing replicates, the worst first."""
    gaps = (~np.isfinite(values)).sum(axis=1)
    worst = np.argsort(-gaps, kind="stable")
    shown = [f"cell {cell} lacks {gaps[cell]}" for cell in worst[:_SHOWN] if gaps[cell]]
    return f"of {values.shape[1]} replicates, {', '.join(shown)}" if shown else "there are no replicates"


def _named(term: Term) -> str:
    return "*".join(f"factor {factor}" for factor in term)
