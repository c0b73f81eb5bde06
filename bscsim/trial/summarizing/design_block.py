"""Who is where when, of one cell: what the picture of the design is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bscsim.trial.summarizing.standing import controls_of
from bscsim.trial.summarizing.words import calendar_text
from bscsim.trial.trial import STUDY_CLOCK, Trial


def design_data(trial: Trial) -> dict[str, Any]:
    """The design in months of the study, waves also by the calendar.

    >>> from bscsim import Scenario
    >>> from bscsim.trial.settings import DesignSettings, CohortSettings
    >>> design = DesignSettings(cohorts=(CohortSettings(), CohortSettings(starts=12)))
    >>> made = design_data(Trial(Scenario(), design, {}, ()))
    >>> second = made["cohorts"][1]
    >>> second["control_centers"], second["begins"], second["sessions"][0], second["waves"][1]
    (8, 12, 15, {'name': 'post', 'month': 28, 'calendar': 'Jan, year 3'})
    """
    design = trial.design
    controls = shared(controls_of(trial), [cohort.collaboratives for cohort in design.by_cohort])
    return {
        "type": design.type,
        "cohorts": [_cohort(trial, number, controls[number]) for number in range(len(design.by_cohort))],
        "centers_per_collaborative": design.centers_per_collaborative,
        "strata": list(design.strata), "pairs_on": list(design.pairs_on),
        "measures": [
            {"name": name, "of": one.of, "asks": one.asks if one.of == "staff" else None, "sample": one.sample,
             "reliability": one.reliability, "response": one.response, "waves": list(trial.waves_of(name))}
            for name, one in trial.measures.items()
        ],
    }  # fmt: skip


def shared(controls: int, collaboratives: Sequence[int]) -> list[int]:
    """Control centers of each cohort, in proportion to its collaboratives by largest remainders; the earlier first.

    >>> shared(10, [2, 2, 2])
    [4, 3, 3]
    """
    total = sum(collaboratives)
    parts = [divmod(controls * number, total) for number in collaboratives]
    order = sorted(range(len(parts)), key=lambda number: -parts[number][1])
    first = order[: controls - sum(whole for whole, _ in parts)]
    return [whole + (number in first) for number, (whole, _) in enumerate(parts)]


def _cohort(trial: Trial, number: int, controls: int) -> dict[str, Any]:
    design, calendar = trial.design, trial.scenario.calendar
    cohort = design.by_cohort[number]
    names = sorted(design.waves, key=lambda name: design.waves[name])
    months = {name: trial.month(number, name) for name in names}
    return {
        "starts": cohort.starts,
        "collaboratives": cohort.collaboratives,
        "treated_centers": cohort.collaboratives * design.centers_per_collaborative,
        "control_centers": controls,
        "waves": [
            {"name": name, "month": month, "calendar": calendar_text(calendar.season_month(month), month)}
            for name, month in months.items()
        ],
        "prework": [cohort.starts + month for month in calendar.prework],
        "begins": cohort.starts,
        "ends": cohort.starts + calendar.ends,
        "sessions": [cohort.starts + month for month in calendar.sessions],
        "control_begins": cohort.starts + design.waits if design.type == "wait_list" else None,
        "clock": "study" if design.type in STUDY_CLOCK else "cohort",
    }
