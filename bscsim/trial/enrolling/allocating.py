"""Who is treated: random allocation within cohort and stratum, within pairs, and to the steps of a wedge."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.rules.draws import STUDY_ALLOCATION
from bscsim.trial.enrolling.candidates import Candidates
from bscsim.trial.enrolling.placing import before, lots, places
from bscsim.trial.enrolling.quotas import Quotas
from bscsim.trial.enrolling.traits import exact_code, standardized, stratum_codes
from bscsim.trial.settings import DesignSettings

Array = NDArray[Any]


class Arms(NamedTuple):
    """[R, C] each."""

    cohort: Array
    """-1: not in the study."""
    treated: Array
    """bool."""
    stratum: Array
    """-1: not in the study."""


def stratified(design: DesignSettings, seen: Candidates, cohort: Array, got: Quotas, seed: int) -> Arms:
    """Treat the wanted number of each cohort, every stratum's share of it within one of proportional.

    The cohort's centers stand in the order of stratum and, within it, of their lots; every (n/t)-th is treated, from a
    random start (systematic sampling).  So the number of treated is exact, each center has the same chance t/n, and
    given the numbers treated in the strata every choice within a stratum is equally likely.
    """
    code, levels = stratum_codes(seen, design.strata, cohort >= 0)
    place = places(cohort, code, lots(seed, seen.replicates, seen.number, STUDY_ALLOCATION))
    treated, number = _of(got.treated, cohort), np.maximum(_of(got.both, cohort), 1)
    start = _of(_starts(seen, got.both, seed), cohort)
    hit = ((place + 1) * treated + start) // number - (place * treated + start) // number
    inside = cohort >= 0
    return Arms(cohort, inside & (hit == 1), np.where(inside, cohort * levels + code, -1))


def paired(design: DesignSettings, seen: Candidates, cohort: Array, got: Quotas, seed: int) -> Arms:
    """Make pairs of neighbours within each cohort and treat one of each, by a fair coin.

    Centers stand in the order of the mean of their z scores on the numbers among ``pairs_on``; sector and area, where
    named, come first, so that a pair differs in them only where a group's number is odd.  Strata are pairs.  Where the
    arms of a cohort are to differ in number, as many centers as they differ by, chosen by lot, are in no pair: all of
    them join the larger arm, as a stratum of their own.
    """
    # three lots: a coin must know nothing of who is in no pair, nor of who came first among equals
    coin, apart, first_of_equals = (
        lots(seed, seen.replicates, seen.number, STUDY_ALLOCATION, item) for item in (0, 2, 3)
    )
    odd = np.abs(got.treated - got.control)
    alone = (cohort >= 0) & (places(cohort, apart) < _of(odd, cohort))
    scores = standardized(seen, design.pairs_on, cohort >= 0)
    score = scores.mean(axis=-1) if scores.shape[-1] else np.zeros(cohort.shape)
    group = np.where(alone, -1, cohort)
    pair = places(group, exact_code(seen, design.pairs_on), score, first_of_equals) // 2
    pairs = np.minimum(got.treated, got.control)
    first = before(pairs + (odd > 0))
    stratum = np.where(alone, _of(first + pairs, cohort), _of(first, cohort) + pair)
    stratum = np.where(cohort >= 0, stratum, -1)
    heads = places(np.where(alone, -1, stratum), coin) == 0
    return Arms(cohort, np.where(alone, _of(got.treated > got.control, cohort), heads), stratum)


def stepped(design: DesignSettings, seen: Candidates, recruited: Array, got: Quotas, seed: int) -> Arms:
    """Treat everybody, and deal the centers of each stratum to cohorts at random, evenly: what a wedge randomizes.

    The centers stand in the order of stratum and lot; cohorts are written beside them in an even mixture of their
    numbers, turned by a random start.  Each center has the same chance of every cohort.
    """
    code, levels = stratum_codes(seen, design.strata, recruited)
    group = np.where(recruited, 0, -1)
    place = places(group, code, lots(seed, seen.replicates, seen.number, STUDY_ALLOCATION))
    number = got.treated.sum(axis=-1, keepdims=True)
    start = _starts(seen, number, seed)
    cohort = np.full(group.shape, -1, np.int64)
    for row, turned in enumerate((place + start) % np.maximum(number, 1)):
        mixture = mixed(got.treated[row])
        inside = recruited[row]
        cohort[row, inside] = mixture[turned[inside]]
    return Arms(cohort, recruited, np.where(recruited, code, -1) if levels > 1 else group)


def mixed(numbers: Array) -> Array:
    """An even mixture of 0, 1, ..., each as often as asked: every one is spaced as equally as can be.

    >>> mixed(np.array([2, 2, 4])).tolist()
    [2, 0, 1, 2, 2, 0, 1, 2]
    """
    labels = np.repeat(np.arange(len(numbers)), numbers)
    ideal = [(np.arange(number) + 0.5) / number for number in numbers if number]
    return labels[np.argsort(np.concatenate(ideal), kind="stable")] if ideal else labels


def collaboratives(group: Array, numbers: Array, first: int, lot: Array) -> Array:
    """Deal the centers of each group to its collaboratives by lot, equally many each (within one): [R, C].

    numbers: [G] collaboratives of each group, numbered on from ``first``; -1 for centers in no group.

    >>> collaboratives(np.array([[0, 0, 1, -1, 0, 0]]), np.array([2, 1]), 5, np.array([[.1, .4, .2, .5, .3, .9]]))
    array([[ 5,  5,  7, -1,  6,  6]])
    """
    numbers = np.asarray(numbers, np.int64)
    place, at = places(group, lot), np.maximum(group, 0)
    return np.where(group >= 0, first + before(numbers)[at] + place % np.maximum(numbers[at], 1), -1)


def _of(numbers: Array, cohort: Array) -> Array:
    """The number of each center's cohort, [R, C], from [R, G]; that of cohort 0 where it has none."""
    return np.take_along_axis(numbers, np.maximum(cohort, 0), axis=-1)


def _starts(seen: Candidates, numbers: Array, seed: int) -> Array:
    """Random starts, each 0 to its number - 1: [R, G]."""
    u = lots(seed, seen.replicates, np.arange(numbers.shape[1]), STUDY_ALLOCATION, 1)
    return np.asarray(np.floor(u * numbers), np.int64)
