"""Two loops of knowledge and practice, to be compiled: the engine's functions alone, and the plainest way."""

from __future__ import annotations

from typing import Any, NamedTuple

from bscsim.engine.inlining import inlined
from bscsim.engine.state import (
    HELP_TARGET,
    K0,
    MOOD,
    PRACTICE_MEAN,
    REVERT,
    USABLE,
    USE,
    Array,
    B,
    K,
    P,
    State,
)
from bscsim.engine.working import learn, practise


class Plain(NamedTuple):
    """The same numbers in the plainest layout.  C centers, n staff of the largest, D drivers."""

    k: Array  # [C, n, D] knowledge
    k0: Array  # knowledge at entry
    p: Array  # practice
    b: Array  # habit
    m: Array  # [C, n] engagement
    target: Array  # [C, D] what colleagues know
    mean: Array  # what they do
    usable: Array  # share of knowledge gained that fits here
    use: Array  # rates a year
    revert: Array
    help: Array  # [C] rates a year
    norm: Array


def hot_path(q: Any, s: State, firsts: Array, lasts: Array, months: int) -> None:
    """E11 and E12 for the rows of each replicate's centers, month by month, as the engine calls them.

    ``firsts`` and ``lasts`` are [replicate, center]: the first slot of a center and the padded end of its row.
    """
    for row in range(firsts.shape[0]):
        for _ in range(months):
            for c in range(firsts.shape[1]):
                climate = s.centers[c].climate
                work(q, s, c, firsts[row, c], lasts[row, c], q.k_help * climate, q.p_norm * climate)


@inlined
def work(q: Any, s: State, c: int, first: int, last: int, help_: float, norm: float) -> None:
    """The end of :func:`bscsim.engine.working.work`."""
    forget, dt = q.k_forget, q.dt
    m = s.slot[MOOD, first:last]
    for d in range(s.level.shape[1]):
        k, k0 = s.level[K, d, first:last], s.level[K0, d, first:last]
        p, b = s.level[P, d, first:last], s.level[B, d, first:last]
        learn(k, k0, p, s.driver[HELP_TARGET, c, d], help_, forget, dt)
        practise(p, b, k, k0, m, s.driver[USABLE, c, d], s.driver[USE, c, d], s.driver[PRACTICE_MEAN, c, d], norm,
                 s.driver[REVERT, c, d], dt)  # fmt: skip


def reference(s: Plain, sizes: Array, forget: float, dt: float, months: int) -> None:
    """The same by center, person and driver, in the convex form ``limit + (x - limit) exp(-rate dt)``.

    ``sizes`` [replicate, center] is how many of the n are staff.
    """
    for row in range(sizes.shape[0]):
        for _ in range(months):
            for c in range(sizes.shape[1]):
                for i in range(sizes[row, c]):
                    for d in range(s.k.shape[2]):
                        k, k0, p, b = s.k[c, i, d], s.k0[c, i, d], s.p[c, i, d], s.b[c, i, d]
                        fade = forget * (1.0 - p)
                        rate = s.help[c] + fade
                        k = settle(k, (s.help[c] * max(k, s.target[c, d]) + fade * k0) / rate, rate * dt)
                        use, revert = s.m[c, i] * s.use[c, d], s.revert[c, d]
                        target = b + max(0.0, k - k0) * s.usable[c, d]
                        rate = use + s.norm[c] + revert
                        limit = (use * target + s.norm[c] * s.mean[c, d] + revert * b) / rate
                        s.k[c, i, d] = k
                        s.p[c, i, d] = settle(p, limit, rate * dt)


def settle(x: float, limit: float, y: float) -> float:
    """Move ``x`` to its limit by ``exp(-y)``, taken as the [3/3] Pade approximant.

    >>> round(settle(0.2, 1.0, 0.0), 4), round(settle(0.2, 1.0, 1.0), 4)
    (0.2, 0.7057)
    """
    even, odd = 120.0 + 12.0 * y * y, y * (60.0 + y * y)
    moved = limit + (x - limit) * ((even - odd) / (even + odd))
    return min(max(moved, 0.0), 1.0)
