"""A power study's file as a whole: every cell checked, with the centers that there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bscsim.scenario.checking import validate
from bscsim.scenario.document import Item, item_of
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.population import Pool, make_pool
from bscsim.scenario.scenario import Scenario
from bscsim.trial.reading.axes import Grid, grid_of, shown
from bscsim.trial.reading.case import Case, read_case
from bscsim.trial.reading.check_analyses import check_analyses
from bscsim.trial.reading.check_design import check_design
from bscsim.trial.reading.check_measures import check_measures, check_samples
from bscsim.trial.reading.check_population import check_population
from bscsim.trial.reading.check_search import check_search
from bscsim.trial.reading.check_truth import check_ceiling, check_truth
from bscsim.trial.reading.derived import pool_is_given
from bscsim.trial.reading.forms import CHANGED, laid, normal
from bscsim.trial.reading.searched import fields_of
from bscsim.trial.settings import SearchSettings

SHOWN: Final = 8
"""Cells whose faults are listed."""


@dataclass(frozen=True)
class Ground:
    """The centers of a study: the scenario, its items, the roster's pool, and whether its size is the study's own."""

    root: Item
    base: Scenario
    pool: Pool | None
    given: bool


def pool_of(scenario: Scenario) -> Pool | None:
    """Read the roster's centers; None without a roster. InputError for its faults."""
    return None if scenario.population.roster is None else make_pool(scenario.population)


def check(case: Case, ground: Ground | None, grid: Grid) -> None:
    """Add every fault that a cell's settings have together; those of a part that could not be read are passed over."""
    design, base = case.design, None if ground is None else ground.base
    check_measures(case, design)
    if base is not None and ground is not None:
        check_samples(case, base.population, ground.pool)
    if case.search is not None:
        check_search(case, case.search, grid)
    if design is None:
        return
    check_design(case, design)
    check_analyses(case, design, base)
    if case.truth is not None:
        check_truth(case, design, case.truth)
        check_ceiling(case, design, case.truth)
    if ground is not None:
        check_population(case, design, ground.base, ground.root, ground.pool, ground.given)


def faults_of(block: Item | None, root: Item, file: str) -> list[Fault]:
    """List what is wrong with the block of a power study, and whether its scenario can hold it."""
    block = block if block is not None else Item({}, f"{file}:1:1", "", "default")
    grid, faults = grid_of(block)
    scenario, _ = validate(root)  # its own faults are told by who reads it
    ground = None
    if scenario is not None:
        try:
            ground = Ground(root, scenario, pool_of(scenario), pool_is_given(root))
        except InputError:
            scenario = None
    if faults:  # the rest once, with each list at its first value
        grid = Grid(grid.axes, tuple(items[:1] for items in grid.levels), grid.places)
        said = [fault.place for fault in faults]
        rest = _faults_of_cell(grid, (0,) * len(grid.axes), block, ground, file, grid)
        return faults + [fault for fault in rest if fault.place not in said]
    found: dict[Fault, None] = {}
    bad = 0
    for point in grid.points():
        here = _faults_of_cell(grid, point, block, ground, file, grid)
        bad += bool(here)
        if bad <= SHOWN:
            found |= dict.fromkeys(here)
    if bad > SHOWN:
        found[Fault(file, "", f"and {bad - SHOWN} cells more cannot be run")] = None
    if not found and ground is not None:
        found |= dict.fromkeys(_faults_of_ends(block, ground, file, grid))
    return list(found)


def _faults_of_cell(
    grid: Grid, point: tuple[int, ...], block: Item, ground: Ground | None, file: str, axes: Grid
) -> list[Fault]:
    item, faults = normal(grid.cell(block, point))
    case = read_case(item, file)
    check(case, ground, axes)
    return faults + case.faults


def _faults_of_ends(block: Item, ground: Ground, file: str, grid: Grid) -> list[Fault]:
    """Try the searched fields at both ends, in every cell until one has faults."""
    if block.child("search") is None:
        return []
    for point in grid.points():
        item, _ = normal(grid.cell(block, point))
        case = read_case(item, file)
        if case.search is not None and (faults := _faults_at_ends(case, case.search, item, ground)):
            return faults
    return []


def _faults_at_ends(case: Case, search: SearchSettings, item: Item, ground: Ground) -> list[Fault]:
    faults: list[Fault] = []
    for end in (0, 1):
        tried = item
        for path, *ends in fields_of(search):
            tried = laid(tried, path, item_of(ends[end], CHANGED))[0]
        other = read_case(tried, case.file)
        check(other, ground, Grid())
        said = ", ".join(f"{path} {shown(ends[end])}" for path, *ends in fields_of(search))
        faults += [Fault(case.place("search.between"), "search.between", f"at {said}: {fault.path} {fault.message}")
                   for fault in other.faults]  # fmt: skip
    return faults
