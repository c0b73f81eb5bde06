"""P1 of ODD section 1: the turnover printed there as built is what the model gives, simulated anew.

Published beside it: Doromal et al. 2022, Bellows et al. 2021, and the Head Start Program Information Report.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bscsim.record.measures import TEACHER
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import simulate

ODD = (Path(__file__).parents[2] / "bscsim" / "agents" / "ODD.md").read_text(encoding="utf-8")
CENTERS, REPLICATES = 300, 10
WAVES = (0, 6, 12, 24, 36)


Teachers = dict[int, list[set[tuple[int, int]]]]


def teachers(sector: str) -> Teachers:
    """Who teaches in each center at each wave, counted from October: of every replicate's centers, one list."""
    scenario = Scenario().with_values({
        "population.centers": CENTERS, "population.areas": CENTERS, "population.sectors": {sector: 1},
        "enrolment.collaboratives": 0, "calendar.starts": 10, "calendar.horizon": 36, "calendar.waves": WAVES,
    })  # fmt: skip
    rows = simulate(scenario, REPLICATES, seed=1, twin=False).treated.staff
    there = rows["filled"] & (rows["role"] == TEACHER)
    columns = [rows[name][there].tolist() for name in ("month", "replicate", "center", "person")]
    found: Teachers = {wave: [set() for _ in range(CENTERS * REPLICATES)] for wave in WAVES}
    for month, replicate, center, person in zip(*columns, strict=True):
        found[month][replicate * CENTERS + center].add((replicate, person))
    return found


def gone(found: Teachers, first: int, last: int) -> float:
    """Share of all teachers of a wave who teach in their center no more at another."""
    before, after = found[first], found[last]
    return 1.0 - sum(len(a & b) for a, b in zip(before, after, strict=True)) / sum(map(len, before))


@pytest.mark.slow
def test_the_turnover_that_odd_prints_is_that_of_the_model() -> None:
    found = teachers("child_care")
    years = np.array([
        [1.0 - len(a & b) / len(a) if a else np.nan for a, b in zip(found[first], found[last], strict=True)]
        for first, last in ((0, 12), (12, 24), (24, 36))
    ])  # fmt: skip
    years = years[:, ~np.isnan(years).any(axis=0)]
    above = (years > 0.5).sum(axis=0)
    mean, share, several, none = (f"{x:.0%}" for x in (years.mean(), above.mean() / 3, (above >= 2).mean(),
                                                       (above == 0).mean()))  # fmt: skip
    assert f"| {mean}; {share}; {several}, {none}:" in ODD
    assert f"30% (Bellows et al. 2021, L) | {1.0 - gone(found, 0, 36):.0%} |" in ODD
    assert f"| {gone(found, 0, 6):.0%} from October to April:" in ODD


@pytest.mark.slow
def test_head_start_loses_more_teachers_than_it_reports() -> None:
    assert f"E-PIR-03) | {gone(teachers('head_start'), 0, 12):.0%}: **too many**" in ODD
