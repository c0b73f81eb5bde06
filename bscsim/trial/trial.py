"""One trial, every setting resolved: what a cell of a power study simulates and analyzes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from bscsim.scenario.scenario import Scenario
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.settings import (
    AnalysisSettings,
    AttritionSettings,
    CostSettings,
    DesignSettings,
    MeasureSettings,
    TargetSettings,
)

STUDY_CLOCK: Final = ("stepped_wedge", "interrupted_series")
"""Designs whose waves count from month 0 of the study, not from a cohort's own start."""


@dataclass(frozen=True)
class Trial:
    """What is so (scenario, truth), what is done (design, attrition), what is measured, and how it is analyzed.

    scenario
        Centers, program and parameters, with the horizon and waves that the design needs (months of the study).
    truth
        None: the model; or variance components and an effect typed in.
    measures
        By name, in the order of the file.
    """

    scenario: Scenario
    design: DesignSettings
    measures: Mapping[str, MeasureSettings]
    analyses: tuple[AnalysisSettings, ...]
    attrition: AttritionSettings = field(default_factory=AttritionSettings)
    target: TargetSettings = field(default_factory=TargetSettings)
    costs: CostSettings = field(default_factory=CostSettings)
    truth: GaussianTruth | None = None

    def month(self, cohort: int, wave: str) -> int:
        """Month of the study in which a cohort has a wave."""
        month = int(self.design.waves[wave])
        return month if self.design.type in STUDY_CLOCK else self.design.by_cohort[cohort].starts + month

    @cached_property
    def months(self) -> tuple[int, ...]:
        """All months of the study in which somebody is measured, in order."""
        cohorts = range(len(self.design.by_cohort))
        return tuple(sorted(dict.fromkeys(self.month(c, wave) for c in cohorts for wave in self.design.waves)))

    def waves_of(self, measure: str) -> tuple[str, ...]:
        """Names of a measure's waves, in order of time."""
        named = self.measures[measure].waves or tuple(self.design.waves)
        return tuple(sorted(named, key=lambda wave: self.design.waves[wave]))
