"""Loops over rows of numbers, which the compiler turns into vector instructions."""

from __future__ import annotations

from numpy import uint64

from bscsim.engine.inlining import inlined
from bscsim.engine.state import Array
from bscsim.rules.operators import LANES

# Unsigned, so that an index needs no check for counting from the end, which would keep a loop from becoming vectors.
ONE, TWO, THREE, QUAD = uint64(1), uint64(2), uint64(3), uint64(LANES)


@inlined
def fill(row: Array, value: float) -> None:
    """Set every number of a row."""
    for i in range(row.shape[0]):
        row[i] = value


@inlined
def copy(target: Array, source: Array) -> None:
    """Copy a row."""
    for i in range(target.shape[0]):
        target[i] = source[i]


@inlined
def add_three(total: Array, row: Array, second: Array, third: Array, anew: bool) -> None:
    """Add three rows, one after the other, to a row, or to 0 if the sum begins ``anew``."""
    for i in range(total.shape[0]):
        before = 0.0 if anew else total[i]
        total[i] = before + row[i] + second[i] + third[i]


@inlined
def add_three_differences(
    total: Array, row: Array, less: Array, second: Array, less2: Array, third: Array, less3: Array, anew: bool
) -> None:
    """Add three differences of rows, one after the other, to a row, or to 0 if the sum begins ``anew``."""
    for i in range(total.shape[0]):
        before = 0.0 if anew else total[i]
        total[i] = before + (row[i] - less[i]) + (second[i] - less2[i]) + (third[i] - less3[i])


@inlined
def divide(row: Array, by: float) -> None:
    """Divide a row by a number."""
    for i in range(row.shape[0]):
        row[i] = row[i] / by


@inlined
def weighted_sum(values: Array, weight: Array, first: int, count: int, running: Array) -> float:
    """Sum of ``weight x values`` over ``count`` slots, whole quads, from ``first``: in four lanes, added up at the end.

    The compiler makes no vectors of a sum, whose order is ours, but of running sums it does: in ``running``, LANES
    longer than a row, each number is the one LANES before it and a product more.  Its first quad is 0 and stays so.
    """
    start, n = uint64(first), uint64(count)
    for i in range(n):
        running[i + QUAD] = running[i] + weight[start + i] * values[start + i]
    return (running[n] + running[n + ONE]) + (running[n + TWO] + running[n + THREE])
