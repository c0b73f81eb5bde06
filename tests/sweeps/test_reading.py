"""Study files of many cells: what a block means, and every fault at its place."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

import bscsim
from bscsim.scenario.faults import InputError
from bscsim.scenario.scenario import Scenario, Study


@pytest.fixture
def load(tmp_path):
    def loaded(block: str, kind: str = "sweep", scenario: str = "{}", overrides=()) -> Study:
        file = tmp_path / "s.yaml"
        file.write_text(f"kind: {kind}\nscenario: {scenario}\n{kind}:\n{block}")
        return bscsim.load(file, overrides)

    return loaded


@pytest.fixture
def faults(load, tmp_path):
    def found(block: str, **more) -> list[str]:
        with pytest.raises(InputError) as error:
            load(block, **more)
        return [str(fault).removeprefix(f"{tmp_path}/") for fault in error.value.faults]

    return found


RANGES = "{parameters.k_hour: plausible, parameters.p_use: plausible}"
TWO = "  factors: {parameters.std_hold: [0.3, 0.9]}\n"


class TestCells:
    def test_a_grid_is_every_combination_the_last_factor_fastest(self, load):
        design = load("  factors: {parameters.std_hold: [0.3, 0.9], parameters.fit_gain: [0.1, 0.2, 0.3]}\n").design
        found = [
            (one.parameters.std_hold, one.parameters.fit_gain) for one in map(design.scenario, range(design.cells))
        ]
        assert found == list(product([0.3, 0.9], [0.1, 0.2, 0.3]))
        assert design.label(4) == "std_hold 0.9, fit_gain 0.2"
        assert design.levels(4) == {"parameters.std_hold": 0.9, "parameters.fit_gain": 0.2}

    def test_nothing_but_the_factor_and_the_waves_differs_from_the_base(self, load):
        design = load(TWO + "  responses: [effect@end, fit@20]\n", scenario="{calendar: {waves: [0, 40]}}").design
        base = Scenario(name="s").with_values({"calendar.waves": (0, 16, 20, 40), "parameters.std_hold": 0.9})
        assert design.scenario(1) == base

    def test_one_place_of_a_list_whole_lists_elements_and_mixes_are_factors(self, load):
        design = load(
            "  factors:\n"
            "    calendar.sessions: [[3, 7, 11], [3, 7, 11, 15]]\n"
            "    elements.expert_faculty: [0, 0.5]\n"
            "    elements.shared_learning.calls: [true, false]\n"
            "    supports.stipend: [0, 1]\n"
            "    population.sectors: [{child_care: 8}, {child_care: 4, head_start: 4}]\n"
        ).design
        last = design.scenario(design.cells - 1)
        assert design.cells == 32
        assert last.calendar.sessions == (3, 7, 11, 15)
        assert (last.elements.e3, last.elements.expert_faculty.coaching_visits, last.elements.calls_held) == (
            0.5,
            True,
            False,
        )
        assert last.supports.stipend == 1.0
        assert design.scenario(0).population.sectors.values == (8, 0, 0)
        assert "sessions 3 7 11 15" in design.label(design.cells - 1)
        one = load("  factors: {calendar.sessions.0: [3, 5]}\n").design
        assert [one.scenario(cell).calendar.sessions for cell in (0, 1)] == [(3, 7, 11, 15), (5, 7, 11, 15)]

    def test_what_moves_together_is_one_factor(self, load):
        design = load(
            "  factors:\n    turnover:\n      labels: [low, high]\n      together:\n"
            "        parameters.turn_base_child_care: [0.2, 0.6]\n        parameters.turn_base_school: [0.1, 0.5]\n"
        ).design
        assert design.cells == 2
        assert [
            (one.parameters.turn_base_child_care, one.parameters.turn_base_school)
            for one in map(design.scenario, (0, 1))
        ] == [(0.2, 0.1), (0.6, 0.5)]
        assert design.label(1) == "turnover high"

    def test_one_at_a_time_begins_with_the_base_and_leaves_out_what_it_has(self, load):
        design = load("  design: one_at_a_time\n  factors: {parameters.std_hold: [0.8, 0.3], parameters.fit_gain: "
                      "{low: 0.1, high: 0.4}}\n").design  # fmt: skip
        found = [
            (one.parameters.std_hold, one.parameters.fit_gain) for one in map(design.scenario, range(design.cells))
        ]
        assert found == [(0.8, 0.2), (0.3, 0.2), (0.8, 0.1), (0.8, 0.4)]

    def test_ranges_are_filled_linearly_by_logarithm_and_in_whole_numbers(self, load):
        design = load(
            "  design: latin_hypercube\n  samples: 50\n  factors:\n    parameters.fit_gain: {low: 0.1, high: 0.3}\n"
            "    parameters.k_hour: {low: 0.001, high: 0.1, scale: log}\n    population.drivers: {low: 2, high: 5}\n"
            "    parameters.p_use: plausible\n    parameters.std_hold: [0.1, 0.2]\n"
        ).design
        cells = [design.scenario(cell) for cell in range(50)]
        gains = np.array([one.parameters.fit_gain for one in cells])
        assert sorted(np.floor((gains - 0.1) / 0.2 * 50).astype(int).tolist()) == list(range(50))
        hours = np.array([one.parameters.k_hour for one in cells])
        assert np.median(hours) == pytest.approx(0.01, rel=0.15)
        assert [sum(one.population.drivers == count for one in cells) for count in (2, 3, 4, 5)] == pytest.approx(
            [12.5] * 4, abs=1
        )
        uses = [one.parameters.p_use for one in cells]
        assert 1.0 <= min(uses) < 1.1
        assert 3.9 < max(uses) <= 4.0
        assert sum(one.parameters.std_hold == 0.1 for one in cells) == 25

    @pytest.mark.parametrize("factor", [
        "parameters.k_hour: {range: plausible, scale: log, steps: 3}",
        "t: {together: {parameters.k_hour: {range: plausible, scale: log}}, steps: 3}",
    ])  # fmt: skip
    def test_a_plausible_range_may_have_a_log_scale(self, load, factor):
        design = load(f"  factors: {{{factor}}}\n").design
        low, middle, high = (design.scenario(cell).parameters.k_hour for cell in range(3))
        assert (low, high) == (0.02, 0.08)
        assert middle == pytest.approx(0.04)

    def test_a_list_has_cells_of_its_own(self, load):
        design = load("  design: list\n  cells:\n    - {label: usual, set: {}}\n    - label: calls only\n"
                      "      set: {elements.shared_learning.learning_sessions: false, parameters.k_hour: 0.05}\n"
                      "  reference: calls only\n").design  # fmt: skip
        assert [design.label(cell) for cell in (0, 1)] == ["usual", "calls only"]
        assert design.reference == 1
        assert not design.scenario(1).elements.sessions_held
        assert design.scenario(1).parameters.k_hour == 0.05

    def test_a_factorial_takes_the_five_elements_unless_told_otherwise(self, load):
        full = load("  {}\n", kind="factorial").design
        half = load("  {design: fraction}\n", kind="factorial").design
        assert (full.cells, half.cells) == (32, 16)
        assert full.scenario(0).elements.e1 == 0.0
        assert full.scenario(31).elements.e5 == 1.0
        assert [factor.name for factor in full.factors][:2] == ["elements.change_framework", "elements.inclusive_team"]

    @pytest.mark.parametrize(
        ("text", "cells"),
        [
            (
                f"  {{method: morris, trajectories: 4, factors: {RANGES}}}\n",
                12,
            ),
            (
                f"  {{method: sobol, samples: 8, factors: {RANGES}}}\n",
                32,
            ),
        ],
    )
    def test_sensitivity(self, load, text, cells):
        design = load(text, kind="sensitivity").design
        assert design.cells == cells
        assert design.reference is None
        values = [design.scenario(cell).parameters.k_hour for cell in range(cells)]
        assert 0.02 <= min(values) < max(values) <= 0.08

    def test_set_reaches_the_block(self, load):
        study = load("  {method: sobol, samples: 8, factors: {parameters.k_hour: plausible}}\n", kind="sensitivity",
                     overrides=["sensitivity.samples=16", "simulation.replicates=3"])  # fmt: skip
        assert (study.design.cells, study.scenario.simulation.replicates) == (48, 3)

    def test_a_base_may_be_a_study_of_many_cells_and_gives_its_scenario(self, load, tmp_path):
        load(TWO, scenario="{parameters: {k_hour: 0.05}}")
        (tmp_path / "t.yaml").write_text("kind: sweep\nscenario: {base: s.yaml}\nsweep:\n" + TWO)
        assert bscsim.load(tmp_path / "t.yaml").scenario.parameters.k_hour == 0.05


class TestReviewed:
    """What a reviewer found, each once wrong."""

    def test_levels_that_are_in_order_only_together_make_cells(self, load):
        design = load("  factors: {calendar.ends: [12, 13], calendar.sessions: [[3, 7], [3, 7, 11]]}\n"
                      "  responses: [fit@end]\n").design  # fmt: skip
        assert design.cells == 4
        assert design.scenario(3).calendar.ends == 13

    def test_the_bases_own_level_is_known_however_it_is_written(self, load, tmp_path):
        block = (
            "  design: one_at_a_time\n  factors: {calendar.starts: [9, 3], elements.expert_faculty.level: [0.5, 1]}\n"
        )
        study = load(block, scenario="{elements: {expert_faculty: 0.5}}")
        assert study.design.points.tolist() == [[0, 0], [1, 0], [0, 1]]
        assert [study.design.label(cell) for cell in range(3)] == ["as in the base", "starts 3", "expert_faculty 1"]

    def test_months_measured_do_not_depend_on_what_is_asked_for(self, load):
        base = "{calendar: {waves: [20, 40]}}"
        few, more = (load(TWO + f"  responses: [{asked}]\n", scenario=base).design
                     for asked in ("effect@+12", "effect@+12, kept@+12"))  # fmt: skip
        assert few.scenario(0).calendar.waves == more.scenario(0).calendar.waves == (0, 16, 20, 28, 40)

    @pytest.mark.parametrize(("path", "low", "high"), [
        ("population.sizes", 5, 40), ("enrolment.team_size", 2, 4), ("calendar.sessions.1", 4, 6),
    ])  # fmt: skip
    def test_settings_that_take_integers_take_whole_ranges(self, load, path, low, high):
        design = load(f"  design: latin_hypercube\n  samples: 8\n  factors: {{{path}: {{low: {low}, high: {high}}}}}\n"
                      "  responses: [fit@end]\n").design  # fmt: skip
        assert design.cells == 8

    def test_places_in_a_range_are_those_of_the_levels_not_of_the_points(self, load):
        design = load(
            "  {method: morris, trajectories: 4, factors: {population.parents: [false, true], calendar.ends: "
            "{low: 16, high: 18}, parameters.k_hour: plausible}, responses: [fit@end]}\n",
            kind="sensitivity",
        ).design
        places = design.positions()
        assert sorted(set(places[:, 0].tolist())) == [0.0, 1.0]
        ends = [design.scenario(cell).calendar.ends for cell in range(design.cells)]
        assert places[:, 1].tolist() == [(end - 16) / 2 for end in ends]
        assert places[:, 2].tolist() == design.points[:, 2].tolist()

    def test_the_usual_responses_are_left_out_where_they_cannot_be_given(self, load):
        asks = load(TWO, scenario="{calendar: {horizon: 20, waves: [0, 16]}}").design.asks
        assert [ask.key for ask in asks] == ["effect_sd@end", "used_effect@end", "fit_effect@end", "attendance@end"]

    def test_parameters_that_clash_are_found(self, faults):
        found = faults("  factors: {parameters.metrics_p: [0.3, 0.5], parameters.metrics_made_p: [0.6, 0.9, 0.4]}\n")
        assert len(found) >= 1


class TestDigest:
    def test_it_is_that_of_the_cells_not_of_how_they_are_written(self, load):
        one = load(TWO).design
        other = load("  design: list\n  cells:\n    - {label: a, set: {parameters.std_hold: 0.3}}\n"
                     "    - {label: b, set: {parameters.std_hold: 0.9}}\n").design  # fmt: skip
        assert one.digest == other.digest

    @pytest.mark.parametrize(
        "change",
        [
            {"block": "  factors: {parameters.std_hold: [0.3, 0.8]}\n"},
            {"block": TWO + "  responses: [effect@20]\n"},  # another wave
            {"block": TWO, "scenario": "{simulation: {seed: 2}}"},
            {"block": TWO, "scenario": "{parameters: {k_hour: 0.05}}"},
        ],
    )
    def test_anything_that_moves_a_number_changes_it(self, load, change):
        assert load(**change).design.digest != load(TWO).design.digest

    def test_the_number_of_replicates_does_not(self, load):
        assert load(TWO, scenario="{simulation: {replicates: 7}}").design.digest == load(TWO).design.digest


class TestFaults:
    @pytest.mark.parametrize(
        ("block", "fault"),
        [
            (
                "  factors: {parameters.std_hodl: [0.3, 0.9]}\n",
                "s.yaml:4:13: parameters.std_hodl: unknown name; did you mean std_hold?",
            ),
            ("  factors: {zzz.std_hold: [0.3, 0.9]}\n", "s.yaml:4:13: zzz: unknown name"),
            (
                "  factors: {parameters.std_hold: [0.3, 1.9]}\n",
                "s.yaml:4:40: parameters.std_hold: 1.9 is out of range; allowed: a number, 0 to 1",
            ),
            (
                "  factors: {parameters.std_hold: [0.3]}\n",
                "s.yaml:4:34: sweep.factors.parameters.std_hold: has 1 level; needs two or more",
            ),
            (
                "  factors: {parameters.std_hold: [0.3, 0.3]}\n",
                "s.yaml:4:40: sweep.factors.parameters.std_hold: the level 0.3 stands here a second time",
            ),
            (
                "  factors: {parameters.std_hold: 0.3}\n",
                "s.yaml:4:34: sweep.factors.parameters.std_hold: 0.3 is neither a "
                "list of levels nor {low: , high: } nor plausible",
            ),
            (
                "  factors: {parameters.std_hold: {low: 0.3, high: 0.9}}\n",
                "s.yaml:4:13: sweep.factors.parameters.std_hold: is "
                "a range, and a grid needs levels: give steps: 3, say",
            ),
            (
                "  factors: {parameters.std_hold: {low: 0.9, high: 0.3}}\n",
                "s.yaml:4:34: sweep.factors.parameters.std_hold: needs low and high, two numbers with low below high",
            ),
            (
                "  factors: {parameters.k_hour: {low: 0, high: 0.1, scale: log}}\n",
                "s.yaml:4:32: sweep.factors.parameters.k_hour: a log scale needs low above 0, not 0",
            ),
            (
                "  factors: {calendar.ends: plausible}\n",
                "s.yaml:4:28: sweep.factors.calendar.ends: plausible is the range of a "
                "parameter, such as parameters.fit_gain; give {low: , high: }",
            ),
            (
                "  factors: {t: {together: {parameters.p_use: [1, 2], parameters.k_help: [1, 2, 3]}}}\n",
                "s.yaml:4:16: "
                "sweep.factors.t: what moves together needs as many levels each; there are: parameters.p_use 2, "
                "parameters.k_help 3",
            ),
            (
                "  factors: {simulation.seed: [1, 2]}\n",
                "s.yaml:4:13: sweep.factors.simulation.seed: simulation.seed cannot "
                "vary: cells share it, so that their differences are those of the factors",
            ),
            (
                "  factors: {calendar.sessions: [[3, 7], [3]], calendar.sessions.0: [3, 4]}\n",
                "s.yaml:4:47: sweep.factors."
                "calendar.sessions.0: sets calendar.sessions.0, and the factor calendar.sessions sets "
                "calendar.sessions",
            ),
            (
                "  {}\n",
                "s.yaml:4:3: sweep.factors: is missing; a study needs something that varies, such as factors: "
                "{parameters.std_hold: [0.3, 0.9]}",
            ),
            (TWO + "  desing: grid\n", "s.yaml:5:3: sweep.desing: unknown name; did you mean design?"),
            (
                TWO + "  design: gird\n",
                "s.yaml:5:11: sweep.design: 'gird' is not allowed; allowed: grid, one_at_a_time, "
                "latin_hypercube, sobol or list; did you mean grid?",
            ),
            (
                TWO + "  {design: sobol, samples: 100}\n".replace("{", "").replace("}", "").replace(", ", "\n  "),
                "s.yaml:6:12: sweep.samples: must be a power of two, so that the sequence fills the space evenly: 64 "
                "or 128, not 100",
            ),
            (
                TWO + "  responses: [efect_sd@end]\n",
                "s.yaml:5:15: sweep.responses: 'efect_sd@end' is not known; did you mean effect_sd@end?",
            ),
            (
                TWO + "  responses: [effect@+30]\n",
                "s.yaml:5:14: sweep.responses: effect@+30 is month 46, after the horizon (40) "
                "of cell std_hold 0.3; a later calendar.horizon or an earlier response would do",
            ),
            (
                TWO + "  reference: nobody\n",
                "s.yaml:5:14: sweep.reference: 'nobody' is no cell; allowed: 0 to 1, or a label: "
                "std_hold 0.3; std_hold 0.9",
            ),
            (
                "  design: list\n  cells: [{label: a}, {label: a}]\n",
                "s.yaml:5:31: sweep.cells.1: the label 'a' stands here a second time",
            ),
        ],
    )
    def test_each_is_named_with_its_place(self, faults, block, fault):
        found = faults(block)
        assert found[0].startswith(fault)

    def test_all_levels_out_of_range_are_listed_with_faults_of_the_scenario(self, faults):
        found = faults("  factors: {parameters.std_hold: [0.3, 1.5, 2.5], parameters.k_hour: [7, 0.1]}\n")
        assert [text.split(": ")[0] for text in found] == ["s.yaml:4:40", "s.yaml:4:45", "s.yaml:4:71"]
        both = faults(TWO + "  samples: 1\n", scenario="{calendar: {ends: 0}}")
        assert [text.split(": ")[0] for text in both] == ["s.yaml:2:29", "s.yaml:5:12"]

    def test_levels_that_clash_only_together_are_found(self, faults):
        found = faults("  factors: {calendar.ends: [16, 24], calendar.sessions: [[3, 7], [3, 7, 15]], "
                       "calendar.horizon: [40, 20]}\n", scenario="{calendar: {waves: [0, 16]}}")  # fmt: skip
        assert "must not be after the horizon (20), not 24 (in the cell ends 24, sessions 3 7, horizon 20)" in found[0]
        assert len(found) == 2

    def test_a_factorial_has_two_levels(self, faults):
        assert (
            "has 3 levels; a factorial experiment takes two"
            in faults("  factors: {parameters.std_hold: [0.3, 0.5, 0.9]}\n", kind="factorial")[0]
        )

    @pytest.mark.parametrize(
        ("block", "kind", "fault"),
        [
            ("  factors: {simulation: [{seed: 3}, {seed: 4}]}\n", "sweep", "simulation.seed cannot vary"),
            ("  factors: {population: [{roster: a.csv}, {}]}\n", "sweep", "population.roster cannot vary"),
            (
                "  cells: [{label: a}, {label: b, set: {simulation: {twin: false}}}]\n",
                "sweep",
                "simulation.twin cannot",
            ),
            ("  factors: {cell: {together: {parameters.k_hour: [0.01, 0.02]}}}\n", "sweep", "is no name for a factor"),
            ("  cells: [{label: a}, {label: b}]\n", "factorial", "does not belong to this design, which takes factors"),
            (TWO + "  design: list\n  cells: [{label: a}, {label: b}]\n", "sweep", "which takes cells"),
            (TWO + "  design: latin_hypercube\n  reference: 3\n", "sweep", "has no meaning in a sampled design"),
            ("  factors: {parameters.std_hold: [1, 1.0]}\n", "sweep", "stands here a second time"),
            (
                "  factors: {parameters.std_hold: {levels: [0, 1], low: 0, high: 1}}\n",
                "sweep",
                "more than one of levels",
            ),
            ("  factors: {population.drivers: {low: 8, high: 9, steps: 5}}\n", "sweep", "fewer than 5 whole numbers"),
            ("  factors: {}\n", "sweep", "is empty; a factor is"),
            (TWO + "  responses: []\n", "sweep", "is empty; give some"),
            ("  factors: {parameters.k_hour: {levels: [0, 0.1], unit: 5}}\n", "sweep", "must be text"),
            (
                "  factors: {parameters.k_hour: {levels: [0.01, 0.1], scale: lgo}}\n",
                "sweep",
                "s.yaml:4:54: sweep.factors.parameters.k_hour.scale: does not apply to levels; leave it out, or give",
            ),
            (
                "  factors: {parameters.k_hour: {levels: [0.01, 0.1], steps: 5}}\n",
                "sweep",
                "parameters.k_hour.steps: does not apply to levels; leave it out, or give {low: , high: }",
            ),
            (
                "  factors: {t: {together: {parameters.k_hour: [0.01, 0.1], parameters.p_use: [1, 2]}, steps: 2}}\n",
                "sweep",
                "sweep.factors.t.steps: does not apply to levels",
            ),
            (
                "  factors: {t: {together: {parameters.k_hour: {levels: [0.01, 0.1], scale: log}}}}\n",
                "sweep",
                "t.scale: does not apply to levels",
            ),
            *(
                (
                    f"  factors: {{t: {{together: {{parameters.k_hour: plausible}}, steps: 2, {key}}}}}\n",
                    "sweep",
                    f"sweep.factors.t.{key.partition(':')[0]}: does not apply beside together; give it in together, of",
                )
                for key in ("scale: log", "range: plausible", "levels: [1, 2]", "low: 0.1")
            ),
            (
                "  factors: {parameters.k_hour: {range: plausible, steps: 3, scale: lgo}}\n",
                "sweep",
                "s.yaml:4:68: sweep.factors.parameters.k_hour.scale: 'lgo' is not allowed; allowed: linear, log",
            ),
            (
                "  design: latin_hypercube\n  factors: {parameters.k_hour: {range: plausible, steps: 3}}\n",
                "sweep",
                "k_hour.steps: does not apply to a sampled design, which takes values of the whole range",
            ),
            (
                "  factors: {parameters.k_hour: {range: plausible, steps: 3}}\n",
                "factorial",
                "k_hour.steps: has another number than 2, and a factorial experiment takes two levels",
            ),
            (
                "  design: latin_hypercube\n  factors: {parameters.k_hour: {range: plausible, labels: [a, b]}}\n",
                "sweep",
                "k_hour.labels: names levels, and a range without steps has none; leave it out, or give steps: 3",
            ),
        ],
    )
    def test_what_would_be_ignored_or_mixed_up_is_refused(self, faults, block, kind, fault):
        assert fault in faults(block, kind=kind)[0]

    def test_a_fraction_of_too_many_factors_says_so(self, faults):
        many = ", ".join(f"parameters.{name}: [0.5, 0.6]" for name in (
            "k_help", "k_forget", "p_use", "p_norm", "p_rev", "m_up", "m_lead", "m_home", "m_load", "c_up", "refill",
            "soc_boost"))  # fmt: skip
        assert (
            "a fraction has 1 to 11 factors, not 12"
            in faults(f"  design: fraction\n  factors: {{{many}}}\n", kind="factorial")[0]
        )

    def test_centers_of_a_roster_are_counted_in_every_cell(self, faults, tmp_path):
        rows = [f"{number},County,Head Start,9" for number in range(12)]
        (tmp_path / "centers.csv").write_text("\n".join(["id,area,sector,staff", *rows]))
        found = faults(
            "  factors: {enrolment.centers_per_collaborative: [6, 50]}\n",
            scenario="{population: {roster: centers.csv, sector_values: {Head Start: head_start}}, "
            "enrolment: {centers_per_collaborative: 6, rule: random}}",
        )
        assert "50 places" in found[0]
        assert "only 12 centers can join" in found[0]

    def test_more_than_a_million_cells_are_refused_before_they_are_made(self, faults):
        levels = str([round(0.0005 * step, 5) for step in range(1, 120)])
        found = faults(f"  factors: {{parameters.k_hour: {levels}, parameters.std_hold: {levels}, "
                       f"parameters.fit_gain: {levels}}}\n")  # fmt: skip
        assert "makes 1,685,159 cells (119 x 119 x 119); at most 1,000,000 are possible" in found[0]

    def test_responses_need_the_twin_they_compare_with(self, faults):
        found = faults(TWO + "  responses: [effect@end, attendance@end]\n", scenario="{simulation: {twin: false}}")
        assert found == ["s.yaml:5:14: sweep.responses: effect@end needs the untreated twin: simulation.twin: true"]


def test_every_shipped_study_loads() -> None:
    files = sorted(Path(__file__).parents[2].joinpath("experiments").glob("*.yaml"))
    kinds = [bscsim.load(file).kind for file in files if file.name != "nc_roster.yaml"]
    assert sorted(kinds) == ["factorial", *["power"] * 8, "scenario", "sensitivity", *["sweep"] * 4]
