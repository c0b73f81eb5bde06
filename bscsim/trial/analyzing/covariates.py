"""Covariates of centers: what was known of them before the program began."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.scenario.population import Population
from bscsim.trial.analyzing.places import Study
from bscsim.trial.enrolled import Enrolled
from bscsim.trial.trial import Trial

Array = NDArray[Any]

BASELINES = ("baseline", "baseline_center_mean")


def columns_of(trial: Trial, names: Iterable[str], study: Study, enrolled: Enrolled) -> list[Array]:
    """Columns [R, J] of the covariates named, without baselines, in the order of the names.

    sector: an indicator for every sector of the pool but the first. cohort: for every cohort but the first. readiness:
    as measured at recruitment; size: staff. What is unknown of a center (size 0) is the mean of the replicate's others,
    whatever their arm.

    >>> import bscsim
    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> from bscsim.trial.settings import DesignSettings
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), {}, ())
    >>> [column.tolist() for column in columns_of(trial, ["sector", "size"], study_of(example()), example())]
    [[[0.0, 1.0, 1.0]], [[20.0, 20.0, 20.0]]]
    """
    out: list[Array] = []
    for name in names:
        if name == "sector":
            sector = sectors(trial.scenario.population)
            out += [_of(study, sector == code) for code in sorted(set(sector.tolist()))[1:]]
        elif name == "cohort":
            out += [(study.cohort == cohort) * 1.0 for cohort in range(1, len(trial.design.by_cohort))]
        elif name == "readiness":
            out.append(readiness_of(study, enrolled))
        elif name == "size":
            size = _tiled(study, enrolled.size).astype(np.float64)
            out.append(filled(study, study.take(np.where(size > 0, size, np.nan), np.nan)))
    return out


def moderator_of(trial: Trial, name: str, study: Study, enrolled: Enrolled) -> Array:
    """The moderator [R, J], less its mean over the study's centers of the replicate.

    sector: an indicator of all sectors but the pool's first one (child care, if there is any).

    >>> import bscsim
    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> from bscsim.trial.settings import DesignSettings
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), {}, ())
    >>> moderator_of(trial, "sector", study_of(example()), example()).round(3).tolist()
    [[-0.667, 0.333, 0.333]]
    """
    if name == "sector":
        sector = sectors(trial.scenario.population)
        values = _of(study, sector != sector.min())
    else:
        values = readiness_of(study, enrolled)
    size = np.maximum(study.there.sum(axis=1, keepdims=True), 1)
    middle = np.where(study.there, values, 0.0).sum(axis=1, keepdims=True) / size
    return np.where(study.there, values - middle, 0.0)


def readiness_of(study: Study, enrolled: Enrolled) -> Array:
    """Readiness [R, J] as it was measured at recruitment, gaps filled.

    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> some = example()._replace(readiness=np.array([[0.9, 0.9, 0.2, 0.9, np.nan, 0.9, 0.4, 0.9]]))
    >>> readiness_of(study_of(some), some).round(3).tolist()
    [[0.2, 0.3, 0.4]]
    """
    return filled(study, study.take(_tiled(study, enrolled.readiness), np.nan))


def filled(study: Study, values: Array) -> Array:
    """Values [R, J] with the mean over the replicate's centers in the place of NaN; 0 where there is none at all.

    The mean is over both arms, so that filling a gap brings no difference between them.

    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> filled(study_of(example()), np.array([[1.0, np.nan, 3.0]])).tolist()
    [[1.0, 2.0, 3.0]]
    """
    known = np.isfinite(values) & study.there
    if (known == study.there).all():
        return np.where(study.there, values, 0.0)
    number = known.sum(axis=1, keepdims=True)
    middle = np.where(known, values, 0.0).sum(axis=1, keepdims=True) / np.maximum(number, 1)
    return np.where(known, values, np.where(study.there, middle, 0.0))


def sectors(population: Population) -> Array:
    """Sector of each center of the pool, [C], a position in SECTORS.

    >>> import bscsim
    >>> sectors(bscsim.Scenario().population).tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """
    return np.array(_sectors(population))


@lru_cache(maxsize=64)
def _sectors(population: Population) -> tuple[int, ...]:
    from bscsim.scenario.population import make_pool

    return make_pool(population).sector


def _of(study: Study, values: Array) -> Array:
    return study.take(np.broadcast_to(values * 1.0, study.place.shape), 0.0)


def _tiled(study: Study, values: Array) -> Array:
    worlds = len(study.place) // max(len(values), 1)
    return np.concatenate([values] * worlds) if worlds > 1 else np.asarray(values)
