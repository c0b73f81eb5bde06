"""Loops over rows of numbers, which the compiler turns into vector instructions."""

from __future__ import annotations

from bscsim.engine.inlining import inlined
from bscsim.engine.state import Array


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
def add(total: Array, row: Array) -> None:
    """Add a row to another."""
    for i in range(total.shape[0]):
        total[i] += row[i]


@inlined
def add_difference(total: Array, row: Array, other: Array) -> None:
    """Add ``row - other`` to a row."""
    for i in range(total.shape[0]):
        total[i] += row[i] - other[i]


@inlined
def divide(row: Array, by: float) -> None:
    """Divide a row by a number."""
    for i in range(row.shape[0]):
        row[i] = row[i] / by


@inlined
def weighted_sum(values: Array, weight: Array) -> float:
    """Sum of ``weight x values`` over rows cut into quads, [n / 4, 4]: in four lanes, which are added up at the end."""
    a = b = c = d = 0.0
    for j in range(values.shape[0]):
        a += weight[j, 0] * values[j, 0]
        b += weight[j, 1] * values[j, 1]
        c += weight[j, 2] * values[j, 2]
        d += weight[j, 3] * values[j, 3]
    return (a + b) + (c + d)
