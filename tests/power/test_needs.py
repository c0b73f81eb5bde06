"""What a study says that it takes."""

from __future__ import annotations

from pathlib import Path

from bscsim.power.layout import GAUSSIAN_SECONDS, seconds
from bscsim.power.needs import most_searched, needs
from bscsim.power.numbers import Arms
from tests.power.studies import BUDGET, GAUSSIAN, MECHANISTIC, SEARCH, study


def test_stages_are_counted_one_by_one(tmp_path: Path) -> None:
    design = study(tmp_path, MECHANISTIC, "replicates=1000", "design.control_centers=[4, 6]").design
    found = needs(design, Arms(design))
    stages = (found.cells, found.variants, found.equal_effects, found.gaussian, found.search)
    assert stages == (2000, 2000, 400, 1000, 0)
    first, second = (seconds(design.trial(cell)) for cell in (0, 1))
    total = 1000 * (first + second) + 2400 * first + 1000 * GAUSSIAN_SECONDS
    assert abs(found.core_hours * 3600 - total) < 1e-9 * total


def test_a_search_is_counted_in_every_cell_and_a_budget_once(tmp_path: Path) -> None:
    design = study(tmp_path, SEARCH, "design.control_centers=[20, 30]").design
    assert needs(design, Arms(design)).search == 2 * 800
    design = study(tmp_path, BUDGET).design
    assert needs(design, Arms(design)).search == 1200


def test_a_search_takes_what_the_file_says(tmp_path: Path) -> None:
    assert most_searched(study(tmp_path, GAUSSIAN).design) == 0
    assert most_searched(study(tmp_path, SEARCH, "replicates=50").design) == 400
    assert most_searched(study(tmp_path, SEARCH, "search.replicates=90").design) == 90


def test_larger_designs_take_longer(tmp_path: Path) -> None:
    small, large = (study(tmp_path, MECHANISTIC, f"design.control_centers={count}").design for count in (4, 40))
    assert seconds(large.trial(0)) > 3 * seconds(small.trial(0))
