"""The numbers of arms: cells from 0, then what the first is compared with, and from 100,000 on what is searched."""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Final

from bscsim.power.arms import EQUAL_EFFECTS, GAUSSIAN, VARIANTS, Arm, changes_of, trial_text
from bscsim.scenario.faults import Fault

if TYPE_CHECKING:
    from bscsim.trial.reading.design import PowerDesign

FIRST_SEARCHED: Final = 100_000
"""Number of the first arm of a search."""

MOST_ARMS: Final = 1_000_000
"""What the names of files hold."""


class Arms:
    """The arms of a power study by their numbers; each is made once."""

    def __init__(self, design: PowerDesign) -> None:
        self.design = design
        self._known: dict[int, Arm | None] = {}

    def __getitem__(self, number: int) -> Arm:
        """The arm of a number; KeyError if the study has none."""
        found = self.get(number)
        if found is None:
            raise KeyError(number)
        return found

    def get(self, number: int) -> Arm | None:
        """The arm of a number, None if the study has none."""
        if number not in self._known:
            self._known[number] = self._made(number)
        return self._known[number]

    @cached_property
    def variants(self) -> dict[str, int]:
        """Numbers of the variants of the first cell that need no rows of it, by name."""
        named = enumerate(VARIANTS, self.design.cells)
        return {name: number for number, name in named if name != EQUAL_EFFECTS}

    @property
    def equal_effects(self) -> int:
        """Number of the arm in which every center has the same effect."""
        return self.design.cells + list(VARIANTS).index(EQUAL_EFFECTS)

    @property
    def gaussian(self) -> int:
        """Number of the arm with variance components in the place of the model."""
        return self.design.cells + len(VARIANTS)

    @cached_property
    def values(self) -> list[dict[str, int]]:
        """What each step of the search sets: path -> value; under a budget every combination."""
        from bscsim.trial.reading.searched import fields_of
        from bscsim.trial.searching.candidates import candidates

        search = self.design.search
        if search is None:
            return []
        paths, lows, highs = zip(*fields_of(search), strict=True)
        return candidates(paths, tuple(zip(lows, highs, strict=True)), search.step)

    def searched(self, cell: int) -> range:
        """Numbers of the arms of a cell's search, one a value."""
        first = FIRST_SEARCHED + cell * len(self.values)
        return range(first, first + len(self.values))

    def _made(self, number: int) -> Arm | None:
        design = self.design
        if number < design.cells:
            return Arm(number, design.label(number), design.trial(number))
        if number < self.gaussian + 1:
            return self._compared(number, [*VARIANTS, GAUSSIAN][number - design.cells])
        cell, at = divmod(number - FIRST_SEARCHED, max(len(self.values), 1))
        if not 0 <= cell < design.cells or at >= len(self.values):
            return None
        changes = self.values[at]
        label = ", ".join(f"{path} {value}" for path, value in changes.items())
        return Arm(number, label, design.trial(cell, changes))

    def _compared(self, number: int, name: str) -> Arm:
        trial = self.design.trial(0)
        if name in (EQUAL_EFFECTS, GAUSSIAN):
            source = f"{name} after {self.design.replicates} of {trial_text(trial)}"
            return Arm(number, name, trial, source)
        return Arm(number, name, self.design.trial(0, changes_of(name, trial)))


def too_many(design: PowerDesign) -> list[Fault]:
    """What a study has too much of to be numbered."""
    from bscsim.trial.reading.searched import fields_of

    faults = []
    if design.cells + len(VARIANTS) >= FIRST_SEARCHED:
        most = FIRST_SEARCHED - len(VARIANTS) - 1
        problem = f"{design.cells:,} cells are more than a study may have; at most {most:,}: fewer values"
        faults.append(Fault("", "power", problem))
    if design.search is not None:
        ends = fields_of(design.search)
        values = prod((high - low) // design.search.step + 1 for _, low, high in ends)
        if FIRST_SEARCHED + design.cells * values > MOST_ARMS:
            most = (MOST_ARMS - FIRST_SEARCHED) // design.cells
            problem = (f"{values:,} values in each of {design.cells:,} cells are more than are searched; at most "
                       f"{most:,} values: a larger search.step, or fewer cells")  # fmt: skip
            faults.append(Fault("", "search.between", problem))
    return faults
