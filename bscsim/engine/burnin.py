"""Burn-ins kept for other scenarios that begin alike: what they share, and a store of bounded size."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final

from bscsim.engine.state import Array
from bscsim.rules.draws import STREAM_VERSION
from bscsim.scenario.parameters import GROUPS

if TYPE_CHECKING:
    from bscsim.scenario.population import Pool
    from bscsim.scenario.scenario import Scenario

PARAMETERS: Final = (
    *(name for group in ("turnover", "readiness", "traits") for name in GROUPS[group].model_fields),
    "k_help", "k_forget", "p_use", "p_norm", "p_rev", "fit_floor", "std_hold", "soc_boost", "org_decay", "c_shock",
    "m_lead", "m_home",
)  # fmt: skip
"""The parameters that can change anything before month 0; every other one acts through the collaborative."""

KEPT_BYTES: Final = 256 * 2**20
"""What a store may hold unless told otherwise."""


def digest(scenario: Scenario, pool: Pool, seed: int) -> str:
    """Name what a burn-in depends on: centers, drivers, season and length, step, seed, and :data:`PARAMETERS`.

    >>> import bscsim
    >>> from bscsim.scenario.population import make_pool
    >>> scenario = bscsim.Scenario()
    >>> other, third = (scenario.with_values({f"parameters.{name}": 0.1}) for name in ("fit_gain", "p_rev"))
    >>> names = [digest(one, make_pool(one.population), 1) for one in (scenario, other, third)]
    >>> names[0] == names[1] != names[2]
    True
    """
    population, calendar = scenario.population, scenario.calendar
    content = [
        STREAM_VERSION, seed, scenario.simulation.dt, calendar.starts, calendar.burn_in, population.drivers,
        population.parents, population.sizes, pool.number, pool.sector, pool.area, len(pool.area_names), pool.size,
        [getattr(scenario.parameters, name) for name in PARAMETERS],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


class BurnIns:
    """States at the end of burn-in, kept for scenarios that share it: the least recently used go first.

    Hand one to several calls of :func:`bscsim.simulate`: cells of a sweep that differ in what the collaborative does
    then simulate each burn-in once, with the same results to the last bit.  ``hits`` and ``misses`` count replicates.
    A state is found again by runs whose largest replicate needs as many slots: ask for the same replicates in every
    cell, or let ``population.sizes`` be a number.  It may be shared by threads.

    >>> import bscsim
    >>> kept, scenario = BurnIns(), bscsim.Scenario()
    >>> for gain in (0.1, 0.2):
    ...     run = bscsim.simulate(scenario.with_values({"parameters.fit_gain": gain}), replicates=2, burn_ins=kept)
    >>> kept.hits, kept.misses
    (2, 2)
    """

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self.limit = limit
        self.nbytes = 0
        self.hits = 0
        self.misses = 0
        self._states: OrderedDict[tuple[str, int], Array] = OrderedDict()
        self._lock = Lock()

    def take(self, name: str, replicate: int) -> Array | None:
        """Return the kept state of a replicate, or None; ``name`` tells burn-in and layout."""
        with self._lock:
            found = self._states.get((name, replicate))
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._states.move_to_end((name, replicate))
            return found

    def keep(self, name: str, replicate: int, state: Array) -> None:
        """Keep a state, as far as the limit allows."""
        if state.nbytes > self.limit:
            return
        with self._lock:
            key = (name, replicate)
            if key not in self._states:
                self._states[key] = state.copy()
                self.nbytes += state.nbytes
            while self.nbytes > self.limit:
                _, gone = self._states.popitem(last=False)
                self.nbytes -= gone.nbytes
