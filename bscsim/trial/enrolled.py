"""Who is in a study, in R replicates: what recruitment and allocation leave, and all that measurement needs of it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from numpy.typing import NDArray

from bscsim.scenario.allocation import Allocation

Array = NDArray[Any]

NEVER: Final = 32_767
"""The month in which centers start that never do."""


class Enrolled(NamedTuple):
    """The C centers of the pool in R replicates; [R, C] each but for the allocation."""

    allocation: Allocation
    in_study: Array
    """bool."""
    treated: Array
    """bool: the arm; of a wait-list the arm that starts first; where all are treated in the end, all of them."""
    cohort: Array
    """0 to cohorts - 1; -1: not in the study. Controls belong to the cohort with which they are measured."""
    start: Array
    """Month of the study in which the cohort starts: the origin of its waves."""
    begins: Array
    """Month in which the center itself begins; :data:`NEVER` for a control."""
    collaborative: Array
    """0 to K - 1, numbered over cohorts; -1: in none (a waiting center has its later collaborative here)."""
    stratum: Array
    """0, 1, ...: cohort and stratum, or pair, within which arms were allocated; -1: not in the study."""
    readiness: Array
    """Measured at recruitment; NaN where it was not assessed."""
    size: Array
    """Staff of the center, 0 if unknown."""
