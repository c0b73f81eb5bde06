"""Designs other than parallel arms, enrolled, simulated, measured and analyzed: small mechanistic trials."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim.record.measures import TEACHER
from bscsim.simulate import simulate
from bscsim.trial.analyzing.compute import compute
from bscsim.trial.enrolled import Array
from bscsim.trial.enrolling import enrol
from bscsim.trial.measuring import measure
from bscsim.trial.settings import AnalysisSettings, CohortSettings, DesignSettings, MeasureSettings
from bscsim.trial.trial import Trial

SMALL: dict[str, Any] = {
    "population.sizes": 12, "population.drivers": 2, "enrolment.rule": "random", "calendar.burn_in": 6,
    "parameters.hire_local": 0.0, "parameters.contact_out": 0.0,
}  # fmt: skip


def trial_of(
    design: DesignSettings, measures: dict[str, MeasureSettings], *analyses: AnalysisSettings, months: tuple[int, ...],
    pool: int = 16, horizon: int = 0, **changes: Any,
) -> Trial:  # fmt: skip
    """A trial whose scenario has the months that its waves need."""
    values = {"population.centers": pool, "calendar.waves": list(months), "calendar.horizon": max(16, horizon, *months)}
    scenario = bscsim.Scenario().with_values(SMALL | values | {f"parameters.{k}": v for k, v in changes.items()})
    return Trial(scenario, design, measures, analyses)


def test_who_waits_is_a_control_until_the_month_in_which_it_starts() -> None:
    """Without ways for the program to spread, waiting centers have no effect up to the very wave of their start; later
    they are treated centers, which the truth counts as spill, and a reader of files refuses."""
    design = DesignSettings(type="wait_list", collaboratives=2, centers_per_collaborative=3, control_centers=6,
                            waits=10, waves={"baseline": 0, "mid": 10, "late": 20})  # fmt: skip
    analyses = [AnalysisSettings(outcome="score", wave=wave, estimators=("cluster_t",)) for wave in ("mid", "late")]
    trial = trial_of(design, {"score": MeasureSettings()}, *analyses, months=(0, 10, 20))
    mid, late = compute(trial, range(12), seed=4)
    assert mid["truth.spill"].tolist() == [0.0] * 12
    assert mid["truth.effect"].mean() > 0
    assert late["truth.spill"].mean() > 0.5 * mid["truth.effect"].mean()


@cache
def matched(motivation: float, match_on: tuple[str, ...] = ("size",), need: float = 0.0) -> tuple[Array, Array]:
    """What a comparison finds where nobody is affected: of motivation itself, and of practice."""
    design = DesignSettings(type="matched_comparison", collaboratives=2, centers_per_collaborative=4, match_on=match_on,
                            waves={"baseline": 0, "post": 6})  # fmt: skip
    measures = {"motivation": MeasureSettings(of="staff", asks="motivation"), "practice": MeasureSettings()}
    analyses = [AnalysisSettings(outcome=name, estimators=("cluster_t",)) for name in measures]
    trial = trial_of(design, measures, *analyses, months=(0, 6), pool=40, apply_motivation=motivation, apply_need=need)
    columns = compute(trial, range(120), seed=2)
    return columns[0]["cluster_t.sharp.b"], columns[1]["cluster_t.sharp.b"]


def z_of(values: Array) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean() / (values.std(ddof=1) / len(values) ** 0.5))


def test_hidden_self_selection_biases_a_matched_comparison_and_none_does_not() -> None:
    assert abs(z_of(matched(0.0)[0])) < 3.5
    assert abs(z_of(matched(0.0)[1])) < 3.5
    assert z_of(matched(2.0)[0]) > 8  # the motivated join
    assert z_of(matched(0.0, need=2.0)[1]) < -8  # those join that need it most


def test_matching_on_what_decides_who_joins_takes_bias_away() -> None:
    """Need is low practice, which recruiters see; readiness is no measure of it."""
    by = {names: matched(0.0, names, 2.0)[1].mean() for names in (("size",), ("readiness",), ("practice",))}
    assert abs(by["practice",]) < 0.75 * abs(by["size",])
    assert abs(by["practice",]) < 0.75 * abs(by["readiness",])


def series_trial(replicates: int = 6) -> tuple[Trial, Any, Any, Any]:
    design = DesignSettings(type="interrupted_series", cohorts=(CohortSettings(starts=8, collaboratives=2),),
                            centers_per_collaborative=4, control_centers=0, waves={"first": 0, "end": 20})  # fmt: skip
    analysis = AnalysisSettings(outcome="monthly", wave="end", estimators=("segmented",))
    trial = trial_of(design, {"monthly": MeasureSettings(of="reports", reliability=0.8)}, analysis, months=(0, 20),
                     horizon=21)  # fmt: skip
    enrolled = enrol(trial, range(replicates), 3)
    run = simulate(trial.scenario, range(replicates), 3, twin=True, allocation=enrolled.allocation)
    return trial, enrolled, run, measure(run, "treated", enrolled, trial, "monthly")


def test_a_series_has_the_reports_that_centers_sent_and_its_truth_is_of_teachers_at_the_wave() -> None:
    trial, enrolled, run, units = series_trial()
    found = compute(trial, range(6), seed=3)[0]
    sent = run.treated["report_sent"]
    for at in range(6):
        arm = np.flatnonzero(enrolled.treated[at])
        taught = np.isfinite(run.treated["practice"][at, :, :21, TEACHER])  # no teacher: nothing to report
        after = int((sent[at, :, :21] * taught)[arm].sum())
        own = units.at == at
        assert int((own & (units.wave >= 8)).sum()) == after > 0
        assert int((own & (units.wave < 8)).sum()) > 0
        assert sorted(set(units.wave[own & (units.wave >= 8)].tolist())) == sorted(
            {month for month in range(21) if (sent[at, arm, month] * taught[arm, month]).any()})
        assert found["seen.units_treated"][at] == own.sum()
        assert found["seen.centers_treated"][at] == len(set(units.center[own].tolist()))
        assert found["seen.lost_treated"][at] == 1 - found["seen.centers_treated"][at] / 8
        practice = [world["practice"][at, arm, 20, TEACHER].astype(float) for world in (run.treated, run.untreated)]
        assert found["truth.effect"][at] == pytest.approx(np.nanmean(practice[0] - practice[1]), abs=1e-9)
    assert np.isfinite(found["truth.scale"]).all()
    assert np.isfinite(found["seen.var_center"]).all()
    assert (found["segmented.status"] < 2).all()
    assert 20 in units.wave.tolist()  # the month of the wave itself is lived through


def test_a_series_counts_nothing_after_its_wave() -> None:
    trial, _, _, units = series_trial()
    earlier = trial.analyses[0].model_copy(update={"wave": "mid"})
    waves = {"first": 0, "mid": 15, "end": 20}
    design = trial.design.model_copy(update={"waves": waves})
    both = Trial(trial.scenario, design, trial.measures, (earlier, trial.analyses[0]))
    mid, end = compute(both, range(6), seed=3)
    assert mid["seen.units_treated"].tolist() == [((units.at == r) & (units.wave <= 15)).sum() for r in range(6)]
    assert (end["seen.units_treated"] > mid["seen.units_treated"]).all()


@pytest.mark.parametrize("settings", [
    {"of": "children"}, {"of": "readiness", "reliability": 0.75}, {"of": "staff", "asks": "knowledge"},
    {"of": "staff", "asks": "motivation", "reliability": 0.8}, {"of": "staff", "asks": "practice", "who": "teaching"},
])  # fmt: skip
def test_every_measure_goes_through_a_trial(settings: dict[str, Any]) -> None:
    """The estimate is near the truth, the effect in SD is the quotient, and of children the SD is that of children."""
    waves = {"pre": 0, "post": 14}
    design = DesignSettings(collaboratives=2, centers_per_collaborative=4, control_centers=8, waves=waves)
    analysis = AnalysisSettings(outcome="it", covariates=("baseline",), estimators=("cluster_t",))
    trial = trial_of(design, {"it": MeasureSettings(**settings)}, analysis, months=(0, 14))
    found = compute(trial, range(60), seed=9)[0]
    off = found["cluster_t.b"] - (found["truth.measured"] - found["truth.spill"])
    assert abs(z_of(off)) < 4
    assert z_of(found["truth.effect"]) > 5
    in_sd = found["truth.effect"].mean() / found["truth.scale"].mean()
    assert 0.03 < in_sd < 2.5
    if settings["of"] == "children":  # rooms differ by child_slope and by turnover, children within them by SD 1
        assert found["truth.scale"].mean() == pytest.approx(1.05, abs=0.06)


def test_a_wedge_of_the_same_rooms_knows_its_own_error() -> None:
    """All rooms at all waves: the mixed model's standard error is the spread of its estimates where nobody is affected.
    With intercepts of periods in the place of rooms it would be a quarter too large."""
    cohorts = tuple(CohortSettings(starts=month, collaboratives=2) for month in (2, 8, 14))
    design = DesignSettings(type="stepped_wedge", cohorts=cohorts, centers_per_collaborative=3,
                            waves={"a": 0, "b": 6, "c": 12, "d": 18})  # fmt: skip
    analysis = AnalysisSettings(outcome="score", wave="d", estimators=("lmm_kr",))
    trial = trial_of(design, {"score": MeasureSettings(reliability=0.8)}, analysis, months=(0, 6, 12, 18), pool=18)
    found = compute(trial, range(400), seed=5)[0]
    ratio = np.sqrt((found["lmm_kr.sharp.se"] ** 2).mean()) / found["lmm_kr.sharp.b"].std(ddof=1)
    assert 0.88 < ratio < 1.12  # its Monte Carlo error is .035
    assert (found["lmm_kr.sharp.p"] <= 0.05).mean() < 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5
    assert found["truth.last"].mean() > found["truth.effect"].mean() > found["lmm_kr.b"].mean()
