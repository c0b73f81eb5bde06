"""The numbers of arms: each names one trial, and they do not collide."""

from __future__ import annotations

from pathlib import Path

import pytest

from bscsim.power.numbers import FIRST_SEARCHED, Arms, too_many
from tests.power.studies import BUDGET, GAUSSIAN, MECHANISTIC, RELIABLE, SEARCH, study


def arms(folder: Path, text: str, *overrides: str) -> Arms:
    return Arms(study(folder, text, *overrides).design)


def test_cells_variants_and_searches_have_numbers_of_their_own(tmp_path: Path) -> None:
    found = arms(tmp_path, RELIABLE, "design.control_centers=[4, 6]")
    numbers = [0, 1, *found.variants.values(), found.equal_effects, found.gaussian]
    numbers += [*found.searched(0), *found.searched(1)]
    assert len(set(numbers)) == len(numbers) == 2 + 5 + 2 + 2 * 5
    assert all(found[number].number == number for number in numbers)
    texts = [found[number].text for number in numbers]
    assert len(set(texts)) == len(numbers) - 2, "only the values 2 that the cells have themselves are the same trials"


@pytest.mark.parametrize("number", [2 + 7, 99_999, FIRST_SEARCHED + 10, 999_999])
def test_other_numbers_name_nothing(number: int, tmp_path: Path) -> None:
    found = arms(tmp_path, RELIABLE, "design.control_centers=[4, 6]")
    assert found.get(number) is None
    with pytest.raises(KeyError):
        found[number]


def test_without_a_search_nothing_is_searched(tmp_path: Path) -> None:
    found = arms(tmp_path, MECHANISTIC)
    assert list(found.searched(0)) == []
    assert found.get(FIRST_SEARCHED) is None


def test_a_searched_value_is_laid_over_its_cell(tmp_path: Path) -> None:
    found = arms(tmp_path, SEARCH, "design.control_centers=[20, 30]", "search.step=2")
    steps = [2, 4, 6, 8, 10, 12]
    for cell, controls in enumerate((20, 30)):
        trials = [found[number].trial for number in found.searched(cell)]
        assert [one.design.centers_per_collaborative for one in trials] == steps
        assert {one.design.control_centers for one in trials} == {controls}


def test_a_budget_has_every_combination(tmp_path: Path) -> None:
    found = arms(tmp_path, BUDGET)
    trials = [found[number].trial.design for number in found.searched(0)]
    pairs = {(one.collaboratives, one.centers_per_collaborative) for one in trials}
    assert pairs == {(k, m) for k in range(2, 7) for m in range(3, 9)}
    assert len(trials) == 30


def test_arms_that_follow_from_the_first_cell_are_named_after_its_replicates(tmp_path: Path) -> None:
    few, many = arms(tmp_path, MECHANISTIC), arms(tmp_path, MECHANISTIC, "replicates=30")
    changed = arms(tmp_path, MECHANISTIC, "design.control_centers=6")
    for name in ("equal_effects", "gaussian"):
        number = getattr(few, name)
        assert len({found[number].text for found in (few, many, changed)}) == 3
    assert few[1].text == many[1].text, "a variant needs no rows of the first cell"
    assert few[few.equal_effects].text != few[few.gaussian].text


def test_more_than_the_names_of_files_hold_is_refused(tmp_path: Path) -> None:
    assert too_many(study(tmp_path, GAUSSIAN).design) == []
    long = SEARCH.replace("between: [2, 12]", "between: [1, 1000]")
    axis = ", ".join(str(number) for number in range(10, 1000))
    design = study(tmp_path, long, f"design.control_centers=[{axis}]").design
    (fault,) = too_many(design)
    assert "1,000 values in each of 990 cells are more than are searched; at most 909 values" in str(fault)
