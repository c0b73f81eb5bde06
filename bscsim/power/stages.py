"""What a power study simulates, in order: its cells, what they are compared with, and what is searched for.

Each stage says which blocks it needs; a runner computes those that no file holds. What a stage asks depends on the rows
of the stages before it and on nothing else, so a study that was stopped goes on where it was. What follows from rows
waits until all of them are there: a block that failed leaves no trace in the numbers of others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bscsim.power import needs
from bscsim.power.layout import split
from bscsim.power.needs import Needs, compares
from bscsim.power.numbers import Arms
from bscsim.power.rows import Columns
from bscsim.sweeps.layout import Block
from bscsim.trial.settings import AttritionSettings

if TYPE_CHECKING:
    from bscsim.trial.reading.design import PowerDesign
    from bscsim.trial.trial import Trial

SEARCH_REPLICATES: Final = 10_000_000
"""Number of the first replicate of a search: none is used twice, so that evaluations are independent."""

Compute = Callable[[Sequence[Block]], None]
"""Computes the blocks that no file holds."""
Read = Callable[[int, int, int], list[Columns]]
"""Rows of an arm: number, first replicate, the one after the last."""


class GapError(Exception):
    """Rows that something follows from are not all there."""


@dataclass
class Stages:
    """The stages of a study.

    ``compute``, ``read``: where blocks are computed and read, by the numbers of arms.  ``searches``: what was found in
    each cell, None where rows are missing.  ``planned``: replicates of all stages, of a search at most until it ends.
    """

    design: PowerDesign
    compute: Compute
    read: Read
    searches: list[dict[str, Any] | None] = field(default_factory=list)
    budget: dict[str, Any] | None = None
    planned: int = 0

    def __post_init__(self) -> None:
        self.arms = Arms(self.design)

    @cached_property
    def need(self) -> Needs:
        """What it is going to take."""
        return needs.needs(self.design, self.arms)

    def run(self) -> None:
        """Go through all stages."""
        self.planned = self.need.replicates
        self.compute([*self.cells(), *self.variants()])
        with suppress(GapError):
            self.compute(self.followers())
        self.search()

    def cells(self) -> list[Block]:
        """The blocks of all cells: of each the first, then of each the second, so that all grow together."""
        every = [list(split(self.arms[cell], 0, self.design.replicates)) for cell in range(self.design.cells)]
        longest = max(len(blocks) for blocks in every)
        return [blocks[at] for at in range(longest) for blocks in every if at < len(blocks)]

    def variants(self) -> list[Block]:
        """The blocks of the variants of the first cell that need no rows of it."""
        if not compares(self.design):
            return []
        return [block for number in self.arms.variants.values() for block in split(self.arms[number], 0, self.few)]

    def followers(self) -> list[Block]:
        """The blocks of what follows from the first cell: equal effects, and the Gaussian truth if one fits.

        GapError if rows are missing.
        """
        if not compares(self.design) or "truth.measured" not in self.first_cell[0]:
            self.planned -= self.need.equal_effects + self.need.gaussian
            return []
        blocks = list(split(self.arms[self.arms.equal_effects], 0, self.few))
        if self.gaussian is not None:
            return blocks + list(split(self.arms[self.arms.gaussian], 0, self.design.replicates))
        self.planned -= self.need.gaussian
        return blocks

    @property
    def few(self) -> int:
        """Replicates of a variant."""
        return min(self.design.replicates, needs.COMPARED)

    @cached_property
    def first_cell(self) -> list[Columns]:
        """The rows of the first cell, all of them; GapError if some are missing."""
        return self.whole(0, 0, self.design.replicates)

    @cached_property
    def gaussian(self) -> Trial | None:
        """The first cell's trial with variance components and the effect in the place of the model; None: none fits."""
        from bscsim.trial.summarizing.components import gaussian_of

        trial = self.design.trial(0)
        if trial.design.type != "parallel":
            return None
        try:
            truth = gaussian_of(trial, self.first_cell[0])
        except ValueError:  # nothing was seen that has a variance
            return None
        return replace(trial, truth=truth, analyses=trial.analyses[:1], attrition=AttritionSettings())

    def runnable(self, number: int) -> tuple[Trial, float | None]:
        """The trial of an arm as it is simulated, and the effect that every center has in it if that is set.

        GapError if it follows from rows that are missing; ValueError if no Gaussian truth fits.
        """
        if number == self.arms.gaussian:
            if self.gaussian is None:
                raise ValueError("no Gaussian truth fits this study")
            return self.gaussian, None
        trial = self.arms[number].trial
        if number == self.arms.equal_effects:
            return trial, float(np.nanmean(self.first_cell[0]["truth.measured"]))
        return trial, None

    def search(self) -> None:
        """Search in every cell, or under the budget; see :mod:`bscsim.power.searches`."""
        from bscsim.power.searches import budget, sizes

        if self.design.search is None:
            return
        hunts = 1 if self.design.search.budget > 0 else self.design.cells
        for cell in range(hunts):
            found = None
            with suppress(GapError):
                found = budget(self) if self.design.search.budget > 0 else sizes(self, cell)
            if found is not None:
                self.planned -= needs.most_searched(self.design) - found["replicates_used"]
            if self.design.search.budget > 0:
                self.budget = found
            else:
                self.searches.append(found)

    def evaluate(self, number: int, first: int, count: int) -> list[Columns]:
        """Rows of replicates that belong to the search alone; GapError if some could not be computed."""
        start = SEARCH_REPLICATES + first
        self.compute(list(split(self.arms[number], start, start + count)))
        return self.whole(number, start, start + count)

    def whole(self, number: int, first: int, end: int) -> list[Columns]:
        """Rows of an arm; GapError if some are missing."""
        rows = self.read(number, first, end)
        if not rows or len(rows[0]["replicate"]) < end - first:
            raise GapError
        return rows
