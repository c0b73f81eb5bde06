"""Layers: what replaces what, and who set it."""

from __future__ import annotations

import pytest

from bscsim.scenario.document import item_of
from bscsim.scenario.layers import layer_of, merge, override


def merged(*layers: dict[str, object]):
    root = item_of(layers[0], "0")
    for number, layer in enumerate(layers[1:], 1):
        root = merge(root, item_of(layer, str(number)))
    return root


def overridden(content: dict[str, object], *texts: str):
    root, faults = item_of(content, "file"), []
    for text in texts:
        root, found = override(root, text)
        faults += [str(fault) for fault in found]
    return root, faults


def test_mappings_merge_and_all_else_replaces():
    root = merged({"a": {"x": 1, "y": [1, 2]}, "b": 1}, {"a": {"y": [3]}, "c": {"z": 1}})
    assert root.plain() == {"a": {"x": 1, "y": [3]}, "b": 1, "c": {"z": 1}}
    assert layer_of(root, ("a", "x")) == "0"
    assert layer_of(root, ("a", "y")) == "1"
    assert layer_of(root, ("b", "q")) == layer_of(root, ("nothing",)) == "default"


def test_an_empty_section_changes_nothing():
    assert merged({"parameters": {"a": 1}}, {"parameters": None}).plain() == {"parameters": {"a": 1}}
    assert merged({"x": {"roster": "a"}}, {"x": {"roster": None}}).plain() == {"x": {"roster": None}}


def test_a_mix_of_sectors_is_one_value():
    half = {"population": {"sectors": {"child_care": 0.5, "school": 0.5}}}
    root = merged(half, {"population": {"sectors": {"school": 1}}})
    assert root.plain() == {"population": {"sectors": {"school": 1}}}


def test_an_element_is_a_level_with_switches():
    full = {"elements": {"shared_learning": {"level": 1.0, "calls": False}}}
    assert merged(full, {"elements": {"shared_learning": 0.5}}).plain() == {"elements": {"shared_learning": 0.5}}
    root = merged(full, {"elements": {"shared_learning": 0.5}}, {"elements": {"shared_learning": {"calls": True}}})
    assert root.plain() == {"elements": {"shared_learning": {"level": 0.5, "calls": True}}}
    assert layer_of(root, ("elements", "shared_learning", "level")) == "1"
    assert layer_of(root, ("elements", "shared_learning", "calls")) == "2"
    assert layer_of(root, ("elements", "shared_learning", "learning_sessions")) == "default"


def test_a_roster_takes_the_place_of_synthetic_centers_and_back():
    synthetic = {"population": {"centers": 8, "sizes": "stock", "drivers": 5}}
    roster = {"population": {"roster": "a.csv", "columns": {"id": "x"}}}
    assert merged(synthetic, roster).plain() == {
        "population": {"drivers": 5, "roster": "a.csv", "columns": {"id": "x"}}}
    assert merged(synthetic, roster, {"population": {"roster": None}}).plain() == {
        "population": {"drivers": 5, "roster": None}}
    both = {"population": {"centers": 8, "roster": "a.csv"}}  # in one layer: left for validation to refuse
    assert merged(synthetic, both).plain() == {"population": {"centers": 8, "drivers": 5, "roster": "a.csv"}}


@pytest.mark.parametrize(("text", "content"), [
    ("calendar.sessions=[3,7]", {"calendar": {"sessions": [3, 7], "ends": 16}}),
    ("calendar.sessions.1=8", {"calendar": {"sessions": [3, 8], "ends": 16}}),
    ("scenario.calendar.ends=15", {"calendar": {"sessions": [3, 5], "ends": 15}}),
    ("calendar={ends: 14}", {"calendar": {"sessions": [3, 5], "ends": 14}}),
    ("name=a=b", {"calendar": {"sessions": [3, 5], "ends": 16}, "name": "a=b"}),
    ("name=3", {"calendar": {"sessions": [3, 5], "ends": 16}, "name": "3"}),
    ("population.roster=a: b #c", {"calendar": {"sessions": [3, 5], "ends": 16}, "population": {"roster": "a: b #c"}}),
    ("population.roster=", {"calendar": {"sessions": [3, 5], "ends": 16}, "population": {"roster": None}}),
])
def test_overrides(text, content):
    root, faults = overridden({"calendar": {"sessions": [3, 5], "ends": 16}}, text)
    assert faults == []
    assert root.plain() == content


def test_an_override_of_a_switch_of_an_element_given_as_a_number():
    root, faults = overridden({"elements": {"shared_learning": 0.5}}, "elements.shared_learning.calls=false")
    assert faults == []
    assert root.plain() == {"elements": {"shared_learning": {"level": 0.5, "calls": False}}}


def test_the_last_override_counts_and_is_named():
    root, _ = overridden({}, "parameters.k_hour=0.02", "parameters.k_hour=0.03")
    item = root.child("parameters").child("k_hour")
    assert (item.value, item.layer, item.place) == (0.03, "--set", "--set parameters.k_hour=0.03")
    assert layer_of(root, ("parameters", "k_hour")) == "--set"


@pytest.mark.parametrize(("text", "fault"), [
    ("nonsense", "--set nonsense: must be path=value"),
    ("=3", "--set =3: must be path=value"),
    ("calendar..ends=3", "--set calendar..ends=3: must be path=value"),
    ("kind=power", "--set kind=power: kind: belongs in the file"),
    ("base=x.yaml", "--set base=x.yaml: base: belongs in the file"),
    ("calendar.sessions=[1", "--set calendar.sessions=[1: calendar.sessions: not valid YAML"),
    ("calendar.sessions.2=9", "--set calendar.sessions.2=9: calendar.sessions: has no place 2; its places are 0 to 1"),
    ("calendar.sessions.x=9", "--set calendar.sessions.x=9: calendar.sessions: has no place x"),
    ("calendar.calls.0=9", "--set calendar.calls.0=9: calendar.calls: is 'monthly', not a list with a place 0"),
    ("calendar.ends.x=9", "--set calendar.ends.x=9: calendar.ends: is 16, which holds no x"),
])
def test_overrides_that_lead_nowhere(text, fault):
    root, faults = overridden({"calendar": {"sessions": [3, 5], "ends": 16, "calls": "monthly"}}, text)
    assert len(faults) == 1
    assert faults[0].startswith(fault)
    assert root.plain() == {"calendar": {"sessions": [3, 5], "ends": 16, "calls": "monthly"}}
