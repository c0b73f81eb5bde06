"""Columns and studies made by hand, with known distributions, for tests of summaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bscsim import Scenario
from bscsim.trial.cluster_stats import Array
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.settings import AnalysisSettings, CohortSettings, DesignSettings, MeasureSettings, TargetSettings
from bscsim.trial.trial import Trial

MANIFEST = {
    "study": {"name": "by_hand", "kind": "power", "digest": "d" * 64},
    "versions": {"bscsim": "1.0", "streams": 3, "python": "3.11"},
    "run": {"seed": 7, "replicates": 1},
}
SEEN = {
    "centers_treated": 44.0, "centers_control": 46.0, "units_treated": 132.0, "units_control": 138.0,
    "lost_treated": 4 / 48, "lost_control": 2 / 48, "withdrawn": 0.05, "stayed": 0.6, "var_center": 0.1,
    "var_unit": 0.9, "var_center_treated": 0.15, "var_unit_treated": 1.0, "icc": 0.1, "cv_size": 0.3,
    "autocorrelation": 0.5, "r2": 0.3,
}  # fmt: skip


def t_columns(
    name: str, draw: Array, chi: Array, effect: float, se: float, df: float, prefix: str = ""
) -> dict[str, Array]:
    """Exact t data: b = effect + se z, its standard error se sqrt(chi2 / df) independent of it."""
    found = t_inference(effect + se * draw, se * np.sqrt(chi / df), np.full(draw.shape, df), np.zeros(draw.shape))
    return {f"{name}.{prefix}{part}": np.asarray(v, float) for part, v in found._asdict().items()}


def columns(
    names: tuple[str, ...] = ("cluster_t",), R: int = 4000, effect: float = 0.3, bias: float = 0.0, se: float = 0.1,
    df: float = 8.0, seed: int = 1, sharp_bias: float = 0.0, seen: Mapping[str, float] = SEEN,
) -> dict[str, Array]:  # fmt: skip
    """Columns of an analysis whose estimators are exact t statistics around effect + bias."""
    rng = np.random.default_rng(seed)
    made: dict[str, Array] = {"replicate": np.arange(R)}
    for name in names:
        z, z0 = rng.normal(size=(2, R))
        chi, chi0 = rng.chisquare(df, size=(2, R))
        made |= t_columns(name, z, chi, effect + bias, se, df)
        made |= t_columns(name, z0, chi0, sharp_bias, se, df, "sharp.")
    own = effect + 0.02 * rng.normal(size=R)
    made |= {
        "truth.effect": own, "truth.measured": own, "truth.spill": np.zeros(R), "truth.compliers": own * 1.1,
        "truth.scale": np.ones(R), "truth.collaborative": 0.02 + 0.01 * rng.normal(size=R),
        "truth.centers": np.full(R, 0.01),
    }  # fmt: skip
    return made | {f"seen.{key}": np.full(R, value) for key, value in seen.items()}


def trial_of(*analyses: AnalysisSettings, target: TargetSettings | None = None, **design: Any) -> Trial:
    """A trial of 6 collaboratives of 8 centers and 48 controls, three rooms of each observed twice."""
    settings = {
        "collaboratives": 6, "centers_per_collaborative": 8, "control_centers": 48,
        "waves": {"baseline": 0, "post": 20},
    } | design  # fmt: skip
    return Trial(
        Scenario(), DesignSettings(**settings), {"score": MeasureSettings(sample=3, reliability=0.8)},
        analyses or (analysis(),), target=target or TargetSettings(),
    )  # fmt: skip


def analysis(*estimators: str, **settings: Any) -> AnalysisSettings:
    """An analysis of the score at the post wave."""
    given = {"outcome": "score", "wave": "post", "estimators": estimators or ("cluster_t",)}
    return AnalysisSettings(**given | settings)


@dataclass(frozen=True)
class Axis:
    path: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]

    @property
    def short(self) -> str:
        return self.path.partition(".")[2]


@dataclass(frozen=True)
class Study:
    """What a summary needs of a power study."""

    trials: tuple[Trial, ...]
    replicates: int = 4000
    question: str = "Enough?"
    axes: tuple[Axis, ...] = ()
    told: tuple[str, ...] = field(default=("The pool was enlarged.",))

    @property
    def cells(self) -> int:
        return len(self.trials)

    def trial(self, cell: int) -> Trial:
        return self.trials[cell]

    def label(self, cell: int) -> str:
        return self.axes[0].labels[cell] if self.axes else "as designed"

    def levels(self, cell: int) -> dict[str, Any]:
        return {axis.path: axis.values[cell] for axis in self.axes}

    def notes(self, cell: int) -> list[str]:
        return list(self.told)


def with_design(trial: Trial, **changes: Any) -> Trial:
    """The trial with another design."""
    return replace(trial, design=trial.design.model_copy(update=changes))


COHORTS = tuple(CohortSettings(starts=start, collaboratives=2) for start in (0, 12, 24))
