"""A record's arrays, stacked by axes and type, so that compiled code takes ten arrays instead of fifty.

A stack holds the measures that share axes and type, one behind the other; the arrays of a
:class:`~bscsim.record.trajectories.World` are views of it.

>>> stack_of("readiness"), stack_of("climate")
('month_real', 'month_real')
>>> place("readiness")
0
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.record.measures import MEASURES, Measure

Array = NDArray[Any]

_STACKS: Final = {
    (("center", "month"), "int8"): "status", (("center", "month"), "float32"): "month_real",
    (("center", "month"), "int16"): "month_count", (("center", "month", "role"), "int16"): "role_count",
    (("center", "month", "role"), "float32"): "role_real", (("center", "month", "driver"), "float32"): "fit",
    (("center", "month", "role", "event"), "int16"): "event_count", (("center", "month", "line"), "float64"): "cost",
    (("center",), "bool"): "center_flag", (("center",), "float32"): "center_real",
    (("center", "role"), "int16"): "call_count", ((), "int64"): "persons",
}  # fmt: skip


class Stacks(NamedTuple):
    """The stacks of one world: [measure, replicate, month, center, and the other axes of its measures].

    Months come before centers, because a scheduler writes all centers of a month and then those of the next.
    """

    status: Array
    month_real: Array
    month_count: Array
    role_count: Array
    role_real: Array
    fit: Array
    event_count: Array
    cost: Array
    center_flag: Array
    center_real: Array
    call_count: Array
    persons: Array


def stack_of(name: str) -> str:
    """Name the stack that holds a measure."""
    return next(_stack(row) for row in MEASURES if row.name == name)


def place(name: str) -> int:
    """Return the place of a measure in its stack."""
    return members(stack_of(name)).index(name)


def members(stack: str) -> list[str]:
    """List the measures of a stack, in their order."""
    return [row.name for row in MEASURES if _stack(row) == stack]


def _stack(row: Measure) -> str:
    return _STACKS[row.axes, row.dtype]


def empty(replicates: int, axes: Mapping[str, int]) -> Stacks:
    """Allocate stacks of "nothing there": NaN for a float stock that somebody must set, else 0."""
    made = {
        stack: np.zeros((len(members(stack)), replicates, *(axes[name] for name in _by_month(names))), dtype)
        for (names, dtype), stack in _STACKS.items()
    }
    stacks = Stacks(**made)
    for row in MEASURES:
        if starts_missing(row):
            getattr(stacks, _stack(row))[place(row.name)] = np.nan
    return stacks


def blank(stacks: Stacks, row: int) -> None:
    """Make one replicate's row "nothing there" again."""
    for measure in MEASURES:
        values = getattr(stacks, _stack(measure))[place(measure.name)]
        values[row] = np.nan if starts_missing(measure) else 0


def starts_missing(row: Measure) -> bool:
    """Whether a measure is NaN until somebody sets it: float stocks and totals, not flows."""
    return row.floating and row.kind != "flow"


def views(stacks: Stacks) -> dict[str, Array]:
    """Return the arrays by the name of their measure, in the order of MEASURES, with the axes that it names."""
    found = {}
    for row in MEASURES:
        values = getattr(stacks, _stack(row))[place(row.name)]
        found[row.name] = values.swapaxes(1, 2) if _by_month(row.axes) != row.axes else values
    return found


def _by_month(axes: tuple[str, ...]) -> tuple[str, ...]:
    return ("month", "center", *axes[2:]) if axes[:2] == ("center", "month") else axes
