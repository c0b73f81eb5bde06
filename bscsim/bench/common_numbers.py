"""What common random numbers give: how much less a difference between two scenarios varies with the same seeds."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final

import numpy as np

from bscsim.bench import scenarios
from bscsim.bench.sizes import Sizes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bscsim.record.trajectories import Trajectories
    from bscsim.scenario.scenario import Scenario

TURN_BASE: Final = ("turn_base_child_care", "turn_base_head_start", "turn_base_school")
CHANGED: Final = {
    "k_hour": ("k_hour",), "fit_gain": ("fit_gain",), "p_use": ("p_use",), "p_rev": ("p_rev",), "turn_base": TURN_BASE,
    "att_ls": ("att_ls",), "pdsa_rate": ("pdsa_rate",), "k_forget": ("k_forget",), "withdraw": ("withdraw",),
}  # fmt: skip
"""A name for each change, and the parameters that it makes larger by :data:`SHARE`."""
SHARE: Final = 0.03
OTHER_SEED: Final = 1_000_003
"""What is added to the seed for independent replicates."""


def measure(sizes: Sizes) -> dict[str, dict[str, float | None]]:
    """Return the variance reduction by parameter and their median; None where nothing varies with the same seeds."""
    scenario = scenarios.standard()
    before = effects(scenario, sizes.paired)
    found = {name: reduction(scenario, names, before) for name, names in CHANGED.items()}
    found["median"] = statistics.median(found.values())
    return {"crn_variance_reduction": {name: value if value < np.inf else None for name, value in found.items()}}


def reduction(scenario: Scenario, names: tuple[str, ...], before: NDArray[np.float64]) -> float:
    """Variance over replicates of the change of the effect with independent seeds, over that with the same.

    ``before`` holds the effects without the change; infinite where the change moves every replicate alike.
    """
    after = scenario.with_values({
        f"parameters.{name}": getattr(scenario.parameters, name) * (1.0 + SHARE) for name in names
    })  # fmt: skip
    same = float(np.var(effects(after, len(before)) - before))
    independent = float(np.var(effects(after, len(before), OTHER_SEED) - before))
    return independent / same if same > 0.0 else np.inf


def effects(scenario: Scenario, replicates: int, offset: int = 0) -> NDArray[np.float64]:
    """Return each replicate's true effect at the end of the collaborative, from simulated worlds.

    >>> from bscsim.scenario.scenario import Scenario
    >>> effects(Scenario(), 2).shape
    (2,)
    """
    from bscsim.simulate import simulate

    run = simulate(scenario, replicates, seed=scenario.simulation.seed + offset, twin=True)
    return mean_practice(run, "treated") - mean_practice(run, "twin")


def mean_practice(run: Trajectories, world: str) -> NDArray[np.float64]:
    """Mean true practice of the teachers of enrolled centers in month ``ends``, by replicate; a person counts once."""
    from bscsim.record.measures import TEACHER

    arrays, month = dict(run.worlds)[world], run.scenario.calendar.ends
    persons = arrays["staff"][:, :, month, TEACHER] * (run.labels.collaborative >= 0)
    practice = np.where(persons > 0, arrays["practice"][:, :, month, TEACHER], 0.0)
    total: NDArray[np.float64] = (practice.astype(np.float64) * persons).sum(axis=1) / persons.sum(axis=1)
    return total
