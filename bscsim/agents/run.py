"""Run Mesa models to their horizon and let the observer fill the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.observer import Observer

if TYPE_CHECKING:
    from bscsim.record.trajectories import Trajectories, World
    from bscsim.scenario.allocation import Allocation
    from bscsim.scenario.population import Pool


def run_replicate(
    record: Trajectories, pool: Pool, row: int, replicate: int, allocation: Allocation | None = None
) -> None:
    """Run one replicate in each world the record holds and write it to ``row``.

    ``allocation``, if any, holds in its row ``row`` who is in which collaborative.  The twin runs its own burn-in,
    which by keyed draws is the treated world's to the last bit: simpler than copying agents, and right for any
    subclass.
    """
    for name, world in record.worlds:
        model = CollaborativeModel(
            record.scenario, record.seed, replicate, treated=name == "treated", pool=pool,
            allocation=allocation, row=row,
        )  # fmt: skip
        observer = observe(model, world, row)
        if model.treated:
            observer.label(record.labels)
        release(model)


def observe(model: CollaborativeModel, world: World, row: int) -> Observer:
    """Run ``model`` to its horizon and write what happened to ``row`` of ``world``."""
    observer = Observer(model, world, row)
    while model.month < 0:
        model.step()
    for center in model.centers:
        center.turn_page()  # burn-in is not recorded
    while model.month < model.calendar.horizon:
        month = model.month
        observer.start_of_month()
        for _ in range(model.steps_per_month):
            model.step()
        observer.end_of_month(month)
    observer.start_of_month()
    observer.end()
    return observer


def release(model: CollaborativeModel) -> None:
    """Let a finished model go: Mesa 3.3 keeps every model alive through ``mesa.Agent._ids``."""
    ids = getattr(mesa.Agent, "_ids", None)
    if ids is not None:
        ids.pop(model, None)
