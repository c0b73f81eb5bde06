"""The figures of a power study: which are drawn, that nothing overlaps or is cut, that they show the numbers."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from bscsim.report.figures.style import look, to_bytes
from bscsim.report.power import figures
from bscsim.report.power.figures import cost, decomposition, design, size
from bscsim.report.power.study import Power
from bscsim.report.sweep.figures.panels import Plan, lay_out
from tests.report.power_cases import CASES, example
from tests.report.sweep.test_figures import assert_texts_apart

CURVES = ["power_curve_1", "mdes_curve_1"]
WANTED = {
    "example": ["design", "estimators", "type_one", "search", "promises", "decomposition", "cost"],
    "one_axis": ["design", "estimators", "type_one", *CURVES, "promises", "decomposition", "cost"],
    "seventeen": ["design", "estimators", "type_one", *CURVES, "promises", "decomposition", "cost"],
    "two_axes": ["design", "estimators", "type_one", "power_curve_1", "power_curve_2", "mdes_curve_1", "mdes_curve_2",
                 "promises", "decomposition", "cost"],
    "three_axes": ["design", "estimators", "type_one", *(f"{kind}_curve_{i}" for kind in ("power", "mdes")
                   for i in (1, 2, 3)), "promises", "decomposition", "cost"],
    "long_names": ["design", "estimators", "type_one", "search", "promises", "decomposition", "cost"],
    "stepped_wedge": ["design", "estimators", "type_one", "promises"],
    "wait_list": ["design", "estimators", "type_one", "search", "promises", "decomposition", "cost"],
    "series": ["design", "estimators", "type_one", "search", "promises", "decomposition", "cost"],
    "bare": ["estimators"],
    "unfinished": ["design", "estimators", "type_one", *CURVES, "promises", "decomposition", "cost"],
    "empty": [],
}  # fmt: skip
DRAWN = [
    *(("example", name) for name in WANTED["example"]),
    *(("seventeen", name) for name in ("power_curve_1", "type_one", "cost")),
    ("two_axes", "power_curve_2"), ("three_axes", "mdes_curve_1"), ("three_axes", "cost"),
    *(("long_names", name) for name in ("estimators", "promises")),
    ("stepped_wedge", "design"), ("wait_list", "design"), ("series", "design"), ("bare", "estimators"),
]  # fmt: skip


@cache
def power_of(case: str) -> Power:
    return Power(CASES[case]())


def plans(power: Power) -> dict[str, Plan]:
    return {plan.name: plan for found in figures.plan_all(power).values() for plan in found}


def drawn(power: Power, name: str) -> Figure:
    with look(), mpl.rc_context({"text.parse_math": False}):
        figure = plans(power)[name].draw()
        lay_out(figure)
        return figure


@pytest.mark.parametrize("case", WANTED)
def test_a_study_has_its_figures_and_no_others(case: str) -> None:
    found = plans(power_of(case))
    assert list(found) == WANTED[case]
    assert all(plan.title and plan.caption.endswith(".") for plan in found.values())
    assert not any("nan" in plan.caption or "None" in plan.caption for plan in found.values())


def test_every_case_is_tested() -> None:
    assert list(WANTED) == list(CASES)


@pytest.mark.parametrize(("case", "name"), DRAWN)
def test_nothing_overlaps_is_cut_or_empty(case: str, name: str) -> None:
    from matplotlib.image import imread

    with look():
        figure = drawn(power_of(case), name)
        picture = imread(BytesIO(to_bytes(figure, "png")))[..., :3]
        assert_texts_apart(figure)
    inked = (picture < 0.9).any(axis=2)
    assert inked.mean() > 0.01
    for edge, where in ((inked[:2], "top"), (inked[-2:], "bottom"), (inked[:, :2], "left"), (inked[:, -2:], "right")):
        assert not edge.any(), f"ink at the {where} edge: something is cut off"


def test_a_figure_is_the_same_twice() -> None:
    from bscsim.report.sweep.figures import draw_one

    plan = plans(power_of("example"))["search"]
    first, again = draw_one(plan), draw_one(plan)
    assert (first.svg, first.png) == (again.svg, again.png)


def dots(axes: Any) -> list[tuple[float, float]]:
    """Single marks of a panel."""
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in axes.lines
            if len(line.get_xdata()) == 1 and line.get_marker() != "None"]  # fmt: skip


def test_the_forest_shows_power_bias_and_coverage_of_each_estimator() -> None:
    axes = drawn(power_of("example"), "estimators").axes
    estimators = [one for analysis in example()["cells"][0]["analyses"] for one in analysis["estimators"]]
    for panel, name in zip(axes, ("power", "bias", "coverage"), strict=True):
        assert [x for x, _ in dots(panel)] == [one[name]["value"] for one in estimators]
    numbers = [text.get_text() for text in axes[0].texts if text.get_text().startswith(".")]
    assert numbers == [".74", ".85", ".78", ".41"]


def test_the_band_is_three_monte_carlo_errors_around_alpha() -> None:
    panel = drawn(power_of("example"), "type_one").axes[1]
    half = 3 * (0.05 * 0.95 / 1000) ** 0.5
    (band,) = [patch for patch in panel.patches if patch.get_width() > 0]
    assert band.get_x() == pytest.approx(0.05 - half)
    assert band.get_width() == pytest.approx(2 * half)
    out = [line for line in panel.lines if len(line.get_xdata()) == 1 and line.get_xdata()[0] > 0.05 + half]
    assert [line.get_marker() for line in out] == ["D"]


def test_many_cells_are_a_dot_each_in_the_row_of_their_estimator() -> None:
    (row, *_) = [row for row in size.rows(power_of("seventeen"), "type1_average", (0.03, 0.07)) if not row.heading]
    values = [cell["analyses"][0]["estimators"][0]["type1_average"]["value"] for cell in CASES["seventeen"]()["cells"]]
    assert [mark.found.mean for mark in row.marks if mark.found] == values
    assert all(abs(mark.below) < 0.4 for mark in row.marks)
    assert row.marks[-1].text == f"{min(values):.3f} to {max(values):.3f}".replace("0.", ".")


def test_curves_are_the_cells_values_at_their_numbers() -> None:
    summary = CASES["one_axis"]()
    panel = drawn(power_of("one_axis"), "power_curve_1").axes[0]
    curves = [line for line in panel.lines if len(line.get_xdata()) == 4]
    for j, line in enumerate(curves):
        wanted = [cell["analyses"][0]["estimators"][j]["power"]["value"] for cell in summary["cells"]]
        np.testing.assert_array_equal(line.get_ydata(), wanted)
        np.testing.assert_allclose(line.get_xdata(), [4, 6, 8, 12], atol=0.2)
    assert len(curves) == 3
    flat = [line.get_ydata()[0] for line in panel.lines if len(line.get_xdata()) == 2]
    assert flat == [0.8]


def test_mdes_curves_are_in_sd_beside_the_true_effect() -> None:
    summary = CASES["one_axis"]()
    panel = drawn(power_of("one_axis"), "mdes_curve_1").axes[0]
    line = next(line for line in panel.lines if len(line.get_xdata()) == 4)
    wanted = [cell["analyses"][0]["estimators"][0]["mdes"]["sd"] for cell in summary["cells"]]
    np.testing.assert_allclose(line.get_ydata(), wanted)
    flat = [line.get_ydata()[0] for line in panel.lines if len(line.get_xdata()) == 2]
    assert flat == [summary["cells"][0]["analyses"][0]["truth"]["effect_sd"]["value"]]


def test_with_two_axes_lines_are_levels_of_the_other_with_the_first_estimator() -> None:
    summary = CASES["two_axes"]()
    panel = drawn(power_of("two_axes"), "power_curve_1").axes[0]
    curves = [list(line.get_ydata()) for line in panel.lines if len(line.get_xdata()) == 3]
    for level, curve in zip((0.0, 0.15, 0.3), curves, strict=True):
        assert curve == [cell["analyses"][0]["estimators"][0]["power"]["value"] for cell in summary["cells"]
                         if cell["levels"]["attrition.centers"] == level]  # fmt: skip


def test_an_unfinished_cell_is_a_gap() -> None:
    panel = drawn(power_of("unfinished"), "power_curve_1").axes[0]
    line = next(line for line in panel.lines if len(line.get_xdata()) == 4)
    assert list(np.isnan(line.get_ydata())) == [False, True, False, False]


def test_the_search_shows_what_was_tried_the_curve_and_the_interval() -> None:
    found, axes = example()["search"], drawn(power_of("example"), "search").axes[0]
    tried = [(row["value"], row["power"]["value"]) for row in found["evaluations"]]
    assert set(tried) <= set(dots(axes))
    curve = next(line for line in axes.lines if len(line.get_xdata()) == len(found["curve"]))
    assert list(curve.get_ydata()) == [row["power"] for row in found["curve"]]
    (span,) = axes.patches
    assert (span.get_x(), span.get_x() + span.get_width()) == (10, 12)
    assert (11, found["confirmed"]["value"]) in dots(axes)


def test_reasons_are_sorted_and_the_reference_is_not_one_of_them() -> None:
    found = [one.mean for _, one in decomposition.changes(power_of("example"))]
    assert found == sorted(found, reverse=True)
    wanted = [row["difference"]["value"] for row in example()["decomposition"] if row["variant"] != "as designed"]
    assert sorted(found) == sorted(wanted)


def test_the_frontier_holds_what_nothing_cheaper_beats() -> None:
    found = cost.points(power_of("example"))
    steps = cost.frontier(found)
    for point in found:
        beaten = any(o.cost <= point.cost and o.power.mean >= point.power.mean for o in found if o is not point)
        assert (point in steps) is not beaten
    assert [point.best for point in found].count(True) == 1


def test_lanes_say_who_is_where_when() -> None:
    treated, control = design.lanes(CASES["wait_list"]()["design"])
    assert treated.phases == (("prework", 0, 3), ("action", 3, 7), ("action", 7, 11), ("action", 11, 16),
                              ("follow-up", 16, 32))  # fmt: skip
    assert control.phases == (("waiting", 0, 20), ("prework", 20, 23), ("action", 23, 27), ("action", 27, 31),
                              ("action", 31, 36))  # fmt: skip
    assert control.label == "16 waiting centers"
    steps = design.lanes(CASES["stepped_wedge"]()["design"])
    assert [lane.phases[0] for lane in steps] == [("waiting", 0, 6), ("waiting", 0, 18), ("waiting", 0, 30)]
    parallel = design.lanes(example()["design"])
    assert [lane.phases[0][0] for lane in parallel] == ["prework", "no program"] * 3
    assert parallel[2].waves == (("baseline", 12), ("post", 32), ("followup", 44))


def test_the_season_is_that_of_the_first_wave() -> None:
    assert design.season(example()["design"]) == 8
    later = example()["design"]
    later["cohorts"] = [{"waves": [{"name": "a", "month": 5, "calendar": "Jan, year 2"}]}]
    assert design.season(later) == 7
    later["cohorts"][0]["waves"][0]["calendar"] = ""
    assert design.season(later) is None


def test_the_band_is_of_the_replicates_that_are_there() -> None:
    made = example()
    for analysis in made["cells"][0]["analyses"]:
        for one in analysis["estimators"]:
            one["fitted"] = 250
    assert Power(made).band == pytest.approx(3 * (0.05 * 0.95 / 250) ** 0.5)
    assert power_of("example").band == pytest.approx(3 * (0.05 * 0.95 / 1000) ** 0.5)


def test_prework_may_end_before_the_first_session() -> None:
    made = example()["design"]
    made["cohorts"] = [made["cohorts"][0] | {"prework": [0, 2]}]
    assert design.lanes(made)[0].phases[:2] == (("prework", 0, 2), ("action", 3, 7))
