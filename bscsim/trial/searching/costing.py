"""What a design costs: collaboratives, centers, and every unit measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from bscsim.trial.enrolling.quotas import wanted
from bscsim.trial.settings import DesignSettings, MeasureSettings
from bscsim.trial.trial import Trial

BY_ROOM = ("classrooms", "children")
"""Measures that cost the price of a classroom; all others that of an answer."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a whole study, in US dollars."""

    collaboratives: float
    centers: float
    measurement: float

    @property
    def total(self) -> float:
        """The sum of its lines."""
        return self.collaboratives + self.centers + self.measurement

    @property
    def lines(self) -> dict[str, float]:
        """Each line by its name in summary.json."""
        return {"collaboratives": self.collaboratives, "centers": self.centers, "measurement": self.measurement}


def cost_of(trial: Trial, units: Mapping[str, float]) -> Cost:
    """What a study costs as planned: nobody is lost, so that it is what must be budgeted.

    A collaborative costs the same whatever its size. Centers on a wait-list cost what treated ones do, and their later
    collaboratives (each as large as the first ones) too. A wave of a measure costs its price for each unit: as many as
    the sample says, or as the center has; of staff, the share that answers. A readiness assessment, or a monthly
    report, costs one answer a center; reports come every month from 0 to the last wave.

    Parameters
    ----------
    trial
        Its design, measures and costs count.
    units
        Units that a center has on average, by the name of the measure; needed where classrooms, children's classrooms
        or staff are measured.

    Raises
    ------
    KeyError
        for a measure of classrooms, children or staff that units does not name.

    Examples
    --------
    >>> import bscsim
    >>> from bscsim.trial.settings import CostSettings
    >>> design = DesignSettings(collaboratives=4, centers_per_collaborative=8, control_centers=32)
    >>> rooms = MeasureSettings(of="classrooms", sample=3)
    >>> found = cost_of(Trial(bscsim.Scenario(), design, {"class_score": rooms}, ()), {"class_score": 4.5})
    >>> found.lines  # 4 x 60,000; 32 x 5,000 + 32 x 1,000; 64 centers x 3 rooms x 2 waves x 200
    {'collaboratives': 240000.0, 'centers': 192000.0, 'measurement': 76800.0}
    """
    design, prices = trial.design, trial.costs
    asked = wanted(design)
    treated, control = int(asked.treated.sum()), int(asked.control.sum())
    groups = sum(cohort.collaboratives for cohort in design.by_cohort)
    if design.type == "matched_comparison":
        control = treated * design.comparisons
    if design.type == "wait_list":
        by_cohort = apportion_controls(design)
        groups += sum(ceil(number / design.centers_per_collaborative) for number in by_cohort)
        treated, control = treated + control, 0
    measured = sum(_each(trial, name, units) for name in trial.measures)
    return Cost(
        collaboratives=prices.collaborative * groups,
        centers=prices.treated_center * treated + prices.control_center * control,
        measurement=(treated + control) * measured,
    )


def apportion_controls(design: DesignSettings) -> list[int]:
    """Controls of each cohort, as they are shared when a trial enrolls.

    >>> apportion_controls(DesignSettings(control_centers=16))
    [16]
    """
    return [int(number) for number in wanted(design).control]


def _each(trial: Trial, name: str, units: Mapping[str, float]) -> float:
    """Cost of a measure in one center, over its waves."""
    measure = trial.measures[name]
    price = trial.costs.classroom if measure.of in BY_ROOM else trial.costs.survey
    if measure.of == "reports":
        return price * (max(trial.months) + 1)
    return price * len(trial.waves_of(name)) * _units(measure, name, units)


def _units(measure: MeasureSettings, name: str, units: Mapping[str, float]) -> float:
    if measure.of == "readiness":
        return 1.0
    there = units[name] if measure.sample == "all" else min(float(measure.sample), units[name])
    return there * measure.response if measure.of == "staff" else there
