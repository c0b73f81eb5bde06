"""Trials of the Gaussian truth, many replicates at once, straight to the sums that estimators read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import Array, ClusterStats
from bscsim.trial.gaussian import GaussianTruth, Null
from bscsim.trial.gaussian_numbers import Centers, People, center_numbers, people_numbers
from bscsim.trial.parallel_trial import Layout, ParallelTrial
from bscsim.trial.unit_arrays import joined, stats_of_arrays

BLOCK = 1 << 16
"""People made at a time: their numbers stay in the processor's cache. Changes no bit of the result."""


class GaussianTrials(NamedTuple):
    """Replicates of a trial, and what the treatment really did in each."""

    stats: ClusterStats
    """Sums over centers; columns: intercept, treatment, covariates in the design's order. Cohorts are its strata."""
    realized: Array
    """[R] mean over the treated centers of what the treatment changed in the mean of their staff; of the occasion
    and error of measurement, which is no effect, free."""


def gaussian_trials(
    truth: GaussianTruth, design: ParallelTrial, first: int, last: int, seed: int, null: Null = "none"
) -> GaussianTrials:
    """Simulate replicates first, first + 1, ..., last - 1.

    A replicate is a function of (seed, replicate) and the arguments, to the bit, whichever others are made with it. The
    same seed and replicate under another truth, null or design shares its random numbers center by center and person
    by person.

    Parameters
    ----------
    truth, design
        What is so, and what is done.
    first, last
        0 <= first < last <= 2^32.
    seed
        0 to 2^64 - 1.
    null
        "none", or one of :meth:`.GaussianTruth.under`, put in the place of the truth.

    Raises
    ------
    ValueError
        on replicates and seeds out of range.

    Examples
    --------
    >>> from bscsim.trial.estimators.cluster_t import cluster_t
    >>> truth = GaussianTruth(0.5, var={"collaborative": 0.02, "center": 0.1, "staff": 0.4, "residual": 0.5})
    >>> trials = gaussian_trials(truth, ParallelTrial(6, 4, 24, staff=15), 0, 200, seed=0)
    >>> trials.stats.n.shape, round(float(cluster_t(trials.stats).b.mean()), 1)
    ((200, 48), 0.5)
    """
    if not 0 <= first < last <= 1 << 32:
        raise ValueError(f"first is {first} and last is {last}; it must be 0 <= first < last <= 2^32")
    if not 0 <= seed < 1 << 64:
        raise ValueError(f"seed is {seed}; it must lie in 0 to 2^64 - 1")
    so, layout = truth.under(null), design.layout()
    step = max(1, BLOCK // (design.centers * max(design.sizes)))
    starts = range(first, last, step)
    blocks = [_block(so, design, layout, np.arange(at, min(at + step, last)), seed) for at in starts]
    return GaussianTrials(
        joined([block.stats for block in blocks]), np.concatenate([block.realized for block in blocks])
    )


def _block(truth: GaussianTruth, design: ParallelTrial, layout: Layout, replicate: Array, seed: int) -> GaussianTrials:
    centers = center_numbers(design, layout, replicate, seed, truth.r2)
    before, after = people_numbers(design, layout, replicate, seed, truth.r2)
    there = None if len(design.sizes) == 1 else np.arange(max(design.sizes)) < centers.staff[..., None]
    plain = {name: np.full(design.centers, value**0.5) for name, value in truth.untreated.items()}
    sd = {name: np.where(layout.treated, value**0.5, plain[name]) for name, value in truth.treated.items()}
    effect = truth.effect + sd["collaborative"] * centers.collaborative + truth.sd_effect * centers.own_effect
    effect = effect * layout.treated
    y = _outcome(sd, centers.lasting, centers.after, after) + effect[..., None]
    own = None if before is None else _outcome(plain, centers.lasting, centers.before, before)
    columns = _columns(design, layout, centers, after, own, there)
    stats = stats_of_arrays(y, columns, centers.staff, there, layout.treated, layout.collaborative, layout.cohort)
    changed = {name: sd[name] - plain[name] for name in sd} | {"residual": np.zeros(design.centers)}
    if truth.var_control:
        effect = effect + _means(_outcome(changed, centers.lasting, centers.after, after), centers.staff, there)
    treated = np.ascontiguousarray(effect[:, layout.treated])  # the order of a sum follows memory
    return GaussianTrials(stats, treated.mean(axis=1))


def _outcome(sd: Mapping[str, Array], lasting: Array, period: Array, people: People) -> Array:
    """Outcomes [R, J, n] of a wave without an effect, of standard normal parts and their SDs, [J] each."""
    level = sd["center"] * lasting + sd["center_period"] * period
    person = sd["staff"][:, None] * people.lasting + sd["residual"][:, None] * people.occasion
    return np.asarray(level[..., None] + person)


def _columns(
    design: ParallelTrial, layout: Layout, centers: Centers, after: People, own: Array | None, there: Array | None
) -> list[Array]:
    """The covariates in the design's order, [R, J] or [R, J, n]; own: outcomes before the start."""
    found = []
    for name in design.covariates:
        if name == "cohort":
            for cohort in range(1, len(design.by_cohort)):
                found.append(np.broadcast_to((layout.cohort == cohort) * 1.0, centers.staff.shape))
        elif own is not None and name == "baseline" and design.stays == 1:
            found.append(own)
        elif own is not None and name.startswith("baseline"):
            found.append(_means(own, centers.staff, there))
        else:
            found.append(centers.covariate if name == "center" else after.covariate)  # type: ignore[arg-type]
    return found


def _means(values: Array, staff: Array, there: Array | None) -> Array:
    kept = np.ascontiguousarray(values if there is None else np.where(there, values, 0.0))
    return np.asarray(kept.sum(axis=-1) / staff)
