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
    """The stacks of one world: [replicate, center, month, measure, and the other axes of its measures].

    All that is known of a center's month stands side by side, because that is what a scheduler writes at once: a dozen
    places instead of a hundred, whatever the number of centers.
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
    return [row.name for row in _rows(stack)]


def _rows(stack: str) -> list[Measure]:
    return [row for row in MEASURES if _stack(row) == stack]


def _stack(row: Measure) -> str:
    return _STACKS[row.axes, row.dtype]


def empty(replicates: int, axes: Mapping[str, int]) -> Stacks:
    """Allocate stacks of "nothing there": NaN for a float stock that somebody must set, else 0."""
    stacks = Stacks(**{
        stack: np.zeros((replicates, *(axes[name] for name in outer), len(members(stack)),
                         *(axes[name] for name in inner)), dtype)
        for (names, dtype), stack in _STACKS.items() for outer, inner in [_parted(names)]
    })  # fmt: skip
    blank(stacks, slice(None))
    return stacks


def blank(stacks: Stacks, row: int | slice) -> None:
    """Make one replicate's row "nothing there" again, or those of a slice."""
    for (names, _), stack in _STACKS.items():
        nothing = [np.nan if missing else 0 for missing in map(starts_missing, _rows(stack))]
        _, inner = _parted(names)
        if row != slice(None) or any(nothing):  # what was just allocated is 0
            getattr(stacks, stack)[row] = np.reshape(nothing, (-1, *(1 for _ in inner)))


def starts_missing(row: Measure) -> bool:
    """Whether a measure is NaN until somebody sets it: float stocks and totals, not flows."""
    return row.floating and row.kind != "flow"


def views(stacks: Stacks) -> dict[str, Array]:
    """Return the arrays by the name of their measure, in the order of MEASURES, with the axes that it names."""
    found = {}
    for row in MEASURES:
        outer, _ = _parted(row.axes)
        before = (slice(None),) * (1 + len(outer))
        found[row.name] = getattr(stacks, _stack(row))[(*before, place(row.name))]
    return found


def _parted(axes: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The axes before that of the measures, and those after it."""
    outer = sum(name in ("center", "month") for name in axes)
    return axes[:outer], axes[outer:]
