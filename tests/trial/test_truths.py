"""True effects against plain Python over units, the package's own truth of a run, and numbers typed in."""

from __future__ import annotations

from functools import cache
from math import isnan, nan
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest

from bscsim.record import measured, truth
from bscsim.record.measures import ALUMNI, PARENT, TEACHER, WITHDRAWN
from bscsim.record.trajectories import Trajectories
from bscsim.rules import measurement
from bscsim.trial.enrolled import NEVER, Array, Enrolled
from bscsim.trial.measuring import measure, truths
from bscsim.trial.measuring.components import components
from bscsim.trial.trial import Trial
from tests.record.conftest import add_staff, small_run
from tests.trial.enrolled_by_hand import WAVES, analysis_of, enrolled_in, in_two_cohorts, simulated, trial_of
from tests.trial.measured_by_hand import scale_of, units_of

MEASURES: dict[str, dict[str, Any]] = {
    "rooms": {"of": "classrooms", "reliability": 0.75, "sample": 2},
    "survey": {"of": "staff", "sample": 6, "response": 0.7},
    "test": {"of": "staff", "asks": "knowledge", "who": "teaching"},
    "children": {"of": "children"},
    "ready": {"of": "readiness", "reliability": 0.75},
    "reports": {"of": "reports", "reliability": 0.7},
}
ESTIMANDS = ("center_mean", "all_present", "stayers", "repeated_cross_section", "compliers")


@cache
def run() -> Trajectories:
    return simulated()


def mean(values: list[float]) -> float:
    return fmean(values) if values else nan


def by_hand(
    there: Trajectories, enrolled: Enrolled, trial: Trial, name: str, wave: str, estimand: str, at: int,
    bias: bool = False,
) -> tuple[float, float, float]:
    """Effect of treated centers, of controls and of compliers, a unit at a time."""
    p = there.scenario.parameters
    scale = scale_of(there, enrolled, trial, name, at) if name == "children" else (0.0, 1.0)

    def value(unit: dict[str, Any]) -> float:
        if name == "children":
            return measurement.child_score(unit["true"], *scale, p.child_slope, unit["changed"], p.child_turn)
        return float(unit["true"]) + (p.sr_demand * unit["exposed"] if bias else 0.0)

    def units(world: str, center: int, at_wave: str) -> dict[int, float]:
        month = trial.month(int(enrolled.cohort[at, center]), at_wave)
        found = units_of(there, getattr(there, world), trial, name, at, center, month)
        return {unit["unit"]: value(unit) for unit in found}

    def effect(centers: list[int], how: str) -> float:
        pairs = []
        for center in centers:
            held = {world: units(world, center, wave) for world in ("treated", "twin")}
            if how == "stayers" and trial.measures[name].of == "staff":
                first = [units(world, center, trial.waves_of(name)[0]) for world in held]
                stay = set.intersection(*map(set, first), *map(set, held.values()))
                held = {world: {unit: one[unit] for unit in one if unit in stay} for world, one in held.items()}
            pairs.append((list(held["treated"].values()), list(held["twin"].values())))
        if how in ("center_mean", "compliers"):
            return mean([fmean(one) - fmean(other) for one, other in pairs if one and other])
        return mean([x for one, _ in pairs for x in one]) - mean([x for _, other in pairs for x in other])

    inside = [c for c in range(enrolled.cohort.shape[1]) if enrolled.in_study[at, c]]
    treated = [c for c in inside if enrolled.treated[at, c]]
    month = {c: trial.month(int(enrolled.cohort[at, c]), wave) for c in inside}
    stay = [c for c in treated if there.treated["status"][at, c, month[c]] != WITHDRAWN]
    first = stay if estimand == "compliers" else treated
    return (effect(first, estimand), effect([c for c in inside if c not in treated], estimand),
            effect(stay, estimand))  # fmt: skip


@pytest.mark.parametrize("estimand", ESTIMANDS)
@pytest.mark.parametrize("name", list(MEASURES))
def test_effects_are_those_of_units_counted_one_by_one(name: str, estimand: str) -> None:
    """Two cohorts and a center outside the study, at both later waves; samples and attrition do not touch the truth."""
    waves = {"baseline": 0, "post": 5, "followup": 10}
    trial, enrolled = trial_of(run(), MEASURES, (0.5, 0.3), starts=(0, 5), waves=waves), in_two_cohorts(run())
    for wave in ("post", "followup"):
        found = truths(run(), enrolled, trial, analysis_of(name, wave=wave, estimand=estimand))
        for at in range(3):
            wanted = by_hand(run(), enrolled, trial, name, wave, estimand, at)
            np.testing.assert_allclose(
                [found.effect[at], found.spill[at], found.compliers[at]], wanted, rtol=0, atol=1e-9)
            shown = by_hand(run(), enrolled, trial, name, wave, estimand, at, bias=name == "survey")[0]
            assert found.measured[at] == pytest.approx(shown, abs=1e-9)
    assert np.abs(found.effect).min() > 0.0


def test_estimands_are_those_of_the_record() -> None:
    """A run without a trial has its own truth: of teachers by center (reports look at them); of all staff by center."""
    trial, enrolled = trial_of(run(), {"reports": {"of": "reports"}, "staff": {"of": "staff"}}), enrolled_in(run())
    table = truth.overall(run()).query("estimand == 'center_mean' and month == 20").set_index(["arm", "replicate"])
    found = truths(run(), enrolled, trial, analysis_of("reports", wave="followup"))
    for at, replicate in enumerate(run().replicates):
        assert found.effect[at] == pytest.approx(table.effect["bsc", replicate], abs=1e-6)  # the record's 32 bits
        assert found.spill[at] == pytest.approx(table.effect["outside", replicate], abs=1e-6)
    held = [truth.present(run(), world.staff, tuple(range(PARENT))) for _, world in run().worlds]
    wave = truth.waves(run()).tolist().index(20)
    a, b = truth.same_persons(run(), *held)
    start = [truth.there_at_start(run(), persons) for persons in held]
    stayed = start[0][a] & start[1][b] & (held[0].wave[a] == wave)
    stayers = truths(run(), enrolled, trial, analysis_of("staff", wave="followup", estimand="stayers"))
    for at in range(3):
        rows = stayed & (held[0].at[a] == at) & enrolled.treated[at, held[0].center[a]]
        wanted = held[0].practice[a[rows]].mean() - held[1].practice[b[rows]].mean()
        assert stayers.effect[at] == pytest.approx(wanted, abs=1e-12)


def test_rooms_are_those_of_the_record() -> None:
    """All present, without a study: the mean over rooms that the record's own observers see, and children's outcomes
    on a scale that is the same because all centers are in the study."""
    trial, enrolled = trial_of(run(), {"rooms": {}, "children": {"of": "children"}}), enrolled_in(run())
    scale = measured.reference(run())
    worlds = [measured.rooms(run(), world, scale) for _, world in run().worlds]
    last = truth.waves(run()).tolist().index(20)
    for name, field in (("rooms", "true"), ("children", "child")):
        found = truths(run(), enrolled, trial, analysis_of(name, wave="followup", estimand="all_present"))
        for at in range(3):
            means = [getattr(rooms, field)[(rooms.at == at) & (rooms.wave == last) & enrolled.treated[at, rooms.center]]
                     for rooms in worlds]  # fmt: skip
            assert found.effect[at] == pytest.approx(means[0].mean() - means[1].mean(), abs=1e-12)


def test_the_standardiser_is_the_spread_of_what_is_measured_in_the_twin() -> None:
    for name in MEASURES:
        trial, enrolled = trial_of(run(), MEASURES, (0.2, 0.2)), enrolled_in(run())
        analysis = analysis_of(name, wave="followup", cohort="closed")
        units = measure(run(), "twin", enrolled, trial, name, "closed")
        found = truths(run(), enrolled, trial, analysis)
        if name == "reports":
            continue  # pooled over months: below
        for at in range(3):
            values = units.y[(units.wave == 2) & (units.at == at)].tolist()
            if len(values) > 1:
                more = 0.9 if name == "children" else 0.0  # of ten children the mean has a tenth of the variance
                assert found.scale[at] ** 2 == pytest.approx(stdev(values) ** 2 + more, rel=1e-12)
            else:
                assert isnan(found.scale[at])
        for one, other in zip(found, truths(run(), enrolled, trial, analysis, units), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_center_that_withdrew_is_treated_but_no_complier() -> None:
    """Typed in: centers 0 (effect .3, withdrew) and 1 (effect .1) are treated, 2 a control that lost .05."""
    there = small_run(replicates=(4,))
    for _, world in there.worlds:
        world["status"][:] = ALUMNI
    there.treated["status"][0, 0, :] = WITHDRAWN
    values = {"treated": (0.7, 0.5, 0.35), "twin": (0.4, 0.4, 0.4)}
    for name, world in there.worlds:
        for month in (0, 3):
            add_staff(world, 4, month, *({"center": c, "slot": 0, "person": (0, 1, 4_000_000_000)[c] << 26, "P": p}
                                         for c, p in enumerate(values[name])))  # fmt: skip
    trial = trial_of(there, {"rooms": {}}, waves={"baseline": 0, "post": 3})
    found = truths(there, enrolled_in(there), trial, analysis_of("rooms"))
    assert found.effect[0] == pytest.approx(0.2)
    assert found.compliers[0] == pytest.approx(0.1)
    assert found.spill[0] == pytest.approx(-0.05)
    assert found.centers[0] == pytest.approx(0.02)  # of .3 and .1, in one collaborative
    assert isnan(found.collaborative[0])
    assert found.scale[0] == pytest.approx(0.0, abs=1e-12)
    only = truths(there, enrolled_in(there), trial, analysis_of("rooms", estimand="compliers"))
    assert only.effect[0] == only.compliers[0]


@pytest.mark.parametrize(
    ("name", "last", "kind"), [("reports", 20, "interrupted_series"), ("rooms", 2, "stepped_wedge")])
def test_the_standardiser_over_waves_is_their_pooled_spread(name: str, last: int, kind: str) -> None:
    trial, enrolled = trial_of(run(), MEASURES, type=kind), enrolled_in(run())
    units = measure(run(), "twin", enrolled, trial, name)
    found = truths(run(), enrolled, trial, analysis_of(name, wave="followup"))
    for at in range(3):
        waves = [units.y[(units.wave == wave) & (units.at == at)].tolist() for wave in range(last + 1)]
        waves = [values for values in waves if len(values) > 1]
        square = sum(stdev(values) ** 2 * (len(values) - 1) for values in waves)
        assert found.scale[at] == pytest.approx((square / sum(len(values) - 1 for values in waves)) ** 0.5, rel=1e-12)


def wedge_in(there: Trajectories) -> tuple[Enrolled, dict[str, Array]]:
    """Collaborative 0 begins in month 0, 1 in month 10, in whose very wave it is a control still."""
    enrolled = enrolled_in(there)
    begins = np.where(enrolled.collaborative == 0, 0, np.where(enrolled.collaborative == 1, 10, NEVER))
    wedge = enrolled._replace(begins=begins, cohort=(enrolled.collaborative == 1) * 1)
    return wedge, {wave: enrolled.treated & (begins < month) for wave, month in WAVES.items()}


@pytest.mark.parametrize("estimand", ESTIMANDS)
@pytest.mark.parametrize("name", ["rooms", "survey", "children"])
def test_the_target_of_a_stepped_wedge_is_the_mean_over_exposed_centers_and_waves(name: str, estimand: str) -> None:
    """Waves a unit at a time, put together by the number of exposed centers, or of units in them."""
    wedge, exposed = wedge_in(run())
    trial = trial_of(run(), MEASURES, type="stepped_wedge", starts=(0, 10))
    found = truths(run(), wedge, trial, analysis_of(name, wave="post", estimand=estimand))
    same = truths(run(), wedge, trial, analysis_of(name, wave="followup", estimand=estimand))
    assert same.effect.tolist() == found.effect.tolist()  # of all waves, whichever is named
    for at in range(3):
        total, spill, last = [], [], nan
        for wave, arm in exposed.items():
            now = wedge._replace(treated=arm)
            effect, apart, _ = by_hand(run(), now, trial, name, wave, estimand, at)
            some = [c for c in np.flatnonzero(arm[at]) if min(counted(trial, name, wave, estimand, at, c)) > 0]
            if estimand in ("center_mean", "compliers"):
                stayed = [run().treated["status"][at, c, WAVES[wave]] != WITHDRAWN for c in some]
                weight = sum(stayed) if estimand == "compliers" else len(some)
            else:
                weight = sum(counted(trial, name, wave, estimand, at, c)[0] for c in some)
            total += [(effect, weight)] if weight else []
            spill.append(apart)
            last = effect
        assert found.effect[at] == pytest.approx(sum(e * w for e, w in total) / sum(w for _, w in total), abs=1e-9)
        assert found.last[at] == pytest.approx(last, abs=1e-9)
        assert len(total) == 2
        assert np.isfinite(spill).all()
        assert min(spill) - 1e-9 <= found.spill[at] <= max(spill) + 1e-9


@cache
def persons(name: str, world: str, at: int, center: int, month: int) -> frozenset[int]:
    trial = trial_of(run(), MEASURES)
    return frozenset(unit["unit"] for unit in units_of(run(), getattr(run(), world), trial, name, at, center, month))


def counted(trial: Trial, name: str, wave: str, estimand: str, at: int, center: int) -> tuple[int, int]:
    """Units of a center that count at a wave, in the treated world and in the twin."""
    now = [persons(name, world, at, center, WAVES[wave]) for world in ("treated", "twin")]
    if estimand == "stayers" and trial.measures[name].of == "staff":
        both = now[0] & now[1] & persons(name, "treated", at, center, 0) & persons(name, "twin", at, center, 0)
        return len(both), len(both)
    return len(now[0]), len(now[1])


def test_components_in_a_stepped_wedge_are_within_cohorts_of_mean_effects() -> None:
    """Three collaboratives of cohort 0 and one of cohort 1, whose longer exposure is no difference between them."""
    wedge, _ = wedge_in(run())
    trial = trial_of(run(), {"rooms": {}}, type="stepped_wedge", starts=(0, 10))
    found = truths(run(), wedge, trial, analysis_of("rooms", wave="followup"))
    assert np.isnan(found.collaborative).all()  # one a cohort: not to be told from its exposure
    for at in range(3):
        inside = []
        for cohort, waves in ((0, ("post", "followup")), (1, ("followup",))):
            centers = np.flatnonzero(wedge.treated[at] & (wedge.cohort[at] == cohort))
            alone = [wedge._replace(treated=wedge.treated & (np.arange(10) == c)) for c in centers]
            effects = [[by_hand(run(), one, trial, "rooms", wave, "center_mean", at)[0] for wave in waves]
                       for one in alone]  # fmt: skip
            inside.append(stdev([mean([x for x in one if not isnan(x)]) for one in effects]) ** 2)
        assert found.centers[at] == pytest.approx(mean(inside), rel=1e-9)


def test_before_and_after_everybody_is_treated() -> None:
    everybody = enrolled_in(run())._replace(treated=enrolled_in(run()).in_study)
    found = truths(run(), everybody, trial_of(run(), {"rooms": {}}, type="pre_post"), analysis_of("rooms"))
    assert np.isnan(found.spill).all()
    assert np.isfinite(found.effect).all()
    assert found.last.tolist() == found.effect.tolist()


def test_at_the_start_there_is_no_effect() -> None:
    for name in MEASURES:
        for estimand in ESTIMANDS:
            trial = trial_of(run(), MEASURES)
            found = truths(run(), enrolled_in(run()), trial, analysis_of(name, wave="baseline", estimand=estimand))
            assert found.effect.tolist() == found.measured.tolist() == found.spill.tolist() == [0.0, 0.0, 0.0]


def test_components_are_those_of_the_analysis_of_variance() -> None:
    """Unequal collaboratives with a missing center, against sums written out; known components come out on average."""
    rng = np.random.default_rng(3)
    group = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 2])
    R, between, within = 4000, 0.3, 0.5
    effect = rng.normal(0, between**0.5, (R, 3))[:, group] + rng.normal(0, within**0.5, (R, 10)) + 1
    effect[:, 9] = np.nan
    found = components(effect, np.broadcast_to(group, (R, 10)))
    for at in (0, 17):
        groups = [[x for x, g in zip(effect[at].tolist(), group.tolist(), strict=True) if g == k and x == x]
                  for k in range(3)]  # fmt: skip
        every = [x for one in groups for x in one]
        msw = sum((x - fmean(one)) ** 2 for one in groups for x in one) / (len(every) - 3)
        msb = sum(len(one) * (fmean(one) - fmean(every)) ** 2 for one in groups) / 2
        n0 = (len(every) - sum(len(one) ** 2 for one in groups) / len(every)) / 2
        assert found[0][at] == pytest.approx((msb - msw) / n0)
        assert found[1][at] == pytest.approx(msw)
    for values, true in zip(found, (between, within), strict=True):
        assert abs(values.mean() - true) < 4 * values.std() / R**0.5
    alone = components(np.array([[1.0, 2.0, np.nan]]), np.array([[0, 1, 2]]))
    assert [bool(np.isnan(values[0])) for values in alone] == [True, True]


def test_components_are_of_collaboratives_and_of_treated_centers_only() -> None:
    enrolled = enrolled_in(run())
    found = truths(run(), enrolled, trial_of(run(), {"reports": {"of": "reports"}}), analysis_of("reports"))
    practice = [world["practice"][:, :, 10, TEACHER].astype(float) for _, world in run().worlds]
    for at in range(3):
        groups = [(practice[0] - practice[1])[at, enrolled.collaborative[at] == k] for k in (0, 1)]
        msw = sum(((one - one.mean()) ** 2).sum() for one in groups) / 4
        msb = 3 * np.var([one.mean() for one in groups], ddof=1)
        assert found.centers[at] == pytest.approx(msw, rel=1e-5)
        assert found.collaborative[at] == pytest.approx((msb - msw) / 3, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("moderator", ["sector", "readiness"])
def test_a_moderator_has_its_true_difference_of_effects(moderator: str) -> None:
    """The slope of centers' own effects, of units counted one by one, by numpy's least squares."""
    enrolled = enrolled_in(run())
    sizes = np.linspace(0.2, 0.8, enrolled.cohort.shape[1])
    enrolled = enrolled._replace(readiness=np.broadcast_to(sizes, enrolled.cohort.shape))
    trial = trial_of(run(), MEASURES)
    found = truths(run(), enrolled, trial, analysis_of("rooms", wave="post", moderator=moderator))
    sector = run().labels.sector
    x = sizes if moderator == "readiness" else (sector != sector.min()) * 1.0
    varied = 0
    for at in range(len(run().replicates)):
        arm = np.flatnonzero(enrolled.treated[at])
        own = []
        for center in arm:
            alone = np.zeros_like(enrolled.treated)
            alone[at, center] = True
            one = enrolled._replace(treated=alone)
            own.append(by_hand(run(), one, trial, "rooms", "post", "center_mean", at)[0])
        if len(np.unique(x[arm])) < 2:
            assert isnan(found.effect[at])
            continue
        varied += 1
        assert found.effect[at] == pytest.approx(np.polyfit(x[arm], own, 1)[0], abs=1e-9)
    assert varied > 0
