"""What a study costs, and what one more of anything buys, by the closed form with the components of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, isnan
from typing import Any, Final

from bscsim.trial.reading.pool import usual_units
from bscsim.trial.searching.costing import cost_of
from bscsim.trial.searching.levers import levers
from bscsim.trial.summarizing.closed_form import power_of
from bscsim.trial.summarizing.columns import Columns, value_of
from bscsim.trial.summarizing.components import Inputs
from bscsim.trial.trial import Trial

RECRUITING: Final = ("design.collaboratives", "design.cohorts", "design.centers_per", "design.control_centers")
"""Beginnings of the paths of levers that need more centers."""


def units_of(trial: Trial, analyses: Sequence[Columns]) -> dict[str, float]:
    """Units that a center has on average, by the name of the measure.

    As seen, where all were measured or centers had fewer than the sample; else those of a center of mean size
    (:func:`.usual_units`).

    >>> import bscsim, numpy as np
    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings, MeasureSettings
    >>> measures = {"score": MeasureSettings(sample=3), "survey": MeasureSettings(of="staff", response=0.8)}
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), measures, (AnalysisSettings(outcome="survey"),))
    >>> columns = {"seen.units_treated": np.full(2, 128.0), "seen.centers_treated": np.full(2, 8.0)}
    >>> units_of(trial, [columns])
    {'score': 10.0, 'survey': 20.0}
    """
    found = {name: float(usual_units(trial.scenario.population, measure)) for name, measure in trial.measures.items()}
    for settings, columns in zip(trial.analyses, analyses, strict=True):
        arms = [(value_of(columns, f"seen.units_{arm}", 0.0), value_of(columns, f"seen.centers_{arm}", 0.0))
                for arm in ("treated", "control")]  # fmt: skip
        centers = sum(number for _, number in arms)
        measure = trial.measures.get(settings.outcome)
        if measure is None or centers <= 0 or settings.cohort == "closed":
            continue
        each = sum(units for units, _ in arms) / centers / measure.response
        if measure.sample == "all" or each < 0.98 * float(measure.sample):
            found[settings.outcome] = each
    return found


def cost_data(trial: Trial, analyses: Sequence[Columns]) -> dict[str, Any]:
    """The cost of a design in US dollars: total and lines.

    >>> import bscsim
    >>> from bscsim.trial.settings import DesignSettings
    >>> cost_data(Trial(bscsim.Scenario(), DesignSettings(), {}, ()), [])
    {'total': 216000.0, 'lines': {'collaboratives': 120000.0, 'centers': 96000.0, 'measurement': 0.0}}
    """
    made = cost_of(trial, units_of(trial, analyses))
    return {"total": float(made.total), "lines": {name: float(value) for name, value in made.lines.items()}}


def lever_data(trial: Trial, analyses: Sequence[Columns], inputs: Inputs) -> list[dict[str, Any]]:
    """What one more of anything does to power and cost; none where there is no closed form.

    Where the pool had fewer centers than were planned, none that asks for more of them.
    """

    def power(changed: Trial) -> float:
        found = power_of(changed, inputs)
        if isnan(found):
            raise ValueError("there is no closed form")
        return found

    if not isfinite(inputs.effect) or isnan(power_of(trial, inputs)):
        return []
    found: list[Mapping[str, Any]] = list(levers(trial, power, units_of(trial, analyses)))
    if isfinite(inputs.available):
        found = [lever for lever in found if not lever["path"].startswith(RECRUITING)]
    return [dict(lever) for lever in found]
