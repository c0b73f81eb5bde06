"""Every figure is drawn, not empty and the same twice; it is left out when a run lacks what it shows."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from types import ModuleType
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from bscsim.record.trajectories import Trajectories
from bscsim.report import figures
from bscsim.report.figures.style import look, month_ticks, settle, spread_apart
from bscsim.report.reading import Reading
from bscsim.scenario.calendar import Calendar
from bscsim.simulate import simulate
from tests.report.conftest import small_scenario

ALL = ("timeline", "practice", "effects", "participation", "run_chart", "spread", "turnover", "costs")


def names(reading: Reading) -> list[str]:
    return [module.NAME for module in figures.modules() if figures.wanted(module.NAME, reading)]


def test_all_figures_are_written_as_svg_and_png(files: dict[str, bytes]) -> None:
    drawn = sorted(name for name in files if name.startswith("figures/"))
    assert drawn == sorted(f"figures/{name}.{kind}" for name in ALL for kind in ("svg", "png"))


@pytest.mark.parametrize("name", ALL)
def test_a_figure_is_not_empty(name: str, files: dict[str, bytes]) -> None:
    from matplotlib.image import imread

    picture = imread(BytesIO(files[f"figures/{name}.png"]))[..., :3]
    assert picture.shape[1] > 1000
    inked = (picture < 0.9).any(axis=2)
    assert inked.mean() > 0.01
    assert not inked[:2].any(), "ink at the top edge: something is cut off"
    assert not inked[:, -2:].any(), "ink at the right edge: something is cut off"
    root = ET.fromstring(files[f"figures/{name}.svg"])
    assert sum(1 for element in root.iter() if element.tag.endswith("}text")) > 5


@pytest.mark.parametrize("module", figures.modules(), ids=lambda module: module.NAME)
def test_a_figure_is_the_same_twice(module: ModuleType, reading: Reading, files: dict[str, bytes]) -> None:
    again = figures.draw_one(module, reading)
    assert again.svg == files[f"figures/{module.NAME}.svg"]
    assert again.png == files[f"figures/{module.NAME}.png"]


@pytest.mark.parametrize("module", figures.modules(), ids=lambda module: module.NAME)
def test_no_two_texts_of_a_figure_overlap(module: ModuleType, reading: Reading) -> None:
    with look():
        figure = module.draw(reading)
        settle(figure)
        figure.canvas.draw()
        renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
        texts = [t for t in figure.findobj(mpl.text.Text) if t.get_visible() and t.get_text().strip()]
        boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts if in_use(t)]
    for i, (first, a) in enumerate(boxes):
        for second, b in boxes[i + 1 :]:
            shared_x = min(a.x1, b.x1) - max(a.x0, b.x0)
            shared_y = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert min(shared_x, shared_y) <= 1.5, f"{first!r} overlaps {second!r}"


def in_use(text: Any) -> bool:
    """Whether a text is drawn: tick labels outside the limits and labels of hidden axes are not."""
    axes = text.axes
    if axes is None:
        return True
    of_axis = [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label]
    if not axes.axison and text in of_axis:
        return False
    for axis, limits, at in ((axes.xaxis, axes.get_xlim(), 0), (axes.yaxis, axes.get_ylim(), 1)):
        if text in axis.get_ticklabels():
            return bool(min(limits) <= text.get_position()[at] <= max(limits)) and text.get_visible()
    return True


def test_the_users_matplotlib_settings_neither_matter_nor_change(reading: Reading, files: dict[str, bytes]) -> None:
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "other"}):
        assert figures.draw_one(figures.modules()[0], reading).svg == files["figures/timeline.svg"]
        assert mpl.rcParams["font.size"] == 30


def test_files_hold_no_date_and_no_version(files: dict[str, bytes]) -> None:
    for name in ALL:
        svg, png = files[f"figures/{name}.svg"], files[f"figures/{name}.png"]
        assert b"dc:date" not in svg
        assert b"Matplotlib v" not in svg
        assert b"Software" not in png[:300]


Change = Callable[[Reading], None]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"enrolment__collaboratives": 0}, set(ALL) - {"timeline"}),
        ({"simulation__twin": False}, {"effects"}),
        ({"calendar__waves": [0]}, {"effects"}),
        ({"elements__shared_learning__level": 0.0, "elements__expert_faculty__level": 0.0}, {"participation"}),
        ({"population__drivers": 1, "simulation__dt": "week", "population__parents": True}, set()),
        ({"calendar__waves": [5], "calendar__sessions": [], "calendar__reports": "none"}, set()),
    ],
    ids=["nobody", "no twin", "no later wave", "no events", "weeks and parents", "no sessions"],
)
def test_figures_for_unusual_runs(changes: dict[str, Any], missing: set[str]) -> None:
    reading = Reading(simulate(small_scenario(simulation__replicates=1, **changes)))
    drawn = figures.draw_all(reading)
    assert {figure.name for figure in drawn} == set(ALL) - missing
    assert all(figure.caption and "nan" not in figure.caption for figure in drawn)


def test_a_caption_says_what_the_frames_say(reading: Reading, run: Trajectories) -> None:
    from bscsim.report.figures import practice

    staff = run.staff(month=8)
    teachers = staff[(staff["world"] == "treated") & (staff["role"] == "teacher") & staff["filled"]]
    mean = teachers.groupby("replicate")["practice"].mean().mean()
    assert f"{mean:.2f} at the end" in practice.caption(reading)


def test_turnover_by_month_of_the_year(reading: Reading, run: Trajectories) -> None:
    """July is month 10 from a September start; month 22 lies beyond the horizon."""
    from bscsim.report.figures.turnover import by_month_of_year, season_order

    table = run.turnover(per="month")
    july = table[(table["world"] == "treated") & (table["sector"] == "child_care") & (table["month"] == 10)]
    sums = july.groupby("replicate")[["exits", "staff"]].sum()
    found = by_month_of_year(reading, "child_care")[:, season_order(reading).index(7)]
    assert found == pytest.approx(100 * (sums["exits"] / sums["staff"]).to_numpy())


def test_labels_are_moved_apart_and_stay_in_order() -> None:
    wanted = [0.0, 0.1, 5.0, 5.0, 5.0, 9.0]
    placed = spread_apart(wanted, 1.0)
    assert all(b - a >= 1 - 1e-9 for a, b in pairwise(placed))
    assert placed[-1] == 9.0
    assert np.mean(placed[2:5]) == pytest.approx(5.0)


def test_month_ticks_name_the_waves_while_there_is_room() -> None:
    assert month_ticks(Calendar()) == [0, 16, 28, 40]
    crowded = month_ticks(Calendar(waves=tuple(range(0, 41, 2))))
    assert len(crowded) <= 8
