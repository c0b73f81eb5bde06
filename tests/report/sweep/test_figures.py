"""The figures of a sweep: which are drawn, that nothing overlaps or is cut, and that they show the numbers given."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from bscsim.report.figures.style import look, to_bytes
from bscsim.report.sweep import figures
from bscsim.report.sweep.figures import (
    effects,
    half_normal,
    heat,
    interactions,
    lines,
    morris,
    pairing,
    scatter,
    sobol,
    tornado,
)
from bscsim.report.sweep.figures.panels import Plan, lay_out, place_labels, sheet
from bscsim.report.sweep.study import Sweep
from tests.report.sweep import synthetic
from tests.report.sweep.conftest import summary_of

SweepOf = Callable[[str], Sweep]

WANTED = {
    "grid1": ["response", "pairing"],
    "grid2": ["response", "pairing"],
    "grid3": ["response", "by_factor", "pairing"],
    "grid_lists": ["response", "pairing"],
    "heat": ["map", "pairing"],
    "grid5": ["by_factor", "pairing"],
    "one_at_a_time": ["tornado", "pairing"],
    "list": ["cells", "pairing"],
    "sampled": ["rank_correlations", "scatter_1", "scatter_2"],
    "factorial": ["effects", "interactions", "half_normal", "by_factor", "pairing"],
    "fraction": ["effects", "interactions", "half_normal", "by_factor", "pairing"],
    "morris": ["screening", "screening_plane"],
    "sobol": ["sobol"],
    "partial": ["response", "pairing"],
    "few": ["response", "pairing"],
    "empty": [],
}
DRAWN = [
    (kind, name) for kind, names in WANTED.items() for name in names
    if kind != "fraction" and (name != "pairing" or kind == "grid2")
]  # fmt: skip


def drawn(plan: Plan) -> Figure:
    with look(), mpl.rc_context({"text.parse_math": False}):
        figure = plan.draw()
        lay_out(figure)
        return figure


def plan_of(sweep: Sweep, name: str) -> Plan:
    return next(plan for plan in figures.plan_all(sweep) if plan.name == name)


@pytest.mark.parametrize("kind", WANTED)
def test_a_kind_has_its_figures_and_no_others(kind: str, sweep_of: SweepOf) -> None:
    plans = figures.plan_all(sweep_of(kind))
    assert [plan.name for plan in plans] == WANTED[kind]
    assert all(plan.title and plan.caption.endswith(".") for plan in plans)


def test_every_kind_is_tested() -> None:
    assert list(WANTED) == list(synthetic.KINDS)


@pytest.mark.parametrize(("kind", "name"), DRAWN)
def test_nothing_overlaps_is_cut_or_empty(kind: str, name: str, sweep_of: SweepOf) -> None:
    from matplotlib.image import imread

    with look():
        figure = drawn(plan_of(sweep_of(kind), name))
        picture = imread(BytesIO(to_bytes(figure, "png")))[..., :3]
        assert_texts_apart(figure)
    inked = (picture < 0.9).any(axis=2)
    assert inked.mean() > 0.01
    for edge, where in ((inked[:2], "top"), (inked[-2:], "bottom"), (inked[:, :2], "left"), (inked[:, -2:], "right")):
        assert not edge.any(), f"ink at the {where} edge: something is cut off"


def assert_texts_apart(figure: Figure) -> None:
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    unused = {id(text) for axes in figure.axes for text in ticks_out_of_view(axes)}
    texts = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()]
    boxes = [(text.get_text(), mpl.text.Text.get_window_extent(text, renderer)) for text in texts
             if id(text) not in unused]
    for i, (first, a) in enumerate(boxes):
        assert a.x0 >= -0.5, f"{first!r} begins outside the figure"
        assert a.x1 <= figure.bbox.x1 + 0.5, f"{first!r} ends outside the figure"
        for second, b in boxes[i + 1 :]:
            shared_x, shared_y = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert min(shared_x, shared_y) <= 1.5, f"{first!r} overlaps {second!r}"


def ticks_out_of_view(axes: Any) -> list[Any]:
    """Tick labels that exist but are not drawn: outside the limits, or of an axis that is off."""
    found = []
    for axis, limits, at in ((axes.xaxis, axes.get_xlim(), 0), (axes.yaxis, axes.get_ylim(), 1)):
        for text in axis.get_ticklabels():
            if not (axes.axison and axis.get_visible() and min(limits) <= text.get_position()[at] <= max(limits)):
                found.append(text)
    return found


def test_a_figure_is_the_same_twice_whatever_the_users_settings(sweep_of: SweepOf) -> None:
    plan = plan_of(sweep_of("grid_lists"), "response")
    first = figures.draw_one(plan)
    with mpl.rc_context({"font.size": 30, "svg.hashsalt": "other"}):
        again = figures.draw_one(plan)
        assert mpl.rcParams["font.size"] == 30
    assert (first.svg, first.png) == (again.svg, again.png)
    assert b"<dc:date>" not in first.svg
    assert mpl.__version__.encode() not in first.svg + first.png


def means(kind: str, key: str, **levels: Any) -> list[float]:
    return [cell["values"][key]["mean"] for cell in summary_of(kind)["cells"]
            if all(cell["levels"][name] == level for name, level in levels.items())]


def test_lines_are_the_means_of_the_cells(sweep_of: SweepOf) -> None:
    axes = drawn(plan_of(sweep_of("grid2"), "response")).axes[0]
    curves = [np.asarray(line.get_ydata()) for line in axes.get_lines()]
    for curve, readiness in zip(curves, (0.3, 0.5, 0.7), strict=True):
        np.testing.assert_array_equal(curve, means("grid2", "effect_sd@end", readiness=readiness))
    np.testing.assert_array_equal(axes.get_lines()[0].get_xdata(), [0.4, 0.6, 0.8, 1.0])


def test_bands_are_the_intervals_and_absent_with_few_replicates(sweep_of: SweepOf) -> None:
    band = drawn(plan_of(sweep_of("grid1"), "response")).axes[0].collections[0]
    heights = np.concatenate([path.vertices[:, 1] for path in band.get_paths()])
    ends = [cell["values"]["effect_sd@end"] for cell in summary_of("grid1")["cells"]]
    assert heights.max() == max(end["ci95_high"] for end in ends)
    assert heights.min() == min(end["ci95_low"] for end in ends)
    assert not drawn(plan_of(sweep_of("few"), "response")).axes[0].collections


def test_a_missing_cell_is_a_gap(sweep_of: SweepOf) -> None:
    axes = drawn(plan_of(sweep_of("partial"), "response")).axes[0]
    curves = [np.asarray(line.get_ydata()) for line in axes.get_lines()]
    gaps = {(j, i) for j, curve in enumerate(curves[:3]) for i in np.flatnonzero(np.isnan(curve))}
    assert gaps == {(1, 1), (1, 2), (2, 3)}  # cells 4, 7 and 11 of 4 x 3


def test_too_many_lines_are_a_map_of_the_means(sweep_of: SweepOf) -> None:
    sweep = sweep_of("heat")
    assert lines.roles(sweep) is None
    mean, half = heat.values_of(sweep, sweep.outcomes[0])
    assert mean.shape == half.shape == (8, 9)
    assert mean[2, 5] == means("heat", "effect_sd@end", attendance=0.6, turnover=0.15)[0]


def test_another_order_of_factors_is_taken_if_it_fits() -> None:
    many = synthetic.factor("many", list(range(8)))
    order = lines.roles(Sweep(synthetic.grid([synthetic.READINESS, many], keys=1, replicates=5)))
    assert order is not None
    assert [factor.name for factor in order] == ["many", "readiness"]


@pytest.mark.parametrize(("levels", "where", "log"), [
    ([0.4, 0.6, 1.0], [0.4, 0.6, 1.0], False),
    ([4, 8, 16, 32, 141], [4, 8, 16, 32, 141], True),
    ([1, 2, 3, 50], [1, 2, 3, 50], True),
    ([0, 1, 2, 100], [0, 1, 2, 3], False),  # zero has no logarithm, and 1 and 2 would touch
    (["a", "b"], [0, 1], False),
    ([[3, 7], [3, 7, 11]], [0, 1], False),
    ([False, True], [0, 1], False),
])  # fmt: skip
def test_numbers_stand_where_they_belong_if_they_can_be_read(levels: list[Any], where: list[float], log: bool) -> None:
    (factor,) = Sweep({"factors": [synthetic.factor("x", levels)]}).factors
    assert lines.positions(factor)[0] == where
    assert lines.positions(factor)[2] is log


def test_the_tornado_is_sorted_by_span_and_knows_the_reference(sweep_of: SweepOf) -> None:
    sweep = sweep_of("one_at_a_time")
    found = tornado.changes(sweep, sweep.outcomes[0])
    spans = [tornado.span(levels) for _, levels in found]
    assert spans == sorted(spans, reverse=True)
    assert [factor.words for factor, _ in found[:3]] == ["k_hour", "fit_floor", "coach_spill"]  # as in `effect_of`
    assert [label for _, label, _ in found[0][1]] == ["0.1", "0.4"]
    low, high = tornado.marks(sweep, *found[0], sweep.outcomes[0])
    assert (low.color, high.color) == (tornado.BELOW[0][0], tornado.ABOVE[0][0])


@pytest.mark.parametrize(("levels", "base", "colors"), [
    ([0.2, 0.3, 0.9], 0.5, "BBA"), ([0.9, 0.3, 0.2], 0.5, "BAA"), ([0.2, 0.9], 0.9, "BA"),
    ([0.9, 0.2, 0.3], 0.5, "..."), (["a", "b"], "c", ".."), ([0.2, 0.9], True, ".."),
])  # fmt: skip
def test_bars_are_colored_by_the_side_of_a_reference_that_is_no_level(
    levels: list[Any], base: Any, colors: str
) -> None:
    one = {"mean": 0.1, "ci95_low": 0.0, "ci95_high": 0.2, "replicates": 9}
    sweep = Sweep({
        "design": "one_at_a_time", "factors": [synthetic.factor("x", levels)], "reference": 0,
        "responses": [{"key": "effect_sd@end", "title": "effect", "unit": "SD"}],
        "cells": [{"cell": 0, "label": "", "levels": {"x": base}, "values": {"effect_sd@end": one}}],
        "one_at_a_time": [{"factor": "x", "level": level, "response": "effect_sd@end", "difference": one}
                          for level in levels if level != base or isinstance(base, bool)],
    })  # fmt: skip
    found = tornado.marks(sweep, *tornado.changes(sweep, sweep.outcomes[0])[0], sweep.outcomes[0])
    pairs = {"B": tornado.BELOW, "A": tornado.ABOVE, ".": tornado.BESIDE}
    sides = {side: [color for color, _ in one] for side, one in pairs.items()}
    wanted = [side for side, level in zip(colors, levels, strict=True) if level != base]
    assert all(mark.color in sides[side] for mark, side in zip(found, wanted, strict=True))
    assert tornado.unplaced(sweep) == ("; gray: the reference has none of the levels (x)" if "." in colors else "")


def test_a_scatter_speaks_of_its_line_only_if_there_is_one(sweep_of: SweepOf) -> None:
    for cells in (23, 24):
        figure = drawn(plan_of(Sweep(synthetic.sampled(n=cells)), "scatter_1"))
        lines_drawn = [line for axes in figure.axes for line in axes.get_lines() if line.get_color() == scatter.ORANGE]
        said = any("Orange line" in text.get_text() for text in figure.texts)
        assert said == bool(lines_drawn) == (cells == 24)


@pytest.mark.parametrize(("kind", "words"), [
    ("factorial", "Median over 5 main effects of the variance that it would have if cells had seeds of their own"),
    ("grid2", "Median over 11 comparisons of (variance of one cell + variance of the other) / variance of"),
])  # fmt: skip
def test_what_pairing_bought_says_of_what(kind: str, words: str, sweep_of: SweepOf) -> None:
    sweep = sweep_of(kind)
    assert pairing.note(sweep).startswith(words)
    assert ("main effects" in pairing.sentence(sweep)) is (kind == "factorial")


def test_a_gain_in_a_share_is_in_percentage_points() -> None:
    names = ("used_effect", "used")
    sweep = Sweep({"responses": [{"key": f"{name}@end", "title": name, "unit": "share"} for name in names]})
    assert [one.axis for one in sweep.outcomes] == ["Used_effect (percentage points)", "Used (%)"]


def test_interactions_show_the_means_of_the_cells(sweep_of: SweepOf) -> None:
    sweep = sweep_of("factorial")
    outcome = sweep.outcomes[0]
    names, estimate, _ = interactions.strongest(sweep, outcome)[0]
    assert names == ["elements.change_framework", "elements.inclusive_team"]
    across, line = (sweep.factor(name) for name in names)
    at = {(a, b): interactions.mean_at(sweep, outcome, [(across, a), (line, b)]) for a in (0, 1) for b in (0, 1)}
    assert at[1, 0] == pytest.approx(np.mean(means("factorial", "effect_sd@end", **{names[0]: 1, names[1]: 0})))
    half = ((at[1, 1] - at[0, 1]) - (at[1, 0] - at[0, 0])) / 2  # the definition of the interaction
    assert estimate.mean == pytest.approx(half)


def test_half_normal_names_what_is_real(sweep_of: SweepOf) -> None:
    """The truth has five main effects and one interaction; the rest is noise."""
    sweep = sweep_of("factorial")
    found = half_normal.outliers(half_normal.with_quantile(sweep, sweep.outcomes[0]))
    names = ["change_framework", "inclusive_team", "expert_faculty", "shared_learning", "improvement_model"]
    assert sorted(len(terms) for terms, _, _ in found) == [1, 1, 1, 1, 1, 2]
    assert {terms[0] for terms, _, _ in found if len(terms) == 1} == {f"elements.{name}" for name in names}


def test_lenths_pseudo_standard_error() -> None:
    """By hand: median of the ten is 0.95, so outliers start at 2.5 x 1.425; without 8 and 9 the median is 0.75."""
    sizes = [0.1, 0.3, 0.5, 0.7, 0.8, 1.1, 1.2, 1.4, 8.0, 9.0]
    assert half_normal.pseudo_error(sizes) == pytest.approx(1.5 * 0.75)


def test_effects_are_sorted_by_size_and_keep_their_sign(sweep_of: SweepOf) -> None:
    sweep = sweep_of("factorial")
    found = effects.terms(sweep, sweep.outcomes[0])
    sizes = [abs(one.mean) for _, one, _ in found]
    assert sizes == sorted(sizes, reverse=True)
    assert next(one.mean for names, one, _ in found if names == ["elements.expert_faculty"]) < -0.1


def test_bars_at_the_noise_floor_are_pale(sweep_of: SweepOf) -> None:
    sweep = sweep_of("morris")
    found = morris.screened(sweep, sweep.outcomes[0])
    assert [one.factor.words for one in found][:2] == ["k_hour", "fit_floor"]
    assert {one.factor.words for one in found if not morris.above_noise(one)} == {"x8"}
    bars = morris.bar_panel(sweep, sweep.outcomes[0]).rows
    assert [row.label for row in bars if not row.marks[0].filled] == ["x8"]


def test_sobol_is_sorted_by_the_total_index(sweep_of: SweepOf) -> None:
    sweep = sweep_of("sobol")
    totals = [total.mean for _, _, total in sobol.indices(sweep, sweep.outcomes[0])]
    assert totals == sorted(totals, reverse=True)
    assert "0.85" in plan_of(sweep, "sobol").caption  # the first-order indices add up to it


def test_a_scatter_of_levels_stands_at_their_labels() -> None:
    levels = [[3, 7], [3, 7, 11]]
    summary = synthetic.grid([synthetic.factor("calendar.sessions", levels, labels=["two", "three"])], 1, 6)
    sweep = Sweep(summary)
    data = scatter.points(sweep, sweep.outcomes[0], sweep.factors[0])
    assert data[:, 0].tolist() == [0.0, 1.0]
    assert data[:, 1].tolist() == means_of(summary)


def means_of(summary: dict[str, Any]) -> list[float]:
    return [cell["values"]["effect_sd@end"]["mean"] for cell in summary["cells"]]


def test_labels_of_points_keep_apart_and_crowded_ones_are_left_out() -> None:
    with look():
        figure = sheet(2.0)
        axes = figure.subplots()
        lay_out(figure)
        crowd = [(0.5, 0.5)] * 60
        lost = place_labels(axes, [(0.1, 0.1), *crowd], ["alone", *(f"label {i}" for i in range(60))])
        assert 0 < len(lost) < 60
        assert "alone" not in lost
        assert len(axes.texts) == 61 - len(lost)
        assert_texts_apart(figure)


def test_words_of_the_user_are_neither_mathematics_nor_markup() -> None:
    nasty = synthetic.factor("cost $a_1$ <b>", [0.1, 0.2], labels=["$5 & more", "$\\frac{$"])
    sweep = Sweep(synthetic.grid([nasty, synthetic.factor("日本", [1, 2])], keys=1, replicates=6))
    svg = figures.draw_one(plan_of(sweep, "response")).svg.decode("utf-8")
    assert "$\\frac{$" in svg
    assert "$5 &amp; more" in svg
    assert "<b>" not in svg
    assert "日本" in svg
