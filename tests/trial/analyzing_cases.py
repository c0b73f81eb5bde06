"""Units made by hand, and one replicate's rows taken out of them by plain loops, for the tests of analyses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import bscsim
from bscsim.scenario.allocation import Allocation
from bscsim.trial.dataset import Array, Units
from bscsim.trial.enrolled import NEVER, Enrolled
from bscsim.trial.settings import AnalysisSettings, DesignSettings, MeasureSettings
from bscsim.trial.trial import Trial

POOL = 26
SCENARIO = bscsim.Scenario(
    population={"centers": POOL, "areas": 2, "sectors": {"child_care": 0.5, "head_start": 0.5}},
    enrolment={"rule": "random"},
)


def enrolled(R: int, seed: int = 0, treated: int = 9, control: int = 11, groups: int = 3) -> Enrolled:
    """Random studies of treated + control of the pool's centers; everybody's own readiness and size."""
    rng = np.random.default_rng(seed)
    inside, arm = np.zeros((R, POOL), bool), np.zeros((R, POOL), bool)
    group = np.full((R, POOL), -1)
    for r in range(R):
        order = rng.permutation(POOL)
        inside[r, order[: treated + control]] = True
        arm[r, order[:treated]] = True
        group[r, order[:treated]] = np.arange(treated) % groups
    zero = np.zeros((R, POOL), np.int64)
    readiness = rng.uniform(size=(R, POOL))
    return Enrolled(
        Allocation(group, np.zeros(groups, np.int64), inside), inside, arm, np.where(inside, 0, -1), zero,
        np.where(arm, 0, NEVER), group, np.where(inside, zero, -1), readiness, rng.integers(6, 40, (R, POOL)),
    )  # fmt: skip


def units(who: Enrolled, waves: int = 2, seed: int = 1, lost: float = 0.1, empty: float = 0.0) -> Units:
    """2 to 6 units in each center and wave, some missing at random, some centers wholly; y by center, unit and wave."""
    rng = np.random.default_rng(seed)
    R, C = who.in_study.shape
    rows: list[tuple[int, int, int, int, float]] = []
    for r in range(R):
        level, size = rng.normal(size=C), rng.integers(2, 7, C)
        person, gone = rng.normal(size=(C, 8)), rng.random((C, waves)) < empty
        for w in range(waves):
            for c in np.flatnonzero(who.in_study[r]):
                for u in range(size[c]):
                    if rng.random() < lost or gone[c, w]:
                        continue
                    y = 50 + level[c] + 0.6 * person[c, u] + 0.5 * w + rng.normal() + 0.7 * w * who.treated[r, c]
                    rows.append((r, w, int(c), 100 + u, y))
    at, wave, center, unit, y = zip(*rows, strict=True)
    return Units(np.array(at), np.array(wave), np.array(center), np.array(unit), np.array(y))


def trial(analysis: AnalysisSettings, **design: Any) -> Trial:
    given: dict[str, Any] = {"collaboratives": 3, "centers_per_collaborative": 3, "control_centers": 11} | design
    return Trial(SCENARIO, DesignSettings(**given), {"score": MeasureSettings()}, (analysis,))


def analysis(*estimators: str, **more: Any) -> AnalysisSettings:
    return AnalysisSettings(outcome="score", estimators=estimators, **more)


@dataclass
class One:
    """One replicate in long form: a row a unit measured at the wave."""

    center: Array
    y: Array
    own: Array
    """The unit's own baseline; NaN without."""
    base: Array
    """The center's mean baseline; the mean over centers where it has none."""
    arm: Array
    sector: Array
    readiness: Array
    size: Array
    group: Array


def one(who: Enrolled, data: Units, r: int, wave: int = 1) -> One:
    rows = [(int(c), int(u), float(y)) for a, w, c, u, y in zip(*data, strict=True) if a == r and w == wave]
    before: dict[int, dict[int, float]] = {}
    for a, w, c, u, y in zip(*data, strict=True):
        if a == r and w == 0:
            before.setdefault(int(c), {})[int(u)] = float(y)
    means = {c: sum(kept.values()) / len(kept) for c, kept in before.items()}
    middle = sum(means.values()) / len(means)
    center = np.array([row[0] for row in rows])
    return One(
        center, np.array([row[2] for row in rows]),
        np.array([before.get(c, {}).get(u, np.nan) for c, u, _ in rows]),
        np.array([means.get(c, middle) for c in center.tolist()]),
        who.treated[r, center] * 1.0, (center >= POOL // 2) * 1.0, who.readiness[r, center],
        who.size[r, center] * 1.0, who.collaborative[r, center],
    )  # fmt: skip


def center_means(values: Array, center: Array) -> Array:
    """Means by center, in the order of the centers."""
    return np.array([values[center == c].mean() for c in np.unique(center)])


def group_means(row: One) -> tuple[Array, Array]:
    """Means of collaboratives (of their centers' means), and of control centers."""
    treated = []
    for g in np.unique(row.group[row.arm == 1]):
        inside = row.group == g
        treated.append(center_means(row.y[inside], row.center[inside]).mean())
    control = row.arm == 0
    return np.array(treated), center_means(row.y[control], row.center[control])
