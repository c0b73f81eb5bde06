"""What a power study simulates, in order: its cells, what they are compared with, and what is searched for.

Each stage says which blocks it needs; a runner computes those that no file holds. What a stage asks depends on the rows
of the stages before it and on nothing else, so a study that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bscsim.power.arms import (
    EQUAL_EFFECTS,
    FIRST_SEARCHED,
    GAUSSIAN,
    SEARCH_REPLICATES,
    VARIANTS,
    Arm,
    changes_of,
    trial_text,
)
from bscsim.power.layout import split
from bscsim.power.rows import Columns
from bscsim.sweeps.layout import Block

if TYPE_CHECKING:
    from bscsim.trial.reading.design import PowerDesign
    from bscsim.trial.trial import Trial

COMPARED: Final = 400
"""Replicates of a variant at most: their differences are paired."""

Compute = Callable[[Sequence[Block]], None]
"""Computes the blocks that no file holds."""
Read = Callable[[int, int, int], list[Columns]]
"""Rows of an arm: number, first replicate, the one after the last."""


@dataclass
class Stages:
    """The stages of a study.

    ``compute``, ``read``: where blocks are computed and read, by the numbers of arms.
    """

    design: PowerDesign
    compute: Compute
    read: Read
    found: dict[str, Any] = field(default_factory=dict)

    def run(self) -> None:
        """Go through all stages; what the later ones find stands in ``found``."""
        self.compute(self.cells())
        variants = self.variants()
        self.compute(variants)
        if self.design.search is not None:
            self.search()

    def cells(self) -> list[Block]:
        """The blocks of all cells: of each the first, then of each the second, so that all grow together."""
        every = [list(split(self.arm(cell), 0, self.design.replicates)) for cell in range(self.design.cells)]
        longest = max(len(blocks) for blocks in every)
        return [blocks[at] for at in range(longest) for blocks in every if at < len(blocks)]

    def variants(self) -> list[Block]:
        """The blocks of the variants of the first cell that can be computed."""
        blocks: list[Block] = []
        for number, end in self.compared().items():
            blocks += split(self.arm(number), 0, end)
        return blocks

    def compared(self) -> dict[int, int]:
        """Numbers of the arms that the first cell is compared with -> their replicates; none if it has no rows."""
        if not self.design.compare or self.design.trial(0).truth is not None or not self.first():
            return {}
        few = min(self.design.replicates, COMPARED)
        found = {self.design.cells + at: few for at in range(len(VARIANTS))}
        if self.gaussian() is not None:
            found[self.design.cells + len(VARIANTS)] = self.design.replicates
        return found

    def first(self) -> list[Columns]:
        """The rows of the first cell; read once it is complete."""
        rows = self.found.get("first")
        if rows is None:
            rows = self.found["first"] = self.read(0, 0, self.design.replicates)
        return list(rows)

    def gaussian(self) -> Trial | None:
        """The first cell's trial with variance components and the effect in the place of the model; None: none fits."""
        if "gaussian" not in self.found:
            self.found["gaussian"] = self._gaussian()
        found: Trial | None = self.found["gaussian"]
        return found

    def _gaussian(self) -> Trial | None:
        from bscsim.trial.summarizing.components import gaussian_of

        trial = self.design.trial(0)
        if trial.design.type != "parallel":
            return None
        try:
            truth = gaussian_of(trial, self.first()[0])
        except ValueError:  # nothing was seen that has a variance
            return None
        return replace(trial, truth=truth, analyses=trial.analyses[:1])

    def arm(self, number: int) -> Arm:
        """The arm of a number; KeyError if the study has none."""
        found = self.arm_of(number)
        if found is None:
            raise KeyError(number)
        return found

    def arm_of(self, number: int) -> Arm | None:
        """The arm of a number, None if the study has none."""
        known: dict[int, Arm | None] = self.found.setdefault("arms", {})
        if number not in known:
            known[number] = self._arm(number)
        return known[number]

    def _arm(self, number: int) -> Arm | None:
        cells = self.design.cells
        if number < cells:
            return Arm(number, self.design.label(number), self.design.trial(number))
        if number < cells + len(VARIANTS):
            return self._variant(number, list(VARIANTS)[number - cells])
        if number == cells + len(VARIANTS):
            return Arm(number, GAUSSIAN, self.design.trial(0), self._source(GAUSSIAN))
        if number >= FIRST_SEARCHED and self.design.search is not None:
            return self._searched(number)
        return None

    def _variant(self, number: int, name: str) -> Arm:
        trial = self.design.trial(0)
        if name == EQUAL_EFFECTS:
            return Arm(number, name, trial, self._source(name))
        return Arm(number, name, self.design.trial(0, changes_of(name, trial)))

    def _source(self, name: str) -> str:
        return f"{name} after {self.design.replicates} of {trial_text(self.design.trial(0))}"

    def _searched(self, number: int) -> Arm | None:
        values = self.values()
        cell, at = divmod(number - FIRST_SEARCHED, len(values))
        if cell >= self.design.cells:
            return None
        changes = values[at]
        label = ", ".join(f"{path} {value}" for path, value in changes.items())
        return Arm(number, label, self.design.trial(cell, changes))

    def values(self) -> list[dict[str, Any]]:
        """What each step of the search sets; under a budget the candidates."""
        if "values" not in self.found:
            from bscsim.power.searches import values_of

            self.found["values"] = values_of(self.design)
        found: list[dict[str, Any]] = self.found["values"]
        return found

    def runnable(self, number: int) -> tuple[Trial, float | None]:
        """The trial of an arm as it is simulated, and the effect that every center has in it if that is set."""
        arm = self.arm(number)
        if arm.label == GAUSSIAN and arm.source:
            trial = self.gaussian()
            assert trial is not None
            return trial, None
        if arm.label == EQUAL_EFFECTS and arm.source:
            return arm.trial, float(np.nanmean(self.first()[0]["truth.measured"]))
        return arm.trial, None

    def search(self) -> None:
        """Search in every cell; see :mod:`bscsim.power.searches`."""
        from bscsim.power.searches import budget, sizes

        assert self.design.search is not None
        if self.design.search.budget > 0:
            self.found["budget"] = budget(self)
        else:
            self.found["searches"] = [sizes(self, cell) for cell in range(self.design.cells)]

    def evaluate(self, number: int, first: int, count: int) -> list[Columns]:
        """Rows of replicates that belong to the search alone."""
        start = SEARCH_REPLICATES + first
        self.compute(list(split(self.arm(number), start, start + count)))
        return self.read(number, start, start + count)


def results(stages: Stages) -> dict[str, Any]:
    """All rows of cells and of what the first is compared with: ``cells``, ``variants``, ``gaussian``."""
    design = stages.design
    cells: Mapping[int, list[Columns]] = {
        cell: rows for cell in range(design.cells) if (rows := stages.read(cell, 0, design.replicates))
    }
    variants: dict[str, list[Columns]] = {}
    gaussian: list[Columns] | None = None
    for number, end in stages.compared().items():
        rows = stages.read(number, 0, end)
        if not rows:
            continue
        label = stages.arm(number).label
        if label == GAUSSIAN:
            gaussian = rows
        else:
            variants[label] = rows
    if variants and 0 in cells:
        variants = {"as designed": stages.read(0, 0, min(design.replicates, COMPARED)), **variants}
    return {"cells": cells, "variants": variants, "gaussian": gaussian}

