"""Power studies: the file of the contract, axes, changes, the scenario of a trial, digests."""

from __future__ import annotations

import statistics
from itertools import product
from pathlib import Path

import pytest
from scipy.stats import binom

import bscsim
from bscsim.rules.beginnings import drawn_size
from bscsim.scenario.document import item_of
from bscsim.scenario.faults import InputError
from bscsim.scenario.initial import STOCK_SIZES, classrooms
from bscsim.scenario.population import Population, Sectors
from bscsim.scenario.scenario import Scenario, resolved
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.reading.notes import smallest_p
from bscsim.trial.reading.pool import applying, joinable, units_of
from bscsim.trial.reading.searched import read_search
from bscsim.trial.settings import AttritionSettings

CONTRACT = Path(__file__).parents[2] / "experiments" / "power_three_cohorts.yaml"

GAUSSIAN = ("truth={gaussian: {effect: 0.3, sd_effect: 0, var: {collaborative: 0.03, center: 0.10, center_period: "
            "0.02, staff: 0.40, residual: 0.50}, var_control: {}, r2: {center: 0.3, staff: 0.2}}}")  # fmt: skip

SMALL = """\
kind: power
scenario: {scenario}
design: {design}
measures: {{score: {{of: classrooms}}}}
analysis: {{outcome: score, wave: post}}
{more}
"""


@pytest.fixture
def power(tmp_path):
    """Write a small study and load it."""

    def made(design="{}", scenario="{}", more="", overrides=(), name="s.yaml"):
        file = tmp_path / name
        file.write_text(SMALL.format(design=design, scenario=scenario, more=more))
        return bscsim.load(file, overrides)

    return made


class TestContract:
    def test_it_loads_exactly_as_written(self):
        study = bscsim.load(CONTRACT)
        design, trial = study.design, study.design.trial(0)
        assert (study.kind, design.kind, design.name, design.cells, design.replicates) == (
            "power", "power", "parallel", 1, 1000)  # fmt: skip
        assert [(one.starts, one.collaboratives) for one in trial.design.by_cohort] == [(0, 2), (12, 2), (24, 2)]
        assert trial.design.waves == {"baseline": 0, "post": 20, "followup": 32}
        assert trial.months == (0, 12, 20, 24, 32, 44, 56)
        assert trial.attrition == AttritionSettings(treated=0.15, control=0.15)
        assert list(trial.measures) == ["class_score", "staff_survey"]
        assert (trial.measures["class_score"].sample, trial.measures["staff_survey"].response) == (3, 0.8)
        assert trial.analyses[0].estimators == ("cluster_t", "lmm_kr", "partially_nested")
        assert (trial.analyses[1].wave, trial.analyses[1].cohort) == ("followup", "open")
        assert (design.search.over, design.search.between) == ("design.centers_per_collaborative", (4, 20))
        assert trial.truth is None
        assert design.label(0) == "as designed"
        assert design.levels(0) == {}

    def test_the_scenario_has_what_the_design_needs_and_nothing_else_of_it_changes(self):
        scenario = bscsim.load(CONTRACT).design.trial(0).scenario
        assert scenario == Scenario.model_validate(resolved(scenario))
        expected = Scenario(name="power_three_cohorts").with_values({
            "population.centers": 180, "population.sectors": {"child_care": 0.6, "head_start": 0.4},
            "calendar.horizon": 56, "calendar.waves": (0, 12, 20, 24, 32, 44, 56), "enrolment.rule": "random",
            "enrolment.collaboratives": 6, "enrolment.centers_per_collaborative": 8, "simulation.replicates": 1000,
        })  # fmt: skip
        assert scenario == expected

    def test_its_other_truth_loads_too(self):
        assert bscsim.load(CONTRACT, [GAUSSIAN]).design.trial(0).truth == GaussianTruth(
            0.3, 0.0, {"collaborative": 0.03, "center": 0.1, "center_period": 0.02, "staff": 0.4, "residual": 0.5}, {},
            {"center": 0.3, "staff": 0.2},
        )  # fmt: skip


class TestChanges:
    @pytest.mark.parametrize(("change", "value"), [
        ("design.control_centers=60", lambda t: t.design.control_centers == 60),
        ("design.cohorts.1.starts=15", lambda t: t.months == (0, 15, 20, 24, 32, 35, 44, 47, 56)),
        ("target.power=0.9", lambda t: t.target.power == 0.9),
        ("attrition={treated: 0.1, control: 0.2}", None),
        ("attrition.centers={treated: 0.1, control: 0.2}", lambda t: t.attrition.control == 0.2),
        ("measures.class_score.reliability=0.5", lambda t: t.measures["class_score"].reliability == 0.5),
        ("analysis.0.wave=followup", lambda t: t.analyses[0].wave == "followup"),
        ("replicates=200", lambda t: t.scenario.simulation.replicates == 200),
        ("simulation.seed=7", lambda t: t.scenario.simulation.seed == 7),
        ("scenario.parameters.k_hour=0.02", lambda t: t.scenario.parameters.k_hour == 0.02),
        ("parameters.k_hour=0.02", lambda t: t.scenario.parameters.k_hour == 0.02),
        ("costs.classroom=300", lambda t: t.costs.classroom == 300),
    ])  # fmt: skip
    def test_set_reaches_every_part_of_the_file(self, change, value):
        if value is None:
            with pytest.raises(InputError, match="stands for both arms"):
                bscsim.load(CONTRACT, [change])
        else:
            assert value(bscsim.load(CONTRACT, [change]).design.trial(0))

    def test_a_single_analysis_is_the_first_of_a_list(self, power):
        changes = ["analysis.0.wave=baseline", "analysis.cohort=open", "analysis.0.estimators.0=gee"]
        changes.insert(2, "analysis.0.estimators=[cluster_t, lmm_kr]")
        (made,) = power(overrides=changes).design.trial(0).analyses
        assert (made.outcome, made.wave, made.cohort) == ("score", "baseline", "open")
        assert made.estimators == ("gee", "lmm_kr")
        assert power(overrides=["analysis.0={cohort: open}"]).design.trial(0).analyses[0].outcome == "score"
        with pytest.raises(InputError, match="analysis: has no place 1; its places are 0 to 0"):
            power(overrides=["analysis.1.wave=baseline"])
        with pytest.raises(InputError, match=r"analysis\.0\.wave: 'psot' is no wave of the design; did you mean post"):
            power(overrides=["analysis.0.wave=psot"])

    def test_options_for_replicates_and_seed(self):
        options = {"--replicates 5": "simulation.replicates=5", "--seed 0": "simulation.seed=0"}
        study = bscsim.load(CONTRACT, (), options)
        assert (study.design.replicates, study.design.seed) == (5, 0)
        with pytest.raises(InputError, match="also given by --replicates 5"):
            bscsim.load(CONTRACT, ["replicates=7"], options)

    def test_changes_from_python(self):
        design = bscsim.load(CONTRACT).design
        plain = design.trial(0)
        trial = design.trial(0, {
            "design.centers_per_collaborative": 5, "attrition.treated": 0, "scenario.parameters.sd_coll": 0,
            "analysis.0.cohort": "closed", "measures.class_score.sample": "all", "truth": "mechanistic",
        })  # fmt: skip
        assert (trial.design.centers_per_collaborative, trial.scenario.enrolment.centers_per_collaborative) == (5, 5)
        assert trial.attrition == AttritionSettings(treated=0.0, control=0.15)
        assert (trial.scenario.parameters.sd_coll, trial.analyses[0].cohort) == (0.0, "closed")
        assert trial.measures["class_score"].sample == "all"
        assert design.trial(0) == plain
        both = design.trial(0, {"attrition.centers": 0}).attrition
        assert (both.treated, both.control) == (0, 0)
        with pytest.raises(InputError, match="at least 2"):
            design.trial(0, {"design.control_centers": 1})
        with pytest.raises(InputError, match="sd_col: unknown name"):
            design.trial(0, {"scenario.parameters.sd_col": 0})


class TestAxes:
    def test_cells_are_the_product_in_the_order_of_the_file(self, power):
        design = power("{control_centers: [16, 24], waves: {baseline: 0, post: [12, 20]}}",
                       more="attrition: {centers: [0, 0.2]}").design  # fmt: skip
        found = [(t.design.control_centers, t.design.waves["post"], t.attrition.treated)
                 for t in map(design.trial, range(design.cells))]  # fmt: skip
        assert found == list(product([16, 24], [12, 20], [0.0, 0.2]))
        assert design.label(5) == "control_centers 24, waves.post 12, attrition.centers 0.2"
        assert design.levels(5) == {"design.control_centers": 24, "design.waves.post": 12, "attrition.centers": 0.2}
        assert [axis.labels for axis in design.axes] == [("16", "24"), ("12", "20"), ("0", "0.2")]

    def test_lists_inside_the_truth_cohorts_and_measures(self, power):
        design = power(
            "{cohorts: [{starts: 0, collaboratives: [2, 3]}, {starts: 12, collaboratives: 2}], control_centers: 40}",
            more="truth: {gaussian: {effect: [0.2, 0.3], var: {collaborative: [0, .03], residual: 1}}}",
            overrides=["measures.score.sample=[2, all]"],
        ).design  # fmt: skip
        assert [axis.path for axis in design.axes] == [
            "design.cohorts.0.collaboratives", "measures.score.sample", "truth.gaussian.effect",
            "truth.gaussian.var.collaborative"]  # fmt: skip
        last = design.trial(design.cells - 1)
        assert (last.truth.effect, last.truth.var["collaborative"]) == (0.3, 0.03)
        assert (last.design.by_cohort[0].collaboratives, last.measures["score"].sample) == (3, "all")

    def test_fields_that_are_lists_by_nature_are_no_axes_unless_listed_twice(self, power):
        plain = power("{strata: [sector, size]}").design
        assert (plain.cells, plain.trial(0).design.strata) == (1, ("sector", "size"))
        twice = power("{strata: [[sector], []]}").design
        assert [twice.trial(cell).design.strata for cell in (0, 1)] == [("sector",), ()]
        assert twice.label(1) == "strata none"
        assert [one.estimators for one in plain.trial(0).analyses] == [("cluster_t",)]

    def test_designs_can_be_an_axis(self, power):
        design = power("{type: [parallel, wait_list]}").design
        assert [design.trial(cell).design.type for cell in (0, 1)] == ["parallel", "wait_list"]


class TestPool:
    def test_it_is_enlarged_unless_given_and_the_study_says_so(self, power):
        enlarged = power("{collaboratives: 6, control_centers: 48}").design
        assert enlarged.trial(0).scenario.population.centers == 96
        assert "enlarged from the base's 8 centers to 96" in enlarged.notes(0)[0]
        given = power("{collaboratives: 6, control_centers: 48}", "{population: {centers: 120}}").design
        assert given.trial(0).scenario.population.centers == 120
        assert given.notes(0) == []
        larger = enlarged.trial(0, {"scenario.population.centers": 200})
        assert larger.scenario.population.centers == 200

    def test_a_base_s_pool_keeps_its_mix_and_counts_become_shares(self, power, tmp_path):
        (tmp_path / "base.yaml").write_text(
            "kind: scenario\npopulation: {centers: 10, sectors: {child_care: 7, school: 3}}\n"
            "enrolment: {collaboratives: 1, centers_per_collaborative: 10}\n"
        )
        scenario = power("{collaboratives: 5, control_centers: 60}", "{base: base.yaml}").design.trial(0).scenario
        assert scenario.population.sector_counts == (70, 0, 30)
        assert scenario == Scenario.model_validate(resolved(scenario))

    def test_a_rule_that_chooses_has_some_to_choose_among(self, power):
        design = power("{collaboratives: 6, control_centers: 48}", "{enrolment: {rule: top}}").design
        assert design.trial(0).scenario.enrolment.rule == "top"
        assert design.trial(0).scenario.population.centers >= 192

    def test_fields_of_applicants_need_more(self, power):
        design = power("{collaboratives: 6, control_centers: 48}", "{enrolment: {mode: field}}").design
        scenario = design.trial(0).scenario
        short = [binom.cdf(95, scenario.population.centers - less, 0.5) for less in (0, 15)]  # half apply
        assert short[0] < 0.003 < short[1]
        assert applying(scenario) == pytest.approx(0.5)

    def test_matched_comparisons_recruit_in_the_field(self, power):
        trial = power("{type: matched_comparison, comparisons: 2}").design.trial(0)
        assert trial.scenario.enrolment.mode == "field"
        assert trial.design.control_centers == 32

    def test_shares_of_centers_that_can_join_against_drawn_sizes(self):
        for sizes, least in (("joiners", 15), ("stock", 8)):
            population = Population(sizes=sizes, min_staff=least, sectors=Sectors(child_care=0.5, school=0.5))
            drawn = [drawn_size(3, 0, n, sizes == "stock", *STOCK_SIZES[0 if n % 2 else 2]) for n in range(4000)]
            share = statistics.fmean(size >= least for size in drawn)
            assert joinable(population) == pytest.approx(share, abs=4 * (share * (1 - share) / 4000) ** 0.5)
        assert joinable(Population(sizes="joiners", min_staff=61)) == 0

    def test_rooms_of_a_center_against_the_model_s_own(self):
        from bscsim.rules.people import role_of_slot

        for size in range(2, 61):
            rooms = {room for room in classrooms([role_of_slot(slot, size) for slot in range(size)]) if room >= 0}
            assert units_of(size, "classrooms") == len(rooms)

    def test_calendars_that_end_after_the_last_wave(self, power):
        trial = power("{waves: {baseline: 0, post: 10}}", "{calendar: {ends: 45}}").design.trial(0)
        assert (trial.scenario.calendar.horizon, trial.scenario.calendar.waves) == (45, (0, 10))


class TestDesigns:
    @pytest.mark.parametrize(("design", "usual", "controls"), [
        ("{}", "cluster_t", 16),
        ("{type: wait_list, waves: {baseline: 0, post: 20}}", "cluster_t", 16),
        ("{type: pre_post}", "paired_t", 0),
        ("{type: stepped_wedge, cohorts: [{starts: 1}, {starts: 9}], waves: {pre: 0, post: 9}}", "lmm_kr", 0),
        ("{type: matched_comparison}", "cluster_t", 16),
        ("{pairs_on: [size], collaboratives: 3}", "cluster_t", 24),
    ])
    def test_usual_estimators_and_controls(self, power, design, usual, controls):
        trial = power(design).design.trial(0)
        assert trial.analyses[0].estimators == (usual,)
        assert trial.design.control_centers == controls

    def test_a_series_ends_with_its_last_wave(self, tmp_path):
        file = tmp_path / "its.yaml"
        file.write_text("kind: power\ndesign: {type: interrupted_series, cohorts: [{starts: 24, collaboratives: 2}], "
                        "waves: {start: 0, end: 38}}\nmeasures: {report: {of: reports}}\n"
                        "analysis: {outcome: report}\n")  # fmt: skip
        trial = bscsim.load(file).design.trial(0)
        assert (trial.analyses[0].wave, trial.analyses[0].estimators) == ("end", ("segmented",))
        # reports of month 38 are sent in the course of it
        assert (trial.months, trial.scenario.calendar.horizon) == ((0, 38), 39)


    def test_a_stepped_wedge_ends_with_the_last_wave_of_its_measure(self, tmp_path):
        file = tmp_path / "wedge.yaml"
        file.write_text("kind: power\nmeasures: {score: {waves: [b, a]}}\nanalysis: {outcome: score}\n"
                        "design: {type: stepped_wedge, cohorts: [{starts: 2, collaboratives: 2}, {starts: 14, "
                        "collaboratives: 2}], waves: {a: 0, d: 36, b: 12}}\n")  # fmt: skip
        assert bscsim.load(file).design.trial(0).analyses[0].wave == "b"


class TestNotes:
    def test_a_short_series_and_reports_that_end_too_soon_warn(self, tmp_path):
        file = tmp_path / "its.yaml"
        file.write_text("kind: power\ndesign: {type: interrupted_series, cohorts: [{starts: 6, collaboratives: 2}, "
                        "{starts: 18, collaboratives: 2}], waves: {start: 0, end: 30}}\n"
                        "measures: {report: {of: reports}}\nanalysis: {outcome: report}\n")  # fmt: skip
        text = " ".join(bscsim.load(file).design.notes(0))
        assert "The series has 6 months before the start" in text
        assert "those of the first cohort in month 21; what it would have reported in month 30" in text
        other = file.with_name("long.yaml")
        other.write_text(file.read_text().replace("starts: 6", "starts: 14"))
        assert "series" not in " ".join(bscsim.load(other).design.notes(0))

    def test_a_permutation_test_that_cannot_reject_warns(self, power):
        few = power("{collaboratives: 1, centers_per_collaborative: 3, control_centers: 3}",
                    "{population: {centers: 8}}", overrides=["analysis.estimators=[randomization]"]).design  # fmt: skip
        assert smallest_p(few.trial(0)) == pytest.approx(2 / 20)  # 6 choose 3, mirrored
        text = " ".join(few.notes(0))
        assert "can never reject" in text
        assert "With one collaborative" in text
        one_sided = ["analysis.estimators=[randomization]", "target.sides=1"]
        half = power("{collaboratives: 1, centers_per_collaborative: 3, control_centers: 3}",
                     "{population: {centers: 8}}", overrides=one_sided).design  # fmt: skip
        assert "can never reject" not in " ".join(half.notes(0)), "p is halved: .05 is reached"
        strict = power("{collaboratives: 1, centers_per_collaborative: 3, control_centers: 3}",
                       "{population: {centers: 8}}", overrides=[*one_sided, "target.alpha=0.025"]).design  # fmt: skip
        assert "the smallest p-value that its allocations give is 0.05, above" in " ".join(strict.notes(0))
        enough = power(overrides=["analysis.estimators=[randomization]"]).design
        assert "can never reject" not in " ".join(enough.notes(0))

    def test_samples_that_small_centers_cannot_give(self, power):
        notes = power(overrides=["measures.score.sample=10"]).design.notes(0)
        assert any("score samples 10 in a center; the smallest have 3" in note for note in notes)


class TestDigest:
    def test_it_is_stable_and_knows_neither_name_replicates_nor_question(self, power):
        one = power().design
        same = (power(), power(name="other.yaml"), power(more="replicates: 7"), power(more="question: why"))
        for other in same:
            assert other.design.digest == one.digest

    @pytest.mark.parametrize("change", [
        "design.control_centers=17", "design.type=wait_list", "design.strata=[sector]", "design.waves.post=17",
        "measures.score.reliability=0.9", "measures.score.sample=2", "attrition.treated=0.1", "analysis.cohort=open",
        "analysis.estimators=[cluster_t, gee]", "target.alpha=0.01", "target.correction=holm", "costs.survey=3",
        "search={over: design.control_centers, between: [8, 20]}", "compare=false", "parameters.k_hour=0.02",
        "simulation.seed=3", "truth={gaussian: {effect: 0.3, var: {residual: 1}}}", "design.control_centers=[16]",
    ])  # fmt: skip
    def test_it_changes_with_each_setting(self, power, change):
        overrides = [change] if change != "design.type=wait_list" else [change, "design.waves.post=16"]
        assert power(overrides=overrides).design.digest != power().design.digest

    def test_other_measures_first_is_another_study(self, tmp_path):
        digests = []
        for names in (("a", "b"), ("b", "a")):
            file = tmp_path / "s.yaml"
            file.write_text("kind: power\nmeasures: {" + ", ".join(f"{name}: {{}}" for name in names)
                            + "}\nanalysis: {outcome: a, wave: post}\n")  # fmt: skip
            digests.append(bscsim.load(file).design.digest)
        assert digests[0] != digests[1]


def test_a_roster_is_the_pool(power, tmp_path):
    (tmp_path / "roster.csv").write_text("id,sector,area,staff\n"
                                         + "".join(f"{n},school,Wake,{4 + n % 9}\n" for n in range(40)))  # fmt: skip
    scenario = "{population: {roster: roster.csv}}"
    assert power("{}", scenario).design.trial(0).scenario.population.roster is not None
    with pytest.raises(InputError, match=r"population\.roster: has 40 centers that can join; the design needs 46"):
        power("{control_centers: 30}", scenario)


def test_a_base_may_be_another_power_study(power, tmp_path):
    power("{control_centers: 20}", "{parameters: {k_hour: 0.02}}", name="first.yaml")
    trial = power("{}", "{base: first.yaml}").design.trial(0)
    assert (trial.scenario.parameters.k_hour, trial.design.control_centers) == (0.02, 16)


def test_the_most_designs_under_a_budget_and_a_whole_range_without():
    """10,000 designs may be compared; a single field without a budget is not compared design by design."""
    search = {"over": ["design.control_centers", "design.centers_per_collaborative"],
              "between": [[2, 101], [2, 101]], "budget": 1_000_000}  # fmt: skip
    assert read_search(item_of(search, "file"))[1] == []
    whole = {"over": "design.control_centers", "between": [0, 10_000]}
    assert read_search(item_of(whole, "file"))[1] == []
    assert "10,001 designs" in read_search(item_of(whole | {"budget": 5}, "file"))[1][0].message
