"""A design: the cells of a study, each a scenario that differs from the base by its levels."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bscsim.scenario.checking import validate
from bscsim.scenario.document import Item
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.layers import lay
from bscsim.scenario.population import Pool, Population, make_pool
from bscsim.scenario.scenario import Scenario, pool_faults
from bscsim.sweeps.asking import Ask
from bscsim.sweeps.factors import Factor, Level, short_names, shown
from bscsim.sweeps.settings import SAMPLED, FactorialSettings, SensitivitySettings, SweepSettings

Array = NDArray[Any]
AS_BASE: Final = -1
"""The level of a factor that is as in the base scenario."""


@dataclass(frozen=True)
class Design:
    """The cells of a study.

    kind, name
        ``sweep``, ``factorial`` or ``sensitivity``; and ``grid``, ``one_at_a_time``, ``latin_hypercube``, ``sobol``,
        ``list``, ``full``, ``fraction``, ``morris`` or ``indices``.
    settings
        The block's own settings.
    factors
        What varies.
    points
        [cells, factors]: the level of each factor (:data:`AS_BASE`: as in the base), or in a sampled design a point of
        the unit cube.
    asks
        The responses that are reported; all outcomes are stored.
    reference
        The cell that others are compared with; None in a sampled design.
    root, base
        The base scenario, as items and as a scenario.
    """

    kind: str
    name: str
    settings: SweepSettings | FactorialSettings | SensitivitySettings
    factors: tuple[Factor, ...]
    points: Array
    asks: tuple[Ask, ...]
    reference: int | None
    root: Item
    base: Scenario

    @property
    def sampled(self) -> bool:
        """Whether cells are points of the unit cube."""
        return self.name in (*SAMPLED, "indices")

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.points)

    def level(self, factor: int, point: float) -> Level:
        """Return what a factor sets at one of its points; nothing where it is as in the base."""
        one = self.factors[factor]
        if self.sampled:
            return one.at(float(point))
        return () if point == AS_BASE else one.levels[int(point)]

    def changes(self, cell: int) -> Level:
        """Return everything that a cell sets."""
        return tuple(pair for factor, point in enumerate(self.points[cell]) for pair in self.level(factor, point))

    def levels(self, cell: int) -> dict[str, Any]:
        """Return the level of each factor in a cell, as plain data: its value, or its label if it has names."""
        return {factor.name: self._level(at, cell) for at, factor in enumerate(self.factors)}

    def _level(self, at: int, cell: int) -> Any:
        factor, point = self.factors[at], self.points[cell, at]
        if self.sampled and factor.ranges:
            return factor.at(float(point))[0][1].plain()
        if not self.sampled and point == AS_BASE:
            return self.base_level(factor)
        last = len(factor.levels) - 1
        return factor.value(min(int(point * (last + 1)), last) if self.sampled else int(point))

    def base_level(self, factor: Factor) -> Any:
        """Return what the base scenario has where a factor varies."""
        if len(factor.paths) > 1:
            return "as in the base"
        item = item_at(self.root, factor.paths[0])
        return None if item is None else item.plain()

    def label(self, cell: int) -> str:
        """Name a cell by its levels."""
        if self.name == "list":
            return self.factors[0].labels[int(self.points[cell, 0])]
        if self.name == "one_at_a_time" and cell == 0:
            return "as in the base"
        one = self.name == "one_at_a_time"
        moved = [at for at in range(len(self.factors)) if not one or self.points[cell, at] != self.points[0, at]]
        short = short_names([factor.name for factor in self.factors])
        names = [f"{short[self.factors[at].name]} {shown(self._level(at, cell))}" for at in moved]
        return ", ".join(names) if 0 < len(names) <= 6 else f"cell {cell}"

    def scenario(self, cell: int) -> Scenario:
        """Return a cell's scenario, with every wave that the responses need; InputError if there is a fault in it."""
        scenario, faults = self.checked(self.changes(cell))
        if scenario is None:
            raise InputError(faults)
        return scenario

    def checked(self, changes: Level) -> tuple[Scenario | None, list[Fault]]:
        """Lay changes over the base: the scenario, or None and the faults."""
        scenario, faults = laid(self.root, changes)
        pool = None if scenario is None else pool_of(scenario.population)
        if scenario is not None and pool is not None:
            faults = pool_faults(scenario, pool)
        if scenario is None or faults:
            return None, faults
        return self.with_waves(scenario), []

    def with_waves(self, scenario: Scenario) -> Scenario:
        """Add month 0, the end and the months of the responses to a scenario's waves, whatever is asked for.

        What is measured at other times, and from when staff are counted as staying, then does not depend on it.
        """
        calendar = scenario.calendar
        asked = [month for ask in self.asks if (month := ask.month(calendar)) <= calendar.horizon]
        waves = tuple(sorted(dict.fromkeys([0, *calendar.waves, calendar.ends, *asked])))
        if waves == calendar.waves:
            return scenario
        return scenario.model_copy(update={"calendar": calendar.model_copy(update={"waves": waves})})

    def shape(self, cell: int) -> int:
        """Which shape a cell has: cells of one shape are of one size and have one calendar."""
        return self._shapes[0][cell]

    def one_a_shape(self) -> list[int]:
        """List the first cell of each shape."""
        return self._shapes[1]

    def like(self, cell: int) -> Scenario:
        """Return a scenario of a cell's shape: its size and calendar are the cell's."""
        shape = self.shape(cell)
        if shape not in self._likes:
            self._likes[shape] = self.scenario(self.one_a_shape()[shape])
        return self._likes[shape]

    @cached_property
    def _likes(self) -> dict[int, Scenario]:
        return {}

    @cached_property
    def _shapes(self) -> tuple[list[int], list[int]]:
        """The shape of each cell, and the first cell of each shape."""
        shaping = [at for at, factor in enumerate(self.factors) if any(_shapes(path) for path in factor.paths)]
        of: list[int] = []
        first: list[int] = []
        seen: dict[str, int] = {}
        for cell in range(self.cells):
            set_ = [[path, item.plain()] for at in shaping for path, item in self.level(at, self.points[cell, at])]
            shape = seen.setdefault(json.dumps(set_), len(first))
            if shape == len(first):
                first.append(cell)
            of.append(shape)
        return of, first

    def positions(self) -> Array:
        """Return where each cell's levels stand in their factor's range, 0 to 1, [cells, factors], of a sampled design.

        Of levels and whole numbers, all points that give the same level stand at the same place.
        """
        return np.column_stack([
            [factor.position(float(point)) for point in self.points[:, at]] for at, factor in enumerate(self.factors)
        ])  # fmt: skip

    def text(self, cell: int) -> str:
        """What a cell changes, as text that equal cells share: levels by path, and the waves that responses add."""
        changes = {path: item.plain() for path, item in self.changes(cell)}
        return json.dumps(changes, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the base scenario, of what each cell changes, and of the times of responses."""
        digest = hashlib.sha256(self.base_digest.encode())
        for cell in range(self.cells):
            digest.update(self.text(cell).encode() + b"\n")
        return digest.hexdigest()

    @cached_property
    def base_digest(self) -> str:
        """Digest of the base scenario and of the times at which responses are taken."""
        times = sorted(dict.fromkeys(ask.when for ask in self.asks))
        return hashlib.sha256(f"{self.base.digest} {times}".encode()).hexdigest()


def laid(root: Item, changes: Level) -> tuple[Scenario | None, list[Fault]]:
    """Lay changes over a base scenario's items: the scenario, or None and the faults."""
    for path, item in changes:
        root, problem = lay(root, path, item)
        if problem:
            return None, [Fault(item.place, *problem)]
    return validate(root)


def item_at(root: Item, path: str) -> Item | None:
    """Return what a scenario has at a dotted path; of an element, its level."""
    item: Item | None = root
    for key in path.split("."):
        item = None if item is None else item.child(int(key) if key.isdecimal() else key)
    level = None if item is None or path.partition(".")[0] != "elements" else item.child("level")
    return level or item


def _shapes(path: str) -> bool:
    """Whether a setting decides sizes or calendars, or can clash with another."""
    wide = ("population", "calendar", "enrolment", "simulation")
    return path.partition(".")[0] in wide or path in ("parameters", "parameters.metrics_p", "parameters.metrics_made_p")


@cache
def pool_of(population: Population) -> Pool | None:
    """Return the centers of a roster, read once; None without one, where they are made from the settings alone."""
    return None if population.roster is None else make_pool(population)
