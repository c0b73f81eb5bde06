"""The block of a power study in one cell, read into settings; what is wrong with each setting alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Final

from bscsim.scenario.checking import validated
from bscsim.scenario.document import Item
from bscsim.scenario.faults import Fault
from bscsim.scenario.fields import Frozen
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.reading.searched import read_search
from bscsim.trial.reading.truth import read_truth
from bscsim.trial.settings import (
    AnalysisSettings,
    AttritionSettings,
    CohortSettings,
    CostSettings,
    DesignSettings,
    MeasureSettings,
    SearchSettings,
    TargetSettings,
)
from bscsim.trial.trial import STUDY_CLOCK

USUAL: Final = {
    "parallel": "cluster_t", "wait_list": "cluster_t", "matched_comparison": "cluster_t", "stepped_wedge": "lmm_kr",
    "pre_post": "paired_t", "interrupted_series": "segmented",
}  # fmt: skip
"""The estimator of a design where none is named."""

CONTROLLED: Final = ("parallel", "wait_list")
"""Designs whose number of control centers is a setting of its own."""


@dataclass
class Case:
    """Settings of one cell, and the items they were read from. A part that has a fault is None, or left out."""

    item: Item
    file: str
    faults: list[Fault] = field(default_factory=list)
    question: str = ""
    compare: bool = True
    design: DesignSettings | None = None
    measures: dict[str, MeasureSettings] = field(default_factory=dict)
    attrition: AttritionSettings | None = None
    analyses: dict[int, AnalysisSettings] = field(default_factory=dict)
    target: TargetSettings | None = None
    costs: CostSettings | None = None
    search: SearchSettings | None = None
    truth: GaussianTruth | None = None

    def given(self, path: str) -> Item | None:
        """The item at a path, or None."""
        item: Item | None = self.item
        for key in path.split("."):
            if item is None:
                return None
            item = item.child(int(key) if isinstance(item.value, list) and key.isdecimal() else key)
        return item

    def place(self, path: str) -> str:
        """Where a setting stands, or what is nearest around it."""
        keys = path.split(".")
        for end in range(len(keys), 0, -1):
            item = self.given(".".join(keys[:end]))
            if item is not None and item.place:
                return item.place
        return self.item.place or f"{self.file}:1:1"

    def fault(self, path: str, problem: str) -> None:
        """Add a fault."""
        self.faults.append(Fault(self.place(path), path, problem))


def read_case(item: Item, file: str) -> Case:
    """Read a block; what is wrong stands in the case's faults."""
    case = Case(item, file)
    _read_words(case)
    _read_design(case)
    _read_measures(case)
    case.attrition = read_section(case, "attrition", AttritionSettings)
    _read_analyses(case)
    case.target = read_section(case, "target", TargetSettings)
    case.costs = read_section(case, "costs", CostSettings)
    case.search, faults = read_search(item.child("search"))
    case.faults += faults
    case.truth, faults = read_truth(item.child("truth"))
    case.faults += faults
    return case


def read_section(case: Case, path: str, model: type[Any], without: tuple[str, ...] = ()) -> Any:
    """Validate the mapping at a path as a group of settings, its defaults where it is absent."""
    item = case.given(path)
    if item is None or item.value is None:
        item = Item({}, case.place(path), "", "default")
    if not isinstance(item.value, dict):
        case.fault(path, f"{item.shown()} is not a mapping of {_names(model)}")
        return None
    own = {key: inner for key, inner in item.value.items() if key not in without}
    settings, faults = validated(replace(item, value=own), model)
    place = case.place(path)
    case.faults += [replace(fault, place=fault.place or place, path=f"{path}.{fault.path}") for fault in faults]
    return settings


def _names(model: type[Frozen]) -> str:
    return ", ".join(model.model_fields)


def _read_words(case: Case) -> None:
    """Read the question, and whether truths are compared."""
    question, compare = case.item.child("question"), case.item.child("compare")
    if question is not None and question.value is not None:
        if isinstance(question.value, str):
            case.question = question.value
        else:
            case.fault("question", f"{question.shown()} is not text; allowed: text")
    if compare is not None and compare.value is not None:
        if isinstance(compare.value, bool):
            case.compare = compare.value
        else:
            case.fault("compare", f"{compare.shown()} is not true or false; allowed: true or false")


def _read_design(case: Case) -> None:
    """Read the design: waves and cohorts one by one, so that each fault has its own place."""
    clean = _waves_are_clean(case)
    cohorts = _read_cohorts(case)
    left_out = ("cohorts",) if clean else ("cohorts", "waves")
    design = read_section(case, "design", DesignSettings, left_out)
    if design is None or cohorts is None or not clean:
        return
    design = design.model_copy(update={"cohorts": cohorts})
    if case.given("design.control_centers") is None or design.type not in CONTROLLED:
        design = design.model_copy(update={"control_centers": _usual_controls(case, design)})
    case.design = design


def _usual_controls(case: Case, design: DesignSettings) -> int:
    """Control centers where their number is not given: what the design asks for."""
    treated = sum(cohort.collaboratives for cohort in design.by_cohort) * design.centers_per_collaborative
    if design.type == "matched_comparison":
        return min(treated * design.comparisons, 10_000)
    if design.type in ("parallel", "wait_list"):
        return min(treated, 10_000) if design.pairs_on else design.control_centers
    return 0


def _waves_are_clean(case: Case) -> bool:
    """Check names and months of waves."""
    waves = case.given("design.waves")
    if waves is None or waves.value is None or not isinstance(waves.value, dict) or not waves.value:
        if waves is not None:
            case.fault("design.waves", f"{waves.shown() if waves.value != {} else 'nothing'} is not a mapping of names "
                       "to months, such as {baseline: 0, post: 20}")  # fmt: skip
        return waves is None
    before = len(case.faults)
    seen: dict[int, str] = {}
    for name, month in waves.value.items():
        path = f"design.waves.{name}"
        if type(month.value) is not int or not 0 <= month.value <= 600:
            case.faults.append(Fault(month.place, path, f"{month.shown()} is not allowed; allowed: a month, an "
                                     "integer, 0 to 600"))  # fmt: skip
        elif month.value in seen:
            problem = f"is in month {month.value}, as {seen[month.value]} is; each wave needs a month of its own"
            case.faults.append(Fault(month.place, path, problem))
        else:
            seen[month.value] = name
    return len(case.faults) == before


def _read_cohorts(case: Case) -> tuple[CohortSettings, ...] | None:
    """Read the list of cohorts; () if there is none, None if there is a fault in it."""
    item = case.given("design.cohorts")
    if item is None or item.value is None or item.value == []:
        return ()
    if not isinstance(item.value, list):
        case.fault("design.cohorts", f"{item.shown()} is not a list of cohorts, each {{starts: 0, collaboratives: 2}}")
        return None
    before = len(case.faults)
    found = [read_section(case, f"design.cohorts.{at}", CohortSettings) for at in range(len(item.value))]
    return None if len(case.faults) > before else tuple(found)


def _read_measures(case: Case) -> None:
    """Read each measure; a study without any is a fault."""
    item = case.item.child("measures")
    if item is None or not isinstance(item.value, dict) or not item.value:
        problem = "needs a mapping of names to measures, such as {class_score: {of: classrooms, sample: 3}}"
        case.fault("measures", problem if item is not None else f"is missing; it {problem}")
        return
    for name in item.value:
        found = read_section(case, f"measures.{name}", MeasureSettings) if "." not in name and name else None
        if "." in name or not name:
            case.fault("measures", f"'{name}' is no name for a measure; use letters, digits and _")
        elif found is not None:
            case.measures[name] = found


def _read_analyses(case: Case) -> None:
    """Read each analysis; a study without any is a fault."""
    item = case.item.child("analysis")
    if item is None or not isinstance(item.value, list) or not item.value:
        problem = "needs one analysis or a list, each such as {outcome: class_score, wave: post}"
        case.fault("analysis", problem if item is not None else f"is missing; it {problem}")
        return
    design = case.design
    usual = USUAL[design.type if design is not None else "parallel"]
    for at, one in enumerate(item.value):
        path = f"analysis.{at}"
        found = read_section(case, path, AnalysisSettings)
        if found is None:
            continue
        if one.child("estimators") is None:
            found = found.model_copy(update={"estimators": (usual,)})
        if one.child("wave") is None and design is not None and design.type in STUDY_CLOCK:
            found = found.model_copy(update={"wave": _last_wave(case, design, found.outcome)})
        case.analyses[at] = found


def _last_wave(case: Case, design: DesignSettings, outcome: str) -> str:
    """The last wave of a measure: the end of a series, or of a stepped wedge."""
    measure = case.measures.get(outcome)
    named = [wave for wave in (measure.waves if measure is not None else ()) if wave in design.waves]
    return max(named or design.waves, key=lambda wave: design.waves[wave])


def near(name: str, names: Mapping[str, Any] | list[str]) -> str:
    """Name the nearest of names, or all there are.

    >>> near("class_scor", ["class_score", "survey"])
    '; did you mean class_score?'
    """
    found = get_close_matches(name, list(names), n=1)
    return f"; did you mean {found[0]}?" if found else f"; there are: {', '.join(names) or 'none'}"
