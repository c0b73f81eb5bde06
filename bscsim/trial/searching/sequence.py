"""How sure a power is while replicates still come in: an interval that may be looked at after every one of them.

Wilson's interval (:class:`~bscsim.trial.share.Share`) holds the power in 95 of 100 studies whose number of replicates
was fixed beforehand. Looked at again and again until it is narrow, or lies on one side of the target, it holds it less
often: of 2,000 replicates, looked at after every 100, a quarter of all studies see it miss the power at least once, and
more than half if looked at after each. The interval here misses it at any look whatsoever in at most alpha of them, so
any rule may decide when to stop.
"""

from __future__ import annotations

from collections.abc import Callable
from math import lgamma, log, log1p


def sequence_interval(rejected: int, of: int, alpha: float = 0.05) -> tuple[float, float]:
    """Interval of a power, valid at all numbers of replicates at once (a confidence sequence).

    The values p whose beta-binomial mixture ratio B(r + 1/2, n - r + 1/2) / B(1/2, 1/2) / (p^r (1-p)^(n-r)) is below
    1/alpha: a martingale with mean 1 if p is the power, so it ever reaches 1/alpha with chance alpha at most (Ville's
    inequality; Robbins 1970, Ann Math Stat 41:1397; Howard et al. 2021, Ann Stat 49:1055). The price: it is 1.7 times
    as wide as Wilson's at 100 replicates, 1.9 times at 1,000.

    Parameters
    ----------
    rejected, of
        How many rejected, of how many fitted.
    alpha
        Chance, at most, that the interval misses the power at any look; above 0, below 1.

    Returns
    -------
    low, high
        Within 0 to 1; (0, 1) of none.

    Raises
    ------
    ValueError
        unless 0 <= rejected <= of and alpha is inside (0, 1).

    Examples
    --------
    >>> low, high = sequence_interval(400, 500)
    >>> round(low, 3), round(high, 3)
    (0.732, 0.858)
    """
    inside = _inside(rejected, of, alpha)
    share = rejected / of if of else 0.5
    low = 0.0 if rejected == 0 else _edge(inside, share, 0.0)
    return low, 1.0 if rejected == of else _edge(inside, share, 1.0)


def side_of(rejected: int, of: int, value: float, alpha: float = 0.05) -> int:
    """Which side of a value (inside (0, 1)) the power surely is, at any look: 1 above, -1 below, 0 not known.

    >>> side_of(400, 500, 0.7), side_of(400, 500, 0.75), side_of(400, 500, 0.9)
    (1, 0, -1)
    """
    if _inside(rejected, of, alpha)(value):
        return 0
    return 1 if rejected > value * of else -1


def enough(rejected: int, fitted: int, target: float, half_width: float, alpha: float = 0.05) -> bool:
    """Whether a power is known well enough: on one side of the target for sure, or within half_width.

    May be asked after every batch of replicates: it goes by :func:`sequence_interval`, which allows it. Report that
    interval beside the power when this rule has stopped the replicates; Wilson's is too short then.

    >>> enough(400, 500, target=0.7, half_width=0.03), enough(400, 500, target=0.8, half_width=0.03)
    (True, False)
    """
    if side_of(rejected, fitted, target, alpha):
        return True
    low, high = sequence_interval(rejected, fitted, alpha)
    return (high - low) / 2 <= half_width


def _inside(rejected: int, of: int, alpha: float) -> Callable[[float], bool]:
    """Whether a value inside (0, 1) belongs to the interval."""
    if not 0 <= rejected <= of:
        raise ValueError(f"{rejected} of {of} cannot have rejected")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be above 0 and below 1, not {alpha}")
    missed = of - rejected
    mixture = lgamma(rejected + 0.5) + lgamma(missed + 0.5) - lgamma(of + 1) - 2 * lgamma(0.5)
    least = mixture + log(alpha)
    return lambda p: rejected * log(p) + missed * log1p(-p) > least


def _edge(inside: Callable[[float], bool], start: float, end: float) -> float:
    """Where inside() ends between start, which is in, and end, which is not; rounded outwards."""
    near, far = start, end
    for _ in range(60):
        middle = (near + far) / 2
        if 0 < middle < 1 and inside(middle):
            near = middle
        else:
            far = middle
    return far
