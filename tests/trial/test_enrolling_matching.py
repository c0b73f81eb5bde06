"""Matched comparison: nearest neighbours against a brute force in plain Python, and who may be taken."""

from __future__ import annotations

import numpy as np
import pytest

from bscsim.trial.enrolling.deciding import decide
from bscsim.trial.enrolling.matching import neighbours
from tests.trial.enrolling_cases import SEED, pool, trial


def brute(turn: list[int], free: list[bool], scores: list[list[float]], exact: list[int], lot: list[float],
          rounds: int) -> list[int]:  # fmt: skip
    """Each joiner in its turn takes the nearest that is free and alike, by the smallest lot among equals."""
    taken, left = [-1] * len(turn), list(free)
    for _ in range(rounds):
        for at in range(max(turn) + 1):
            who = turn.index(at)
            best = None
            for c in range(len(turn)):
                if left[c] and exact[c] == exact[who]:
                    distance = sum((a - b) ** 2 for a, b in zip(scores[c], scores[who], strict=True))
                    if best is None or (distance, lot[c]) < best[:2]:
                        best = (distance, lot[c], c)
            if best is not None:
                taken[best[2]], left[best[2]] = at, False
    return taken


@pytest.mark.parametrize("rounds", [1, 2, 5])
@pytest.mark.parametrize("traits", [0, 1, 2])
def test_neighbours_are_those_of_brute_force(rounds: int, traits: int) -> None:
    rng = np.random.default_rng(rounds)
    rows, centers = 60, 20
    turn = np.full((rows, centers), -1)
    for row in range(rows):
        joiners = rng.permutation(centers)[: rng.integers(0, 9)]
        turn[row, joiners] = np.arange(len(joiners))
    free = (turn < 0) & (rng.random((rows, centers)) < 0.8)
    scores = rng.integers(0, 4, (rows, centers, traits)).astype(float)  # ties
    exact, lot = rng.integers(0, 3, (rows, centers)), rng.random((rows, centers))
    found = neighbours(turn, free, scores, exact, lot, rounds)
    for row in range(rows):
        parts = (turn[row], free[row], scores[row], exact[row], lot[row])
        expected = brute(*(part.tolist() for part in parts), rounds)
        assert found[row].tolist() == expected


def test_comparisons_did_not_apply_are_of_the_sector_and_share_the_cohort() -> None:
    candidates = pool(40, chance=0.4)
    seen = decide(trial(type="matched_comparison", comparisons=1), candidates, SEED)
    compared = seen.in_study & ~seen.treated
    assert not (compared & (candidates.applied | ~candidates.eligible)).any()
    assert not (seen.treated & ~candidates.applied).any()
    assert (seen.collaborative[compared] == -1).all()
    for row in range(40):
        sets = seen.stratum[row]
        for number in range(sets.max() + 1):
            members = np.flatnonzero(sets == number)
            assert seen.treated[row][members].sum() == 1
            assert len(members) <= 2
            assert len(set(candidates.sector[members])) == len(set(seen.cohort[row][members])) == 1
        assert compared[row].sum() >= 0.5 * seen.treated[row].sum()


def test_matching_makes_arms_alike_where_joiners_differ() -> None:
    """Joiners are large: matching on size halves the difference at least."""
    candidates = pool(100, 200)
    candidates = candidates._replace(applied=candidates.eligible & (candidates.size > 22) & (candidates.practice < 0.7))
    gap = {}
    for on in (("size",), ("sector",)):
        seen = decide(trial(type="matched_comparison", match_on=on), candidates, SEED)
        compared = seen.in_study & ~seen.treated
        gap[on] = candidates.size[seen.treated].mean() - candidates.size[compared].mean()
    assert 0 <= gap[("size",)] < gap[("sector",)] / 2


def test_several_comparisons_each() -> None:
    seen = decide(trial(type="matched_comparison", comparisons=2, match_on=("practice",)), pool(10, 300, 0.4), SEED)
    for stratum in seen.stratum:
        assert np.bincount(stratum[stratum >= 0]).tolist() == [3] * 30
