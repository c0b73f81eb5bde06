"""What the report says in unusual runs: nothing that did not take place, and no number that means nothing."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bscsim.record.intervals import FOR_INTERVAL, FOR_PERCENTILES, interval
from bscsim.report import html, page_rows, story
from bscsim.report.figures import costs, draw_one, participation, spread, timeline
from bscsim.report.level_blocks import CUMULATED, OUTCOME_WORDS, level_blocks
from bscsim.report.reading import Reading
from bscsim.report.words import NO_INTERVAL, level
from bscsim.simulate import simulate
from tests.report.conftest import described, small_scenario, small_study

ELEMENTS = tuple(story.ELEMENT_WORDS)
NO_ELEMENTS = {f"elements__{name}__level": 0.0 for name in ELEMENTS}


def read(**changes: Any) -> Reading:
    return Reading(simulate(small_scenario(**{"simulation__replicates": 2, **changes})))


@pytest.fixture(scope="module")
def twenty() -> Reading:
    return read(simulation__replicates=FOR_PERCENTILES)


@pytest.fixture(scope="module")
def nothing() -> Reading:
    return read(**NO_ELEMENTS, simulation__replicates=6)


@pytest.mark.parametrize("changes", [
    {"elements__expert_faculty__level": 0.0}, {"elements__expert_faculty__coaching_visits": False},
])  # fmt: skip
def test_coaching_that_is_not_held_is_not_scheduled(changes: dict[str, Any]) -> None:
    reading = read(**changes)
    assert "with action periods" not in story.program(reading)
    assert "coaching" not in story.program(reading)
    scheduled, off = timeline.caption(reading).split("Not held")
    assert "coaching" not in scheduled
    assert "coaching visits" in off


def test_sessions_that_are_not_held_are_in_no_month() -> None:
    reading = read(elements__shared_learning__learning_sessions=False, elements__shared_learning__calls=False)
    assert "no learning sessions are held" in story.program(reading)
    assert "calls" not in story.program(reading)
    assert "learning sessions fall" not in timeline.caption(reading)
    assert re.search("Not held.*learning sessions", timeline.caption(reading))


def test_a_calendar_without_sessions_and_with_one_wave() -> None:
    reading = read(calendar__sessions=[], calendar__waves=[8], calendar__reports="none")
    for text in (story.program(reading), timeline.caption(reading)):
        assert "month 8" in text
        assert "none" not in text
        assert "months 8" not in text
        assert "reports" not in text
    assert "no learning sessions are held; there are calls, coaching visits and PDSA cycles" in story.program(reading)
    assert "there are no learning sessions" in timeline.caption(reading)


def test_a_caption_of_participation_leaves_out_what_was_not_held() -> None:
    text = participation.caption(read(elements__shared_learning__learning_sessions=False))
    assert "n/a" not in text
    assert "of learning sessions" not in text
    assert "of all-team calls" in text


@pytest.mark.parametrize(("changes", "said"), [
    (NO_ELEMENTS, "None of the five elements is there: no change framework,"),
    ({"elements__improvement_model__level": 0.0}, "Elements absent: model for improvement; the others in full."),
    ({"elements__improvement_model__level": 0.5},
     "Elements in part: model for improvement (0.5); the others in full."),
    ({"elements__expert_faculty": {"level": 0.0, "coaching_visits": False}},
     "Elements absent: expert faculty; the others in full."),
    ({"elements__expert_faculty": {"level": 0.5, "coaching_visits": False}, "elements__change_framework__level": 0.0},
     "Elements absent: change framework; in part: expert faculty (0.5, no coaching visits); the others in full."),
    ({f"elements__{name}__level": 0.5 for name in ELEMENTS[:4]}, "; the other in full."),
])  # fmt: skip
def test_elements_of_every_kind_of_run(changes: dict[str, Any], said: str) -> None:
    text = story.elements(SimpleNamespace(scenario=small_scenario(**changes)))  # type: ignore[arg-type]
    assert said in text
    assert ": none" not in text


@pytest.mark.parametrize("changes", [
    {"enrolment__collaboratives": 0}, {"population__min_staff": 400, "population__sizes": "joiners"},
])  # fmt: skip
def test_nobody_enrolls_where_nobody_enrolled(changes: dict[str, Any]) -> None:
    reading = read(**changes)
    study = small_study(**changes)
    said = " ".join([story.who(reading, described(study)), story.program(reading)])
    assert "No collaborative was held" in said
    for words in ("enroll in", "was taken", "learning session", "Each center sends"):
        assert words not in said
    assert timeline.caption(reading).startswith("No center was enrolled")


@pytest.mark.parametrize(("rule", "lot"), [("random", True), ("all", False)])
def test_a_roster_under_lot_says_that_other_centers_are_drawn(rule: str, lot: bool) -> None:
    enrolment = small_scenario(enrolment__rule=rule).enrolment
    scenario = SimpleNamespace(enrolment=enrolment, population=SimpleNamespace(roster="roster.csv"))
    enrolled = np.array([[True, False], [not lot, lot]])
    text = story.how(SimpleNamespace(scenario=scenario, enrolled=enrolled, replicates=2, has_twin=False))  # type: ignore[arg-type]
    assert ("drawn by lot" in text) == lot
    assert "people and chance events" in text


def test_no_share_of_a_gain_that_is_not_there(nothing: Reading) -> None:
    """With all elements absent the team gains nothing; a ratio to it is a ratio of noise."""
    assert spread.shared_gain(nothing, 8) is None
    assert not any("team's gain" in card["what"] for card in story.cards(nothing))
    assert "% of the team's gain" not in spread.caption(nothing)
    assert not any("SD of teacher practice" in row["words"] for row in page_rows.cost_rows(nothing))
    rows = [line["words"] for block in level_blocks(nothing) for line in block["alone"]]
    assert OUTCOME_WORDS["nonteam_share"] not in rows


def test_a_share_of_a_clear_gain_is_given(twenty: Reading) -> None:
    assert any("team's gain" in card["what"] for card in story.cards(twenty))
    assert "% of the team's gain" in spread.caption(twenty)
    assert any("SD of teacher practice" in row["words"] for row in page_rows.cost_rows(twenty))


def test_few_replicates_give_neither_interval_nor_percentiles() -> None:
    reading = read(simulation__replicates=FOR_INTERVAL - 1)
    cards = story.cards(reading)
    assert cards
    assert all(card["interval"] == NO_INTERVAL for card in cards)
    assert all(row["range"] == "" and "(" not in row["value"] for row in page_rows.cost_rows(reading))
    assert NO_INTERVAL in story.answer(reading)[0]
    values = reading.effect("all_present", 8)
    assert f"ranges from {level(values.min())} to {level(values.max())} SD" in story.answer(reading)[0]


def test_some_replicates_give_an_interval_and_no_percentiles(nothing: Reading) -> None:
    assert "95% Monte Carlo interval" in story.answer(nothing)[0]
    assert "90%" not in story.answer(nothing)[0]
    assert all(row["range"] == "" and " to " in row["value"] for row in page_rows.cost_rows(nothing)[:1])


def test_many_replicates_give_both(twenty: Reading) -> None:
    effect = interval(twenty.effect("all_present", 8))
    first = story.answer(twenty)[0]
    assert f"{level(effect.low)} to {level(effect.high)} SD" in first
    assert f"In 90% of replicates it lies between {level(effect.p05)} and {level(effect.p95)} SD" in first
    assert all(" to " in row["range"] for row in page_rows.cost_rows(twenty)[:2])


def test_differences_and_values_stand_in_different_tables(twenty: Reading) -> None:
    blocks = {block["name"]: block for block in level_blocks(twenty)}
    assert [line["words"] for line in blocks["team"]["compared"]] == []
    kept = [line for line in blocks["organizational"]["alone"] if "fit kept" in line["words"]]
    assert [cell is not None for cell in kept[0]["cells"]] == [False, True]
    manifest = described(small_study(simulation__replicates=FOR_PERCENTILES))
    page = html.render(twenty, manifest, [draw_one(timeline, twenty)])
    assert ">value " not in page
    assert "90% of replicates" in page
    assert "Every center counts once" in page
    assert "Most staff who leave go in summer" in page


def test_what_is_summed_up_is_shown_at_the_end_only(twenty: Reading) -> None:
    lines = {line["words"]: line["cells"] for block in level_blocks(twenty) for line in block["alone"]}
    for name in CUMULATED:
        assert [cell is not None for cell in lines[OUTCOME_WORDS[name]]] == [True, False], name


def test_the_share_of_the_gain_is_the_same_everywhere(twenty: Reading) -> None:
    lines = {line["words"]: line["cells"] for block in level_blocks(twenty) for line in block["alone"]}
    ratio = spread.shared_gain(twenty, 8)
    assert ratio is not None
    assert lines[OUTCOME_WORDS["nonteam_share"]][0]["value"] == level(ratio.mean, 3)


def test_supports_are_named_with_their_costs() -> None:
    reading = read(supports__stipend=1.0, supports__retention_bonus=0.5)
    text = costs.caption(reading)
    assert "Supports in use: stipend (1) and retention bonus (0.5)" in text
    assert "change in hiring costs" in text
    assert "Supports" not in costs.caption(read())


def test_the_names_of_sessions_stand_left_of_the_end_and_apart() -> None:
    figure = timeline.draw(read(calendar__sessions=[3, 7, 11, 15], calendar__ends=16, calendar__horizon=40,
                                calendar__waves=[0, 16]))  # fmt: skip
    figure.canvas.draw()
    texts = [text for text in figure.axes[0].texts if text.get_text().startswith("LS")]
    boxes = [text.get_window_extent().transformed(figure.axes[0].transData.inverted()) for text in texts]
    assert [text.get_text() for text in texts] == ["LS1", "LS2", "LS3", "LS4"]
    for box, before, month in zip(boxes, [-1, 3, 7, 11], [3, 7, 11, 15], strict=True):
        assert before + 1 < box.x0 < box.x1 < month + 0.5


def test_an_exact_null_has_a_report():
    """With nothing that acts the effect is 0 in every replicate: no ratio exists, and the page says so."""
    from bscsim.record import provenance
    from bscsim.report import report_files
    from bscsim.scenario.population import make_pool
    from bscsim.scenario.scenario import Scenario, Study
    from bscsim.simulate import simulate

    off = ("change_framework", "expert_faculty", "shared_learning", "improvement_model")
    scenario = Scenario().with_values(
        {f"elements.{name}": 0.0 for name in off}
        | {"parameters.prework": 0.0, "calendar.burn_in": 0, "simulation.replicates": 2}
    )
    study = Study("scenario", scenario.name, scenario, Path("null.yaml"), {})
    files = report_files(simulate(scenario), provenance.describe(study, make_pool(scenario.population), "mesa"))
    page = files["report.html"].decode()
    assert "0.00 SD" in page
    assert not re.search(r"\bnan\b", page, re.IGNORECASE)
