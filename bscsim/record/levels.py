"""Outcomes at the seven levels of the review's Table 1, and diagnostics of the team.

Levels are organizational, team, practitioner and recipient; the period says whether a value is proximal (the
calendar's month ``ends``) or distal (later waves), "during" (waves before it) or "baseline" (month 0).
Table 1 has no distal team level; the values are given as diagnostics.  Stages are read off by cut points: a
driver is known where K > .5, used where P > .5, formalised where F > .5.

Each outcome has its true value and, where a study could measure it, a measured one: measured readiness,
classroom observation, self-report and child assessment (:mod:`bscsim.record.measured`).  A ratio with an
empty denominator is missing, never 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bscsim.record import measured as study
from bscsim.record.begun import begun
from bscsim.record.frames import WORLDS, category, numbers, place
from bscsim.record.level_values import Values, world_values
from bscsim.record.measures import STAFF_ROLES
from bscsim.record.ratio import divide
from bscsim.record.spread import spread as spread_table
from bscsim.record.staff_rows import Array
from bscsim.record.trajectories import Trajectories
from bscsim.record.truth import waves

if TYPE_CHECKING:
    import pandas as pd

LEVELS = ("organizational", "team", "practitioner", "recipient")
PERIODS = ("baseline", "during", "proximal", "distal")
ARMS = ("bsc", "twin", "outside", "outside_twin")


class Outcome(NamedTuple):
    """An outcome's name, level, unit and meaning; ``distal`` ones exist only after the end."""

    name: str
    level: str
    unit: str
    about: str
    distal: bool = False


OUTCOMES = (
    Outcome("fit", "organizational", "0-1", "mean F over drivers: adapted and standardised here"),
    Outcome("formalised", "organizational", "share", "share of drivers with F > .5"),
    Outcome("qi_gain", "organizational", "0-1", "Q minus Q at month 0"),
    Outcome("climate_gain", "organizational", "0-1", "C minus C at month 0"),
    Outcome("leader_motivation", "organizational", "0-1", "the leader's M; missing while the post is vacant"),
    Outcome("readiness_gain", "organizational", "0-1", "R minus R at enrolment (readiness as an outcome)"),
    Outcome("pdsa_after", "organizational", "a month", "PDSAs started a month since the end", True),
    Outcome("fit_kept", "organizational", "share", "gain in F over the twin, as a share of that at the end", True),
    Outcome("qi_kept", "organizational", "share", "gain in Q over the twin, as a share of that at the end", True),
    Outcome("climate_kept", "organizational", "share", "gain in C over the twin, as a share of that at the end", True),
    Outcome("nonteam_share", "organizational", "ratio", "gain in practice of colleagues without a seat over the "
            "team's (same persons in both worlds); see bscsim.record.spread"),
    Outcome("outside_informed", "organizational", "share", "share of centers outside whose staff's K - k0 exceeds "
            "the twin's by more than .01"),
    Outcome("seats_held", "team", "share", "share of seats that somebody holds"),
    Outcome("drive", "team", "ratio", "T of E7; missing when not active"),
    Outcome("pdsa_succeeded", "team", "a month", "PDSAs that succeeded a month, from the end of pre-work"),
    Outcome("ideas_borrowed", "team", "0-1", "rises of F so far that came from the best center"),
    Outcome("borrowed_share", "team", "share", "the same as a share of all rises of F so far"),
    Outcome("roles_covered", "team", "share", "share of seats held by the role meant for them"),
    Outcome("practice", "practitioner", "0-1", "mean P, by role, team, or time in the center"),
    Outcome("knowledge", "practitioner", "0-1", "mean K, by role, team, or time in the center"),
    Outcome("known", "practitioner", "share", "share of teachers' drivers with K > .5"),
    Outcome("used", "practitioner", "share", "share of teachers' drivers with P > .5"),
    Outcome("observed_practice", "practitioner", "0-1", "mean of rooms; measured: one observation a room"),
    Outcome("self_report", "practitioner", "0-1", "mean P; measured: what those who answered report"),
    Outcome("response", "practitioner", "share", "chance of answering; measured: share that answered"),
    Outcome("child_score", "recipient", "SD", "mean of rooms' children; measured: ten children a room"),
)
"""Every outcome, in the order of the table."""

GROUPS = ("all", *STAFF_ROLES, "team", "nonteam", "stayers", "newcomers", "staff", "classrooms")

_CODE = {outcome.name: code for code, outcome in enumerate(OUTCOMES)}
_UNITS = tuple(dict.fromkeys(outcome.unit for outcome in OUTCOMES))


def outcomes(run: Trajectories, by: str = "arm") -> pd.DataFrame:
    """Tabulate outcomes by "arm" (a row a replicate, arm, month, outcome and group) or by "center".

    Columns by arm: ``replicate``; ``arm``: "bsc" (centers put in a collaborative, withdrawn ones included),
    "twin" (the same centers untreated), "outside" and "outside_twin" (all others); ``level``, ``period``,
    ``month``, ``outcome``, ``group`` ("all", a role, "team", "nonteam", "staff", "classrooms", "stayers"
    and "newcomers" since month 0, both teachers); ``unit``; ``true`` and ``measured``, means over centers
    that have a value, each center counting once (ratios: sum over sum); ``centers`` with a true value.  An
    arm without centers has no rows.  By center: ``replicate``, ``world``, those of a center, then the same
    without ``arm`` and ``centers``, and without the two outcomes of spread.  Outcomes that are a sum over a sum have
    both in ``part`` and ``whole`` (by arm; NaN for all others), because a mean over replicates is to be taken of each
    (:func:`bscsim.record.intervals.ratio_of_means`): in one replicate the sum to divide by may be near 0, or below.

    Months are the waves and the month ``ends``; what needs persons exists at waves only.

    Raises ValueError for any other ``by``, and for a run in which a collaborative started after month 0: periods, and
    what is counted from the end of pre-work or after the end, are those of a start at month 0.
    """
    import pandas as pd

    if by not in ("arm", "center"):
        raise ValueError(f'outcomes are by "arm" or by "center", not by {by!r}')
    if (late := begun(run).max()) > 0:
        raise ValueError(f"outcomes count months from enrolment; a collaborative of this run started in month {late}: "
                         f'use participation(by="center"), which counts from each start, or centers()')
    months = moments(run)
    scale = study.reference(run)
    blocks = [block
              for code, (_, world) in enumerate(run.worlds)
              for values in world_values(run, world, months, scale)
              for block in (_by_arm if by == "arm" else _by_center)(run, code, months, values)]
    if by == "arm" and run.twin is not None:
        blocks += _spread_rows(run)
    rows = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    order = np.lexsort([rows[name] for name in ("group", "outcome", "month", "center", "where")]
                       + [numbers(run, rows["at"])])
    return pd.DataFrame(_columns(run, {name: values[order] for name, values in rows.items()}, by))


def moments(run: Trajectories) -> Array:
    """Return the months of the table: every wave, and the end of the collaborative."""
    return np.union1d(waves(run), [int(run.scenario.calendar.ends)]).astype(np.int64)


def _columns(run: Trajectories, rows: dict[str, Array], by: str) -> dict[str, Any]:
    """Turn rows of codes into the columns of the table."""
    month = rows["month"]
    ends = int(run.scenario.calendar.ends)
    periods = np.select([month == 0, month < ends, month == ends], [0, 1, 2], 3)
    levels = np.array([LEVELS.index(outcome.level) for outcome in OUTCOMES])
    units = np.array([_UNITS.index(outcome.unit) for outcome in OUTCOMES])
    first: dict[str, Any] = {"arm": category(rows["where"], ARMS)}
    if by == "center":
        first = {"world": category(rows["where"], WORLDS), **place(run, rows["at"], rows["center"])}
    return {
        "replicate": numbers(run, rows["at"]), **first,
        "level": category(levels[rows["outcome"]], LEVELS), "period": category(periods, PERIODS), "month": month,
        "outcome": category(rows["outcome"], tuple(_CODE)), "group": category(rows["group"], GROUPS),
        "unit": category(units[rows["outcome"]], _UNITS), "true": rows["true"], "measured": rows["measured"],
        **({name: rows[name] for name in ("part", "whole", "centers")} if by == "arm" else {}),
    }


def _by_arm(run: Trajectories, world: int, months: Array, values: Values) -> Iterator[dict[str, Array]]:
    enrolled = run.labels.collaborative >= 0
    for outside, member in enumerate((enrolled, ~enrolled)):
        if member.any():
            part, whole, centers = _sums(values.true, member, values.over)
            measured = None if values.measured is None else divide(*_sums(values.measured, member, None)[:2])
            ratio = None if values.over is None else (part, whole)
            yield _block(run, months, values, 2 * outside + world, divide(part, whole), measured, centers, ratio)


def _sums(level: Array, member: Array, over: Array | None) -> tuple[Array, Array, Array]:
    """Sum over member centers with a value, [replicate, month], what to divide it by, and how many they are.

    Divided by their number it is the mean, by the sum of ``over`` a ratio.  Centers that gained nothing count in both
    sums: leaving them out would select on the outcome.
    """
    there = member[:, None, :] & ~np.isnan(level)
    if over is not None:
        there &= ~np.isnan(over)
    count = there.sum(axis=2)
    whole = count if over is None else np.where(there, over, 0.0).sum(axis=2)
    return np.where(there, level, 0.0).sum(axis=2), whole, count


def _by_center(run: Trajectories, world: int, months: Array, values: Values) -> Iterator[dict[str, Array]]:
    true = values.true
    if values.over is not None:
        true = divide(true, values.over)
    yield _block(run, months, values, world, true, values.measured, None, None)


def _spread_rows(run: Trajectories) -> Iterator[dict[str, Array]]:
    """Yield the two outcomes of :mod:`bscsim.record.spread` that belong to the organizational level."""
    spread = spread_table(run)
    shape = (len(run.replicates), len(waves(run)))
    enrolled = (run.labels.collaborative >= 0).sum(axis=1)

    def column(name: str) -> Array:
        return spread[name].to_numpy(np.float64).reshape(shape)

    for name, true, arm, centers, ratio in (
        ("nonteam_share", "nonteam_ratio", "bsc", enrolled, (column("nonteam_gain"), column("team_gain"))),
        ("outside_informed", "outside_informed", "outside", run.labels.collaborative.shape[1] - enrolled, None),
    ):
        if centers.any():
            values = Values(name, "all", column(true))
            counted = np.repeat(centers, shape[1]).reshape(shape)
            yield _block(run, waves(run), values, ARMS.index(arm), values.true, None, counted, ratio)


def _block(
    run: Trajectories, months: Array, values: Values, where: int, true: Array, measured: Array | None,
    centers: Array | None, ratio: tuple[Array, Array] | None,
) -> dict[str, Array]:
    """Make rows of codes from [replicate, month(, center)] values, at the months at which the outcome exists."""
    code = _CODE[values.outcome]
    grid = np.indices(true.shape).reshape(true.ndim, -1)
    month = months.astype(np.int64)[grid[1]]
    keep = (month > int(run.scenario.calendar.ends)) | (not OUTCOMES[code].distal)
    size = len(month)
    block = {
        "at": grid[0], "where": np.full(size, where), "center": grid[2] if true.ndim > 2 else np.zeros(size, int),
        "month": month, "outcome": np.full(size, code), "group": np.full(size, GROUPS.index(values.group)),
        "true": true.ravel(), "measured": np.full(size, np.nan) if measured is None else measured.ravel(),
        "centers": np.zeros(size, int) if centers is None else centers.ravel(),
    }
    for name, total in zip(("part", "whole"), ratio or (None, None), strict=True):
        block[name] = np.full(size, np.nan) if total is None else total.ravel().astype(np.float64)
    return {name: column[keep] for name, column in block.items()}
