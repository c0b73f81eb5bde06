"""Columns of an analysis, one number a replicate: how they are read back."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

import numpy as np

from bscsim.trial.cluster_stats import FAILED, Array, Estimates
from bscsim.trial.share import Measure, mean_of

PARTS = ("b", "se", "df", "p", "low", "high")
Columns = Mapping[str, Array]
"""Name -> [R], as an analysis writes them: "cluster_t.b", "cluster_t.sharp.p", "truth.effect", "seen.icc", ..."""


def replicates_in(columns: Columns) -> int:
    """How many replicates the columns hold.

    >>> replicates_in({"truth.effect": np.zeros(3)}), replicates_in({})
    (3, 0)
    """
    return len(next(iter(columns.values()))) if columns else 0


def estimates_of(columns: Columns, name: str, null: str = "") -> Estimates | None:
    """An estimator's estimates; null "sharp": of the twin under the trial's labels. None if the columns lack it.

    A replicate without an estimate counts as failed, whatever its status says.

    >>> fields = {f"cluster_t.{part}": np.array([1.0]) for part in ("b", "se", "df", "p", "low", "high")}
    >>> estimates_of(fields | {"cluster_t.status": np.array([0.0])}, "cluster_t").status.tolist()
    [0]
    """
    stem = f"{name}.{null}." if null else f"{name}."
    if stem + "b" not in columns or stem + "p" not in columns:
        return None
    lost = np.full(len(columns[stem + "b"]), nan)
    b, se, df, p, low, high = (np.asarray(columns.get(stem + part, lost), np.float64) for part in PARTS)
    status = np.asarray(columns.get(stem + "status", np.zeros(len(lost))), np.float64)
    gone = np.isnan(b) | np.isnan(p) | np.isnan(status)
    return Estimates(b, se, df, p, low, high, np.where(gone, FAILED, np.nan_to_num(status)).astype(np.int8))


def mean_column(columns: Columns, name: str) -> Measure:
    """Mean and its Monte Carlo error of the finite values of a column; NaN without any, or without the column.

    >>> mean_column({"seen.icc": np.array([0.1, 0.3, np.nan])}, "seen.icc").value
    0.2
    """
    if name not in columns:
        return Measure(nan, nan)
    values = np.asarray(columns[name], np.float64)
    return mean_of(values[np.isfinite(values)])


def value_of(columns: Columns, name: str, otherwise: float = nan) -> float:
    """The mean of :func:`mean_column`, or another number where there is none.

    >>> value_of({}, "seen.icc", 0.05)
    0.05
    """
    found = mean_column(columns, name).value
    return otherwise if np.isnan(found) else found
