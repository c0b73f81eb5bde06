"""Comparison centers for those that joined of their own accord: the nearest neighbours among those that did not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.rules.draws import STUDY_MATCHING
from bscsim.trial.enrolling.allocating import Arms
from bscsim.trial.enrolling.candidates import Candidates
from bscsim.trial.enrolling.placing import lots, places
from bscsim.trial.enrolling.traits import exact_code, standardized
from bscsim.trial.settings import DesignSettings

Array = NDArray[Any]


def matched(design: DesignSettings, seen: Candidates, cohort: Array, seed: int) -> Arms:
    """Match comparison centers to those in ``cohort``: strata are matched sets, and a set is in its joiner's cohort.

    Distance is Euclidean over the numbers among ``match_on``, each in SDs of all eligible centers; sector and area
    must be equal where named.  Joiners take, in random order and without replacement, the nearest eligible center that
    did not apply (by lot among equals); ``comparisons`` rounds.  A joiner for whom nobody is left stays without.
    Replicates with fewer than two comparison centers have no study.
    """
    lot = lots(seed, seen.replicates, seen.number, STUDY_MATCHING)
    turn = places(np.where(cohort >= 0, 0, -1), lot)
    scores = standardized(seen, design.match_on, seen.eligible)
    found = neighbours(turn, seen.eligible & ~seen.applied, scores, exact_code(seen, design.match_on), lot,
                       design.comparisons)  # fmt: skip
    enough = ((found >= 0).sum(axis=-1, keepdims=True) >= 2) & ((cohort >= 0).sum(axis=-1, keepdims=True) >= 2)
    sets = np.where(enough, np.maximum(turn, found), -1)
    treated = (cohort >= 0) & enough
    by_turn = np.full((len(cohort), cohort.shape[1] + 1), -1, np.int64)
    np.put_along_axis(by_turn, np.where(treated, turn, cohort.shape[1]), np.where(treated, cohort, -1), axis=-1)
    return Arms(np.where(sets >= 0, np.take_along_axis(by_turn, np.maximum(sets, 0), axis=-1), -1), treated, sets)


def neighbours(turn: Array, free: Array, scores: Array, exact: Array, lot: Array, rounds: int) -> Array:
    """Greedy nearest neighbours without replacement: the turn of the center each was taken by, [R, C]; -1: by none.

    turn
        [R, C] place of each taker in the order of taking, -1 of others.
    free
        [R, C] bool: those that can be taken.
    scores, exact
        [R, C, P] what distance is made of, and [R, C] what must be equal.
    lot
        [R, C] who is taken first among those equally near.
    """
    rows, order = np.arange(len(turn)), np.argsort(lot, axis=-1, kind="stable")
    turn, free, exact = (np.take_along_axis(values, order, axis=-1) for values in (turn, free, exact))
    scores = np.take_along_axis(scores, order[:, :, None], axis=1)
    taken = np.full(turn.shape, -1, np.int64)
    for at in list(range(int(turn.max(initial=-1)) + 1)) * rounds:
        who = np.argmax(turn == at, axis=-1)
        distance = ((scores - scores[rows, who][:, None, :]) ** 2).sum(axis=-1)
        distance[~free | (exact != exact[rows, who][:, None])] = np.inf
        best = np.argmin(distance, axis=-1)
        sure = (turn[rows, who] == at) & np.isfinite(distance[rows, best])
        taken[rows[sure], best[sure]] = at
        free[rows[sure], best[sure]] = False
    result = np.empty_like(taken)
    np.put_along_axis(result, order, taken, axis=-1)
    return result
