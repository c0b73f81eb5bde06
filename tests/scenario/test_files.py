"""Study files: every kind of fault at its exact place, bases, overrides, layers and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bscsim.scenario.bases import SHIPPED
from bscsim.scenario.checking import known_paths, validate
from bscsim.scenario.document import item_of
from bscsim.scenario.faults import InputError
from bscsim.scenario.files import dumps, load
from bscsim.scenario.layers import merge
from bscsim.scenario.scenario import Scenario, resolved
from tests.strategies import scenarios

ALLOWED = "allowed: scenario, sweep, factorial, sensitivity, power"

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
ROSTER = "id,sector,area,staff\n" + "".join(f"{number},school,Wake,{4 + number % 9}\n" for number in range(12))


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write files in a folder that is also the working directory."""
    monkeypatch.chdir(tmp_path)

    def write_all(**texts: str) -> None:
        for name, text in texts.items():
            Path(f"{name}.yaml").write_text(text)

    return write_all


@pytest.fixture
def faults(write):
    """Load a text as study s.yaml and return its faults as lines."""

    def faults_of(text: str, *overrides: str) -> list[str]:
        write(s=text)
        with pytest.raises(InputError) as caught:
            load("s.yaml", overrides)
        assert caught.value.exit_status == 2
        return str(caught.value).splitlines()

    return faults_of


# What stands in line 2 -> the one fault.
ONE_FAULT = {
    "k_hour: 1": "2:1: k_hour: unknown name; did you mean parameters.k_hour?",
    "calender: {}": "2:1: calender: unknown name; did you mean calendar?",
    "zzz: 1":
        "2:1: zzz: unknown name; allowed: name, population, enrolment, calendar, elements, supports, "
        "parameters, simulation, kind, base",
    "parameters: {k_hours: 1}": "2:14: parameters.k_hours: unknown name; did you mean k_hour?",
    "parameters: {zzz: 1}": "2:14: parameters.zzz: unknown name; bscsim parameters lists all names",
    "simulation: {zzz: 1}": "2:14: simulation.zzz: unknown name; allowed: replicates, seed, twin, dt",
    "elements: {shared_learning: {session: true}}":
        "2:30: elements.shared_learning.session: unknown name; did you mean learning_sessions?",
    "parameters: {k_hour: 0.2}": "2:22: parameters.k_hour: 0.2 is out of range; allowed: a number, 0 to 0.1",
    "parameters: {k_hour: .nan}": "2:22: parameters.k_hour: .nan is not a finite number; allowed: a number, 0 to 0.1",
    "parameters: {k_hour: -.inf}":
        "2:22: parameters.k_hour: -.inf is not a finite number; allowed: a number, 0 to 0.1",
    "parameters: {k_hour: 1e999}":
        "2:22: parameters.k_hour: 1e999 is not a finite number; allowed: a number, 0 to 0.1",
    "parameters: {k_hour: '0.05'}": "2:22: parameters.k_hour: '0.05' is not a number; allowed: a number, 0 to 0.1",
    "parameters: {k_hour: true}": "2:22: parameters.k_hour: true is not a number; allowed: a number, 0 to 0.1",
    "parameters: {k_hour: [1]}": "2:22: parameters.k_hour: a list is not a number; allowed: a number, 0 to 0.1",
    "parameters: {k_hour: }": "2:21: parameters.k_hour: nothing is not a number; allowed: a number, 0 to 0.1",
    "parameters: {obs_rel: 0}": "2:23: parameters.obs_rel: 0 is out of range; allowed: a number, above 0, up to 1",
    "parameters: {metrics_p: 0.9}":
        "2:25: parameters.metrics_p: must not pass metrics_made_p (0.82): a team cannot use metrics that it "
        "did not make (got 0.9)",
    "parameters: {metrics_made_p: 0.2}":
        "2:30: parameters.metrics_p: must not pass metrics_made_p (0.2): a team cannot use metrics that it "
        "did not make (got 0.45)",
    "parameters: 3": "2:13: parameters: 3 is not a mapping; allowed: a mapping of names of the parameter table",
    "calendar: [1]":
        "2:11: calendar: a list is not a mapping; allowed: a mapping of starts, burn_in, prework, sessions, "
        "ends, horizon, prework_calls, calls, affinity_calls, coaching, reports, waves",
    "simulation: {seed: -1}":
        "2:20: simulation.seed: -1 is out of range; allowed: an integer, 0 to 9223372036854775807",
    "simulation: {seed: 1.5}":
        "2:20: simulation.seed: 1.5 is not an integer; allowed: an integer, 0 to 9223372036854775807",
    "simulation: {seed: 9223372036854775808}":
        "2:20: simulation.seed: 9223372036854775808 is out of range; allowed: an integer, 0 to "
        "9223372036854775807",
    "simulation: {replicates: 1e2}":
        "2:26: simulation.replicates: 1e2 is not an integer; allowed: an integer, 1 to 4294967295",
    "simulation: {twin: yes}": "2:20: simulation.twin: 'yes' is not true or false; allowed: true or false",
    "simulation: {dt: weeks}":
        "2:18: simulation.dt: 'weeks' is not allowed; allowed: month, half_month or week; did you mean week?",
    "enrolment: {rule: alll}":
        "2:19: enrolment.rule: 'alll' is not allowed; allowed: all, random, top, threshold, hurdle or need; "
        "did you mean all?",
    "enrolment: {team_size: 7}": "2:24: enrolment.team_size: 7 is not allowed; allowed: auto or an integer, 2 to 6",
    "enrolment: {collaboratives: 2}":
        "2:29: enrolment.centers_per_collaborative: the collaboratives have 16 places (2 x 8), but only 8 "
        "centers can join",
    "population: {centers: 9}":
        "2:23: enrolment.rule: rule all takes every center, but 9 can join and the collaboratives have 8 "
        "places (1 x 8); choose another rule or change the number of places",
    "population: {sizes: joinres}":
        "2:21: population.sizes: 'joinres' is not allowed; allowed: joiners, stock or an integer, 2 to 1000; "
        "did you mean joiners?",
    "population: {sectors: {child_care: 4, head_start: 3}}":
        "2:23: population.sectors: must be counts that sum to centers (8) or shares that sum to 1; these sum to 7",
    "population: {sectors: {head_strat: 8}}":
        "2:24: population.sectors.head_strat: unknown name; did you mean head_start?",
    "population: {columns: {id: x}}":
        "2:23: population.columns: needs a roster: add population.roster, in the file or by --set "
        "population.roster=PATH",
    "population: {strict: true, blanks: drop}":
        "2:36: population.blanks: needs a roster: add population.roster, in the file or by --set "
        "population.roster=PATH (and so do strict)",
    "population: {roster: none.csv}": "2:22: population.roster: none.csv: No such file or directory",
    "population: {roster: 3}": "2:22: population.roster: 3 is not text; allowed: the path of a CSV file",
    "calendar: {sessions: [3, 7, 7, 11]}":
        "2:29: calendar.sessions.2: must come after the month before it (7), not 7",
    "calendar: {sessions: [7, 3]}": "2:26: calendar.sessions.1: must come after the month before it (7), not 3",
    "calendar: {sessions: [2, 7]}":
        "2:23: calendar.sessions.0: must lie from the end of pre-work (3) to before ends (16), not 2",
    "calendar: {sessions: [3, x]}":
        "2:26: calendar.sessions.1: 'x' is not an integer; allowed: a list of months; [] for none",
    "calendar: {sessions: none}":
        "2:22: calendar.sessions: 'none' is not a list; allowed: a list of months; [] for none",
    "calendar: {sessions: 3}":
        "2:22: calendar.sessions: 3 is not a list; allowed: a list of months; [] for none",
    "calendar: {calls: [3, 4.5]}":
        "2:23: calendar.calls.1: 4.5 is not an integer; allowed: monthly, none or a list of months",
    "calendar: {calls: montly}":
        "2:19: calendar.calls: 'montly' is not allowed; allowed: monthly, none or a list of months; did you "
        "mean monthly?",
    "calendar: {prework: [3, 1]}":
        "2:21: calendar.prework: must run from month 0 or later to a later month, not [3, 1]",
    "calendar: {prework: [3]}":
        "2:21: calendar.prework: has the wrong number of values; allowed: a list of two months",
    "calendar: {ends: 50}": "2:18: calendar.ends: must not be after the horizon (40), not 50",
    "calendar: {ends: 15}":
        "2:18: calendar.sessions.3: must lie from the end of pre-work (3) to before ends (15), not 15",
    "calendar: {horizon: 39}": "2:21: calendar.waves.3: must lie from 0 to the horizon (39), not 40",
    "calendar: {starts: Setpember}":
        "2:20: calendar.starts: 'Setpember' is not allowed; allowed: the name of a month or an integer, 1 to "
        "12; did you mean September?",
    "elements: {change_framework: 1.5}":
        "2:30: elements.change_framework: 1.5 is out of range; allowed: a number, 0 (absent) to 1 (in full)",
    "elements: {change_framework: high}":
        "2:30: elements.change_framework: 'high' is not allowed; allowed: a number, 0 (absent) to 1 (in full)",
    "elements: {expert_faculty: {coaching_visits: 1}}":
        "2:46: elements.expert_faculty.coaching_visits: 1 is not true or false; allowed: true or false",
    "name: a b":
        "2:7: name: 'a b' is not allowed; allowed: letters, digits, '.', '_' and '-', at most 80, the first a "
        "letter or digit",
    "name: 3":
        "2:7: name: 3 is not text; allowed: letters, digits, '.', '_' and '-', at most 80, the first a letter "
        "or digit",
    "base: ccl_feasability":
        "2:7: base: 'ccl_feasability' is neither a shipped scenario (ccl_feasibility) nor a file beside this "
        "one; did you mean ccl_feasibility?",
    "base: [1]": "2:7: base: a list is not a shipped name or a path",
    "base: s.yaml": "2:7: base: goes in a circle: s.yaml -> s.yaml",
    "calendar: {ends: !!int x}": "2:18: calendar.ends: 'x' is no number",
    "a: [": "3:1: not valid YAML: while parsing a flow node: expected the node content, but found '<stream end>'",
    "kind: scenario": "2:1: kind: stands here a second time; it is already at s.yaml:1:1",
}


@pytest.mark.parametrize(("line", "fault"), ONE_FAULT.items(), ids=ONE_FAULT)
def test_one_fault_at_its_place(faults, line, fault):
    assert faults(f"kind: scenario\n{line}\n") == [f"s.yaml:{fault}"]


@pytest.mark.parametrize(("text", "fault"), [
    ("name: x\n", f"s.yaml:1:1: kind: is missing; {ALLOWED}"),
    ("kind: readiness\n", f"s.yaml:1:7: kind: readiness is not yet available in this version; {ALLOWED}"),
    ("kind: scenaro\n", f"s.yaml:1:7: kind: 'scenaro' is not known; {ALLOWED}; did you mean scenario?"),
    ("kind: {}\n", f"s.yaml:1:7: kind: a mapping is not known; {ALLOWED}"),
    ("- kind: scenario\n", "s.yaml:1:1: the file holds a list, not a mapping; a study begins with kind: scenario"),
    ("scenario", "s.yaml:1:1: the file holds 'scenario', not a mapping; a study begins with kind: scenario"),
    ("# nothing\n", "s.yaml:1:1: the file holds nothing; a study begins with kind: scenario"),
    ("", "s.yaml:1:1: the file is empty; a study begins with kind: scenario"),
])
def test_what_is_no_study(faults, text, fault):
    assert faults(text) == [fault]


def test_all_faults_at_once_in_the_order_of_the_file(faults):
    found = faults("""\
kind: scenario
calendar:
  sessions: [3, 3]
  starts: Smarch
  ends: 50
enrolment: {collaboratives: 2}
parameters:
  k_hour: 9
  k_hour: 8
  k_our: 1
  metrics_p: 0.9
simulation: {seed: -1}
""", "parameters.p_use=9", "elements.shared_learning.cals=false")
    assert [line.split(": ")[0] for line in found] == [
        "--set elements.shared_learning.cals=false", "--set parameters.p_use=9", "s.yaml:3:17", "s.yaml:4:11",
        "s.yaml:5:9", "s.yaml:6:29", "s.yaml:8:11", "s.yaml:9:3", "s.yaml:10:3", "s.yaml:11:14", "s.yaml:12:20",
    ]


def test_a_clash_with_a_setting_that_is_itself_wrong_is_not_reported(faults):
    assert len(faults("kind: scenario\npopulation: {centers: nine}\nenrolment: {collaboratives: 2}\n")) == 1
    assert len(faults("kind: scenario\ncalendar: {ends: x, sessions: [3, 20]}\n")) == 1


@pytest.mark.parametrize(("override", "fault"), [
    ("parameters.k_hour=9", "parameters.k_hour: 9 is out of range; allowed: a number, 0 to 0.1"),
    ("parameters.k_our=1", "parameters.k_our: unknown name; did you mean k_hour?"),
    ("k_hour=1", "k_hour: unknown name; did you mean parameters.k_hour?"),
    ("calendar.sessions.0=1", "calendar.sessions.0: must lie from the end of pre-work (3) to before ends (16), not 1"),
    ("population.roster=none.csv", "population.roster: none.csv: No such file or directory"),
    ("simulation.seed=1.5", "simulation.seed: 1.5 is not an integer; allowed: an integer, 0 to 9223372036854775807"),
    ("simulation=3", "simulation: 3 is not a mapping; allowed: a mapping of replicates, seed, twin, dt"),
])
def test_an_override_is_its_own_place(faults, override, fault):
    assert faults("kind: scenario\n", override) == [f"--set {override}: {fault}"]


def test_a_missing_file_is_one_fault(write):
    write(study="kind: scenario\n")
    with pytest.raises(InputError, match=r"^stdy\.yaml: no such file; did you mean study\.yaml\?$"):
        load("stdy.yaml")


def test_a_short_file_is_the_defaults_under_its_own_name(write):
    write(short="kind: scenario\nparameters:\nsupports: {}\nbase: null\n")
    study = load("short.yaml")
    assert study.scenario == Scenario(name="short")
    assert (study.kind, study.name, study.path, study.overrides) == ("scenario", "short", Path("short.yaml"), ())
    assert study.text == "kind: scenario\nparameters:\nsupports: {}\nbase: null\n"
    assert set(study.layers.values()) == {"default"}


@pytest.mark.parametrize(("file", "name"), [("a b (1)", "a_b_1_"), ("_x", "x"), ("§", "study")])
def test_a_name_is_made_of_a_file_that_has_none(write, file, name):
    write(**{file: "kind: scenario\n"})
    assert load(f"{file}.yaml").name == name


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_the_ends_of_seeds_load(write, seed):
    write(s=f"kind: scenario\nsimulation: {{seed: {seed}}}\n")
    assert load("s.yaml").scenario.simulation.seed == seed


def test_layers_say_who_set_each_setting(write):
    write(
        low="kind: scenario\nbase: ccl_feasibility\nname: low\nparameters: {k_hour: 0.03, p_use: 3}\n"
            "calendar: {ends: 15, sessions: [3, 7]}\n",
        mid="kind: scenario\nbase: low.yaml\nparameters: {p_use: 4}\nelements: {shared_learning: 0.5}\n",
        top="kind: scenario\nscenario: {base: mid.yaml, calendar: {sessions: [4, 8]}}\n",
    )
    study = load("top.yaml", ["calendar.sessions.1=9", "elements.shared_learning.calls=false", "parameters.k_help=1"])
    assert study.name == "top"  # a base keeps its name to itself
    assert study.scenario == Scenario(
        name="top", parameters={"k_hour": 0.03, "p_use": 4, "k_help": 1}, calendar={"ends": 15, "sessions": [4, 9]},
        elements={"shared_learning": {"level": 0.5, "calls": False}})
    layers = study.layers
    assert layers["parameters.k_hour"] == "base low.yaml"
    assert layers["parameters.p_use"] == "base mid.yaml"
    assert layers["parameters.k_help"] == "--set"
    assert layers["calendar.ends"] == "base low.yaml"
    assert layers["calendar.sessions"] == "--set"
    assert layers["elements.shared_learning.level"] == "base mid.yaml"
    assert layers["elements.shared_learning.calls"] == "--set"
    assert layers["elements.shared_learning.learning_sessions"] == "default"
    assert layers["calendar.horizon"] == layers["name"] == "default"


def test_faults_of_a_base_are_at_their_places_in_the_base(write):
    write(low="kind: scenario\nparameters: {k_hour: 9, p_use: 9}\n", top="kind: scenario\nbase: low.yaml\n")
    with pytest.raises(InputError) as caught:
        load("top.yaml", ["parameters.p_use=3"])
    assert str(caught.value) == "low.yaml:2:22: parameters.k_hour: 9 is out of range; allowed: a number, 0 to 0.1"


def test_a_base_that_cannot_be_read_does_not_hide_other_faults(write):
    write(top="kind: scenario\nbase: low.yaml\nparameters: {k_hour: 9}\n")
    texts = {b"a: \xff": "low.yaml:1:4: byte 0xff is not UTF-8", b"kind: readiness": "low.yaml:1:7: kind: readiness"}
    for text, fault in texts.items():
        Path("low.yaml").write_bytes(text)
        with pytest.raises(InputError) as caught:
            load("top.yaml")
        lines = str(caught.value).splitlines()
        assert len(lines) == 2
        assert lines[0].startswith(fault)
        assert lines[1].startswith("top.yaml:3:22: parameters.k_hour")


def test_bases_that_go_in_a_circle(write):
    write(a="kind: scenario\nbase: b.yaml\n", b="kind: scenario\nbase: a.yaml\n")
    with pytest.raises(InputError, match=r"^b\.yaml:2:7: base: goes in a circle: a\.yaml -> b\.yaml -> a\.yaml$"):
        load("a.yaml")


def test_a_file_with_a_scenario_block_has_its_settings_in_it(faults):
    assert faults("kind: scenario\nscenario: {calendar: {ends: 99}}\nparameters: {}\nbase: x\n") == [
        "s.yaml:2:29: calendar.ends: must not be after the horizon (40), not 99",
        "s.yaml:3:1: parameters: must stand inside scenario, as the file has that block",
        "s.yaml:4:1: base: must stand inside scenario, as the file has that block",
    ]
    assert faults("kind: scenario\nscenario: ccl_feasibility\n") == [
        "s.yaml:2:11: scenario: 'ccl_feasibility' is not a mapping; allowed: base and the settings of a scenario"]


def test_a_roster_stands_beside_its_file_or_where_the_command_is_given(write):
    Path("data").mkdir()
    Path("data/centers.csv").write_text(ROSTER)
    Path("here.csv").write_text(ROSTER)
    text = "kind: scenario\nenrolment: {rule: top}\npopulation: {roster: centers.csv, columns: {id: id}}\n"
    Path("data/study.yaml").write_text(text)
    write(up="kind: scenario\nbase: data/study.yaml\n")
    for study in (load("data/study.yaml"), load("up.yaml")):
        assert study.scenario.population.roster == "data/centers.csv"
    assert load("up.yaml").layers["population.roster"] == "base data/study.yaml"
    assert load("data/study.yaml", ["population.roster=here.csv"]).scenario.population.roster == "here.csv"


def test_faults_of_a_roster_are_among_the_others(write):
    Path("centers.csv").write_text(ROSTER + "3,school,Wake,x\n")
    write(s="kind: scenario\npopulation: {roster: centers.csv}\nparameters: {k_hour: 9}\n")
    with pytest.raises(InputError) as caught:
        load("s.yaml")
    lines = str(caught.value).splitlines()
    assert any(line.startswith("centers.csv:14") for line in lines)
    assert any(line.startswith("s.yaml:3:22") for line in lines)


@pytest.mark.parametrize(("settings_text", "fault"), [
    ("enrolment: {rule: top, collaboratives: 2}", "only 12 centers can join"),
    ("enrolment: {rule: all}", "s.yaml:3:19: enrolment.rule: rule all takes every center, but 12 can join"),
])
def test_a_roster_that_does_not_fit_the_enrolment(write, settings_text, fault):
    Path("centers.csv").write_text(ROSTER)
    write(s=f"kind: scenario\npopulation: {{roster: centers.csv}}\n{settings_text}\n")
    with pytest.raises(InputError) as caught:
        load("s.yaml")
    assert str(caught.value).startswith("s.yaml:")
    assert fault in str(caught.value)


@given(scenarios())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_way_to_a_file_and_back(tmp_path, scenario):
    path = tmp_path / "again.yaml"
    path.write_text(dumps(scenario, tmp_path))
    study = load(path)
    assert study.scenario == scenario
    assert study.scenario.digest == scenario.digest
    assert resolved(study.scenario) == resolved(scenario)
    assert set(study.layers.values()) == {"file"}


def faults_of_loading(path, *overrides: str):
    try:
        load(path, overrides)
    except InputError as error:
        return error.faults
    return ()


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
              st.sampled_from(["monthly", "none", "all", "stock", "auto", "*", "a.csv"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["level", "calls", "school", "id", "0", "zzz", "*"]), inner, max_size=3)),
    max_leaves=6)
PATHS = known_paths()


@given(st.dictionaries(st.sampled_from(PATHS), JUNK, max_size=6))
@settings(max_examples=200, deadline=None)
def test_whatever_is_put_into_a_setting_is_taken_or_is_a_fault(changes):
    root = item_of(resolved(Scenario()), "default")
    for path, value in changes.items():
        for key in reversed(path.split(".")):
            value = {key: value}
        root = merge(root, item_of(value, "file"))
    scenario, found = validate(root)
    assert (scenario is None) == bool(found)
    assert all(fault.path and fault.message for fault in found)


@given(st.one_of(st.text(max_size=60), st.sampled_from(PATHS).flatmap(
    lambda path: st.text(max_size=12).map(lambda value: f"kind: scenario\n{path.replace('.', ': {', 1)}: {value}"))))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_ends_in_anything_but_a_study_or_faults(tmp_path, text):
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    assert all(str(fault).startswith(str(path)) for fault in faults_of_loading(path))


@given(st.sampled_from(PATHS), st.text(max_size=12))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_override_ends_in_anything_but_a_study_or_faults(tmp_path, setting, value):
    path = tmp_path / "s.yaml"
    path.write_text("kind: scenario")
    assert all(fault.message for fault in faults_of_loading(path, f"{setting}={value}"))


def test_a_roster_goes_to_a_file_in_another_folder_and_back(write, tmp_path):
    Path("centers.csv").write_text(ROSTER)
    Path("sub").mkdir()
    scenario = Scenario(
        name="r", population={"roster": "centers.csv", "sector_values": {"*": "school", "no": "child_care"}},
        enrolment={"rule": "need"})
    Path("sub/r.yaml").write_text(dumps(scenario, "sub"))
    again = load("sub/r.yaml").scenario
    assert again.population.roster == "sub/../centers.csv"
    assert again.digest == scenario.digest
    assert again.population.sector_values == scenario.population.sector_values


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_bases_load(write, name):
    write(s=f"kind: scenario\nbase: {name}\n")
    assert load("s.yaml").scenario == Scenario(name="s").with_values(SHIPPED[name])


@pytest.mark.skipif(not (EXPERIMENTS / "ccl_feasibility.yaml").exists(), reason="no experiments beside these tests")
def test_the_shipped_feasibility_base_is_the_experiment():
    assert load(EXPERIMENTS / "ccl_feasibility.yaml").scenario.digest == Scenario().digest


# ---- all at once, and given twice ---------------------------------------------------------------------------------


def test_faults_of_the_file_hide_none_of_its_roster(faults):
    Path("centers.csv").write_text("id,sector,area,staff\n" + "".join(f"{n},school,Wake,x\n" for n in range(7, 12)))
    found = faults("kind: scenario\npopulation: {roster: centers.csv, drivers: 99, centres: 3}\n")
    assert [line.split(": ")[0] for line in found] == [
        *(f"centers.csv:{line}" for line in range(2, 7)), "s.yaml:2:44", "s.yaml:2:48"]


def test_roster_faults_come_by_line_number(faults):
    Path("centers.csv").write_text("id,sector,area,staff\n" + "".join(f"{n},school,Wake,x\n" for n in range(30)))
    places = [line.split(": ")[0] for line in faults("kind: scenario\npopulation: {roster: centers.csv}\n")]
    assert places == [f"centers.csv:{line}" for line in range(2, 23)]


@pytest.mark.parametrize("kind", ["kind: scenaro", "# none"])
def test_a_bad_kind_hides_nothing(kind, faults):
    found = faults(f"{kind}\nparameters: {{k_hour: 9}}\n")
    assert [line.split(": ")[1] for line in found] == ["kind", "parameters.k_hour"]


def test_an_option_is_named_as_it_was_typed(write):
    write(s="kind: scenario\n")
    with pytest.raises(InputError, match=r"^--seed -1: simulation\.seed: -1 is out of range"):
        load("s.yaml", options={"--seed -1": "simulation.seed=-1"})
    study = load("s.yaml", options={"--seed 5": "simulation.seed=5"})
    assert (study.scenario.simulation.seed, study.layers["simulation.seed"]) == (5, "--set")


def test_a_setting_given_by_set_and_by_its_option_is_a_fault(write):
    write(s="kind: scenario\n")
    with pytest.raises(InputError) as caught:
        load("s.yaml", ["simulation.replicates=1e9"], {"--replicates 2": "simulation.replicates=2"})
    assert str(caught.value) == (
        "--set simulation.replicates=1e9: simulation.replicates: is also given by --replicates 2; give it once")


def test_a_faulty_bound_of_the_calendar_is_not_quoted(faults):
    found = faults("kind: scenario\ncalendar: {prework: [0, 20], sessions: [3, 7]}\n")
    assert found == ["s.yaml:2:21: calendar.prework: must be over by ends (16), not at 20"]
