"""What the report reads from a run: the enrolled centers' series, in float64, one value a replicate.

Every mean over replicates starts from the rows this module returns (axis 0 = replicate, in key order).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bscsim.record.measures import EVENTS, PARENT, ROLES, SECTORS
from bscsim.record.ratio import divide

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from bscsim.record import truth
    from bscsim.record.trajectories import Trajectories, World
    from bscsim.report.outcome_table import OutcomeRow

WorldName = Literal["treated", "twin"]
ROLE_WORDS = {
    "leader": "Leaders", "supervisor": "Supervisors", "teacher": "Teachers",
    "assistant": "Assistants", "other": "Non-teaching staff", "parent": "Parents",
}  # fmt: skip
SECTOR_WORDS = {"child_care": "Child care", "head_start": "Head Start", "school": "School-based"}

class Reading:
    """A run, ready to be reported. `enrolled` [R, C]: centers that started in a collaborative."""

    def __init__(self, run: Trajectories) -> None:
        self.run = run
        self.scenario = run.scenario
        self.calendar = run.scenario.calendar
        self.enrolled: NDArray[np.bool_] = np.asarray(run.labels.collaborative) >= 0

    @property
    def replicates(self) -> int:
        """Number of replicates in the run."""
        return len(self.run.replicates)

    @property
    def has_treated(self) -> bool:
        """Whether any center was enrolled in any replicate."""
        return bool(self.enrolled.any())

    @property
    def has_first_collaborative(self) -> bool:
        """Whether the first replicate has a collaborative to draw a run chart of."""
        return bool(self.enrolled[0].any())

    @property
    def has_twin(self) -> bool:
        """Whether the same centers were also simulated without the collaborative."""
        return self.run.twin is not None

    @property
    def worlds(self) -> tuple[WorldName, ...]:
        """The worlds that were simulated."""
        return ("treated", "twin") if self.has_twin else ("treated",)

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles in the order of the role axis."""
        return ROLES

    @property
    def events(self) -> tuple[str, ...]:
        """All events in the order of the event axis."""
        return EVENTS

    def world(self, name: WorldName) -> World:
        """The treated world, or its untreated twin (ValueError when no twin was simulated)."""
        return self.run.treated if name == "treated" else self.run.untreated

    def array(self, world: WorldName, measure: str) -> NDArray[np.float64]:
        """One measure as float64, replicate and center axes first."""
        values: NDArray[np.float64] = self.world(world)[measure].astype(np.float64)
        return values

    def center_sum(self, world: WorldName, measure: str) -> NDArray[np.float64]:
        """Sum over enrolled centers: [R, ...]."""
        values = self.array(world, measure)
        total: NDArray[np.float64] = np.where(expand(self.enrolled, values), values, 0.0).sum(axis=1)
        return total

    def per_center(self, world: WorldName, measure: str, first: int = 0, last: int | None = None) -> Any:
        """Sum over months first..last-1 and enrolled centers, divided by the number of enrolled centers: [R, ...]."""
        total = self.center_sum(world, measure)[:, first:last].sum(axis=1)
        count = self.enrolled.sum(axis=1).astype(np.float64)
        return divide(total, count.reshape(count.shape + (1,) * (total.ndim - 1)))

    def role_practice(self, world: WorldName) -> NDArray[np.float64]:
        """Practice by role, mean over the people present in enrolled centers: [R, T, role]."""
        practice, staff = self.array(world, "practice"), self.array(world, "staff")
        weight = np.where(expand(self.enrolled, staff) & np.isfinite(practice), staff, 0.0)
        return divide((np.nan_to_num(practice) * weight).sum(axis=1), weight.sum(axis=1))

    def attendance(self) -> NDArray[np.float64]:
        """Share of invitations attended, by role and event: [R, role, event] (NaN where nobody was invited)."""
        attended = self.center_sum("treated", "attended").sum(axis=1)
        return divide(attended, self.center_sum("treated", "invited").sum(axis=1))

    def call_regulars(self) -> NDArray[np.float64]:
        """Share of people who attended at least 4 of the first 7 all-team calls offered to them: [R, role]."""
        return divide(self.center_sum("treated", "call_regulars"), self.center_sum("treated", "call_holders"))

    @cached_property
    def overall(self) -> pd.DataFrame:
        """True effects by replicate, arm, estimand and wave: :func:`bscsim.record.truth.overall`."""
        from bscsim.record import truth

        return truth.overall(self.run)

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """Outcomes at the seven levels by arm: :func:`bscsim.record.levels.outcomes`."""
        return self.run.outcomes()

    @cached_property
    def outcome_rows(self) -> list[OutcomeRow]:
        """The same over replicates: :func:`bscsim.report.outcome_table.outcome_rows`."""
        from bscsim.report.outcome_table import outcome_rows

        return outcome_rows(self.outcomes)

    @cached_property
    def spread(self) -> pd.DataFrame:
        """Spread by replicate and wave: :func:`bscsim.record.spread.spread`."""
        from bscsim.record.spread import spread

        return spread(self.run)

    def annual_rate(self, world: WorldName, sector: str | None = None) -> NDArray[np.float64]:
        """Exits a year per filled position over all recorded months, staff of enrolled centers: [R]."""
        mask = self.enrolled if sector is None else self.sector_mask(sector)
        last = self.calendar.horizon
        exits, staff = (
            np.where(expand(mask, values), values, 0.0)[:, :, :last, :PARENT].sum(axis=(1, 2, 3))
            for values in (self.array(world, "exits"), self.array(world, "staff"))
        )
        return 12 * divide(exits, staff)

    def withdrawn(self) -> NDArray[np.float64]:
        """Share of enrolled centers that withdrew: [R]."""
        gone = np.isfinite(self.array("treated", "withdrawal_month")) & self.enrolled
        return divide(gone.sum(axis=1).astype(np.float64), self.enrolled.sum(axis=1).astype(np.float64))

    def center_effects(self, month: int, column: str = "effect_sd") -> NDArray[np.float64]:
        """True effect on the teachers present, of every center at one wave: [R, C] (NaN where it has no teacher)."""
        from bscsim.record import truth

        wave = [int(m) for m in truth.waves(self.run)].index(month)
        part = self._sums["all_present"]
        treated, twin = (divide(top[:, wave], n[:, wave].astype(np.float64)) for top, n in (part[:2], part[2:]))
        scale = truth.standardiser(self.run)[wave] if column == "effect_sd" else 1.0
        return (treated - twin) / scale

    @cached_property
    def _sums(self) -> dict[str, truth.Sums]:
        from bscsim.record import truth

        return truth.sums(self.run)

    def effect(self, estimand: str, month: int, column: str = "effect_sd", arm: str = "bsc") -> NDArray[np.float64]:
        """One column of :attr:`overall` at one wave, one value a replicate in their order: [R]."""
        rows = self.overall
        pick = rows[(rows["arm"] == arm) & (rows["estimand"] == estimand) & (rows["month"] == month)]
        found = pick.set_index("replicate")[column].reindex(list(self.run.replicates))
        return found.to_numpy(dtype=np.float64)

    @property
    def later_waves(self) -> list[int]:
        """Measurement waves after enrollment: those at which an effect can show."""
        return [int(month) for month in self.calendar.waves if month > 0]

    @property
    def main_wave(self) -> int | None:
        """The wave the report leads with: the end of the collaborative, else the first later wave, else None."""
        later = self.later_waves
        return self.calendar.ends if self.calendar.ends in later else next(iter(later), None)

    def pdsa_counts(self, month: int) -> NDArray[np.float64]:
        """PDSAs succeeded, in progress, abandoned and abandoned at withdrawal by the start of a month: [R, 4].

        "Abandoned" leaves out those given up because the center withdrew (the published mix has none of them).
        """
        def flow(name: str) -> NDArray[np.float64]:
            return np.asarray(self.center_sum("treated", name)[:, :month].sum(axis=1))

        at_withdrawal = flow("pdsa_abandoned_at_withdrawal")
        still_open = self.center_sum("treated", "pdsa_open")[:, month]
        columns = (flow("pdsa_succeeded"), still_open, flow("pdsa_abandoned") - at_withdrawal, at_withdrawal)
        return np.stack(columns, axis=1)

    def sector_mask(self, sector: str) -> NDArray[np.bool_]:
        """Enrolled centers of one sector: [R, C]."""
        code = SECTORS.index(sector)
        return np.asarray(self.enrolled & (np.asarray(self.run.labels.sector) == code))

    def exit_rate(self, world: WorldName, sector: str) -> NDArray[np.float64]:
        """Exits per filled position in each record month of one sector's enrolled centers: [R, T]."""
        exits, staff = self.array(world, "exits"), self.array(world, "staff")
        mask, n = self.sector_mask(sector), PARENT
        top = np.where(expand(mask, exits), exits, 0.0)[..., :n].sum(axis=(1, 3))
        return divide(top, np.where(expand(mask, staff), staff, 0.0)[..., :n].sum(axis=(1, 3)))

    def retention(self, world: WorldName, sector: str | None = None) -> tuple[list[int], NDArray[np.float64]]:
        """Share of the staff at the first wave still in the same center at each wave: months [W], shares [R, W]."""
        months = [int(month) for month in self.calendar.waves]
        return months, np.stack([self.stayed(world, months[0], month, sector) for month in months], axis=1)

    def stayed(
        self, world: WorldName, first: int, later: int, sector: str | None = None
    ) -> NDArray[np.float64]:
        """Share of the staff present at one wave who are in the same center at a later one: [R].

        One minus it is what studies call turnover: the share of those present who are gone.
        """
        rows = self.world(world).staff
        mask = self.enrolled if sector is None else self.sector_mask(sector)
        counted = rows["filled"] & (rows["role"] < PARENT) & np.isin(rows["month"], (first, later))
        kept = np.full(self.replicates, np.nan)
        for i, number in enumerate(self.run.replicates):
            mine = np.flatnonzero(counted & (rows["replicate"] == number))
            mine = mine[mask[i][rows["center"][mine]]]
            month, who, where = (rows[name][mine] for name in ("month", "person", "center"))
            kept[i] = share_found(who, where, month == first, month == later)
        return kept


def share_found(
    person: NDArray[Any], center: NDArray[Any], first: NDArray[np.bool_], later: NDArray[np.bool_]
) -> float:
    """Share of the people in rows `first` who are in rows `later` with the same center; NaN if nobody."""
    if not first.any():
        return float("nan")
    then, where = person[first], center[first]
    order = np.argsort(person[later], kind="stable")
    now, place = person[later][order], center[later][order]
    if now.size == 0:
        return 0.0
    at = np.minimum(np.searchsorted(now, then), now.size - 1)
    return float(np.mean((now[at] == then) & (place[at] == where)))


def expand(mask: NDArray[np.bool_], values: NDArray[Any]) -> NDArray[np.bool_]:
    """The [R, C] mask with trailing axes added so that it lines up with `values`."""
    trailing = (1,) * (values.ndim - 2)
    return mask.reshape(mask.shape + trailing)


def row_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the second axis of the values that exist, NaN where none does.

    >>> row_means(np.array([[1.0, np.nan], [np.nan, np.nan]])).tolist()
    [1.0, nan]
    """
    there = np.isfinite(values)
    return divide(np.where(there, values, 0.0).sum(axis=1), there.sum(axis=1).astype(np.float64))
