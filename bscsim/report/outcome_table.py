"""The seven levels as one table: each outcome with and without the collaborative, and the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bscsim.record.intervals import Interval, interval, ratio_of_means

if TYPE_CHECKING:
    import pandas as pd

SORT = ("level", "month", "outcome", "group")
KEYS = ("level", "period", "month", "outcome", "group", "unit")


@dataclass(frozen=True)
class OutcomeRow:
    """One outcome at one month: intervals over replicates of its true value in both worlds and of the difference.

    `measured`: what a study would have seen with the collaborative (n = 0 where there is no such measure).
    """

    level: str
    period: str
    month: int
    outcome: str
    group: str
    unit: str
    with_bsc: Interval
    without: Interval
    difference: Interval
    measured: Interval


def outcome_rows(table: pd.DataFrame) -> list[OutcomeRow]:
    """All outcomes of the enrolled centers, in the order of levels, months, outcomes and groups.

    Means over replicates, and of what is a sum over a sum the ratio of the means of both.
    `table`: outcomes by arm, as :func:`bscsim.record.levels.outcomes` gives them.
    """
    treated, twin = (
        {value: spread_out(table, arm, value) for value in ("true", "part", "whole", "measured")}
        for arm in ("bsc", "twin")
    )
    rows = []
    for key, values in treated["true"].items():
        without = twin["true"].get(key, np.full(len(values), np.nan))
        level, period, month, outcome, group, unit = key
        rows.append(
            OutcomeRow(
                str(level), str(period), int(month), str(outcome), str(group), str(unit),
                over_replicates(treated, key), over_replicates(twin, key), interval(values - without),
                interval(treated["measured"][key]),
            )
        )  # fmt: skip
    return rows


def over_replicates(values: dict[str, dict[tuple[str, ...], np.ndarray]], key: tuple[str, ...]) -> Interval:
    """Mean of an outcome, or ratio of the means of its two sums; of nothing where it is not in this arm."""
    if key in values["whole"] and np.isfinite(values["whole"][key]).any():
        return ratio_of_means(values["part"][key], values["whole"][key])
    return interval(values["true"].get(key, ()))


def spread_out(table: pd.DataFrame, arm: str, value: str) -> dict[tuple[str, ...], np.ndarray]:
    """One array over replicates (in their order) for each combination of the keys, in the table's own order."""
    rows = table[table["arm"] == arm]
    order = [rows[key].cat.codes if key in ("level", "outcome", "group") else rows[key] for key in SORT]
    rows = rows.iloc[np.lexsort([np.asarray(column) for column in reversed(order)])]
    position = {number: i for i, number in enumerate(dict.fromkeys(table["replicate"].tolist()))}
    keys = zip(*(rows[key].tolist() for key in KEYS), strict=True)
    out: dict[tuple[str, ...], np.ndarray] = {}
    for key, number, x in zip(keys, rows["replicate"].tolist(), rows[value].tolist(), strict=True):
        out.setdefault(key, np.full(len(position), np.nan))[position[number]] = x
    return out
