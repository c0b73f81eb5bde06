"""How many of the planned centers took part, before any was lost: where the pool was too small a study is another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any, Final, NamedTuple

from bscsim.trial.reading.pool import needs
from bscsim.trial.summarizing.columns import Columns, value_of
from bscsim.trial.trial import Trial

ENOUGH: Final = 0.98
"""Share of the planned centers from which a study counts as the one that was planned."""

LISTED: Final = 4
"""Cells that are listed one by one."""


class Recruited(NamedTuple):
    """Centers of both arms that were planned, and that took part on average over replicates."""

    planned_treated: int
    planned_control: int
    treated: float
    control: float

    @property
    def share(self) -> float:
        """Of the planned centers, in the arm that has the smaller share; 1 at most."""
        pairs = ((self.treated, self.planned_treated), (self.control, self.planned_control))
        return min([1.0, *(got / asked for got, asked in pairs if asked)])

    @property
    def short(self) -> bool:
        """Whether fewer took part than were planned."""
        return self.share < ENOUGH

    @property
    def words(self) -> str:
        """Both arms in words.

        >>> Recruited(56, 16, 20.3, 5.8).words, Recruited(56, 0, 20.3, 0.0).words
        ('20.3 of 56 treated and 5.8 of 16 control centers', '20.3 of 56 centers')
        """
        if not self.planned_control:
            return f"{self.treated:.1f} of {self.planned_treated} centers"
        return (f"{self.treated:.1f} of {self.planned_treated} treated and {self.control:.1f} of "
                f"{self.planned_control} control centers")  # fmt: skip


def recruited(trial: Trial, columns: Columns) -> Recruited | None:
    """What a cell had of its planned centers, by the columns of one analysis; None where nothing was seen.

    Centers lost later are counted in. In a stepped wedge both "arms" are those that are planned to be treated.

    >>> import numpy as np
    >>> from bscsim.trial.settings import DesignSettings
    >>> columns = {"seen.centers_treated": np.full(2, 9.0), "seen.lost_treated": np.full(2, 0.25),
    ...            "seen.centers_control": np.full(2, 16.0)}
    >>> found = recruited(Trial(None, DesignSettings(), {}, ()), columns)
    >>> found.treated, found.control, found.share
    (12.0, 16.0, 0.75)
    """
    took = [value_of(columns, f"seen.centers_{arm}") / (1 - min(value_of(columns, f"seen.lost_{arm}", 0.0), 0.99))
            for arm in ("treated", "control")]  # fmt: skip
    if isnan(took[0]):
        return None
    asked = needs(trial.design)
    treated, control = took[0], 0.0 if isnan(took[1]) else took[1]
    if trial.design.type == "stepped_wedge":
        treated, control = treated + control, 0.0
    return Recruited(asked.treated, asked.control, treated, control)


def recruited_data(trial: Trial, analyses: Sequence[Columns]) -> dict[str, Any] | None:
    """The same of a cell as plain data, by its first analysis."""
    found = recruited(trial, analyses[0]) if analyses else None
    return None if found is None else {**found._asdict(), "short": found.short, "words": found.words}


def too_few_notes(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """The note on cells in which fewer centers took part than were planned.

    >>> few = {"label": "14 centers per collaborative", "recruited": {"short": True, "words": "20.3 of 56 centers"}}
    >>> print(too_few_notes([few])[0].partition(". ")[0])
    The pool is too small: 20.3 of 56 centers took part on average
    """
    short = [cell for cell in cells if cell["recruited"] and cell["recruited"]["short"]]
    if not short:
        return []
    if len(cells) == 1:
        where = f"{short[0]['recruited']['words']} took part on average"
    else:
        told = "; ".join(f"with {cell['label']} {cell['recruited']['words']}" for cell in short[:LISTED])
        more = f"; and {len(short) - LISTED} cells more" if len(short) > LISTED else ""
        where = f"in {len(short)} of {len(cells)} cells fewer took part on average than were planned ({told}{more})"
    return [f"The pool is too small: {where}. Label, cost, normal data and the usual calculator's figure are of the "
            "study as planned; powers, and the closed form that knows collaboratives, of those who took part. A larger "
            "pool (scenario.population.centers), or a rule of enrolment that takes more, makes it the study planned."]
