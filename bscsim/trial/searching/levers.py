"""What one more of anything would do to power, and what it would cost, by the closed form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bscsim.scenario.fields import FrozenMap
from bscsim.trial.searching.costing import cost_of
from bscsim.trial.trial import Trial


class Lever(NamedTuple):
    """A change of one field."""

    path: str
    name: str
    before: Any
    after: Any
    trial: Trial


def levers(trial: Trial, power: Callable[[Trial], float], units: Mapping[str, float]) -> list[dict[str, Any]]:
    """Power and cost before and after each change of one field, the one that gives most power for its money first.

    The changes: one more collaborative (in the last cohort), one more center in each, controls for one more
    collaborative's centers, one more classroom or person in the sample, a reliability higher by .1 (1 at most), and a
    baseline wave with the baseline as covariate, where the first analysis has none.

    Parameters
    ----------
    trial
        Its first analysis counts, and the measure that is its outcome.
    power
        Closed form: power of a trial. A ValueError (too small for a test) is no answer.
    units
        Units that a center has on average, by the name of the measure, for the cost (:func:`.cost_of`) and so that no
        sample is larger than a center.

    Returns
    -------
    list of dict
        path, name, from, to, power_from, power_to, cost_from, cost_to, words; a power without an answer is None. What
        costs nothing comes first if it helps.

    Examples
    --------
    >>> import bscsim
    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings, MeasureSettings
    >>> design = DesignSettings(collaboratives=4, centers_per_collaborative=8, control_centers=32)
    >>> rooms = {"score": MeasureSettings(sample=3, reliability=0.7)}
    >>> trial = Trial(bscsim.Scenario(), design, rooms, (AnalysisSettings(outcome="score"),))
    >>> def power(trial):
    ...     return trial.design.collaboratives * trial.design.centers_per_collaborative / 50
    >>> [(lever["name"], lever["power_to"]) for lever in levers(trial, power, {"score": 4.5})][:2]
    [('centers in each collaborative', 0.72), ('collaboratives', 0.8)]
    """
    before, cost = _answer(power, trial), cost_of(trial, units).total
    found = []
    for lever in _changes(trial, units):
        after, then = _answer(power, lever.trial), cost_of(lever.trial, units).total
        found.append({
            "path": lever.path, "name": lever.name, "from": lever.before, "to": lever.after,
            "power_from": before, "power_to": after, "cost_from": cost, "cost_to": then,
            "words": _words(lever, before, after, then - cost),
        })  # fmt: skip
    return sorted(found, key=_worth)


def _changes(trial: Trial, units: Mapping[str, float]) -> Iterator[Lever]:
    design = trial.design
    yield _more_collaboratives(trial)
    m = design.centers_per_collaborative
    yield Lever("design.centers_per_collaborative", "centers in each collaborative", m, m + 1,
                _with(trial, centers_per_collaborative=m + 1))  # fmt: skip
    controls = 0 if design.pairs_on else design.control_centers
    if controls and design.type in ("parallel", "wait_list", "interrupted_series"):
        yield Lever("design.control_centers", "control centers", controls, controls + m,
                    _with(trial, control_centers=controls + m))  # fmt: skip
    yield from _measurement(trial, units)


def _more_collaboratives(trial: Trial) -> Lever:
    design = trial.design
    number = sum(cohort.collaboratives for cohort in design.by_cohort)
    changed: dict[str, Any] = {"collaboratives": design.collaboratives + 1}
    if design.cohorts:
        last = design.cohorts[-1]
        larger = last.model_copy(update={"collaboratives": last.collaboratives + 1})
        changed = {"cohorts": (*design.cohorts[:-1], larger)}
    path = "design.cohorts" if design.cohorts else "design.collaboratives"
    if design.pairs_on:  # a pair has one of each arm
        changed["control_centers"] = design.control_centers + design.centers_per_collaborative
    return Lever(path, "collaboratives", number, number + 1, _with(trial, **changed))


def _measurement(trial: Trial, units: Mapping[str, float]) -> Iterator[Lever]:
    analysis = trial.analyses[0]
    name = analysis.outcome
    measure = trial.measures[name]
    if measure.of in ("classrooms", "children", "staff") and measure.sample != "all" and measure.sample < units[name]:
        words = "persons asked in a center" if measure.of == "staff" else "classrooms in the sample of a center"
        more = int(measure.sample) + 1
        yield Lever(f"measures.{name}.sample", words, measure.sample, more, _measured(trial, name, sample=more))
    if measure.reliability < 1:
        better = round(min(measure.reliability + 0.1, 1.0), 6)
        yield Lever(f"measures.{name}.reliability", "reliability", measure.reliability, better,
                    _measured(trial, name, reliability=better))  # fmt: skip
    asked = any(covariate.startswith("baseline") for covariate in analysis.covariates)
    if trial.design.type in ("parallel", "wait_list", "matched_comparison") and not asked and measure.of != "reports":
        first = analysis.model_copy(update={"covariates": ("baseline", *analysis.covariates)})
        wider = trial
        if not any(int(trial.design.waves[wave]) == 0 for wave in trial.waves_of(name)):
            waves = FrozenMap({"baseline": 0, **dict(trial.design.waves)})
            wider = _with(trial, waves=waves)
            if measure.waves:
                wider = _measured(wider, name, waves=("baseline", *measure.waves))
        yield Lever(f"measures.{name}.waves", "a baseline wave as covariate", "none", "baseline",
                    replace(wider, analyses=(first, *trial.analyses[1:])))  # fmt: skip


def _with(trial: Trial, **changes: Any) -> Trial:
    return replace(trial, design=trial.design.model_copy(update=changes))


def _measured(trial: Trial, name: str, **changes: Any) -> Trial:
    return replace(trial, measures={**trial.measures, name: trial.measures[name].model_copy(update=changes)})


def _answer(power: Callable[[Trial], float], trial: Trial) -> float | None:
    try:
        return power(trial)
    except ValueError:
        return None


def _worth(found: Mapping[str, Any]) -> tuple[int, float]:
    """Power gained for a dollar, most first; free gains before all, no gain and no answer last."""
    if found["power_to"] is None or found["power_from"] is None:
        return 3, 0.0
    gain, price = found["power_to"] - found["power_from"], found["cost_to"] - found["cost_from"]
    if gain <= 0:
        return 2, -gain
    return (0, -gain) if price <= 0 else (1, -gain / price)


def _words(lever: Lever, before: float | None, after: float | None, price: float) -> str:
    change = f"{lever.name}, {lever.before} to {lever.after}"
    money = f"for ${price:,.0f} more" if price > 0 else "for nothing by these prices"
    if before is None or after is None:
        return f"{change}: {money}; the closed form has no power for it"
    return f"{change}: power {before:.1%} to {after:.1%}, {money}"
