"""Sentences and cautions: what is said follows from the run."""

from __future__ import annotations

from typing import Any

import pytest

from bscsim.report import story
from bscsim.report.cautions import cautions
from bscsim.report.reading import Reading
from bscsim.report.words import dollars, level, percent
from bscsim.simulate import simulate
from tests.report.conftest import described, small_scenario, small_study


def test_numbers_in_words() -> None:
    assert level(-0.004) == "0.00"
    assert level(-1.234) == "−1.23"
    assert percent(float("nan")) == "n/a"
    assert (dollars(999_499), dollars(0), dollars(-12)) == ("$999,000", "$0", "−$12")


def test_what_was_simulated_names_centers_calendar_elements_and_replicates(
    reading: Reading, manifest: dict[str, Any]
) -> None:
    who, program, elements, how = story.simulated(reading, manifest)
    assert "4 early care and education centers (2 child care and 2 Head Start) in 2 areas" in who
    assert "learning sessions are held in months 2, 4 and 6" in program
    assert "Centers enroll in September" in program
    assert elements.startswith("All five elements are in place in full")
    assert "simulated 3 times" in how


def test_absent_and_partial_elements_and_supports_are_named() -> None:
    scenario = small_scenario(
        simulation__replicates=1, elements__change_framework__level=0.5, elements__improvement_model__level=0.0,
        elements__shared_learning__calls=False, supports__stipend=1.0,
    )
    text = story.elements(Reading(simulate(scenario)))
    assert "Elements absent: model for improvement" in text
    assert "change framework (0.5)" in text
    assert "no calls" in text
    assert "stipend (1)" in text


def test_roster_rows_left_out_are_said(reading: Reading) -> None:
    study = small_study()
    manifest = described(study)
    manifest["counts"]["dropped"] = {"staff blank": 3, "below min_staff": 1200}
    assert "1,200 below min_staff" in story.who(reading, manifest)
    assert any("3 (staff blank)" in line for line in cautions(reading, manifest["counts"]["dropped"]))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"enrolment__collaboratives": 0}, "No center was enrolled"),
        ({"simulation__twin": False}, "No untreated twin"),
        ({"simulation__replicates": 1}, "One replicate"),
        ({"calendar__waves": [0, 5]}, "no wave at the end of the collaborative (month 8)"),
        ({"calendar__waves": [0]}, "No measurement wave after month 0"),
        ({"parameters__k_hour": 0.1}, "k_hour = 0.1 (plausible"),
        ({"supports__stipend": 0.5}, "Supports in use (stipend)"),
        (
            {"population__centers": 6, "population__sectors": {"child_care": 6}, "enrolment__rule": "random",
             "enrolment__mode": "field", "enrolment__apply_rate": 0.01},
            "Fewer centers enrolled than there were places (4)",
        ),
    ],
)
def test_cautions_follow_from_the_run(changes: dict[str, Any], said: str) -> None:
    reading = Reading(simulate(small_scenario(**{"simulation__replicates": 2, **changes})))
    found = cautions(reading)
    if "Fewer" in said and not reading.has_treated:
        pytest.skip("nobody applied under this seed")
    assert any(said in line for line in found), found


def test_a_plain_run_of_many_replicates_has_two_cautions(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reading, "replicates", 100)
    assert len(cautions(reading)) == 2


def test_without_a_twin_no_effect_is_claimed() -> None:
    reading = Reading(simulate(small_scenario(simulation__twin=False, simulation__replicates=2)))
    assert story.answer(reading) == [
        "This run has no untreated twin or no later wave: effects are not known; practice is shown below."
    ]
    assert story.cards(reading) == []


def test_one_replicate_gives_no_interval() -> None:
    reading = Reading(simulate(small_scenario(simulation__replicates=1)))
    assert "one replicate, no interval" in story.answer(reading)[0]
    assert all(card["interval"] == "one replicate, no interval" for card in story.cards(reading))
