"""Recruitment, cohorts, arms, collaboratives: exact numbers, balance, equal chances, what a replicate depends on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import zscore

from bscsim.trial.enrolled import NEVER
from bscsim.trial.enrolling.deciding import decide
from bscsim.trial.enrolling.quotas import Quotas, apportion, filled, wanted
from bscsim.trial.enrolling.traits import standardized
from bscsim.trial.parallel_trial import ParallelTrial
from bscsim.trial.settings import CohortSettings, DesignSettings
from tests.trial.enrolling_cases import DESIGNS, SEED, THREE, pool, same, some, trial


def study(name: str, chance: float = 1.0, replicates: int = 20) -> Any:
    chance = 0.5 if name == "matched_comparison" else chance
    return decide(trial(**DESIGNS[name]), pool(replicates, chance=chance), SEED)


@pytest.mark.parametrize("name", DESIGNS)
def test_everybody_has_one_place_and_numbers_are_those_asked_for(name: str) -> None:
    seen = study(name)
    members = [np.bincount(row[row >= 0], minlength=6) for row in seen.collaborative]
    treated = [np.bincount(row[on], minlength=6) for row, on in zip(seen.collaborative, seen.treated, strict=True)]
    assert np.array_equal(np.array(treated)[:, :6], np.full((20, 6), 5))
    assert np.array_equal(np.array(treated)[:, :6], np.array(members)[:, :6])
    assert ((seen.collaborative // 2)[seen.treated] == seen.cohort[seen.treated]).all()
    assert not (seen.treated & ~seen.in_study).any()
    for values in (seen.cohort, seen.stratum):
        assert np.array_equal(values >= 0, seen.in_study)
    np.testing.assert_array_equal(seen.allocation.recruited, seen.in_study)
    assert (seen.begins[~seen.in_study] == NEVER).all()
    assert (seen.begins[seen.treated] == np.array([0, 12, 24])[seen.cohort[seen.treated]]).all()


@pytest.mark.parametrize("name", ["parallel", "stratified", "wait_list", "interrupted_series"])
def test_controls_are_shared_over_cohorts_as_the_gaussian_trial_shares_them(name: str) -> None:
    seen = study(name)
    expected = np.bincount(ParallelTrial([2, 2, 2], 5, 26, 1).layout().cohort[30:])
    for row in range(20):
        assert np.array_equal(np.bincount(seen.cohort[row][seen.in_study[row] & ~seen.treated[row]]), expected)


@pytest.mark.parametrize("by_cohort", [[1], [2, 1], [3, 1, 2, 5], [1, 1, 1]])
@pytest.mark.parametrize("controls", [7, 11, 40])
def test_controls_of_uneven_cohorts(by_cohort: list[int], controls: int) -> None:
    cohorts = tuple(CohortSettings(starts=at, collaboratives=number) for at, number in enumerate(by_cohort))
    asked = wanted(DesignSettings(cohorts=cohorts, centers_per_collaborative=4, control_centers=controls))
    layout = ParallelTrial(by_cohort, 4, controls, 1).layout()
    assert asked.control.tolist() == np.bincount(layout.cohort[~layout.treated]).tolist()
    assert asked.treated.tolist() == np.bincount(layout.cohort[layout.treated]).tolist()


@pytest.mark.parametrize("strata", [("sector",), ("size", "readiness"), ("area", "practice")])
def test_each_stratum_is_within_one_of_its_share(strata: tuple[str, ...]) -> None:
    candidates = pool(60)
    seen = decide(trial(strata=strata), candidates, SEED)
    got = 0
    for row in range(60):
        for cohort in range(3):
            inside = seen.cohort[row] == cohort
            share = seen.treated[row][inside].mean()
            for stratum in np.unique(seen.stratum[row][inside]):
                members = inside & (seen.stratum[row] == stratum)
                assert abs(seen.treated[row][members].sum() - share * members.sum()) < 1
                got += 1
            assert seen.treated[row][inside].sum() == 10
    assert got > 60 * 3 * 1.5


def test_strata_are_halves_of_the_recruited_within_sectors() -> None:
    candidates = pool()
    seen = decide(trial(strata=("sector", "readiness")), candidates, SEED)
    for row in range(20):
        inside = seen.in_study[row]
        middle = np.median(candidates.readiness[row][inside])
        plain = 4 * seen.cohort[row] + 2 * candidates.sector + (candidates.readiness[row] > middle)
        assert np.array_equal(seen.stratum[row][inside], plain[inside])


def test_scores_are_those_of_the_recruited_and_0_where_nothing_is_known() -> None:
    candidates = pool(3)
    practice = candidates.practice.copy()
    practice[0, :5] = np.nan
    size = candidates.size.copy()
    size[1] = 20
    among = candidates.applied
    scores = standardized(candidates._replace(practice=practice, size=size), ("sector", "size", "practice"), among)
    assert scores.shape == (3, 120, 2)
    assert not scores[0, :5, 1].any()
    assert not scores[1, :, 0].any()
    for row in range(3):
        known = among[row] & np.isfinite(practice[row])
        np.testing.assert_allclose(scores[row, known, 1], zscore(practice[row, known]), atol=1e-12)


def test_pairs_differ_in_arm_and_are_neighbours() -> None:
    candidates = pool()
    seen = decide(trial(**DESIGNS["pairs"]), candidates, SEED)
    for row in range(20):
        inside = seen.in_study[row]
        z = [(v - v[inside].mean()) / v[inside].std() for v in (candidates.size[row], candidates.readiness[row])]
        score = (z[0] + z[1]) / 2
        assert sorted(seen.stratum[row][inside]) == sorted([*range(30), *range(30)])
        for cohort in range(3):
            own = np.flatnonzero(seen.cohort[row] == cohort)
            queue = sorted(own, key=lambda c: (candidates.sector[c], score[c]))
            for one, two in zip(queue[::2], queue[1::2], strict=True):
                assert seen.stratum[row][one] == seen.stratum[row][two]
                assert seen.treated[row][one] != seen.treated[row][two]


def test_pairs_are_split_by_a_fair_coin_and_the_rest_is_a_stratum() -> None:
    replicates = 2000
    candidates = some(pool(1, 60), np.zeros(replicates, int))
    everybody = np.ones_like(candidates.eligible)
    candidates = candidates._replace(replicates=np.arange(replicates), eligible=everybody, applied=everybody)
    one = (CohortSettings(collaboratives=4),)
    seen = decide(trial(cohorts=one, pairs_on=("size",), control_centers=40), candidates, SEED)
    assert (seen.treated.sum(axis=1) == 20).all()
    z = (seen.treated.mean(axis=0) - 1 / 3) / (2 / 9 / replicates) ** 0.5
    assert np.abs(z).max() < 4.5
    for stratum, treated in zip(seen.stratum, seen.treated, strict=True):
        assert np.bincount(stratum).tolist() == [2] * 20 + [20]
        assert np.bincount(stratum, treated).tolist() == [1] * 20 + [0]


def test_waiting_controls_have_collaboratives_of_their_own_later() -> None:
    seen = study("wait_list")  # 9, 9 and 8 controls, in collaboratives of at most 5: two each
    assert seen.allocation.starts.tolist() == [0, 0, 12, 12, 24, 24, 9, 9, 21, 21, 33, 33]
    waiting = seen.in_study & ~seen.treated
    assert (seen.begins[waiting] == np.array([9, 21, 33])[seen.cohort[waiting]]).all()
    for row in range(20):
        numbers = seen.collaborative[row][waiting[row]]
        assert np.bincount(numbers, minlength=12).tolist() == [0] * 6 + [5, 4, 5, 4, 4, 4]
        assert ((numbers - 6) // 2 == seen.cohort[row][waiting[row]]).all()
    assert (seen.start[waiting] == np.array([0, 12, 24])[seen.cohort[waiting]]).all()


@pytest.mark.parametrize("name", ["parallel", "pre_post", "matched_comparison"])
def test_waves_count_from_the_cohorts_start(name: str) -> None:
    seen = study(name)
    assert (seen.start[seen.in_study] == np.array([0, 12, 24])[seen.cohort[seen.in_study]]).all()


@pytest.mark.parametrize("name", ["stepped_wedge", "interrupted_series"])
def test_waves_count_from_month_0_in_studies_with_one_clock(name: str) -> None:
    assert not study(name).start.any()


def test_a_wedge_treats_all_and_balances_strata_over_steps() -> None:
    candidates = pool(40)
    seen = decide(trial(type="stepped_wedge", strata=("sector",)), candidates, SEED)
    assert np.array_equal(seen.treated, seen.in_study)
    for row in range(40):
        for sector in range(2):
            members = seen.in_study[row] & (candidates.sector == sector)
            counts = np.bincount(seen.cohort[row][members], minlength=3)
            assert counts.max() - counts.min() <= 1
        assert np.bincount(seen.cohort[row][seen.in_study[row]]).tolist() == [10, 10, 10]


@pytest.mark.parametrize("name", DESIGNS)
def test_a_replicate_does_not_depend_on_the_others(name: str) -> None:
    candidates = pool(chance=0.5 if name == "matched_comparison" else 1.0)
    whole = decide(trial(**DESIGNS[name]), candidates, SEED)
    rows = np.array([17, 3, 4])
    same(whole, decide(trial(**DESIGNS[name]), some(candidates, rows), SEED), rows)
    other = decide(trial(**DESIGNS[name]), candidates, SEED + 1)
    assert (other.collaborative != whole.collaborative).any(axis=1).all()


def test_too_few_centers_make_a_smaller_study_in_proportion() -> None:
    candidates = pool(200, 60, chance=0.5)
    asked = trial(cohorts=THREE[:2], centers_per_collaborative=6, control_centers=24)  # 24 and 24
    seen = decide(asked, candidates, SEED)
    there = candidates.applied.sum(axis=1)
    assert there.min() < 48 > there.mean()
    np.testing.assert_array_equal(seen.in_study.sum(axis=1), np.minimum(there, 48))
    treated, control = seen.treated.sum(axis=1), (seen.in_study & ~seen.treated).sum(axis=1)
    assert np.abs(treated - control).max() <= 2
    for row in range(200):
        members = np.bincount(seen.collaborative[row][seen.treated[row]], minlength=4)
        assert members.max() - members.min() <= 1


@pytest.mark.parametrize("name", DESIGNS)
def test_without_two_centers_an_arm_nobody_is_in_the_study(name: str) -> None:
    candidates = pool(8, 60)
    applied = np.zeros((8, 60), bool)
    for row in range(8):
        applied[row, :row] = True
    candidates = candidates._replace(eligible=applied.copy(), applied=applied)
    seen = decide(trial(**DESIGNS[name]), candidates, SEED)
    empty = ~seen.in_study.any(axis=1)
    assert empty[:2].all()
    for values in (seen.cohort, seen.collaborative, seen.stratum, seen.allocation.collaborative):
        assert (values[empty] == -1).all()
    assert not seen.treated[empty].any()
    if name != "matched_comparison":  # everybody applied: nobody to compare with
        assert not empty[-1]
        two = 1 if name in ("stepped_wedge", "pre_post") else 2
        assert (seen.in_study.sum(axis=1)[~empty] >= 2 * two).all()
    else:
        assert empty.all()


def test_quotas_are_shared_by_largest_remainders() -> None:
    for total in range(40):
        for shares in ([3, 5, 9], [4, 4, 4, 1], [7]):
            got = apportion(np.array([total]), shares)[0]
            exact = np.array(shares) * total / sum(shares)
            assert got.sum() == total
            assert (np.abs(got - exact) < 1).all()
            up, down = exact[got > exact] % 1, exact[got <= exact] % 1
            assert up.min(initial=1.0) >= down.max(initial=0.0)
    assert filled(Quotas(np.array([6, 6]), np.array([4, 2])), np.array([100])).treated.tolist() == [[6, 6]]


RULES: dict[str, Any] = {"top": lambda seen: -seen.readiness, "need": lambda seen: seen.practice}


@pytest.mark.parametrize("rule", RULES)
def test_the_most_ready_or_the_neediest_are_taken(rule: str) -> None:
    candidates = pool(chance=0.7)
    seen = decide(trial({"rule": rule}), candidates, SEED)
    for row in range(20):
        key = np.where(candidates.applied[row], RULES[rule](candidates)[row], np.inf)
        assert sorted(np.argsort(key)[:56]) == np.flatnonzero(seen.in_study[row]).tolist()


def test_bars_keep_out_those_below() -> None:
    candidates = pool()
    seen = decide(trial({"rule": "threshold", "threshold": 0.4}), candidates, SEED)
    passes = candidates.applied & (candidates.readiness >= 0.4)
    assert not (seen.in_study & ~passes).any()
    hurdle = {"rule": "hurdle", "hurdle": {"motivation": 0.3, "capacity": 0.2, "innovation": 0.1}}
    seen = decide(trial(hurdle), candidates, SEED)
    passes = candidates.applied & (candidates.components > [0.3, 0.2, 0.1]).all(axis=-1)
    assert not (seen.in_study & ~passes).any()
    assert np.array_equal(seen.in_study.sum(axis=1), np.minimum(passes.sum(axis=1), 56))


def test_only_applicants_are_recruited() -> None:
    candidates = pool(chance=0.6)
    seen = decide(trial(), candidates, SEED)
    assert not (seen.in_study & ~candidates.applied).any()
    assert (candidates.eligible & ~candidates.applied).any()
