"""Attrition under a typed-in truth: centers lost by lot, at the rate of the arm and the wave."""

from __future__ import annotations

import numpy as np
import pytest

import bscsim
from bscsim.trial.analyzing.compute import compute
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.settings import AnalysisSettings, AttritionSettings, DesignSettings, MeasureSettings
from bscsim.trial.trial import Trial

TRUTH = GaussianTruth(0.4, var={"center": 0.1, "staff": 0.4, "residual": 0.5})


def found(wave: str, **attrition: float) -> dict[str, np.ndarray]:
    design = DesignSettings(collaboratives=4, control_centers=32, waves={"before": 0, "half": 10, "end": 20})
    analysis = AnalysisSettings(outcome="survey", wave=wave, estimators=("cluster_t",))
    measures = {"survey": MeasureSettings(of="staff", sample=5)}
    trial = Trial(bscsim.Scenario(), design, measures, (analysis,), AttritionSettings(**attrition), truth=TRUTH)
    return compute(trial, range(300), seed=3)[0]


@pytest.mark.parametrize(("wave", "treated", "control"), [("end", 0.4, 0.1), ("half", 0.2, 0.05)])
def test_the_share_that_is_lost_grows_to_the_rate_of_the_arm(wave: str, treated: float, control: float) -> None:
    columns = found(wave, treated=0.4, control=0.1)
    for arm, share in (("treated", treated), ("control", control)):
        lost = columns[f"seen.lost_{arm}"]
        assert lost.mean() == pytest.approx(share, abs=4 * (share * (1 - share) / (32 * 300)) ** 0.5)
        assert np.allclose(columns[f"seen.centers_{arm}"], 32 * (1 - lost))


def test_what_is_lost_costs_precision_and_nothing_else() -> None:
    whole, less = found("end"), found("end", treated=0.5, control=0.5)
    assert less["cluster_t.se"].mean() > 1.2 * whole["cluster_t.se"].mean()
    gap = (less["cluster_t.b"] - 0.4).mean()
    assert abs(gap) < 4 * less["cluster_t.b"].std() / 300**0.5
