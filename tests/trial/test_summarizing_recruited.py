"""Studies that could not recruit all the centers that were planned, in any cell and either arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bscsim.trial import formulas
from bscsim.trial.summarizing.answering import best_cell
from bscsim.trial.summarizing.closed_form import naive_precision, precision_of
from bscsim.trial.summarizing.components import formula_inputs
from bscsim.trial.summarizing.levers_and_costs import lever_data
from bscsim.trial.summarizing.recruited import recruited
from tests.trial.summarizing_cases import COHORTS, SEEN, Axis, Study, columns, trial_of, with_design
from tests.trial.test_summarizing_summary import summary_of

AXIS = Axis("design.centers_per_collaborative", (4, 14), ("4", "14"))
DESIGNS = [with_design(trial_of(), collaboratives=4, centers_per_collaborative=m, control_centers=16) for m in (4, 14)]


def seen(treated: float, control: float, lost: float = 0.0) -> Mapping[str, float]:
    """What was seen where so many took part, three rooms each, and a share of them was lost."""
    left = {"treated": treated * (1 - lost), "control": control * (1 - lost)}
    parts = {f"centers_{arm}": number for arm, number in left.items()}
    parts |= {f"units_{arm}": 3 * number for arm, number in left.items()}
    return SEEN | parts | {f"lost_{arm}": lost for arm in left} | {"r2": 0.0}


def two_cells(second: Mapping[str, float], effects: tuple[float, float] = (0.1, 0.5)) -> dict[str, Any]:
    cells = {n: [columns(effect=effects[n], seen=one)] for n, one in enumerate((seen(16, 16), second))}
    return summary_of(Study(tuple(DESIGNS), axes=(AXIS,)), cells)


def test_a_later_cell_that_is_short_is_told() -> None:
    (note,) = [one for one in two_cells(seen(20.3, 5.8))["notes"] if "pool is too small" in one]
    assert "in 1 of 2 cells" in note
    assert "with 14 centers per collaborative 20.3 of 56 treated and 5.8 of 16 control centers" in note
    assert not any("pool is too small" in one for one in two_cells(seen(56, 16))["notes"])


def test_controls_that_are_lacking_are_told_and_centers_lost_later_are_not() -> None:
    few = summary_of(Study((DESIGNS[0],)), {0: [columns(seen=seen(16, 12))]})
    assert "16.0 of 16 treated and 12.0 of 16 control centers took part" in few["notes"][0]
    lost = summary_of(Study((DESIGNS[0],)), {0: [columns(seen=seen(16, 16, lost=0.3))]})
    assert lost["cells"][0]["recruited"]["short"] is False
    assert not any("pool is too small" in note for note in lost["notes"])


def test_who_has_not_begun_in_a_stepped_wedge_takes_part_all_the_same() -> None:
    wedge = with_design(trial_of(), type="stepped_wedge", cohorts=COHORTS, waves={"a": 0, "b": 12, "post": 24})
    found = recruited(wedge, columns(seen=seen(32, 16)))
    assert found is not None
    assert (found.planned_treated, found.planned_control, found.short) == (48, 0, False)


def test_a_cell_that_is_short_is_never_the_best() -> None:
    found = two_cells(seen(20.3, 5.8))
    assert found["best_cell"] == {
        "cell": 0, "words": "the most powerful; none reaches .80; 1 with fewer centers than planned left out",
    }  # fmt: skip
    assert two_cells(seen(56, 16))["best_cell"]["cell"] == 1
    for cell in found["cells"]:
        cell["recruited"]["short"] = True
    assert best_cell(found) is None


def test_the_nested_closed_form_has_the_centers_that_took_part_and_the_usual_calculator_those_planned() -> None:
    """With attrition of a tenth besides."""
    trial, full = DESIGNS[1], formula_inputs(columns(seen=seen(56, 16)), DESIGNS[1])
    inputs = formula_inputs(columns(seen=seen(21, 6, lost=0.1)), trial)
    made = precision_of(trial, inputs)
    expected = formulas.partially_nested(
        4, 21 * 0.9 / 4, 3, 6 * 0.9, var_collaborative=inputs.var_collaborative, var_center=inputs.var_center_treated,
        var_unit=inputs.var_unit_treated, var_center_control=inputs.var_center, var_unit_control=inputs.var_unit,
        control_units=3,
    )  # fmt: skip
    assert made.var == pytest.approx(expected.var)
    assert made.df == pytest.approx(expected.df)
    assert made.var > 1.5 * precision_of(trial, full).var
    assert naive_precision(trial, inputs).var == pytest.approx(naive_precision(trial, full).var)


def test_no_more_centers_are_sold_out_of_an_empty_pool() -> None:
    for one, offered in ((seen(16, 16), True), (seen(13, 13), False)):
        made = columns(seen=one)
        paths = [lever["path"] for lever in lever_data(DESIGNS[0], [made], formula_inputs(made, DESIGNS[0]))]
        assert any(path.startswith("design.") for path in paths) is offered
        assert "measures.score.sample" in paths


def test_a_design_that_asks_for_less_than_there_is_gets_all_of_it() -> None:
    """A short pilot tells how many centers there are: 26 of 72; a design of 8 + 8 has what it wants."""
    inputs = formula_inputs(columns(seen=seen(20, 6)), DESIGNS[1])
    small = with_design(trial_of(), collaboratives=4, centers_per_collaborative=2, control_centers=8)
    unlimited = formula_inputs(columns(seen=seen(56, 16)), DESIGNS[1])
    assert precision_of(small, inputs).var == pytest.approx(precision_of(small, unlimited).var, rel=1e-3)
