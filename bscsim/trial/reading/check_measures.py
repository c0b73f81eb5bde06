"""Measures that cannot be taken, and attrition."""

from __future__ import annotations

from typing import Final

from bscsim.scenario.population import Pool, Population
from bscsim.trial.reading.case import Case, near
from bscsim.trial.reading.check_design import is_given
from bscsim.trial.reading.pool import largest_center, smallest_center, units_of
from bscsim.trial.settings import DesignSettings, MeasureSettings

MEANT_FOR: Final = {"asks": ("staff",), "who": ("staff",), "rater": ("classrooms",),
                    "sample": ("classrooms", "staff", "children"), "response": ("staff",)}  # fmt: skip
"""Settings of a measure that have a meaning for some units only."""


def check_measures(case: Case, design: DesignSettings | None) -> None:
    """Add the faults of measures whose settings are each in order."""
    for name, measure in case.measures.items():
        path = f"measures.{name}"
        for key, units in MEANT_FOR.items():
            if measure.of not in units and is_given(case, f"{path}.{key}") and getattr(measure, key) != _default(key):
                case.fault(f"{path}.{key}", f"has no meaning for {measure.of}; it belongs to {' and '.join(units)}")
        if design is None:
            continue
        for at, wave in enumerate(measure.waves):
            if wave not in design.waves:
                case.fault(f"{path}.waves.{at}", f"'{wave}' is no wave of the design{near(wave, design.waves)}")
            elif wave in measure.waves[:at]:
                case.fault(f"{path}.waves.{at}", f"'{wave}' stands here a second time")


def _default(key: str) -> object:
    return MeasureSettings.model_fields[key].default


def check_samples(case: Case, population: Population, pool: Pool | None) -> None:
    """Refuse samples beyond what the largest center there can be has."""
    largest = largest_center(population, pool)
    for name, measure in case.measures.items():
        if not isinstance(measure.sample, int) or measure.of in ("readiness", "reports") or not largest:
            continue
        most = units_of(largest, measure.of, measure.who)
        if measure.sample > most:
            people = "staff" if measure.who == "all" else "teachers and assistants"
            what = people if measure.of == "staff" else "classrooms"
            case.fault(f"measures.{name}.sample", f"{measure.sample} is beyond the {most} {what} of the largest center "
                       f"there can be ({largest} staff); at most {most}, or all")  # fmt: skip


def sample_notes(measures: dict[str, MeasureSettings], population: Population, pool: Pool | None) -> list[str]:
    """Say where some centers have fewer units than are sampled."""
    smallest = smallest_center(population, pool)
    notes = []
    for name, measure in measures.items():
        if not isinstance(measure.sample, int) or measure.of in ("readiness", "reports") or not smallest:
            continue
        there = units_of(smallest, measure.of, measure.who)
        if there < measure.sample:
            notes.append(f"{name} samples {measure.sample} in a center; the smallest have {there}, and there all are "
                         "taken. The realised numbers are reported.")  # fmt: skip
    return notes
