"""The random numbers of Gaussian trials, laid out by center and person, before any variance is put to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from bscsim.trial import normals
from bscsim.trial.cluster_stats import Array
from bscsim.trial.parallel_trial import Layout, ParallelTrial, collaborative_key


class Centers(NamedTuple):
    """Standard normal parts of centers in R replicates, [R, J] each."""

    lasting: Array
    covariate: Array | None
    """What predicts the lasting part; None where it explains nothing and nobody asks for it."""
    before: Array
    """Of the wave before the start."""
    after: Array
    own_effect: Array
    collaborative: Array
    """The same in all centers of a collaborative; 0 in controls."""
    staff: Array
    """How many are measured; no normal number."""


class People(NamedTuple):
    """Standard normal parts of those measured in one wave, [R, J, n] each."""

    lasting: Array
    covariate: Array | None
    occasion: Array


def center_numbers(
    design: ParallelTrial, layout: Layout, replicate: Array, seed: int, r2: Mapping[str, float]
) -> Centers:
    """Draw the centers' parts of the replicates [R]; r2 as in :class:`.GaussianTruth`.

    >>> trial = ParallelTrial(2, 2, 3, staff=[1, 2, 3, 4, 5, 6, 7])
    >>> found = center_numbers(trial, trial.layout(), np.arange(5), 0, {})
    >>> bool((found.collaborative[:, 0] == found.collaborative[:, 1]).all()), found.staff.sum(axis=1).tolist()
    (True, [28.0, 28.0, 28.0, 28.0, 28.0])
    """
    of, key = replicate[:, None], layout.key[None, :]
    words = normals.center_words(seed, of, key, normals.COMPONENTS)
    lasting, before, after, own_effect = map(normals.normal, words)
    covariate, size = None, np.broadcast_to(np.float64(design.sizes[0]), lasting.shape)
    share = r2.get("center", 0.0)
    if share > 0 or "center" in design.covariates or len(design.sizes) > 1:
        other, place, _, _ = normals.center_words(seed, of, key, normals.COVARIATE)
        lasting, covariate = _predicted(lasting, normals.normal(other), share)
        if len(design.sizes) > 1:  # the first size of the list goes to the center with the smallest number
            size = np.empty(lasting.shape)
            order = np.argsort(place, axis=1, kind="stable")
            np.put_along_axis(size, order, np.asarray(design.sizes, np.float64)[None, :], axis=1)
    groups = collaborative_key(np.arange(sum(design.by_cohort)))[None, :]
    together = normals.normal(normals.center_words(seed, of, groups, normals.COLLABORATIVE)[0])
    collaborative = np.where(layout.treated, together[:, layout.collaborative], 0.0)
    return Centers(lasting, covariate, before, after, own_effect, collaborative, size)


def people_numbers(
    design: ParallelTrial, layout: Layout, replicate: Array, seed: int, r2: Mapping[str, float]
) -> tuple[People | None, People]:
    """Draw the parts of those measured before the start (None: nobody is) and after.

    In the place of everyone measured after is a person who was there before or a newcomer, as the cohort says; both
    have their numbers, so that cohorts differ in nothing but who is measured.

    >>> trial = ParallelTrial(2, 2, 3, staff=5, cohort="closed", covariates=["baseline"])
    >>> before, after = people_numbers(trial, trial.layout(), np.arange(3), 0, {})
    >>> bool((before.lasting == after.lasting).all()), bool((before.occasion == after.occasion).any())
    (True, False)
    """
    keys = replicate[:, None, None], layout.key[:, None], np.arange(max(design.sizes))
    share, stays = r2.get("staff", 0.0), design.stays
    wanted = share > 0 or "staff" in design.covariates

    def people(lasting: Array, occasion: Array, covariate: Array) -> People:
        part = normals.normal(lasting)
        if not wanted:
            return People(part, None, normals.normal(occasion))
        return People(*_predicted(part, normals.normal(covariate), share), normals.normal(occasion))

    old = normals.person_words(seed, *keys, 0) if design.has_baseline or stays > 0 else None
    new = normals.person_words(seed, *keys, 1) if stays < 1 else None
    before = people(old[0], old[1], old[3]) if old is not None and design.has_baseline else None
    places = [(who[0], who[occasion], who[3]) for who, occasion in ((old, 2), (new, 1)) if who is not None]
    if old is not None and new is not None and stays > 0:
        stay = normals.uniform(new[2]) < stays
        return before, people(*(np.where(stay, a, b) for a, b in zip(*places, strict=True)))
    return before, people(*places[-1])


def _predicted(part: Array, covariate: Array, share: float) -> tuple[Array, Array]:
    """A standard normal part of which the covariate predicts a share; and the covariate."""
    return np.asarray(share**0.5 * covariate + (1 - share) ** 0.5 * part), covariate
