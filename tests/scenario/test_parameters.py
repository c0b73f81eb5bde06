"""The one table: complete, consistent, and the only source of ranges."""

from __future__ import annotations

import itertools
import json
import math

import pytest
from pydantic import ValidationError

from bscsim.scenario.parameters import GROUPS, STATUS_TEXT, Parameters, as_dicts, markdown, row, table

ROWS = table()


def test_the_table_and_the_class_hold_the_same_names():
    names = [found.name for found in ROWS]
    assert len(set(names)) == len(names)
    assert sorted(names) == sorted(Parameters.model_fields)


@pytest.mark.parametrize("found", ROWS, ids=lambda found: found.name)
def test_a_row_is_complete_and_its_ranges_nest(found):
    assert found.low < found.high
    assert found.low <= found.plausible_low < found.plausible_high <= found.high
    assert found.plausible_low <= found.default <= found.plausible_high
    assert not (found.open_low and found.default <= found.low)
    assert found.unit
    assert found.source
    assert found.about.endswith(".")
    assert found.status in STATUS_TEXT
    assert found.group in GROUPS
    assert getattr(Parameters(), found.name) == found.default


@pytest.mark.parametrize("found", ROWS, ids=lambda found: found.name)
def test_assumptions_say_so_and_others_cite(found):
    cites = any(character.isdigit() for character in found.source)
    assert ("assumption" in found.source or "reference" in found.source) if found.status == "A" else cites


@pytest.mark.parametrize("found", ROWS, ids=lambda found: found.name)
def test_the_hard_range_is_what_is_accepted(found):
    for value in (found.high, found.low):
        if value == found.low and found.open_low:
            continue
        together = {"metrics_made_p": 1.0, "metrics_p": 0.0} | {found.name: value}
        assert getattr(Parameters(**together), found.name) == value
    beyond = [math.nextafter(found.low, -math.inf), math.nextafter(found.high, math.inf), math.nan, math.inf, -math.inf,
              True, "0.5", None, [0.5]]
    for value in beyond + ([found.low] if found.open_low else []):
        with pytest.raises(ValidationError):
            Parameters(**{found.name: value})


# The list of hard ranges in the model's section 3.
HARD = {
    "turn_base_child_care": (0, 3), "turn_new": (1, 5), "turn_frailty": (0, 1.5), "turn_summer": (1, 12),
    "turn_engage": (0, 3), "vac_months": (0.1, 12), "hire_local": (0, 1), "fit_floor": (0, 1), "std_hold": (0, 1),
    "homegrown": (0, 1), "coach_spill": (0, 1), "q_people": (0, 1), "c_shock": (0, 1), "metrics_p": (0, 1),
    "pdsa_succ": (0, 1), "prework": (0, 1), "fit_gain": (0, 1), "report_p": (0.01, 0.99), "att_ls": (0.01, 0.99),
    "att_call_other": (0.01, 0.99), "rolemult_leader": (0, 3), "ready_power": (-2, 1), "ready_elast": (0, 3),
    "att_slope": (0, 8), "k_hour": (0, 0.1), "coach_potency": (0, 5), "k_help": (0, 4), "k_forget": (0, 4),
    "p_norm": (0, 4), "org_decay": (0, 4), "m_up": (0, 4), "m_load": (0, 4), "c_up": (0, 4), "p_use": (0, 8),
    "p_rev": (0, 8), "soc_boost": (0, 4), "pdsa_rate": (0, 3), "pdsa_months": (0.25, 6), "share_gain": (0, 5),
    "q_gain": (0, 0.3), "withdraw": (0, 2), "refill": (0, 24), "sd_coll": (0, 0.5), "contact_out": (0, 1),
    "momentum": (0, 1), "ready_rel": (0, 1), "obs_rel": (0, 1), "pdsa_seen": (0, 1), "sr_sd": (0, 1),
    "sr_bias": (-1, 1), "sr_demand": (-1, 1), "child_turn": (-1, 1), "child_slope": (0, 2),
}
PLAUSIBLE = {
    "turn_base_child_care": (0.2, 0.8), "ready_elast": (0, 2), "ready_power": (0, 1), "fit_floor": (0.1, 0.8),
    "sd_coll": (0, 0.3), "hire_local": (0, 0.4), "k_help": (1, 4), "vac_months": (0.75, 3),
}


def test_ranges_are_those_of_the_design():
    for name, (low, high) in HARD.items():
        assert (row(name).low, row(name).high) == (low, high), name
    for name, (low, high) in PLAUSIBLE.items():
        assert (row(name).plausible_low, row(name).plausible_high) == pytest.approx((low, high)), name
    assert [found.name for found in ROWS if found.open_low] == ["ready_rel", "obs_rel"]


def test_every_corner_of_the_plausible_box_is_valid_together():
    made, used = row("metrics_made_p"), row("metrics_p")
    for a, b in itertools.product((made.plausible_low, made.plausible_high), (used.plausible_low, used.plausible_high)):
        Parameters(metrics_made_p=a, metrics_p=b)
    for end in ("plausible_low", "plausible_high"):
        Parameters(**{found.name: getattr(found, end) for found in ROWS})


def test_metrics_must_be_made_to_be_used():
    with pytest.raises(ValidationError, match="metrics_made_p"):
        Parameters(metrics_p=0.9)


def test_parameters_are_frozen_hashable_and_closed():
    assert hash(Parameters()) == hash(Parameters(k_hour=0.04))
    assert Parameters(turn_new=2) == Parameters()
    with pytest.raises(ValidationError, match="frozen"):
        Parameters().k_hour = 1
    with pytest.raises(ValidationError, match="Extra"):
        Parameters(k_our=1)


def test_the_table_as_markdown_and_as_json():
    text = markdown()
    for found in ROWS:
        assert f"| `{found.name}` |" in text
    assert all(line.count(" | ") == 7 for line in text.splitlines() if line.startswith("| `"))
    assert json.loads(json.dumps(as_dicts()))[0]["name"] == ROWS[0].name


def test_an_unknown_row_is_a_key_error():
    with pytest.raises(KeyError):
        row("k_our")


def test_the_retention_bonus_is_the_ratio_of_hazards_in_the_trial():
    assert row("bonus_turnover").default == pytest.approx(math.log(0.86) / math.log(0.75), abs=5e-4)
