"""What is measured and what is so, in a trial (model.md section 7): T35, and T29 of a trial's own estimands."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from bscsim.record.trajectories import Trajectories
from bscsim.trial.dataset import Truths
from bscsim.trial.measuring import measure, truths
from tests.trial.enrolled_by_hand import analysis_of, enrolled_in, simulated, trial_of
from tests.verification.pairs import Values
from tests.verification.scale import agree, parameters
from tests.verification.test_at_scale_people import NOBODY_LEAVES

REPLICATES = 80


@cache
def run(**changes: float) -> Trajectories:
    return simulated(REPLICATES, parameters(**changes))


def found(there: Trajectories, wave: str = "post", estimand: str = "all_present", **survey: Any) -> Truths:
    trial = trial_of(there, {"survey": {"of": "staff", **survey}})
    return truths(there, enrolled_in(there), trial, analysis_of("survey", wave=wave, estimand=estimand))


def exposed_share(there: Trajectories, month: int) -> Values:
    """Share of the staff present in treated centers who have attended or been coached, by replicate."""
    rows, arm = there.treated.staff, enrolled_in(there).treated
    at = np.searchsorted(there.replicates, rows["replicate"])
    here = rows["filled"] & (rows["role"] < 5) & (rows["month"] == month) & arm[at, rows["center"]]
    return np.bincount(at[here], rows["exposed"][here]) / np.bincount(at[here])


def means(there: Trajectories, world: str, wave: int, **survey: Any) -> Values:
    """Mean of what everybody present in treated centers says at a wave, by replicate."""
    enrolled = enrolled_in(there)
    units = measure(there, world, enrolled, trial_of(there, {"survey": {"of": "staff", **survey}}), "survey")
    here = (units.wave == wave) & enrolled.treated[units.at, units.center]
    return np.bincount(units.at[here], units.y[here]) / np.bincount(units.at[here])


def test_t35_self_report_shows_the_effect_and_demand_of_the_exposed() -> None:
    """T35, exact without noise: what self-reports differ by less what practice differs by is sr_demand times the share
    who have been exposed; with noise it is that on average (four Monte Carlo errors).

    Fails when demand is added to everybody, or counts as effect.
    """
    quiet, noisy = run(sr_sd=0.0), run(sr_sd=0.12)
    for wave, month in ((1, 10), (2, 20)):
        share, gap = exposed_share(quiet, month), means(quiet, "treated", wave) - means(quiet, "twin", wave)
        truth = found(quiet, ("post", "followup")[wave - 1])
        assert 0.1 < share.mean() < 0.9
        np.testing.assert_allclose(gap - truth.effect, 0.05 * share, atol=1e-12)
        np.testing.assert_allclose(truth.measured - truth.effect, 0.05 * share, atol=1e-12)
        heard = means(noisy, "treated", wave) - means(noisy, "twin", wave)
        assert np.abs(heard - gap).max() > 0.001
        assert agree(heard - gap)


def test_t35_without_any_effect_self_report_still_shows_demand() -> None:
    """T35, exact: events are attended, but nothing is learned, tested, copied or felt: practice is the same in both
    worlds, in every replicate, and self-reports differ by sr_demand times the share exposed; without events by nothing.

    Fails when demand rests on what was learned.
    """
    silent = parameters(k_hour=0.0, k_help=0.0, p_norm=0.0, m_up=0.0, m_load=0.0, c_up=0.0, sr_sd=0.0)
    nothing = {**silent, "elements.improvement_model": 0.0}
    there = simulated(30, nothing)
    truth, share = found(there), exposed_share(there, 10)
    assert share.min() > 0.0
    assert truth.effect.tolist() == [0.0] * 30
    np.testing.assert_allclose(truth.measured - truth.effect, 0.05 * share, atol=1e-12)
    gap = means(there, "treated", 1) - means(there, "twin", 1)
    np.testing.assert_allclose(gap - truth.effect, 0.05 * share, atol=1e-12)
    events = ("calls", "affinity_calls", "coaching", "prework_calls")
    idle = simulated(10, {**nothing, "calendar.sessions": [], **{f"calendar.{name}": "none" for name in events}})
    assert found(idle).measured.tolist() == [0.0] * 10


def test_t29_stayers_gain_more_than_all_present() -> None:
    """T29, mean: with turnover the effect on who stays is above that on everybody present, more so a year later."""
    there = run()
    gaps = [found(there, wave, "stayers").effect - found(there, wave).effect for wave in ("post", "followup")]
    for gap in (gaps[0], gaps[1]):
        assert gap.mean() > 3 * gap.std(ddof=1) / REPLICATES**0.5
    assert gaps[1].mean() > gaps[0].mean()


def test_t29_without_turnover_all_are_stayers() -> None:
    """T29, exact: nobody leaves: one number in every replicate, positive, and the cohorts are the same people."""
    there = simulated(20, NOBODY_LEAVES)
    stay, everyone = found(there, estimand="stayers"), found(there)
    assert stay.effect.tolist() == everyone.effect.tolist()
    assert stay.effect.min() > 0.0
    trial, enrolled = trial_of(there, {"survey": {"of": "staff", "sample": 4}}), enrolled_in(there)
    opened, closed = (measure(there, "treated", enrolled, trial, "survey", cohort) for cohort in ("open", "closed"))
    for one, other in zip(opened, closed, strict=True):
        assert one.tolist() == other.tolist()


def test_t29_an_open_cohort_has_newcomers_and_shows_less() -> None:
    """With turnover the difference of the worlds that a closed cohort measures is above that of an open one."""
    there, enrolled = run(sr_sd=0.0), enrolled_in(run(sr_sd=0.0))
    trial = trial_of(there, {"survey": {"of": "staff", "asks": "practice"}})

    def contrast(cohort: str) -> Values:
        total = []
        for world in ("treated", "twin"):
            units = measure(there, world, enrolled, trial, "survey", cohort)
            here = (units.wave == 2) & enrolled.treated[units.at, units.center]
            total.append(np.bincount(units.at[here], units.y[here]) / np.bincount(units.at[here]))
        return total[0] - total[1]

    gap = contrast("closed") - contrast("open")
    assert gap.mean() > 3 * gap.std(ddof=1) / REPLICATES**0.5
