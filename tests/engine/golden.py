"""Golden values: a few numbers of three small runs, and what thirty seeds give in the mean.

``python -m tests.engine.golden`` writes them anew.  Do so only in a change that means to move numbers, with its entry
under **Numbers** in CHANGELOG.md, never to make a test pass.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from bscsim.record import truth
from bscsim.record.trajectories import Trajectories
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import simulate
from tests.verification.worlds import lively

FILE: Final = Path(__file__).with_name("golden.json")
SEEDS: Final = range(1, 31)
OTHERS: Final = range(1001, 1031)

RUNS: Final = {"as shipped": Scenario(), "lively": lively(), "weekly": lively({"simulation.dt": "week"})}


def numbers(run: Trajectories) -> dict[str, float]:
    """A dozen numbers of a run, each with a mechanism behind it that no other one tells of."""
    end = run.scenario.calendar.ends
    world, twin = run.treated, run.untreated
    overall = truth.overall(run).query("arm == 'bsc' and estimand == 'all_present'").set_index("month")
    joined = run.labels.collaborative >= 0

    def mean(name: str, month: int, of: Any = world) -> float:
        return float(np.nanmean(of[name][:, :, month][joined].astype(np.float64)))

    def total(name: str, of: Any = world) -> float:
        return float(of[name].astype(np.float64).sum() / len(run.replicates))

    return {
        "effect at the end": float(overall.loc[end, "effect"].mean()),  # everything together
        "practice of teachers without it": float(overall.loc[end, "twin"].mean()),  # burn-in, habits, norms
        "fit": mean("fit", end),  # PDSAs and what they leave
        "qi capacity": mean("qi", end),
        "climate": mean("climate", end),
        "climate without it": mean("climate", end, twin),  # shocks of exits
        "engagement": mean("motivation", end),
        "knowledge of the team": mean("knowledge_team", end),  # sessions, calls, coaching
        "knowledge of the others": mean("knowledge_nonteam", end),  # help between colleagues
        "exits": total("exits"),
        "local hires": total("local_hires"),  # the labour market
        "tests of change": total("pdsa_started"),
        "attended": total("attended"),
        "reports": total("report_sent"),
        "cost": total("cost"),
    }


def by_seed(seeds: range, **parameters: float) -> dict[str, list[float]]:
    """Numbers of one replicate of the shipped scenario for each of these seeds."""
    scenario = Scenario().with_values({f"parameters.{name}": value for name, value in parameters.items()})
    rows = [numbers(simulate(scenario, 1, seed=seed)) for seed in seeds]
    return {name: [row[name] for row in rows] for name in rows[0]}


def largest_z(one: dict[str, list[float]], other: dict[str, list[float]]) -> float:
    """Largest standardised difference of means over all numbers."""
    found = []
    for name in one:
        a, b = np.array(one[name]), np.array(other[name])
        spread = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        found.append(abs(a.mean() - b.mean()) / spread)
    return float(max(found))


def current() -> dict[str, Any]:
    """What this version of the code gives."""
    runs = {name: numbers(simulate(scenario, 3, seed=2)) for name, scenario in RUNS.items()}
    return {"runs": runs, "seeds": by_seed(SEEDS)}


if __name__ == "__main__":
    FILE.write_text(json.dumps(current(), indent=1) + "\n", encoding="utf-8")
