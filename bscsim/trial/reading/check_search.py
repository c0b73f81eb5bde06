"""What is searched for has to be there, and to be possible at both ends."""

from __future__ import annotations

from typing import Final

from bscsim.scenario.faults import Fault
from bscsim.trial.reading.axes import Grid
from bscsim.trial.reading.case import Case, near
from bscsim.trial.reading.searched import fields_of
from bscsim.trial.settings import SearchSettings
from bscsim.trial.summarizing import words

LEAST_POWER: Final = 0.05
"""A search aims at more."""


def check_search(case: Case, search: SearchSettings, grid: Grid) -> None:
    """Add the faults of a search whose own settings are in order."""
    if case.design is not None and case.design.type not in words.RANDOMIZED:
        # its share of significant results is what passes for an effect, which no number of centers makes a power
        would_do = f"a randomized design would do (design.type: {words.listed(words.RANDOMIZED, 'or')}), or no search"
        case.fault("search", f"looks for a power, and the design {case.design.type} has none, as nobody is allocated "
                   f"by lot; {would_do}")  # fmt: skip
        return
    if case.target is not None and not search.budget and case.target.power <= LEAST_POWER:
        case.fault("target.power", f"{case.target.power:g} is not above {LEAST_POWER:g}, which a search has to aim at; "
                   "a larger one, such as 0.8")  # fmt: skip
    for path, _, _ in fields_of(search):
        keys = path.split(".")
        listed = [place for axis, place in zip(grid.axes, grid.places, strict=True) if axis.path == path]
        if listed:
            problem = "is searched and may not also be a list; give one value, or search another field"
            case.faults.append(Fault(listed[0], path, problem))
        elif keys[0] == "measures" and keys[1] not in case.measures and case.measures:
            case.fault("search.over", f"'{keys[1]}' is no measure{near(keys[1], case.measures)}")
        elif keys[0] == "measures" and case.measures.get(keys[1]) is not None \
                and case.measures[keys[1]].of in ("readiness", "reports"):  # fmt: skip
            case.fault("search.over", f"{keys[1]} is of {case.measures[keys[1]].of}, of which nothing is sampled")
        elif case.design is not None:
            _in_design(case, path, keys)


def _in_design(case: Case, path: str, keys: list[str]) -> None:
    """Refuse a field of the design that has no effect in it."""
    design = case.design
    assert design is not None
    if keys[1] == "cohorts" and int(keys[2]) >= len(design.cohorts):
        case.fault("search.over", f"there is no cohort {keys[2]}; design.cohorts has {len(design.cohorts)}, from 0")
    elif path == "design.collaboratives" and design.cohorts:
        case.fault("search.over", "design.collaboratives has no effect beside cohorts; search "
                   "design.cohorts.0.collaboratives, or give no cohorts")  # fmt: skip
    belongs = {"control_centers": ("parallel", "wait_list"), "waits": ("wait_list",)}
    if keys[0] == "design" and design.type not in belongs.get(keys[1], (design.type,)):
        case.fault("search.over", f"{path} has no effect in the design {design.type}")
