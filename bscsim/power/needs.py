"""What a power study is going to take, before anything has run: replicates of each stage, and processor time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bscsim.power.layout import GAUSSIAN_SECONDS, seconds

if TYPE_CHECKING:
    from bscsim.power.numbers import Arms
    from bscsim.trial.reading.design import PowerDesign

COMPARED: Final = 400
"""Replicates of a variant at most: their differences are paired."""

TIMES: Final = 4
"""Replicates of a search at most, in replicates of the study, unless the file says how many."""

LEAST: Final = 400
"""Replicates that a search may take in any case, unless the file says how many."""


@dataclass(frozen=True)
class Needs:
    """Replicates of each stage, all cells together; of the search at most."""

    cells: int
    variants: int
    equal_effects: int
    gaussian: int
    search: int
    core_hours: float

    @property
    def replicates(self) -> int:
        """Of all stages."""
        return self.cells + self.variants + self.equal_effects + self.gaussian + self.search


def compares(design: PowerDesign) -> bool:
    """Whether the first cell is compared with its variants: those take things out of the model."""
    return design.compare and design.trial(0).truth is None


def most_searched(design: PowerDesign) -> int:
    """Replicates that a search may take, of each cell."""
    if design.search is None:
        return 0
    return design.search.replicates or max(TIMES * design.replicates, LEAST)


def needs(design: PowerDesign, arms: Arms) -> Needs:
    """What a study takes; of its search at most."""
    few = min(design.replicates, COMPARED) if compares(design) else 0
    normal = design.replicates if compares(design) and design.trial(0).design.type == "parallel" else 0
    hunts = 0 if design.search is None else 1 if design.search.budget > 0 else design.cells
    most = most_searched(design)
    each = [seconds(design.trial(cell)) for cell in range(design.cells)]
    searched = sum(most * max(seconds(arms[number].trial) for number in _ends(arms.searched(cell)))
                   for cell in range(hunts))  # fmt: skip
    total = design.replicates * sum(each) + few * (len(arms.variants) + 1) * each[0] + normal * GAUSSIAN_SECONDS
    return Needs(design.cells * design.replicates, few * len(arms.variants), few, normal, most * hunts,
                 (total + searched) / 3600)  # fmt: skip


def _ends(numbers: range) -> tuple[int, int]:
    """The smallest and the largest values that are searched."""
    return numbers[0], numbers[-1]
