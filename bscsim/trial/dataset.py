"""What a trialist holds of one measure in one world: a row a unit measured."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]


class Units(NamedTuple):
    """Rows in the order of (replicate, wave, center, unit); [N] each. Only what was measured has a row."""

    at: Array
    """Position of the replicate, 0 to R-1."""
    wave: Array
    """Index into the measure's waves in order of time; of monthly reports the month of the study."""
    center: Array
    """Index of the center in the pool, 0 to C-1."""
    unit: Array
    """int64: number of the classroom; of staff the person, the same at all waves; of a center 0."""
    y: Array
    """float64: what was measured."""


class Truths(NamedTuple):
    """What is so in R replicates, [R] each: the treated world less the twin, in units of an analysis's outcome."""

    effect: Array
    """Mean over treated centers, by the estimand, of the true state that is measured, without the instrument's bias.
    In a stepped wedge over all centers and waves of the measure that are exposed."""
    measured: Array
    """The same of what the instrument shows on average, with its bias (self-report: demand)."""
    spill: Array
    """Controls: what the program elsewhere did to them."""
    compliers: Array
    """As effect, of the treated centers that had not withdrawn by the wave."""
    scale: Array
    """Standardiser: SD over units of the measured outcome in the twin's study centers at the wave; of children, over
    children, not over means of rooms."""
    collaborative: Array
    """Variance between collaboratives of the mean effect of their centers, less what centers within them contribute
    (can be negative)."""
    centers: Array
    """Variance between centers within collaboratives of their effect."""
    last: Array
    """As effect, at the measure's last wave alone where effect is a mean over waves; else effect itself."""
