"""Sorting in place by a full order, so that equal keys never stand as they happened to come."""

from __future__ import annotations

from bscsim.engine.state import Array


def sort(order: Array, count: int, key: Array, tie: Array) -> None:
    """Sort the first ``count`` items of ``order`` by ``key[item]``, then ``tie[item]`` (Shell's method, in place)."""
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for place in range(gap, count):
            item = order[place]
            at = place
            while at >= gap and before(key, tie, item, order[at - gap]):
                order[at] = order[at - gap]
                at -= gap
            order[at] = item
        gap //= 3


def before(key: Array, tie: Array, one: int, other: int) -> bool:
    """Whether an item comes before another."""
    if key[one] != key[other]:
        return key[one] < key[other]
    return tie[one] < tie[other]
