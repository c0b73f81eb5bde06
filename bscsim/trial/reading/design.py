"""The cells of a power study: one trial each; what is in the file, checked as a whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bscsim.scenario.checking import in_order, validate
from bscsim.scenario.document import Item, item_of
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.layers import lay
from bscsim.scenario.population import Pool
from bscsim.scenario.scenario import Scenario, Study, pool_faults
from bscsim.trial.reading.axes import Axis, Grid, grid_of
from bscsim.trial.reading.case import Case, read_case
from bscsim.trial.reading.derived import derived, pool_is_given
from bscsim.trial.reading.forms import CHANGED, laid, normal, plain
from bscsim.trial.reading.notes import notes_of
from bscsim.trial.reading.whole import Ground, check, pool_of
from bscsim.trial.settings import SearchSettings
from bscsim.trial.trial import Trial


@dataclass(frozen=True, eq=False)
class PowerDesign:
    """The cells of a power study, each a :class:`bscsim.trial.trial.Trial`.

    question, compare
        What it is to answer; whether reasons and the Gaussian Monte Carlo are run too.
    axes
        What varies; cells are their product, the last axis fastest.
    search
        What is searched for, or None.
    replicates, seed
        Of every cell: cells share their random numbers.
    base
        The scenario before the design has said who joins and when it ends.
    """

    question: str
    axes: tuple[Axis, ...]
    search: SearchSettings | None
    compare: bool
    base: Scenario
    grid: Grid = field(repr=False)
    block: Item = field(repr=False)
    ground: Ground = field(repr=False)
    file: str = ""
    kind: str = "power"

    @property
    def name(self) -> str:
        """The design of cell 0, such as ``parallel``."""
        return self.trial(0).design.type

    @property
    def replicates(self) -> int:
        """Replicates of every cell."""
        return self.base.simulation.replicates

    @property
    def seed(self) -> int:
        """Seed of all draws."""
        return self.base.simulation.seed

    @property
    def cells(self) -> int:
        """Number of cells, at least 1."""
        return self.grid.cells

    def trial(self, cell: int, changes: Mapping[str, Any] | None = None) -> Trial:
        """Return a cell's trial, with changes laid over it: dotted paths of the file -> values.

        Paths of the scenario begin with ``scenario.`` or are its own (``parameters.sd_coll``). Analyses are a list
        (``analysis.0.cohort``). InputError with every fault that the changes make.
        """
        if not changes:
            if cell not in self._trials:
                self._trials[cell] = self._made(cell, {})[0]
            return self._trials[cell]
        return self._made(cell, changes)[0]

    def notes(self, cell: int) -> list[str]:
        """Say what was enlarged for a cell, and what to be careful about."""
        trial, notes, pool = self._made(cell, {})
        return notes + notes_of(trial, pool)

    def levels(self, cell: int) -> dict[str, Any]:
        """Return the value of each axis in a cell, by path."""
        point = self._points[cell]
        return {axis.path: axis.values[level] for axis, level in zip(self.axes, point, strict=True)}

    def label(self, cell: int) -> str:
        """Name a cell by its levels; ``as designed`` where nothing varies."""
        point = self._points[cell]
        names = [f"{axis.short} {axis.labels[level]}" for axis, level in zip(self.axes, point, strict=True)]
        return ", ".join(names) or "as designed"

    def cell_digest(self, cell: int, changes: Mapping[str, Any] | None = None) -> str:
        """SHA-256 of all that can change a number of one replicate of a cell, or of what is made of it."""
        return digest_of(self.trial(cell, changes))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of every cell, of the search, and of whether truths are compared; not of name and replicates."""
        digest = hashlib.sha256()
        known: dict[Scenario, str] = {}
        for cell in range(self.cells):
            trial = self.trial(cell)
            scenario = known.get(trial.scenario) or trial.scenario.digest
            known[trial.scenario] = scenario
            digest.update(f"{self.levels(cell)} {digest_of(trial, scenario)}\n".encode())
        search = None if self.search is None else self.search.model_dump()
        digest.update(json.dumps([search, self.compare], sort_keys=True).encode())
        return digest.hexdigest()

    @cached_property
    def _points(self) -> list[tuple[int, ...]]:
        return self.grid.points()

    @cached_property
    def _trials(self) -> dict[int, Trial]:
        return {}

    def _made(self, cell: int, changes: Mapping[str, Any]) -> tuple[Trial, list[str], Pool | None]:
        block, faults = normal(self.grid.cell(self.block, self._points[cell]))
        ground = self.ground
        for path, value in changes.items():
            path = path.removeprefix("scenario.")
            item = item_of(plain(value), CHANGED)
            if path.partition(".")[0] in Scenario.model_fields:
                ground, wrong = _regrounded(ground, path, item)
            else:
                block, wrong = laid(block, path, item)
            faults += wrong
        _refuse(faults)
        case = read_case(block, self.file)
        check(case, ground, Grid())
        _refuse(case.faults)
        trial, notes = trial_of(case, ground)
        return trial, notes, ground.pool


def digest_of(trial: Trial, scenario: str = "") -> str:
    """SHA-256 of a trial: its scenario by that one's digest (if it is known), every other setting by its value.

    >>> from bscsim.trial.settings import DesignSettings
    >>> one, other = (Trial(Scenario(), DesignSettings(waits=waits), {}, ()) for waits in (20, 21))
    >>> digest_of(one) == digest_of(one), digest_of(one) == digest_of(other)
    (True, False)
    """
    measures = [[name, plain(one)] for name, one in trial.measures.items()]  # in the order that keys their draws
    truth = None if trial.truth is None else plain(vars(trial.truth))
    analyses = [plain(one) for one in trial.analyses]
    parts = [
        scenario or trial.scenario.digest, plain(trial.design), measures, analyses, plain(trial.attrition),
        plain(trial.target), plain(trial.costs), truth,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _regrounded(ground: Ground, path: str, item: Item) -> tuple[Ground, list[Fault]]:
    """Return the ground with another value of the scenario."""
    root, problem = lay(ground.root, path, item)
    if problem:
        return ground, [Fault("", *problem)]
    scenario, faults = validate(root)
    if scenario is None:
        return ground, faults
    pool = ground.pool
    if path.startswith("population"):
        try:
            pool = pool_of(scenario)
        except InputError as error:
            return ground, list(error.faults)
    return Ground(root, scenario, pool, pool_is_given(root)), []


def _refuse(faults: Iterable[Fault]) -> None:
    if faults := list(dict.fromkeys(faults)):
        raise InputError(sorted(faults, key=in_order))


def trial_of(case: Case, ground: Ground) -> tuple[Trial, list[str]]:
    """Return the trial of a case without faults, and what was enlarged for it."""
    assert case.design is not None
    assert case.attrition is not None
    assert case.target is not None
    assert case.costs is not None
    first = Trial(ground.base, case.design, case.measures, tuple(case.analyses.values()), case.attrition, case.target,
                  case.costs, case.truth)  # fmt: skip
    scenario, notes = derived(ground.base, case.design, first.months, ground.given)
    if case.truth is not None:
        notes = []  # it has no pool
    pool = ground.pool
    if pool is not None:
        _refuse(pool_faults(scenario, pool))
    return Trial(scenario, first.design, first.measures, first.analyses, first.attrition, first.target, first.costs,
                 first.truth), notes  # fmt: skip


def design_of(study: Study) -> PowerDesign:
    """Make the design of a power study whose block :func:`.faults_of` has found in order."""
    assert study.root is not None
    file = str(study.path)
    block = study.block if study.block is not None else Item({}, f"{file}:1:1", "", "default")
    grid, _ = grid_of(block)
    ground = Ground(study.root, study.scenario, pool_of(study.scenario), pool_is_given(study.root))
    case = read_case(normal(grid.cell(block, (0,) * len(grid.axes)))[0], file)
    _refuse(case.faults)
    return PowerDesign(case.question, grid.axes, case.search, case.compare, study.scenario, grid, block, ground, file)
