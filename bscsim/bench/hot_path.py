"""The kernel against its hot path, and the hot path against the plainest way to write it."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bscsim.bench import scenarios
from bscsim.bench.loops import Plain, hot_path, reference
from bscsim.bench.sizes import Sizes
from bscsim.bench.timing import interleaved, ratio
from bscsim.engine.compiling import compiled
from bscsim.engine.run import prepare, run_rows
from bscsim.engine.starting import padded
from bscsim.engine.state import HELP_TARGET, K0, MOOD, PRACTICE_MEAN, REVERT, USABLE, USE, Array, B, K, P, World

if TYPE_CHECKING:
    from bscsim.engine.run import Job
    from bscsim.scenario.scenario import Scenario


class Bed(NamedTuple):
    """A job of some replicates, and what the isolated loops run on: the same centers, rows and months."""

    job: Job
    one: World
    firsts: Array
    lasts: Array
    plain: Plain
    months: int

    def kernel(self) -> None:
        """Run the job in this thread, on arrays that were touched before."""
        run_rows(self.job, 0, len(self.job.replicates))

    def hot_path(self) -> None:
        """Run knowledge and practice alone, as the engine has them."""
        compiled(hot_path)(self.job.given.q, self.one.state, self.firsts, self.lasts, self.months)

    def reference(self) -> None:
        """Run knowledge and practice in the plain loop."""
        q = self.job.given.q
        compiled(reference)(self.plain, self.job.sizes, q.k_forget, q.dt, self.months)


def measure(sizes: Sizes) -> dict[str, float]:
    """Time the three in turn; padding counts as cost and not as work."""
    bed = lay_out(scenarios.standard(), sizes.replicates)
    tasks = {"kernel": bed.kernel, "hot_path": bed.hot_path, "reference": bed.reference}
    seconds = interleaved(tasks, sizes.rounds)
    return {
        "kernel_over_hot_path": ratio(seconds, "kernel", "hot_path"),
        "hot_path_over_reference": ratio(seconds, "hot_path", "reference"),
        "ns_per_staff_driver_month": 1e9 * statistics.median(seconds["kernel"]) / staff_driver_months(bed),
    }


def staff_driver_months(bed: Bed) -> int:
    """Staff x drivers x months of a bed: burn-in once, then both worlds.

    >>> from bscsim.scenario.scenario import Scenario
    >>> staff_driver_months(lay_out(Scenario().with_values({"population.sizes": 10}), 2))
    99840
    """
    return int(bed.job.sizes.sum()) * int(bed.job.given.q.drivers) * bed.months


def lay_out(scenario: Scenario, replicates: int) -> Bed:
    """Prepare a job and run it once, which touches its arrays, and lay the loops out on a state that it left."""
    from bscsim.record.trajectories import Trajectories
    from bscsim.scenario.population import make_pool

    pool = make_pool(scenario.population)
    job = prepare(Trajectories.empty(scenario, pool, scenario.simulation.seed, range(replicates)), pool)
    run_rows(job, 0, replicates)
    q, left = job.given.q, job.take_worlds()  # those that the run gave back, as the last replicate left them
    everyone, employees = padded_rows(job.sizes + int(q.parents)), padded_rows(job.sizes)
    order = np.argsort(job.given.centers["area"], kind="stable")  # in which the engine lays centers out
    firsts = np.empty_like(everyone)
    firsts[:, order] = np.cumsum(everyone[:, order], axis=1) - everyone[:, order]
    own, _ = job.take_worlds()  # others: the kernel takes those it gives back
    own.whole[:] = left[0].whole
    fill_slots(own, firsts[-1], job.sizes[-1])
    job.give_back(left)
    months = int(q.steps_per_month) * (int(q.burn_in) + 2 * int(q.horizon))
    plain = plain_layout(own, q, firsts[0], int(job.sizes.max()))
    return Bed(job, own, firsts, firsts + employees, plain, months)


def padded_rows(sizes: Array) -> Array:
    """Return the lengths of rows of staff, padding included.

    >>> padded_rows(np.array([[4, 5]])).tolist()
    [[4, 8]]
    """
    return np.array([[padded(size) for size in row] for row in sizes.tolist()], np.int64)


def fill_slots(one: World, firsts: Array, sizes: Array) -> None:
    """Repeat the numbers of staff over padding and over the slots that only a larger replicate needs."""
    staff = np.concatenate([np.arange(first, first + size) for first, size in zip(firsts, sizes, strict=True)])
    for rows in (one.state.slot, one.state.level):
        others = np.setdiff1d(np.arange(rows.shape[-1]), staff)
        rows[..., others] = rows[..., np.resize(staff, len(others))]


def plain_layout(one: World, q: Any, firsts: Array, largest: int) -> Plain:
    """Copy a state to the plainest layout: [center, staff, driver]."""
    s = one.state
    at = (firsts[:, None] + np.arange(largest)) % s.level.shape[2]
    k, k0, p, b = (np.ascontiguousarray(np.moveaxis(s.level[plane][:, at], 0, -1)) for plane in (K, K0, P, B))
    rates = {"target": HELP_TARGET, "mean": PRACTICE_MEAN, "usable": USABLE, "use": USE, "revert": REVERT}
    climate = s.centers["climate"]
    return Plain(k, k0, p, b, s.slot[MOOD][at], **{name: s.driver[row].copy() for name, row in rates.items()},
                 help=q.k_help * climate, norm=q.p_norm * climate)  # fmt: skip
