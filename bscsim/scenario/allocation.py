"""Who is in which collaborative, decided outside the model: what a study's allocation hands to a scheduler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Allocation:
    """The collaborative of each center in each replicate, and the month in which each collaborative starts.

    collaborative
        [R, C] 0 to K-1; -1: in none. Rows are the replicates in the order in which they are simulated.
    starts
        [K] month (0 or later, of the scenario's calendar) that is month 0 of the collaborative's own calendar.
    recruited
        [R, C] bool: centers in the study; those in no collaborative are its controls.

    ValueError says which shape or number does not fit.

    >>> import numpy as np
    >>> Allocation(np.array([[0, -1, 1]]), np.array([0, 12]), np.ones((1, 3), bool)).starts.tolist()
    [0, 12]
    """

    collaborative: Array
    starts: Array
    recruited: Array

    def __post_init__(self) -> None:
        if self.collaborative.ndim != 2 or self.collaborative.shape != self.recruited.shape:
            raise ValueError(f"collaborative has shape {self.collaborative.shape} and recruited "
                             f"{self.recruited.shape}; both must be [replicates, centers]")  # fmt: skip
        if self.starts.ndim != 1 or (len(self.starts) and self.starts.min() < 0):
            raise ValueError(f"starts is {self.starts.tolist()}; it must list a month, 0 or later, a collaborative")
        low, high = self.collaborative.min(initial=-1), self.collaborative.max(initial=-1)
        if low < -1 or high >= len(self.starts):
            raise ValueError(
                f"collaborative has numbers from {low} to {high}; they must be -1 to {len(self.starts) - 1}"
            )
        if (self.collaborative >= 0)[~self.recruited].any():
            raise ValueError("a center that is not recruited has a collaborative")
