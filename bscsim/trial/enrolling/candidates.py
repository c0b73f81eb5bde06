"""What is known of every center of the pool at month 0: the model is run to there, and no further."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.record.measures import STAFF_ROLES

if TYPE_CHECKING:
    from bscsim.record.trajectories import Trajectories
    from bscsim.scenario.scenario import Scenario

Array = NDArray[Any]


class Candidates(NamedTuple):
    """The C centers of the pool in R replicates."""

    replicates: Array
    """[R] numbers of the replicates: keys of draws."""
    number: Array
    """[C] keys of the centers."""
    sector: Array
    """[C] position in SECTORS."""
    area: Array
    """[C]."""
    size: Array
    """[R, C] staff."""
    readiness: Array
    """[R, C] measured; NaN of a center too small to join."""
    components: Array
    """[R, C, 3] measured motivation, capacity and innovation-specific capacity."""
    practice: Array
    """[R, C] mean practice of the staff at month 0; NaN if nobody is there."""
    eligible: Array
    """[R, C] bool: large enough to join."""
    applied: Array
    """[R, C] bool: eligible, and of its own accord (mode field); in trials all that are eligible."""


def candidates(
    scenario: Scenario, field: bool, replicates: Sequence[int], seed: int,
    burn_ins: Any = None, threads: int | None = None,
) -> Candidates:  # fmt: skip
    """Simulate to month 0 and read off what recruiters know.

    ``field``: whether centers apply by motivation and need (a second, short run); else all that are large enough do.
    With ``burn_ins``, which :func:`bscsim.simulate` takes, burn-ins are kept, and the whole run, which begins alike,
    finds them.

    >>> import bscsim
    >>> seen = candidates(bscsim.Scenario(), False, [0, 1], seed=1)
    >>> seen.readiness.shape, bool(seen.applied.all())
    ((2, 8), True)
    """
    from bscsim.simulate import simulate

    run = simulate(at_start(scenario), replicates, seed, twin=False, threads=threads, burn_ins=burn_ins)
    labels = run.labels
    eligible = labels.size >= scenario.population.min_staff
    applied = eligible
    if field:  # a center that does not apply is not assessed, so this is a second look
        asked = simulate(at_start(scenario, "field"), replicates, seed, twin=False, threads=threads, burn_ins=burn_ins)
        applied = asked.labels.applied & eligible
    return Candidates(
        np.asarray(run.replicates, np.int64), labels.number, labels.sector, labels.area, labels.size.astype(np.int64),
        measured_readiness(labels.readiness_measured, scenario.parameters.ready_power), labels.readiness_measured,
        mean_practice(run), eligible, applied,
    )  # fmt: skip


def at_start(scenario: Scenario, mode: str = "trial") -> Scenario:
    """The same scenario with the shortest calendar there is: its month 0 is the same.

    >>> import bscsim
    >>> at_start(bscsim.Scenario()).calendar.horizon
    1
    """
    from bscsim.scenario.calendar import Calendar

    silent = dict.fromkeys(("prework_calls", "calls", "affinity_calls", "coaching", "reports"), "none")
    calendar = Calendar.model_validate({
        "starts": scenario.calendar.starts, "burn_in": scenario.calendar.burn_in,
        "prework": (0, 1), "sessions": (), "ends": 1, "horizon": 1, "waves": (0,), **silent,
    })  # fmt: skip
    one_place = {"collaboratives": 1, "centers_per_collaborative": 1, "rule": "random", "mode": mode}
    enrolment = scenario.enrolment.model_copy(update=one_place)
    return scenario.model_copy(update={"calendar": calendar, "enrolment": enrolment})


def measured_readiness(components: Array, exponent: float) -> Array:
    """Power mean of measured components [..., 3], as :func:`bscsim.rules.readiness.readiness` of each center.

    >>> float(measured_readiness(np.array([0.4, 0.5, 0.6]), 1.0))
    0.5
    """
    inside = np.maximum(components, 1e-12)
    if abs(exponent) < 1e-6:
        return np.asarray(np.cbrt(np.prod(inside, axis=-1)))
    return np.asarray(np.mean(inside**exponent, axis=-1) ** (1.0 / exponent))


def mean_practice(run: Trajectories) -> Array:
    """Mean practice [R, C] of the staff who are there at month 0; NaN if nobody is."""
    staff = run.treated["staff"][:, :, 0, : len(STAFF_ROLES)].astype(float)
    practice = run.treated["practice"][:, :, 0, : len(STAFF_ROLES)].astype(float)
    total, people = np.where(staff > 0, staff * practice, 0.0).sum(axis=-1), staff.sum(axis=-1)
    return np.asarray(np.divide(total, people, out=np.full(total.shape, np.nan), where=people > 0))
