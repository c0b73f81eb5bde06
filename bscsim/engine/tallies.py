"""What is added up for the responses of a sweep: the kinds of sums, where they stand, and how a value is put to one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.engine.inlining import inlined
from bscsim.engine.state import Array
from bscsim.record.level_values import CUT
from bscsim.record.measures import EVENTS, PAYER_OF_LINE

TREATED, TWIN = range(2)
SUM, COUNT = range(2)
NOW, START = range(2)
"""The wave, and the first wave."""

# Means in both worlds: of teachers (practice unless another name), then the share of the first wave's staff.
(
    PRESENT, OUTSIDE, CENTERS, STAYERS, OWN_STAYERS, TEAM, OTHERS, KNOWN, USED, KEPT,
    # In the treated world: gains of the same staff; of centers, values and gaps to the twin; shares of centers.
    GAIN_TEAM, GAIN_OTHERS, FIT, FIT_GAP, FORMAL, QI_GAP, CLIMATE_GAP, READY, READY_GAP, MOTIVATION_GAP, SEATED,
    ACTIVE_SHARE, INFORMED, KINDS,
) = range(24)  # fmt: skip

LEFT, POSITIONS, HIRING_COST, PROGRAM, SPONSOR, BORROWED, GAINED, STARTED, SUCCEEDED, DUE, SENT, ASKED = range(12)
CAME = ASKED + len(EVENTS)
FLOWS = CAME + len(EVENTS)
"""Sums over months so far: leavers, filled positions and cost of hiring in both worlds, the others in the treated one;
from ASKED on and from CAME on one an event: seat holders invited, and those who attended."""

SPONSORED = PAYER_OF_LINE.count("sponsor")
"""The sponsor pays the lines before this one, centers those from it on; HIRING, apart, is the last."""


class People(NamedTuple):
    """The columns of one world's staff rows that are needed: [n], ``K`` and ``P`` [n, drivers]."""

    center: Array
    role: Array
    person: Array
    filled: Array
    ever_seat: Array
    K: Array
    P: Array


class Tallies(NamedTuple):
    """What is added up, a row a replicate and wave, in this order; allocated as zeros.

    means [n, KINDS, world, (sum, count)], flows [n, FLOWS, world] and, of teachers' practice in the twin, moments
    [n, (number, mean, sum of squared deviations)].
    """

    means: Array
    flows: Array
    moments: Array


@inlined
def level(values: Array, i: int) -> float:
    """Mean over drivers of a row; added up in double precision whether compiled or not."""
    total = 0.0
    for d in range(values.shape[1]):
        total += np.float64(values[i, d])
    return total / values.shape[1]


@inlined
def above(values: Array, i: int) -> int:
    """How many drivers of a row are above CUT."""
    number = 0
    for d in range(values.shape[1]):
        number += 1 if values[i, d] > CUT else 0
    return number


@inlined
def put(means: Array, kind: int, world: int, value: float) -> None:
    """Add a value to a mean."""
    means[kind, world, SUM] += value
    means[kind, world, COUNT] += 1.0


@inlined
def put_both(means: Array, kind: int, value: float, otherwise: float) -> None:
    """Add a value to a mean in each world."""
    put(means, kind, TREATED, value)
    put(means, kind, TWIN, otherwise)


@inlined
def put_known(means: Array, kind: int, value: float) -> None:
    """Add a value to a mean in the treated world, unless it is missing."""
    if value == value:
        put(means, kind, TREATED, value)
